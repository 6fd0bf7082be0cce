//! Progress on a terminal: count, rate and time left.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over items; it shows nothing where there is no terminal.
#[derive(Debug, Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over `total` items, drawn only if `shown`.
    #[must_use]
    pub fn new(label: &'static str, total: u64, shown: bool) -> Self {
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = "{msg} {wide_bar} {human_pos}/{human_len} items, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        Self(bar)
    }

    /// Some items more are done.
    pub fn advance(&self, items: u64) {
        self.0.inc(items);
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
