//! The program as a child process, watched: its time, its memory, how it ends.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a run ended.
pub(crate) struct Run {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) killed: bool,
    pub(crate) took: Duration,
    /// The most memory that it held, in KiB; 0 where the system does not tell.
    pub(crate) peak: u64,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Names another build of the program, an optimized one.
const OTHER_BUILD: &str = "AIRBRIDGE_DAMAGE_BINARY";

/// Whether another build than that of this test is run.
pub(crate) fn is_other_build() -> bool {
    std::env::var_os(OTHER_BUILD).is_some()
}

fn program() -> PathBuf {
    std::env::var_os(OTHER_BUILD)
        .map_or_else(|| env!("CARGO_BIN_EXE_airbridge").into(), PathBuf::from)
}

/// Runs the program, and kills it after `limit`.
pub(crate) fn run(room: &Path, args: &[OsString], limit: Duration) -> Run {
    let (out, err) = (room.join("stdout"), room.join("stderr"));
    let begin = Instant::now();
    let mut child = Command::new(program())
        .args(args)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let (mut peak, mut killed) = (0, false);
    let status = loop {
        peak = peak.max(high_water(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > limit {
            killed = true;
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        // The system needs longer to hand out 100 MiB than this sleep lasts.
        thread::sleep(Duration::from_millis(2));
    };
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    Run {
        code: status.code(),
        killed,
        took: begin.elapsed(),
        peak,
        out: read(&out),
        err: read(&err),
    }
}

/// `VmHWM` of a living process, in KiB.
fn high_water(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
