//! Work on all cores, results in the order of the jobs, memory bounded by a window of items.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Items that are in work, or wait for the one before them.
pub const WINDOW: u64 = 128;

/// Items that a worker takes at a time, so that cores do not wake each other for every one.
const GROUP: usize = 8;
const GROUPS: u64 = WINDOW / GROUP as u64;

/// Runs `work` on every job, on all cores, and hands the results to `sink` in the order of the
/// jobs, on
/// the calling thread. A slow job holds up the sink, but no worker before the window is full.
///
/// # Errors
/// The first error of `sink`; jobs more than [`WINDOW`] after it are not run.
///
/// # Panics
/// When `work` panics.
pub fn in_order<T, R, E>(
    jobs: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync + Send,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    let mut jobs = jobs;
    let groups = std::iter::from_fn(move || {
        let group: Vec<T> = jobs.by_ref().take(GROUP).collect();
        (!group.is_empty()).then_some(group)
    });
    let work = |group: Vec<T>| group.into_iter().map(&work).collect::<Vec<R>>();
    let belt = Belt {
        state: Mutex::new(State {
            jobs: Some(groups),
            issued: 0,
            taken: 0,
            done: BTreeMap::new(),
            stopped: false,
        }),
        room: Condvar::new(),
        ready: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| belt.run(&work));
        }
        let _stop = Stop(&belt);
        while let Some(results) = belt.take() {
            results.into_iter().try_for_each(&mut sink)?;
        }
        Ok(())
    })
}

/// What the workers and the sink share.
struct Belt<I, R> {
    state: Mutex<State<I, R>>,
    /// There may be room in the window, or the end has come.
    room: Condvar,
    /// A result may be ready, or the end has come.
    ready: Condvar,
}

struct State<I, R> {
    /// `None` after the last job.
    jobs: Option<I>,
    issued: u64,
    taken: u64,
    done: BTreeMap<u64, R>,
    stopped: bool,
}

impl<I, R> Belt<I, R> {
    fn lock(&self) -> MutexGuard<'_, State<I, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
        self.ready.notify_all();
    }

    /// The next result in order; `None` after the last, or when a worker has failed.
    fn take(&self) -> Option<R> {
        let mut state = self.lock();
        loop {
            let next = state.taken;
            if let Some(result) = state.done.remove(&next) {
                state.taken = next.saturating_add(1);
                self.room.notify_one();
                return Some(result);
            }
            if state.stopped || (state.jobs.is_none() && next == state.issued) {
                return None;
            }
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T, I: Iterator<Item = T>, R> Belt<I, R> {
    /// A worker: takes jobs until there are none.
    fn run(&self, work: &impl Fn(T) -> R) {
        // A worker that panics must not leave the others waiting.
        let stop = Stop(self);
        while let Some((number, job)) = self.next_job() {
            let result = work(job);
            let mut state = self.lock();
            state.done.insert(number, result);
            if number == state.taken {
                self.ready.notify_one();
            }
        }
        std::mem::forget(stop);
    }

    fn next_job(&self) -> Option<(u64, T)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if state.issued < state.taken.saturating_add(GROUPS) {
                let Some(job) = state.jobs.as_mut()?.next() else {
                    state.jobs = None;
                    self.room.notify_all();
                    self.ready.notify_all();
                    return None;
                };
                let number = state.issued;
                state.issued = number.saturating_add(1);
                return Some((number, job));
            }
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Stops the belt when dropped.
struct Stop<'b, I, R>(&'b Belt<I, R>);

impl<I, R> Drop for Stop<'_, I, R> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut got = Vec::new();
        let done = in_order(
            0..1_000_u64,
            |job| job * 2,
            |result| {
                got.push(result);
                Ok::<_, ()>(())
            },
        );
        assert_eq!(done, Ok(()));
        assert_eq!(got, (0..1_000).map(|job| job * 2).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_of_the_sink_ends_the_work() {
        let run = AtomicU64::new(0);
        let done = in_order(
            0..1_000_000_u64,
            |job| {
                run.fetch_add(1, Ordering::Relaxed);
                job
            },
            |job| if job == 10 { Err("full") } else { Ok(()) },
        );
        assert_eq!(done, Err("full"));
        assert!(run.load(Ordering::Relaxed) <= 2 * WINDOW);
    }

    #[test]
    fn a_slow_job_holds_up_only_the_order() {
        let mut got = Vec::new();
        let slow = |job: u64| {
            if job.is_multiple_of(50) {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            job
        };
        let done = in_order(0..500, slow, |job| {
            got.push(job);
            Ok::<_, ()>(())
        });
        assert_eq!(done, Ok(()));
        assert_eq!(got, (0..500).collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "panicked")]
    fn a_worker_that_panics_ends_the_run() {
        let bad = |job: u64| assert!(job != 300, "bad job");
        let _ended = in_order(0..1_000_u64, bad, |()| Ok::<_, ()>(()));
    }
}
