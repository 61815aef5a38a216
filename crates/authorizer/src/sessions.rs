//! The sessions at hand: access tokens are read through from the table of sessions and kept for the
//! TTL.
//!
//! That there is no session is not kept: one that has just begun counts at once. Nor is what is older
//! than the TTL ever used, whatever has become of the table: an outage is a failure, and not a reason
//! to answer from memory. So the TTL bounds how long a session that was ended goes on here. Ages are
//! those of a [`SteadyClock`], as in [`crate::policies`].

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use gatepost_core::secret::Secret;
use gatepost_store::{SealedAccess, SessionId, SessionRowKey, SessionTable, StoreError};
use tokio::time::Instant;

use crate::metrics;
use crate::steady_clock::SteadyClock;

/// How many sessions are kept. A token is 10 KiB at most, so that they fit.
const MAX_KEPT: usize = 1_000;

/// Where the rows of sessions are.
pub trait ReadSession: Send + Sync {
    /// The row under `key`, if there is one, be it over or not; read so that what was written before
    /// is seen.
    fn sealed_access(&self, key: SessionRowKey, deadline: Instant) -> SessionFuture<'_>;
}

/// What [`ReadSession::sealed_access`] returns.
pub type SessionFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<SealedAccess>, StoreError>> + Send + 'a>>;

impl ReadSession for SessionTable {
    fn sealed_access(&self, key: SessionRowKey, deadline: Instant) -> SessionFuture<'_> {
        Box::pin(self.sealed_access(key, deadline))
    }
}

/// A table of sessions with a memory.
pub(crate) struct Sessions {
    table: Box<dyn ReadSession>,
    ttl: Duration,
    // Never held across an await.
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    clock: SteadyClock,
    kept: HashMap<SessionRowKey, Kept>,
}

struct Kept {
    token: Arc<Secret<String>>,
    expires_at: SystemTime,
    read_at: Duration,
}

/// The access token of a session.
pub(crate) struct Found {
    pub(crate) token: Arc<Secret<String>>,
    /// Whether it was at hand, so that there may be a newer one.
    pub(crate) was_kept: bool,
}

impl Sessions {
    /// Keeps nothing where `ttl` is zero.
    pub(crate) fn new(table: impl ReadSession + 'static, ttl: Duration) -> Self {
        Self { table: Box::new(table), ttl, memory: Mutex::default() }
    }

    /// The access token of a session.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if there is none to be had before `deadline`.
    pub(crate) async fn token(
        &self,
        id: SessionId,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Found, SessionError> {
        match self.recall(id.key(), now) {
            Some(token) => Ok(Found { token, was_kept: true }),
            None => self.read(id, now, deadline).await,
        }
    }

    /// The same, whatever is at hand.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub(crate) async fn read(
        &self,
        id: SessionId,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Found, SessionError> {
        let key = id.key();
        let read_at = self.memory().clock.read(now);
        let began = Instant::now();
        let row = self.table.sealed_access(key, deadline).await;
        metrics::dynamodb_took(began.elapsed());
        let row = row?;
        self.memory().kept.remove(&key);
        let row = row.filter(|row| now < row.expires_at).ok_or(SessionError::None)?;
        let token = Arc::new(id.open(&row.access_token).ok_or(SessionError::NotOpened)?);
        let kept = Kept { token: Arc::clone(&token), expires_at: row.expires_at, read_at };
        self.keep(key, kept);
        Ok(Found { token, was_kept: false })
    }

    fn recall(&self, key: SessionRowKey, now: SystemTime) -> Option<Arc<Secret<String>>> {
        let mut memory = self.memory();
        let time = memory.clock.read(now);
        let kept = memory.kept.get(&key)?;
        (kept.age(time) < self.ttl && now < kept.expires_at).then(|| Arc::clone(&kept.token))
    }

    fn keep(&self, key: SessionRowKey, new: Kept) {
        if self.ttl.is_zero() {
            return;
        }
        let now = new.read_at;
        let kept = &mut self.memory().kept;
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, kept| kept.age(now) < self.ttl);
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key, new);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Zero for a call that began before the reading, in another task.
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.read_at)
    }
}

/// Why a session has no token for us. Says nothing of the session.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SessionError {
    /// No row, or one whose time is over.
    #[error("there is no such session, or it is over")]
    None,

    /// The row's token was not sealed by this session's id.
    #[error("the token of the session was not sealed for it")]
    NotOpened,

    /// Nobody can tell.
    #[error("the table of sessions cannot be read: {0}")]
    Unavailable(#[from] StoreError),
}

impl SessionError {
    /// A code for logs and metrics that stays the same when the wording changes.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::None => "no_session",
            Self::NotOpened => "session_not_opened",
            Self::Unavailable(_) => "sessions_unavailable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows by key; counts what it is asked for, and fails when told to.
    #[derive(Clone, Default)]
    struct Table(Arc<Mutex<Inner>>);

    #[derive(Default)]
    struct Inner {
        rows: HashMap<SessionRowKey, SealedAccess>,
        asked: usize,
        is_down: bool,
    }

