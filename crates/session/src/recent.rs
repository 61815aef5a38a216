//! Refresh tokens that were used a moment ago.
//!
//! Most providers replace a refresh token with each use, and some end the whole session when an old one
//! turns up again. Two tabs that refresh at once must not do that to each other. So what a token was
//! exchanged for is remembered for a little while: the second tab gets the same, and the provider never
//! sees the token again. One function instance knows only what it did itself; what another did looks
//! like a token that the provider refuses. The first refusal of a token is therefore not taken for the
//! end of the session: the browser may hold the new one by now.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use gatepost_core::secret::Secret;
use tokio::time::Instant;

use crate::provider::Tokens;

/// How long an exchange is remembered.
const KEPT: Duration = Duration::from_secs(30);

/// How many are. Callers bring their own tokens, so there is a limit; then the memory starts again.
const MAX_KEPT: usize = 1_000;

/// The memory.
#[derive(Default)]
pub(crate) struct Recent {
    // Never held across an await.
    used: Mutex<HashMap<Vec<u8>, (Instant, Outcome)>>,
    /// Whose turn it is to refresh.
    turn: tokio::sync::Mutex<()>,
}

/// What came of a use.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// New tokens.
    Exchanged(Tokens),
    /// The provider does not accept it.
    Refused,
}

impl Recent {
    /// Waits for one's turn: one refresh at a time, so that the second can learn of the first.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// What came of the last use of `token`, if that was a moment ago.
    pub(crate) fn recall(&self, token: Secret<&str>) -> Option<Outcome> {
        let used = self.used();
        let (at, outcome) = used.get(&name(token))?;
        (at.elapsed() < KEPT).then(|| outcome.clone())
    }

    /// Remembers what came of the use of `token`.
    pub(crate) fn note(&self, token: Secret<&str>, outcome: Outcome) {
        let mut used = self.used();
        used.retain(|_, (at, _)| at.elapsed() < KEPT);
        if used.len() >= MAX_KEPT {
            used.clear();
        }
        used.insert(name(token), (Instant::now(), outcome));
    }

    fn used(&self) -> MutexGuard<'_, HashMap<Vec<u8>, (Instant, Outcome)>> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(token: Secret<&str>) -> Vec<u8> {
    digest(&SHA256, token.expose().as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_use_is_remembered_for_half_a_minute() {
        let recent = Recent::default();
        let token = Secret::new("token");
        recent.note(token, Outcome::Refused);
        tokio::time::advance(KEPT.saturating_sub(Duration::from_millis(1))).await;
        assert!(recent.recall(token).is_some());
        assert!(recent.recall(Secret::new("other")).is_none());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(recent.recall(token).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_has_a_bound() {
        let recent = Recent::default();
        for index in 0..=MAX_KEPT {
            recent.note(Secret::new(&index.to_string()), Outcome::Refused);
            assert!(recent.used().len() <= MAX_KEPT);
        }
    }
}
