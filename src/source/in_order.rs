//! Work on all cores, results in the order of the jobs, memory bounded by a few batches.

use std::sync::mpsc;

use rayon::prelude::*;

/// Jobs in one batch. Three batches are alive at a time: in work, waiting, and being taken.
pub const BATCH: usize = 64;

/// Runs `work` on every job, on all cores, and hands the results to `sink` in the order of the
/// jobs, on the calling thread. While one batch is taken the next is in work.
///
/// # Errors
/// The first error of `sink`; jobs after it are not run.
pub fn in_order<T, R, E>(
    jobs: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync + Send,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel::<Vec<R>>(1);
        scope.spawn(move || {
            let mut jobs = jobs;
            loop {
                let batch: Vec<T> = jobs.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    break;
                }
                let worked = batch.into_par_iter().map(&work).collect();
                if send.send(worked).is_err() {
                    break;
                }
            }
        });
        receive.into_iter().flatten().try_for_each(&mut sink)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

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
        let run = AtomicUsize::new(0);
        let done = in_order(
            0..1_000_000_u64,
            |job| {
                run.fetch_add(1, Ordering::Relaxed);
                job
            },
            |job| if job == 10 { Err("full") } else { Ok(()) },
        );
        assert_eq!(done, Err("full"));
        assert!(run.load(Ordering::Relaxed) <= 5 * BATCH);
    }
}