    impl ReadSession for Table {
        fn sealed_access(&self, key: SessionRowKey, _: Instant) -> SessionFuture<'_> {
            let mut inner = self.0.lock().unwrap();
            inner.asked += 1;
            let row = if inner.is_down {
                Err(StoreError::Throttled)
            } else {
                Ok(inner.rows.get(&key).cloned())
            };
            Box::pin(async { row })
        }
    }

    impl Table {
        fn begin(&self, token: &str) -> SessionId {
            let id = SessionId::random().unwrap();
            self.put(id, id, token);
            id
        }

        /// Puts a token that is sealed for one session into the row of another.
        fn put(&self, id: SessionId, sealed_for: SessionId, token: &str) {
            let access_token = sealed_for.seal(Secret::new(token)).unwrap();
            let row = SealedAccess { access_token, expires_at: at(1_000) };
            self.0.lock().unwrap().rows.insert(id.key(), row);
        }

        fn asked(&self) -> usize {
            self.0.lock().unwrap().asked
        }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    async fn token(sessions: &Sessions, id: SessionId, now: u64) -> Result<String, SessionError> {
        let found = sessions.token(id, at(now), Instant::now()).await?;
        Ok(found.token.expose().clone())
    }

    fn sessions(table: &Table) -> Sessions {
        Sessions::new(table.clone(), Duration::from_secs(30))
    }

    #[tokio::test]
    async fn a_session_is_kept_until_the_ttl_and_not_a_second_longer() {
        let table = Table::default();
        let sessions = sessions(&table);
        let id = table.begin("token");
        for (now, want) in [(0, 1), (29, 1), (30, 2), (59, 2), (60, 3)] {
            assert_eq!(token(&sessions, id, now).await.as_deref(), Ok("token"));
            assert_eq!(table.asked(), want, "{now}");
        }
        let found = sessions.read(id, at(61), Instant::now()).await.unwrap();
        assert!(!found.was_kept);
        assert!(sessions.token(id, at(61), Instant::now()).await.unwrap().was_kept);
    }

    #[tokio::test]
    async fn that_there_is_no_session_is_not_kept() {
        let table = Table::default();
        let sessions = sessions(&table);
        let id = SessionId::random().unwrap();
        assert_eq!(token(&sessions, id, 0).await, Err(SessionError::None));
        table.put(id, id, "token");
        assert_eq!(token(&sessions, id, 0).await.as_deref(), Ok("token"));
        table.0.lock().unwrap().rows.clear();
        assert_eq!(token(&sessions, id, 29).await.as_deref(), Ok("token"), "the TTL is the bound");
        assert_eq!(token(&sessions, id, 30).await, Err(SessionError::None));
        assert_eq!(token(&sessions, id, 30).await, Err(SessionError::None));
        assert_eq!(table.asked(), 4);
    }

    #[tokio::test]
    async fn a_session_is_over_at_its_time_whatever_is_kept_or_left_in_the_table() {
        let table = Table::default();
        let sessions = sessions(&table);
        let id = table.begin("token");
        assert!(token(&sessions, id, 999).await.is_ok());
        assert_eq!(token(&sessions, id, 1_000).await, Err(SessionError::None));
    }

    #[tokio::test]
    async fn a_token_that_was_sealed_for_another_session_is_not_taken() {
        let table = Table::default();
        let sessions = sessions(&table);
        let (id, other) = (table.begin("token"), table.begin("other"));
        table.put(id, other, "other");
        assert_eq!(token(&sessions, id, 0).await, Err(SessionError::NotOpened));
        assert_eq!(token(&sessions, other, 0).await.as_deref(), Ok("other"));
    }

    #[tokio::test]
    async fn an_outage_is_an_error_and_over_with_its_cause() {
        let table = Table::default();
        let sessions = sessions(&table);
        let id = table.begin("token");
        assert!(token(&sessions, id, 0).await.is_ok());
        table.0.lock().unwrap().is_down = true;
        assert!(token(&sessions, id, 29).await.is_ok());
        let down = SessionError::Unavailable(StoreError::Throttled);
        assert_eq!(token(&sessions, id, 30).await, Err(down));
        table.0.lock().unwrap().is_down = false;
        assert!(token(&sessions, id, 30).await.is_ok());
    }

    #[tokio::test]
    async fn a_ttl_of_zero_reads_for_every_call() {
        let table = Table::default();
        let sessions = Sessions::new(table.clone(), Duration::ZERO);
        let id = table.begin("token");
        for want in 1..4 {
            assert!(token(&sessions, id, 0).await.is_ok());
            assert_eq!(table.asked(), want);
        }
        assert!(sessions.memory().kept.is_empty());
    }

    #[tokio::test]
    async fn the_memory_has_a_bound() {
        let table = Table::default();
        let sessions = sessions(&table);
        for _ in 0..MAX_KEPT + 10 {
            let id = table.begin("token");
            assert!(token(&sessions, id, 0).await.is_ok());
            assert!(sessions.memory().kept.len() <= MAX_KEPT);
        }
        assert!(sessions.memory().kept.len() <= 10, "a full memory starts again");
        for _ in 0..100 {
            let nobody = SessionId::random().unwrap();
            assert_eq!(token(&sessions, nobody, 0).await, Err(SessionError::None));
        }
        assert!(sessions.memory().kept.len() <= 10, "what is not there takes no room");
    }
}
