//! The path of one call, from the event to the answer.
//!
//! Eight hops: event bytes, event, request, unverified token, key (await), claims, documents
//! (await), policy, answer bytes. Where the request has a session in the place of a token, there is
//! one more: the token of its row (await). The awaits are here; everything between them is a pure
//! function in a file of its own.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use futures_util::future::join_all;
use gatepost_core::secret::Secret;
use gatepost_core::token::{Claims, TokenError, UnverifiedToken};
use gatepost_store::{DynamoDbStore, PolicyStore, SessionId, SessionTable, StoreError};
use tokio::time::Instant;

use crate::answer::{Answer, Form};
use crate::config::{Config, Response, Revocation, UsageIdentifierKey};
use crate::credential::Credential;
use crate::decision_log::{CallRecord, DecisionLine, Sampler};
use crate::front_door::FrontDoor;
use crate::jwks::{FetchKeySet, KeySource};
use crate::merged::MergedPolicies;
use crate::metrics;
use crate::policies::{Found, Policies};
use crate::policy::allows_call;
use crate::refusal::{AuthorizeError, Refusal};
use crate::request::{Request, RequestError, condition_keys, request_id};
use crate::sessions::{ReadSession, SessionError, Sessions};
use crate::shadow::Shadow;
use crate::subjects::{Subjects, revocables};
use crate::usage_plan::usage_identifier_key;
use crate::wire::Event;

/// Answers the events of API Gateway. One serves any number of calls, at once or in turn.
pub struct Authorizer<S> {
    config: Config,
    // INVARIANT: one for each of `config.issuers`, in their order.
    key_sources: Vec<KeySource>,
    fetch: Box<dyn FetchKeySet>,
    policies: Policies<S>,
    merged: MergedPolicies,
    /// Only where a token source is a session.
    sessions: Option<Sessions>,
    shadow: Shadow,
    sampler: Sampler,
}

/// One call of the authorizer.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The event, as JSON text.
    pub event: &'a [u8],
    /// The time of the call, by which tokens and everything kept are judged.
    pub now: SystemTime,
    /// How long the caller waits, if that is known. The settings have a limit of their own.
    pub time_left: Option<Duration>,
}

/// The event holds the token, so it is not shown.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("now", &self.now).finish_non_exhaustive()
    }
}

impl<S: PolicyStore> Authorizer<S> {
    /// An authorizer that reads policy documents from `store` and fetches keys by `fetch`.
    pub fn new(config: Config, store: S, fetch: impl FetchKeySet + 'static) -> Self {
        let key_sources = config
            .issuers
            .iter()
            .map(|issuer| KeySource::new(issuer, config.jwks_ttl, config.jwks_max_stale))
            .collect();
        let policies = Policies::new(store, config.policy_ttl);
        let sampler = Sampler::new(config.log_sample_percent);
        let (fetch, shadow) = (Box::new(fetch), Shadow::default());
        Self {
            config,
            key_sources,
            fetch,
            policies,
            merged: MergedPolicies::default(),
            sessions: None,
            shadow,
            sampler,
        }
    }

    /// The same, with sessions in `table`, for token sources that are sessions. Without it no session
    /// can be read.
    #[must_use]
    pub fn with_sessions(self, table: impl ReadSession + 'static) -> Self {
        let ttl = self.config.sessions.as_ref().map_or(Duration::ZERO, |sessions| sessions.ttl);
        Self { sessions: Some(Sessions::new(table, ttl)), ..self }
    }

    /// Does ahead of the first call what it would otherwise wait for: keys are fetched and the
    /// connection to the store is opened, all at once.
    ///
    /// What fails is logged, and left to the first call.
    pub async fn warm_up(&self, now: SystemTime, time_left: Duration) {
        metrics::cold_start();
        let deadline = Instant::now() + time_left;
        let keys = self.key_sources.iter().map(|keys| keys.warm_up(&*self.fetch, now, deadline));
        tokio::join!(join_all(keys), self.policies.warm_up(deadline));
    }

    /// Answers one event at the time `now`, with JSON, and writes the log.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; its text is what API Gateway must be told.
    pub async fn answer(&self, event: &[u8], now: SystemTime) -> Result<String, Refusal> {
        let (answer, line) = self.answer_call(Call { event, now, time_left: None }).await;
        line.write(None, None);
        answer
    }

    /// Answers one call, with JSON or a [`Refusal`], whose text is what API Gateway must be told. The
    /// line for the log is for the time when the caller has it.
    pub async fn answer_call(&self, call: Call<'_>) -> (Result<String, Refusal>, DecisionLine) {
        let mut record = CallRecord::new();
        let outcome = self.authorize(&call, &mut record).await;
        record.end(outcome, &self.sampler)
    }

