//! Sessions in a table, of which the browser has the id only.
//!
//! New tokens are asked for by one function instance at a time: who wants to takes a lease of the row,
//! asks the provider, and writes what came, all before the lease ends. Everybody else waits for the row
//! to change. So a lease that has ended by itself is one of an instance that will not write any more,
//! because it has gone, or because it could not write: what it was given by the provider is lost, and
//! the refresh token in the row perhaps used.

use std::time::{Duration, SystemTime};

use gatepost_core::secret::Secret;
use gatepost_core::token::Claims;
use gatepost_store::{
    Lease, NewTokens, PolicyStore, SessionId, SessionRow, SessionTable, StoreError,
};
use http::HeaderValue;
use tokio::time::{Instant, sleep_until};

use super::{CSRF_HEADER, Call, Reply, Session, keep};
use crate::cookies::Cookie;
use crate::provider::{ProviderError, Tokens, VerifyError};
use crate::random;
use crate::recent::Outcome;
use crate::refusal::Refusal;
use crate::seal::{Purpose, SealError, open, seal};

/// How long a lease lasts: one request to the provider, which is given 5 s, the keys that its answer is
/// verified with, and a write.
const LEASE: Duration = Duration::from_secs(8);

/// How much of it is used. The rest is for clocks that differ.
const LEASE_USED: Duration = Duration::from_secs(7);

/// Who has less time left than this asks the provider for nothing: an answer that is not waited for may
/// have used the refresh token up.
const ENOUGH: Duration = Duration::from_secs(2);

/// Tokens that came this short a time ago are not renewed: another tab has just done it.
const YOUNG: Duration = Duration::from_secs(30);

/// Where sessions are, and how long they last.
pub(super) struct Table {
    pub(super) rows: SessionTable,
    /// From signing in, whatever is renewed in between.
    pub(super) lifetime: Duration,
}

/// What a row says to its browser.
pub(super) struct Stored {
    pub(super) access_token: Secret<String>,
    pub(super) may_refresh: bool,
}

impl<S: PolicyStore> Session<S> {
    /// The session that a cookie names; nothing if there is none.
    pub(super) async fn stored(
        &self,
        table: &Table,
        cookie: &str,
        call: Call<'_>,
    ) -> Result<Option<Stored>, Refusal> {
        let Some(id) = SessionId::parse(Secret::new(cookie)) else { return Ok(None) };
        let row = table.rows.read(id.key(), call.deadline).await.map_err(Refusal::Sessions)?;
        let Some(row) = row.filter(|row| !row.is_over(call.now)) else { return Ok(None) };
        let may_refresh = self.refresh_token(id, &row).is_some();
        let access_token = id.open(&row.access_token);
        Ok(access_token.map(|access_token| Stored { access_token, may_refresh }))
    }

    /// Begins a session, always with a new id: an id that was there before may be known to others.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it could not be written.
    pub(super) async fn begin_stored(
        &self,
        table: &Table,
        tokens: &Tokens,
        claims: &Claims,
        call: Call<'_>,
    ) -> Result<HeaderValue, Refusal> {
        let id = SessionId::random().map_err(|_| SealError)?;
        let refresh_token = tokens.refresh.as_ref();
        let row = SessionRow {
            access_token: seal_access(id, tokens)?,
            refresh_token: refresh_token.map(|token| self.seal_refresh(id, token)).transpose()?,
            sub: claims.sub().to_owned(),
            created_at: call.now,
            renewed_at: call.now,
            revision: 1,
            expires_at: call.now + table.lifetime,
            lease: None,
        };
        table.rows.begin(id.key(), &row, call.deadline).await.map_err(Refusal::Sessions)?;
        Ok(Cookie::Session.set(id.to_text().expose())?)
    }

    /// Ends the session that a cookie names, here and then at the provider.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if its row may still be there.
    pub(super) async fn end_stored(
        &self,
        table: &Table,
        cookie: &str,
        call: Call<'_>,
    ) -> Result<(), StoreError> {
        let Some(id) = SessionId::parse(Secret::new(cookie)) else { return Ok(()) };
        if let Some(row) = table.rows.end(id.key(), call.deadline).await?
            && let Some(token) = self.refresh_token(id, &row)
        {
            self.revoke(Secret::new(token.expose()), call).await;
        }
        Ok(())
    }

