//! The session function: which address does what, and one line in the log for each request.

mod keep;
mod pages;
mod sign_in;
mod sign_out;
mod table;

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::Client;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::csrf::{csrf_token, is_csrf_token};
use gatepost_core::secret::Secret;
use gatepost_core::token::ExpectedTokenError;
use gatepost_store::{PolicyStore, SessionTable};
use http::{HeaderMap, HeaderValue, Method, Response};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use self::table::Table;
use crate::answer::{self, Answer};
use crate::config::{SessionConfig, SessionMode};
use crate::cookies::Cookie;
use crate::provider::{Provider, Tokens};
use crate::recent::Recent;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::seal::{Purpose, SealError, open, seal};

/// For all I/O of one request together: API Gateway waits for 29 s, and people for less.
const DEADLINE: Duration = Duration::from_secs(12);

/// What a request keeps of its time for what comes after its I/O.
const TO_ANSWER: Duration = Duration::from_millis(200);

/// Signs people in and keeps their sessions.
pub struct Session<S> {
    config: SessionConfig,
    provider: Provider,
    store: S,
    recent: Recent,
    /// Only where sessions are in one.
    table: Option<Table>,
}

impl<S: PolicyStore> Session<S> {
    /// A session function that reads policy documents from `store`, asks for sessions in a table
    /// through `dynamodb`, and speaks to the provider by `https`.
    ///
    /// # Errors
    ///
    /// [`ExpectedTokenError`] if no ID token could ever be accepted; settings that were read by
    /// [`SessionConfig::from_vars`] do not say so.
    pub fn new(
        config: SessionConfig,
        store: S,
        dynamodb: &Client,
        https: HttpsClient,
    ) -> Result<Self, ExpectedTokenError> {
        let provider = Provider::new(&config.issuer, &config.client, https)?;
        let table = match &config.mode {
            SessionMode::Opaque { table, lifetime } => {
                Some(Table { rows: SessionTable::new(dynamodb, table), lifetime: *lifetime })
            }
            SessionMode::Token => None,
        };
        Ok(Self { config, provider, store, recent: Recent::default(), table })
    }

    /// Does ahead of the first request what it would otherwise wait for: addresses and keys are
    /// fetched. What fails is logged, and left to the first request.
    pub async fn warm_up(&self, now: SystemTime, time_left: Duration) {
        self.provider.warm_up(now, Instant::now() + time_left).await;
    }

    /// Answers one request at the time `now`. `time_left` is how long whoever asks will wait.
    pub async fn respond(
        &self,
        request: &Request,
        now: SystemTime,
        time_left: Option<Duration>,
    ) -> Response<String> {
        let limit = time_left.map_or(DEADLINE, |left| left.saturating_sub(TO_ANSWER).min(DEADLINE));
        let call = Call { request, now, deadline: Instant::now() + limit };
        let endpoint = request.path.strip_prefix("/auth/").unwrap_or_default();
        let (endpoint, reply) = match (endpoint, &request.method) {
            ("callback", &Method::GET) => ("callback", self.callback(call).await),
            ("login", &Method::GET) => ("login", self.login(call).await),
            ("logout", &Method::GET) => ("logout", Self::ask_to_sign_out(call)),
            ("logout", &Method::POST) => ("logout", self.sign_out(call).await),
            ("me", &Method::GET) => ("me", self.me(call).await),
            ("refresh", &Method::POST) => ("refresh", self.refresh(call).await),
            ("callback" | "login" | "logout" | "me" | "refresh", _) => {
                ("other", Reply::json(Refusal::MethodNotAllowed))
            }
            _ => ("other", Reply::json(Refusal::NotFound)),
        };
        let status = reply.answer.status().as_u16();
        match reply.refusal {
            None => tracing::info!(endpoint, status, "session"),
            Some(refusal) => {
                let told = refusal.told();
                let reason = told.code;
                // A page pass that could not be made is a failure, whatever the answer's own status.
                if told.status.is_server_error() {
                    tracing::error!(endpoint, status, reason, %refusal, "session");
                } else {
                    tracing::info!(endpoint, status, reason, %refusal, "session");
                }
            }
        }
        reply.answer
    }

