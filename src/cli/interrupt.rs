//! Ctrl-C: a flag that long work looks at, so that it can end without leaving half an output.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the user asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// The user asked to stop.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("stopped by the user")]
pub struct Interrupted;

impl Interrupt {
    /// A flag that Ctrl-C sets. Where no handler can be set, Ctrl-C ends the process as usual.
    #[must_use]
    pub fn on_ctrl_c() -> Self {
        let interrupt = Self::default();
        let flag = interrupt.clone();
        let _no_handler = ctrlc::set_handler(move || flag.set());
        interrupt
    }

    /// Asks to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// For the `?` of long loops.
    ///
    /// # Errors
    /// [`Interrupted`] once the flag is set.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }

    /// For code that knows only of reading and writing.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn go_on(&self) -> std::io::Result<()> {
        self.check().map_err(std::io::Error::other)
    }
}