    /// The same for the session that a browser had before it signed in again. That it goes on is no
    /// reason to turn anyone away.
    pub(super) async fn end_previous(&self, call: Call<'_>) {
        let cookie = Cookie::Session.value(&call.request.headers);
        if let (Some(table), Some(cookie)) = (&self.table, cookie)
            && let Err(error) = self.end_stored(table, cookie, call).await
        {
            tracing::warn!(reason = error.reason(), %error, "the session before was not ended");
        }
    }

    /// `POST /auth/refresh`.
    pub(super) async fn refreshed_stored(
        &self,
        table: &Table,
        call: Call<'_>,
    ) -> Result<Reply, Refusal> {
        let cookie = self.protected(call, call.request.header(CSRF_HEADER))?;
        let id = SessionId::parse(Secret::new(cookie)).ok_or(Refusal::SessionOver)?;
        let claims = self.renewed(table, id, call).await?;
        let pass = self.page_pass(&claims, call).await.map(Some);
        Ok(keep::signed_in(&claims, cookie, pass))
    }

    /// The claims of new tokens, which we ask for or somebody else does just now.
    async fn renewed(
        &self,
        table: &Table,
        id: SessionId,
        call: Call<'_>,
    ) -> Result<Claims, Refusal> {
        // Ahead of the lease, of which there is none to spare.
        self.provider.discovery(call.deadline).await?;
        let began = Instant::now();
        let mut first = None;
        loop {
            let now = call.now + began.elapsed();
            let row = table.rows.read(id.key(), call.deadline).await.map_err(Refusal::Sessions)?;
            let row = row.filter(|row| !row.is_over(now)).ok_or(Refusal::SessionOver)?;
            let is_new = *first.get_or_insert(row.revision) != row.revision;
            if is_new || now < row.renewed_at + YOUNG {
                let token = id.open(&row.access_token).ok_or(Refusal::SessionOver)?;
                match self.claims_of(&token, now, call.deadline).await {
                    Err(VerifyError::Token(_)) => {}
                    outcome => return Ok(outcome?),
                }
            }
            let used = self.refresh_token(id, &row).ok_or(Refusal::SessionOver)?;
            if row.lease.as_ref().is_none_or(|lease| !lease.holds_at(now)) {
                if Instant::now() + ENOUGH > call.deadline {
                    return Err(Refusal::RefreshConflict);
                }
                let lease = Lease { holder: random::text()?, until: now + LEASE };
                let deadline = call.deadline.min(Instant::now() + LEASE_USED);
                let taken =
                    table.rows.take_lease(id.key(), row.revision, &lease, now, call.deadline);
                if taken.await.map_err(Refusal::Sessions)? {
                    let turn = Turn { table, id, row: &row, holder: &lease.holder, now, deadline };
                    if let Some(claims) = self.exchange(&turn, &used, call).await? {
                        return Ok(claims);
                    }
                }
            }
            pause(call.deadline).await?;
        }
    }

