//! A clock for ages: it never goes back, and does not stand still while a function is frozen.
//!
//! The wall clock can be set back, and everything kept would live longer by that. The monotonic
//! clock cannot, but may stand still between two calls. So of the time between two readings the
//! longer of what they say counts. What both miss (a clock set back while a function is frozen)
//! nobody can know.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The time since its first reading.
#[derive(Debug, Default)]
pub(crate) struct SteadyClock {
    elapsed: Duration,
    last: Option<(SystemTime, Instant)>,
}

impl SteadyClock {
    /// The time now, for a call that began at `wall`.
    ///
    /// Calls at once may come in another order than they began in. The little that is counted
    /// twice then makes ages too long and never too short.
    pub(crate) fn read(&mut self, wall: SystemTime) -> Duration {
        let monotonic = Instant::now();
        if let Some((last_wall, last_monotonic)) = self.last {
            let by_wall = wall.duration_since(last_wall).unwrap_or_default();
            let by_monotonic = monotonic.saturating_duration_since(last_monotonic);
            self.elapsed = self.elapsed.saturating_add(by_wall.max(by_monotonic));
        }
        self.last = Some((wall, monotonic));
        self.elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_longer_of_both_clocks_counts_and_none_goes_back() {
        let mut clock = SteadyClock::default();
        let start = SystemTime::UNIX_EPOCH + 1_000_000 * SECOND;
        assert_eq!(clock.read(start), Duration::ZERO);
        // Frozen: the monotonic clock stood still.
        assert_eq!(clock.read(start + 60 * SECOND), 60 * SECOND);
        // Set back by an hour, and five seconds have passed.
        tokio::time::advance(5 * SECOND).await;
        assert_eq!(clock.read(start - 3_600 * SECOND), 65 * SECOND);
        // Both go on together from there.
        tokio::time::advance(2 * SECOND).await;
        assert_eq!(clock.read(start - 3_598 * SECOND), 67 * SECOND);
        // Set right again: the hour counts, because it may have passed.
        assert_eq!(clock.read(start), 3_665 * SECOND);
    }
}
