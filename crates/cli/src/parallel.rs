//! Work that falls into many parts which have nothing to do with each other, on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each number below `count`, in their order.
pub(crate) fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = Vec::with_capacity(count);
    std::thread::scope(|threads| {
        let share = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return done;
                }
                done.push((index, work(index)));
            }
        };
        let workers: Vec<_> = (0..cores.min(count)).map(|_| threads.spawn(share)).collect();
        for worker in workers {
            match worker.join() {
                Ok(share) => done.extend(share),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_and_stands_in_its_place() {
        assert_eq!(
            each(100, |index| index * 2),
            (0..100).map(|index| index * 2).collect::<Vec<_>>()
        );
        assert!(each(0, |index| index).is_empty());
    }
}