    /// `Set-Cookie` for new tokens of the user `sub`, in the place of the session cookie `before`.
    fn session_cookies(
        &self,
        tokens: &Tokens,
        sub: &str,
        before: Option<&str>,
    ) -> Result<[HeaderValue; 2], Refusal> {
        let access = tokens.access.expose();
        let refresh = match &tokens.refresh {
            None => Cookie::Refresh.clear(),
            Some(token) => {
                let kept = Refreshing {
                    t: token.expose().clone(),
                    s: sub.to_owned(),
                    c: before.map(|before| csrf_token(Secret::new(before))),
                };
                let text = serde_json::to_vec(&kept).map_err(|_| SealError)?;
                let beside = fingerprint(access);
                let keys = &self.config.keys;
                let sealed = seal(keys, Purpose::Refresh, &beside, Secret::new(&text))?;
                Cookie::Refresh.set(&sealed)?
            }
        };
        Ok([Cookie::Session.set(access)?, refresh])
    }

    /// The value of the session cookie, if `presented` is its token against cross-site request
    /// forgery; or that of the cookie before the last refresh, which is as secret, and all that a
    /// second tab knows right after the first has refreshed.
    fn protected<'a>(&self, call: Call<'a>, presented: Option<&str>) -> Result<&'a str, Refusal> {
        let headers = &call.request.headers;
        let session = Cookie::Session.value(headers).ok_or(Refusal::NotSignedIn)?;
        let presented = presented.ok_or(Refusal::CsrfTokenMissing)?;
        let is_of_the_one_before = || {
            let before = self.refreshing(headers, session).and_then(|refreshing| refreshing.c);
            before.is_some_and(|before| {
                verify_slices_are_equal(before.as_bytes(), presented.as_bytes()).is_ok()
            })
        };
        if is_csrf_token(presented, Secret::new(session)) || is_of_the_one_before() {
            Ok(session)
        } else {
            Err(Refusal::CsrfTokenMismatch)
        }
    }

    /// The refresh token that was set together with the access token of this very request. One that
    /// another host of the site has put there is another's, and does not open.
    fn refreshing(&self, headers: &HeaderMap, session: &str) -> Option<Refreshing> {
        let beside = fingerprint(session);
        Cookie::Refresh
            .values(headers)
            .filter_map(|sealed| open(&self.config.keys, Purpose::Refresh, &beside, sealed))
            .find_map(|text| serde_json::from_slice(text.expose()).ok())
    }
}

/// What is sealed with a refresh token.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Refreshing {
    /// The token.
    t: String,
    /// Whose it is.
    s: String,
    /// The token against cross-site request forgery that was good before the last refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<String>,
}

/// What a refresh cookie is bound to: it is good only beside the access token it came with.
fn fingerprint(session: &str) -> Vec<u8> {
    digest(&SHA256, session.as_bytes()).as_ref().to_vec()
}

/// One request, and the time it has.
#[derive(Clone, Copy)]
struct Call<'a> {
    request: &'a Request,
    now: SystemTime,
    deadline: Instant,
}

/// An answer, and why it is not the one that was asked for.
struct Reply {
    answer: Answer,
    refusal: Option<Refusal>,
}

impl Reply {
    fn done(answer: Answer) -> Self {
        Self { answer, refusal: None }
    }

    /// For scripts.
    fn json(refusal: Refusal) -> Self {
        Self { answer: answer::error(&refusal.told()), refusal: Some(refusal) }
    }

    /// For people.
    fn page(refusal: Refusal) -> Self {
        Self { answer: answer::error_page(&refusal.told()), refusal: Some(refusal) }
    }
}

const CSRF_HEADER: &str = "x-csrf-token";

/// Shows the settings only, which show no secret.
impl<S> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}
