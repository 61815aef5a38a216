//! How long to wait before asking again: exponential backoff with full jitter, inside a deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::policy_store::StoreError;

/// The longest first wait. A healthy table answers in less.
const BASE: Duration = Duration::from_millis(20);

/// No wait is longer than this.
const CAP: Duration = Duration::from_secs(1);

/// The shortest time an attempt is given before it is abandoned for another.
const MIN_ATTEMPT: Duration = Duration::from_millis(250);

/// With less time than this no further attempt is begun: it would end in a timeout, which says less
/// than the fault before it.
const LEAST_ATTEMPT: Duration = Duration::from_millis(100);

/// The waits of one call.
#[derive(Debug)]
pub(super) struct Backoff {
    deadline: Instant,
    attempts: u32,
    /// What came of the attempt before.
    last: Option<StoreError>,
}

impl Backoff {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { deadline, attempts: 0, last: None }
    }

    /// When to give the next attempt up: after half of the time left, so that a connection that
    /// died without a word (a function thawed after minutes finds such) leaves time for a new one.
    pub(super) fn attempt_deadline(&self) -> Instant {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        self.deadline.min(now + MIN_ATTEMPT.max(left / 2))
    }

    /// Waits after an attempt that failed, until it is time for another.
    ///
    /// # Errors
    ///
    /// What to tell the caller: another attempt would fail as well, or has no time.
    pub(super) async fn after(&mut self, fault: StoreError) -> Result<(), StoreError> {
        // That time ran out for the last attempt says less than what came of the one before.
        let fault = match (fault, self.last.take()) {
            (StoreError::TimedOut, Some(before)) => before,
            (fault, _) => fault,
        };
        if !fault.may_pass() || !self.pause().await {
            return Err(fault);
        }
        tracing::warn!(reason = fault.reason(), "asking again");
        self.last = Some(fault);
        Ok(())
    }

    /// Waits before the next attempt. False, at once, when there is no time for another.
    ///
    /// Full jitter (any time between nothing and the bound) spreads the retries of many functions
    /// that were throttled in the same moment.
    async fn pause(&mut self) -> bool {
        let bound = BASE.saturating_mul(2_u32.saturating_pow(self.attempts)).min(CAP);
        self.attempts = self.attempts.saturating_add(1);
        let wake = Instant::now() + bound.mul_f64(fastrand::f64());
        if wake + LEAST_ATTEMPT > self.deadline {
            return false;
        }
        sleep_until(wake).await;
        true
    }

    /// Begins with short waits again, because the last attempt got something done.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_grow_to_the_cap_and_never_pass_the_deadline() {
        let start = Instant::now();
        let deadline = start + Duration::from_mins(1);
        let mut backoff = Backoff::until(deadline);
        let mut bound = BASE;
        let mut longest = Duration::ZERO;
        loop {
            let before = Instant::now();
            if !backoff.pause().await {
                assert!(Instant::now() == before, "giving up takes no time");
                break;
            }
            let waited = before.elapsed();
            // The clock of tokio's timers counts in milliseconds.
            assert!(waited <= bound + Duration::from_millis(1), "{waited:?} over {bound:?}");
            longest = longest.max(waited);
            bound = (bound * 2).min(CAP);
        }
        let left = deadline - Instant::now();
        assert!((LEAST_ATTEMPT..=CAP + LEAST_ATTEMPT).contains(&left), "gave up with {left:?}");
        assert!(longest > CAP / 2, "never waited long: {longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_may_use_half_of_what_is_left() {
        let start = Instant::now();
        let backoff = Backoff::until(start + Duration::from_secs(4));
        assert_eq!(backoff.attempt_deadline() - start, Duration::from_secs(2));
        tokio::time::advance(Duration::from_millis(3_700)).await;
        assert_eq!(backoff.attempt_deadline() - start, Duration::from_millis(3_950));
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(backoff.attempt_deadline() - start, Duration::from_secs(4));
    }
}