    async fn authorize(
        &self,
        call: &Call<'_>,
        record: &mut CallRecord,
    ) -> Result<Answer, AuthorizeError> {
        let deadline = self.deadline(call.time_left);
        let event = Event::read(call.event)?;
        record.request_id = request_id(&event).map(str::to_owned);
        let request = Request::parse(&event, self.config.token_places())?;

        record.front_door = Some(request.front_door);
        if self.config.response == Response::Simple && request.front_door != FrontDoor::HttpApi2 {
            return Err(RequestError::SimpleImpossible.into());
        }

        let claims = match request.credential {
            Credential::Session(id) => self.session_claims(id, call.now, deadline, record).await?,
            Credential::Token(token) => self.claims(token, call.now, deadline, record).await?,
        };

        let revocables = match self.config.revocation {
            Revocation::Off => Vec::new(),
            Revocation::On => revocables(&claims),
        };
        let subjects = Subjects::of(&claims, &self.config.issuers, &self.config.subjects);
        record.subjects = subjects.known.len();
        record.impossible_subjects = subjects.impossible;
        let reading = Instant::now();
        let found = self.policies.read(&subjects.known, &revocables, call.now, deadline).await;
        record.documents_took = reading.elapsed();
        if !found.as_ref().is_ok_and(|found| found.read == 0 && revocables.is_empty()) {
            metrics::dynamodb_took(record.documents_took);
        }
        let Found { policies, read, revocations } = found?;
        record.subjects_read = read;
        record.documents = policies.len();
        let (known, without_row) = (record.subjects, record.subjects - policies.len());
        metrics::documents(known - read, read, without_row);
        if let Some(revoked) = revocations.iter().find(|revoked| revoked.holds_at(call.now)) {
            return Err(AuthorizeError::Revoked(revoked.revocable.kind()));
        }

        let Config { ref context_claims, max_policy_bytes, .. } = self.config;
        let merged = self.merged.of(&policies, &claims, &request.method_arn, &self.config)?;
        record.allows_something = merged.allows_something;
        let form = match self.config.response {
            Response::Policy => Form::Policy {
                usage_identifier_key: match self.config.usage_identifier_key {
                    UsageIdentifierKey::Off => None,
                    UsageIdentifierKey::On => usage_identifier_key(&policies)?,
                },
            },
            Response::Simple => {
                let keys = condition_keys(&event, call.now);
                let is_authorized = allows_call(&merged.policy, &request.method_arn, &keys);
                record.allows_something = is_authorized;
                Form::Simple { is_authorized }
            }
        };
        let max_bytes = max_policy_bytes.min(request.front_door.max_answer_bytes());
        let answer = Answer::write(&merged, form, &claims, context_claims, max_bytes)?;
        self.shadow.follow(&policies, request.method_arn.stage_arn(), record.busy());
        Ok(answer)
    }

    /// The claims of the token in a session's row. A token at hand that is not good may have a
    /// successor in the table.
    async fn session_claims(
        &self,
        id: SessionId,
        now: SystemTime,
        deadline: Instant,
        record: &mut CallRecord,
    ) -> Result<Claims, AuthorizeError> {
        let unavailable = || SessionError::Unavailable(StoreError::TableNotFound);
        let sessions = self.sessions.as_ref().ok_or_else(unavailable)?;
        let waiting = Instant::now();
        let found = sessions.token(id, now, deadline).await;
        record.session_took = waiting.elapsed();
        let found = found?;
        let token = Secret::new(found.token.expose().as_str());
        match self.claims(token, now, deadline, record).await {
            Err(AuthorizeError::Token(_)) if found.was_kept => {}
            outcome => return outcome,
        }
        let waiting = Instant::now();
        let found = sessions.read(id, now, deadline).await;
        record.session_took += waiting.elapsed();
        let found = found?;
        self.claims(Secret::new(found.token.expose().as_str()), now, deadline, record).await
    }

    async fn claims(
        &self,
        token: Secret<&str>,
        now: SystemTime,
        deadline: Instant,
        record: &mut CallRecord,
    ) -> Result<Claims, AuthorizeError> {
        let token = UnverifiedToken::parse(token.expose())?;
        let mut trusted = self.config.issuers.iter().zip(&self.key_sources);
        let (issuer, keys) = trusted
            .find(|(issuer, _)| issuer.expected.issuer() == token.issuer())
            .ok_or(TokenError::IssuerMismatch)?;
        let waiting = Instant::now();
        let keys = keys.keys_for(token.kid(), &*self.fetch, now, deadline).await;
        record.keys_took += waiting.elapsed();
        let keys = keys?;
        let key = keys.key_for(&token)?;
        Ok(token.verify(key, &issuer.expected, now)?)
    }

    fn deadline(&self, time_left: Option<Duration>) -> Instant {
        let limit = time_left.map_or(Duration::MAX, |time| time.saturating_sub(TO_ANSWER));
        Instant::now() + self.config.deadline.min(limit)
    }
}

impl Authorizer<DynamoDbStore> {
    /// An authorizer over the tables that `config` names, asked through `client`.
    pub fn over_dynamodb(
        config: Config,
        client: &Client,
        fetch: impl FetchKeySet + 'static,
    ) -> Self {
        let store = DynamoDbStore::new(client, &config.policy_table, config.table_layout);
        let sessions =
            config.sessions.as_ref().map(|sessions| SessionTable::new(client, &sessions.table));
        let authorizer = Self::new(config, store, fetch);
        match sessions {
            Some(table) => authorizer.with_sessions(table),
            None => authorizer,
        }
    }
}

/// Shows the settings only.
impl<S> fmt::Debug for Authorizer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorizer").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What a call keeps of its time for what comes after its I/O.
const TO_ANSWER: Duration = Duration::from_millis(200);
