//! The verification keys of one issuer: fetched, kept, refreshed, and let die.
//!
//! A key set is fetched again when it is older than the TTL, and at once when a token names a key
//! that it lacks: that is how a rotation is noticed. Callers cannot make us hammer the issuer by
//! inventing keys: after a fetch for a key that was lacking the next one waits [`PAUSE`]. After a
//! failed fetch the wait doubles from one second up to that. One fetch runs at a time.
//!
//! While the issuer is down the old keys serve on until the set is older than the greatest age
//! allowed; then there are none, and nobody is let in. So a key that the issuer has removed is
//! honoured for the TTL at most while the issuer can be asked, and for the greatest age otherwise.
//!
//! Ages are those of a `SteadyClock`: a wall clock that is set back makes no key live longer, and
//! no wait longer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use gatepost_core::token::{ExpectedToken, KeySet, KeySetError};
use tokio::time::{Instant, timeout_at};

use crate::config::{Issuer, KeyOrigin};
use crate::metrics;
use crate::steady_clock::SteadyClock;
use crate::url::SecureUrl;

/// The least time after a fetch for a key that was lacking, and the most after one that failed.
pub const PAUSE: Duration = Duration::from_secs(10);

/// One fetch takes this long at most, and never more than half of the time that a call has left, so
/// that a silent issuer leaves it time for its documents: keys that are only old serve on.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// How key sets are fetched.
pub trait FetchKeySet: Send + Sync {
    /// The body behind `url`, of `max_bytes` at most.
    fn fetch<'a>(&'a self, url: &'a SecureUrl, max_bytes: usize) -> FetchFuture<'a>;
}

/// What [`FetchKeySet::fetch`] returns.
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + 'a>>;

/// The keys of one issuer.
#[derive(Debug)]
pub struct KeySource(Keys);

#[derive(Debug)]
enum Keys {
    /// See [`FetchedKeys`].
    Fetched(Box<FetchedKeys>),
    /// Keys from the settings: always there, never refreshed.
    Inline(Arc<KeySet>),
}

impl KeySource {
    /// The keys of `issuer`, fetched again when they are older than `ttl`, and never used when they
    /// are older than `max_stale`.
    pub fn new(issuer: &Issuer, ttl: Duration, max_stale: Duration) -> Self {
        Self(match &issuer.keys {
            KeyOrigin::Inline(set) => Keys::Inline(Arc::clone(set)),
            KeyOrigin::Fetched { url, first } => Keys::Fetched(Box::new(FetchedKeys {
                expected: issuer.expected.clone(),
                url: url.clone(),
                ttl,
                max_stale,
                state: Mutex::new(State::new(first.clone())),
                turn: tokio::sync::Mutex::default(),
            })),
        })
    }

