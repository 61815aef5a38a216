//! Keeping a session: who is signed in, and new tokens for old.

use std::time::UNIX_EPOCH;

use gatepost_core::csrf::csrf_token;
use gatepost_core::secret::Secret;
use gatepost_core::token::Claims;
use gatepost_store::PolicyStore;
use http::StatusCode;
use serde::Serialize;
use tokio::time::timeout_at;

use super::{CSRF_HEADER, Call, Refreshing, Reply, Session};
use crate::answer::{self, Answer, set_cookie};
use crate::cookies::Cookie;
use crate::provider::{ProviderError, Tokens, VerifyError};
use crate::recent::Outcome;
use crate::refusal::Refusal;

/// Who is signed in.
#[derive(Serialize)]
struct Me<'a> {
    signed_in: bool,
    sub: &'a str,
    username: &'a str,
    groups: &'a [String],
    /// In seconds since 1970.
    expires_at: u64,
    csrf_token: String,
}

/// Nobody is.
#[derive(Serialize)]
struct Nobody {
    signed_in: bool,
    /// Only if `/auth/refresh` may bring the session back: what it has to be called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

impl<S: PolicyStore> Session<S> {
    /// `GET /auth/me`.
    pub(super) async fn me(&self, call: Call<'_>) -> Reply {
        let Some(session) = Cookie::Session.value(&call.request.headers) else {
            return nobody(None);
        };
        let stored = match &self.table {
            None => None,
            Some(table) => match self.stored(table, session, call).await {
                Ok(Some(stored)) => Some(stored),
                Ok(None) => return nobody(None),
                Err(refusal) => return Reply::json(refusal),
            },
        };
        let token = stored.as_ref().map_or(session, |stored| stored.access_token.expose());
        match self.provider.access_claims(Secret::new(token), call.now, call.deadline).await {
            Ok(claims) => {
                let pass = self.renewed_page_pass(&claims, call).await;
                signed_in(&claims, session, pass)
            }
            Err(VerifyError::Token(_)) => {
                let may_refresh = match &stored {
                    None => self.refreshing(&call.request.headers, session).is_some(),
                    Some(stored) => stored.may_refresh,
                };
                nobody(may_refresh.then(|| csrf_token(Secret::new(session))))
            }
            Err(error @ VerifyError::Keys(_)) => Reply::json(error.into()),
        }
    }

    /// `POST /auth/refresh`.
    ///
    /// It never takes a cookie away: another tab may just have been given new ones.
    pub(super) async fn refresh(&self, call: Call<'_>) -> Reply {
        let reply = match &self.table {
            None => self.refreshed(call).await,
            Some(table) => self.refreshed_stored(table, call).await,
        };
        match reply {
            Ok(reply) => reply,
            Err(refusal) => Reply::json(refusal),
        }
    }

    async fn refreshed(&self, call: Call<'_>) -> Result<Reply, Refusal> {
        let session = self.protected(call, call.request.header(CSRF_HEADER))?;
        let refreshing =
            self.refreshing(&call.request.headers, session).ok_or(Refusal::SessionOver)?;
        let tokens = self.new_tokens(&refreshing, call).await?;
        let access = Secret::new(tokens.access.expose().as_str());
        let claims = self.provider.access_claims(access, call.now, call.deadline).await?;
        if claims.sub() != refreshing.s {
            return Err(Refusal::TokensOfTwo);
        }
        let cookies = self.session_cookies(&tokens, claims.sub(), Some(session))?;
        let pass = self.page_pass(&claims, call).await.map(Some);
        let mut reply = signed_in(&claims, access.expose(), pass);
        for cookie in cookies {
            set_cookie(&mut reply.answer, cookie);
        }
        Ok(reply)
    }

    /// What the refresh token is exchanged for, or was a moment ago.
    async fn new_tokens(&self, refreshing: &Refreshing, call: Call<'_>) -> Result<Tokens, Refusal> {
        let token = Secret::new(refreshing.t.as_str());
        let turn = timeout_at(call.deadline, self.recent.turn()).await;
        let _turn = turn.map_err(|_| Refusal::RefreshConflict)?;
        match self.recent.recall(token) {
            Some(Outcome::Exchanged(tokens)) => return Ok(tokens),
            Some(Outcome::Refused) => return Err(Refusal::SessionOver),
            None => {}
        }
        match self.provider.refresh(&self.config.client, token, call.deadline).await {
            Ok(mut tokens) => {
                // A provider that does not replace it lets it be used again.
                tokens.refresh.get_or_insert_with(|| Secret::new(refreshing.t.clone()));
                self.recent.note(token, Outcome::Exchanged(tokens.clone()));
                Ok(tokens)
            }
            Err(ProviderError::Refused { code: "invalid_grant" }) => {
                self.recent.note(token, Outcome::Refused);
                Err(Refusal::RefreshConflict)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A pass that cannot be renewed just now is left as it is: it ends by itself, and soon.
pub(super) fn signed_in(
    claims: &Claims,
    session: &str,
    pass: Result<Option<http::HeaderValue>, Refusal>,
) -> Reply {
    let username = claims.username().or(claims.text("preferred_username"));
    let expires_at = claims.expires_at().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut answer: Answer = answer::json(
        StatusCode::OK,
        &Me {
            signed_in: true,
            sub: claims.sub(),
            username: username.unwrap_or(claims.sub()),
            groups: claims.groups(),
            expires_at: expires_at.as_secs(),
            csrf_token: csrf_token(Secret::new(session)),
        },
    );
    match pass {
        Ok(pass) => {
            if let Some(pass) = pass {
                set_cookie(&mut answer, pass);
            }
            Reply::done(answer)
        }
        Err(refusal) => Reply { answer, refusal: Some(refusal) },
    }
}

fn nobody(csrf_token: Option<String>) -> Reply {
    let body = Nobody { signed_in: false, csrf_token };
    let answer = answer::json(StatusCode::UNAUTHORIZED, &body);
    Reply { answer, refusal: Some(Refusal::NotSignedIn) }
}