    /// Asks the provider, and writes what it gives. Nothing if the row is not ours to write any more.
    async fn exchange(
        &self,
        turn: &Turn<'_>,
        used: &Secret<String>,
        call: Call<'_>,
    ) -> Result<Option<Claims>, Refusal> {
        let used = Secret::new(used.expose().as_str());
        // What could not be written a moment ago.
        let given = match self.recent.recall(used) {
            Some(Outcome::Exchanged(tokens)) => Ok(tokens),
            Some(Outcome::Refused) | None => {
                self.provider.refresh(&self.config.client, used, turn.deadline).await
            }
        };
        let tokens = match given {
            Ok(tokens) => tokens,
            Err(ProviderError::Refused { code: "invalid_grant" }) => {
                // Nobody else has asked while the lease was ours, so there is nothing to wait for.
                let ended = turn.table.rows.end_leased(turn.id.key(), turn.holder, turn.deadline);
                let ended = ended.await.map_err(Refusal::Sessions)?;
                return if ended { Err(Refusal::SessionOver) } else { Ok(None) };
            }
            Err(error) => return Err(self.give_up(turn, error.into()).await),
        };
        let verified = self.claims_of(&tokens.access, turn.now, turn.deadline).await;
        let access_token = match &verified {
            Ok(claims) if claims.sub() == turn.row.sub => Some(seal_access(turn.id, &tokens)?),
            Ok(_) => return Err(self.give_up(turn, Refusal::TokensOfTwo).await),
            Err(error @ VerifyError::Token(_)) => {
                return Err(self.give_up(turn, error.clone().into()).await);
            }
            // The refresh token must not be lost with it.
            Err(VerifyError::Keys(_)) => None,
        };
        let refresh_token = tokens.refresh.as_ref();
        let refresh_token =
            refresh_token.map(|token| self.seal_refresh(turn.id, token)).transpose()?;
        let new = NewTokens {
            access_token: access_token.as_deref(),
            refresh_token: refresh_token.as_deref(),
            renewed_at: turn.now,
        };
        match turn.table.rows.renew(turn.id.key(), turn.holder, new, turn.deadline).await {
            Ok(true) => Ok(Some(verified?)),
            Ok(false) => {
                self.forget(turn, &tokens, call).await;
                Ok(None)
            }
            Err(error) => {
                self.recent.note(used, Outcome::Exchanged(tokens));
                Err(Refusal::Sessions(error))
            }
        }
    }

    /// Gives the lease back, so that whoever is next need not wait for its end.
    async fn give_up(&self, turn: &Turn<'_>, refusal: Refusal) -> Refusal {
        let given = turn.table.rows.give_lease_back(turn.id.key(), turn.holder, turn.deadline);
        if let Err(error) = given.await {
            tracing::warn!(reason = error.reason(), %error, "lease not given back");
        }
        refusal
    }

    /// Revokes a refresh token that came for a session which was ended meanwhile.
    async fn forget(&self, turn: &Turn<'_>, tokens: &Tokens, call: Call<'_>) {
        let row = turn.table.rows.read(turn.id.key(), call.deadline).await;
        if let (Ok(None), Some(token)) = (row, &tokens.refresh) {
            self.revoke(Secret::new(token.expose()), call).await;
        }
    }

    async fn claims_of(
        &self,
        token: &Secret<String>,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Claims, VerifyError> {
        let token = Secret::new(token.expose().as_str());
        self.provider.access_claims(token, now, deadline).await
    }

    fn seal_refresh(&self, id: SessionId, token: &Secret<String>) -> Result<String, SealError> {
        let text = Secret::new(token.expose().as_bytes());
        seal(&self.config.keys, Purpose::StoredRefresh, id.bytes().expose(), text)
    }

    /// The refresh token of a row; nothing if there is none, or if the key it was sealed with is gone.
    fn refresh_token(&self, id: SessionId, row: &SessionRow) -> Option<Secret<String>> {
        let sealed = row.refresh_token.as_deref()?;
        let bound_to = id.bytes();
        let text = open(&self.config.keys, Purpose::StoredRefresh, bound_to.expose(), sealed)?;
        String::from_utf8(text.expose().clone()).ok().map(Secret::new)
    }
}

/// The time in which one row is ours.
struct Turn<'a> {
    table: &'a Table,
    id: SessionId,
    row: &'a SessionRow,
    holder: &'a str,
    now: SystemTime,
    deadline: Instant,
}

fn seal_access(id: SessionId, tokens: &Tokens) -> Result<Vec<u8>, SealError> {
    id.seal(Secret::new(tokens.access.expose().as_str())).map_err(|_| SealError)
}

/// Waits a little, before the row is looked at again. Each time another while, so that those who wait
/// do not all come at once.
///
/// # Errors
///
/// [`Refusal::RefreshConflict`] if there is no time for that.
async fn pause(deadline: Instant) -> Result<(), Refusal> {
    let wake = Instant::now() + Duration::from_millis(fastrand::u64(50..250));
    if wake >= deadline {
        return Err(Refusal::RefreshConflict);
    }
    sleep_until(wake).await;
    Ok(())
}