    /// The newest key set to be had; fetched again first if it is old or lacks `kid`.
    ///
    /// It may lack `kid` still: then the issuer has no such key, as far as it said recently.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] if there is no key set that may be used, or if it lacks `kid` and the
    /// issuer could not be asked.
    pub async fn keys_for(
        &self,
        kid: &str,
        fetch: &dyn FetchKeySet,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Arc<KeySet>, KeysUnavailable> {
        match &self.0 {
            Keys::Fetched(keys) => keys.keys_for(Some(kid), fetch, now, deadline).await,
            Keys::Inline(set) => Ok(Arc::clone(set)),
        }
    }

    /// Fetches the keys ahead of the first call. A failure is only logged, and no reason for the
    /// first call to wait: it may be there already, and fare better.
    pub async fn warm_up(&self, fetch: &dyn FetchKeySet, now: SystemTime, deadline: Instant) {
        if let Keys::Fetched(keys) = &self.0
            && keys.keys_for(None, fetch, now, deadline).await.is_err()
        {
            keys.state().next_fetch = None;
        }
    }
}

/// Keys behind an address.
#[derive(Debug)]
struct FetchedKeys {
    expected: ExpectedToken,
    url: SecureUrl,
    ttl: Duration,
    max_stale: Duration,
    // Never held across an await.
    state: Mutex<State>,
    // Whose turn it is to fetch.
    turn: tokio::sync::Mutex<()>,
}

impl FetchedKeys {
    async fn keys_for(
        &self,
        kid: Option<&str>,
        fetch: &dyn FetchKeySet,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Arc<KeySet>, KeysUnavailable> {
        let now = self.state().clock.read(now);
        if let Some(answer) = self.without_fetch(kid, now) {
            return answer;
        }
        let Ok(_turn) = timeout_at(deadline, self.turn.lock()).await else {
            return self.state().settle(kid, now, self.max_stale);
        };
        // Someone else may have fetched while this call waited for its turn.
        if let Some(answer) = self.without_fetch(kid, now) {
            return answer;
        }
        let outcome = self.fetch(fetch, deadline).await;
        metrics::jwks_fetched(outcome.as_ref().err().map_or("fetched", FetchError::reason));
        let issuer = self.expected.issuer();
        match &outcome {
            Ok(set) => {
                for key in set.skipped() {
                    let (index, reason) = (key.index, key.fault.reason());
                    tracing::warn!(issuer, index, reason, "a key of the issuer cannot be used");
                }
            }
            Err(error) => {
                tracing::warn!(issuer, reason = error.reason(), %error, "keys not fetched");
            }
        }
        let mut state = self.state();
        let pause = match &state.kept {
            Some(kept) if kept.age(now) < self.ttl => PAUSE,
            Some(_) | None => Duration::ZERO,
        };
        state.note(outcome, now, pause);
        state.settle(kid, now, self.max_stale)
    }

    /// The answer, unless it takes a fetch.
    fn without_fetch(
        &self,
        kid: Option<&str>,
        now: Duration,
    ) -> Option<Result<Arc<KeySet>, KeysUnavailable>> {
        let state = self.state();
        match &state.kept {
            Some(kept) if kept.age(now) < self.ttl && kept.has(kid) => Some(Ok(kept.hand_out(now))),
            _ if state.may_fetch(now) => None,
            _ => Some(state.settle(kid, now, self.max_stale)),
        }
    }

    async fn fetch(
        &self,
        fetch: &dyn FetchKeySet,
        deadline: Instant,
    ) -> Result<KeySet, FetchError> {
        let now = Instant::now();
        let timeout = FETCH_TIMEOUT.min(deadline.saturating_duration_since(now) / 2);
        let body = timeout_at(now + timeout, fetch.fetch(&self.url, KeySet::MAX_BYTES))
            .await
            .map_err(|_| FetchError::TimedOut)??;
        Ok(KeySet::parse_for(&body, &self.expected)?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of the issuer's keys.
#[derive(Debug, Default)]
struct State {
    /// What the times here are counted by.
    clock: SteadyClock,
    kept: Option<Kept>,
    /// Fetches that failed since the last that did not.
    failures: u32,
    next_fetch: Option<Duration>,
}

#[derive(Debug)]
struct Kept {
    set: Arc<KeySet>,
    fetched_at: Duration,
}

impl Kept {
    /// Zero for a call that began before the fetch, in another task.
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.fetched_at)
    }

    fn hand_out(&self, now: Duration) -> Arc<KeySet> {
        metrics::jwks_age(self.age(now));
        Arc::clone(&self.set)
    }

    fn has(&self, kid: Option<&str>) -> bool {
        kid.is_none_or(|kid| self.set.get(kid).is_some())
    }
}

impl State {
    /// Begins with keys that were not fetched but stand in the settings, as if they had been
    /// fetched just now; or with none.
    fn new(first: Option<Arc<KeySet>>) -> Self {
        let kept = first.map(|set| Kept { set, fetched_at: Duration::ZERO });
        Self { kept, ..Self::default() }
    }

    fn may_fetch(&self, now: Duration) -> bool {
        self.next_fetch.is_none_or(|next| next <= now)
    }

    /// Takes in what a fetch brought; after a good one the next may come when `pause` is over.
    fn note(&mut self, outcome: Result<KeySet, FetchError>, now: Duration, pause: Duration) {
        let pause = if let Ok(set) = outcome {
            self.kept = Some(Kept { set: Arc::new(set), fetched_at: now });
            self.failures = 0;
            pause
        } else {
            self.failures = self.failures.saturating_add(1);
            PAUSE.min(Duration::from_secs(1) * 2_u32.saturating_pow(self.failures - 1))
        };
        self.next_fetch = Some(now + pause);
    }

    /// The answer when no fetch is to come first.
    fn settle(
        &self,
        kid: Option<&str>,
        now: Duration,
        max_stale: Duration,
    ) -> Result<Arc<KeySet>, KeysUnavailable> {
        match &self.kept {
            None => Err(KeysUnavailable::NeverFetched),
            Some(kept) if kept.age(now) >= max_stale => Err(KeysUnavailable::TooOld),
            Some(kept) if self.failures > 0 && !kept.has(kid) => Err(KeysUnavailable::Lacking),
            Some(kept) => Ok(kept.hand_out(now)),
        }
    }
}

/// Why no key set may be used. The fetch that failed has its own line in the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeysUnavailable {
    /// The token names a key that the kept set lacks, and the issuer cannot be asked for it.
    #[error("the keys at hand lack the token's, and newer ones cannot be fetched")]
    Lacking,

    /// No fetch has succeeded yet.
    #[error("the keys of the issuer could not be fetched")]
    NeverFetched,

    /// The last fetch that succeeded is too long ago.
    #[error("the keys of the issuer are too old, and newer ones cannot be fetched")]
    TooOld,
}

/// Why a key set could not be fetched.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// The address cannot be asked for.
    #[error("the address is not one that can be requested")]
    Address,

    /// The connection ended within the body.
    #[error("the answer was cut off")]
    CutOff,

    /// The body is no key set to trust.
    #[error(transparent)]
    KeySet(#[from] KeySetError),

    /// Another status than 200; redirects are not followed.
    #[error("the answer has HTTP status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },

    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,

    /// The body is too long.
    #[error("the answer is over the limit of {max_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        max_bytes: usize,
    },

    /// The issuer could not be reached.
    #[error("the issuer is unreachable: {why}")]
    Unreachable {
        /// In the words of the network stack.
        why: String,
    },
}

impl FetchError {
    /// A code for logs and metrics that stays the same when the wording changes.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Address => "bad_address",
            Self::CutOff => "cut_off",
            Self::KeySet(error) => error.reason(),
            Self::Status { .. } => "bad_status",
            Self::TimedOut => "timed_out",
            Self::TooLarge { .. } => "too_large",
            Self::Unreachable { .. } => "unreachable",
        }
    }
}

#[cfg(test)]
mod tests;
