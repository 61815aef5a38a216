//! The way of one request through the authorizer: identity sources, cache, invocation, policy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatepost_core::gateway::{MethodArn, MethodArnError};
use gatepost_core::policy::{self, Context, Decision};
use http::HeaderName;
use http::header::{REFERER, USER_AGENT};

use super::Transport;
use super::answer::Answer;
use super::cache::CacheKey;
use super::call::Call;
use super::event;
use super::identity::SourceValues;
use super::pipeline::Pipeline;
use super::record::{CacheUse, Outcome};
use super::response::GatewayResponse;
use super::route::RouteMatch;
use super::settings::{AuthorizerKind, AuthorizerSettings};
use crate::invoke::Invocation;

/// The longest the gateway waits for an authorizer. What a REST API's own limit is, is not
/// documented; this is its limit for backends.
const AUTHORIZER_TIMEOUT: Duration = Duration::from_secs(29);

/// What the authorizer and its policy say of a request.
#[derive(Debug)]
pub(super) struct Ruling {
    /// `Ok` if the request may pass.
    pub(super) result: Result<(), GatewayResponse>,
    pub(super) outcome: Outcome,
    pub(super) cache: CacheUse,
    /// The answer that was evaluated, if there is one.
    pub(super) answer: Option<Arc<Answer>>,
    /// How long the authorizer took; zero for an answer from the cache.
    pub(super) latency: Duration,
    /// For the developer.
    pub(super) reason: Option<String>,
}

impl Ruling {
    fn refused(response: GatewayResponse, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self {
            result: Err(response),
            outcome,
            cache: CacheUse::Unused,
            answer: None,
            latency: Duration::ZERO,
            reason: Some(reason.into()),
        }
    }

    fn failure(reason: impl Into<String>) -> Self {
        Self::refused(GatewayResponse::AuthorizerFailure, Outcome::AuthorizerFailure, reason)
    }

    fn unauthorized(reason: impl Into<String>) -> Self {
        Self::refused(GatewayResponse::Unauthorized, Outcome::Unauthorized, reason)
    }
}

impl Pipeline {
    /// Decides whether `call` may have `route`.
    pub(super) async fn authorize(
        &self,
        settings: &AuthorizerSettings,
        call: &Call,
        route: &RouteMatch<'_>,
    ) -> Ruling {
        let arn = match self.method_arn(call) {
            Ok(arn) => arn,
            Err(error @ MethodArnError::TooLong { .. }) => {
                let response = GatewayResponse::UriTooLong;
                return Ruling::refused(response, Outcome::TooLarge, error.to_string());
            }
            Err(error) => return Ruling::failure(error.to_string()),
        };
        let identity = match self.identity(settings, call, route) {
            Ok(identity) => identity,
            Err(reason) => return Ruling::unauthorized(reason),
        };
        let key = (!settings.result_ttl().is_off()).then(|| CacheKey::of(&identity));
        if let Some(key) = &key
            && let Some(answer) =
                self.cache.get(key, call.received, settings.result_ttl().duration())
        {
            return Ruling { cache: CacheUse::Hit, ..self.evaluate(answer, &arn, call) };
        }
        let event = match event_of(settings, call, route, &arn, &self.stage_variables) {
            Ok(event) => event,
            Err(error) => return Ruling::failure(format!("the event cannot be written: {error}")),
        };
        let started = Instant::now();
        let invocation = tokio::time::timeout(AUTHORIZER_TIMEOUT, self.invoke.invoke(event)).await;
        let latency = started.elapsed();
        let cache = if key.is_some() { CacheUse::Miss } else { CacheUse::Off };
        let ruling = match answer_of(invocation.unwrap_or(Invocation::TimedOut)) {
            Ok(answer) => {
                let answer = Arc::new(answer);
                if let Some(key) = key {
                    self.cache.put(key, Arc::clone(&answer), self.clock.now());
                }
                self.evaluate(answer, &arn, call)
            }
            Err(ruling) => ruling,
        };
        Ruling { cache, latency, ..ruling }
    }

    fn method_arn(&self, call: &Call) -> Result<MethodArn, MethodArnError> {
        format!("{}/{}/{}", self.stage, call.verb, call.path.routed()).parse()
    }

    /// The values of every identity source; `Err` names the one that is empty.
    fn identity(
        &self,
        settings: &AuthorizerSettings,
        call: &Call,
        route: &RouteMatch<'_>,
    ) -> Result<Vec<SourceValues>, String> {
        let mut identity = Vec::new();
        for source in settings.identity_sources() {
            let values = source.values(call, route.resource.template(), &self.stage_variables);
            if values.is_empty() || values.iter().any(Vec::is_empty) {
                return Err(format!("{source} is missing or empty; the authorizer was not called"));
            }
            identity.push(values);
        }
        if let AuthorizerKind::Token { header, expression: Some(expression) } = settings.kind()
            && !expression.accepts(&token(call, header))
        {
            return Err(
                "the token does not match identityValidationExpression; the authorizer was not \
                 called"
                    .to_owned(),
            );
        }
        Ok(identity)
    }

    fn evaluate(&self, answer: Arc<Answer>, arn: &MethodArn, call: &Call) -> Ruling {
        let context = self.condition_context(call);
        let access = policy::Access {
            action: "execute-api:Invoke",
            resource: arn.into(),
            context: &context,
        };
        let decision = policy::decide([&answer.policy], &access).decision;
        let (result, outcome) = match decision {
            Decision::Allow => (Ok(()), Outcome::Allow),
            Decision::ExplicitDeny => (Err(GatewayResponse::ExplicitDeny), Outcome::ExplicitDeny),
            Decision::ImplicitDeny => (Err(GatewayResponse::ImplicitDeny), Outcome::ImplicitDeny),
        };
        Ruling {
            result,
            outcome,
            cache: CacheUse::Unused,
            answer: Some(answer),
            latency: Duration::ZERO,
            reason: None,
        }
    }

    /// What conditions may ask of a request: the keys that apply to every authorization type.
    ///
    /// Source: [AWS condition keys for API Gateway][keys].
    ///
    /// [keys]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
    fn condition_context(&self, call: &Call) -> Context {
        let mut context = Context::new();
        context.set_time(call.received);
        context.insert("aws:SourceIp", call.peer.to_string());
        let secure = match self.transport {
            Transport::Http => "false",
            Transport::Https => "true",
        };
        context.insert("aws:SecureTransport", secure);
        for (key, header) in [("aws:Referer", REFERER), ("aws:UserAgent", USER_AGENT)] {
            if let Some(value) = call.header_text(&header) {
                context.insert(key, value);
            }
        }
        context
    }
}

fn event_of(
    settings: &AuthorizerSettings,
    call: &Call,
    route: &RouteMatch<'_>,
    arn: &MethodArn,
    stage_variables: &BTreeMap<String, String>,
) -> Result<Bytes, serde_json::Error> {
    match settings.kind() {
        AuthorizerKind::Request { .. } => event::request_event(call, route, arn, stage_variables),
        AuthorizerKind::Token { header, .. } => event::token_event(arn, &token(call, header)),
    }
}

/// The token of a TOKEN authorizer: of a repeated header the last, as in the single-value maps.
fn token(call: &Call, header: &HeaderName) -> String {
    call.header_text(header).unwrap_or_default()
}

/// The answer of an invocation; every other end of it has one ruling here.
fn answer_of(invocation: Invocation) -> Result<Answer, Ruling> {
    match invocation {
        Invocation::Returned(payload) => {
            Answer::parse(&payload).map_err(|error| Ruling::failure(error.to_string()))
        }
        Invocation::FunctionError { message } if message == "Unauthorized" => {
            Err(Ruling::unauthorized("the authorizer said Unauthorized"))
        }
        Invocation::FunctionError { message } => {
            Err(Ruling::failure(format!("the authorizer failed: {message}")))
        }
        Invocation::TimedOut => Err(Ruling::failure("the authorizer did not answer in its time")),
        Invocation::Unreachable { why } => {
            Err(Ruling::failure(format!("the authorizer cannot be invoked: {why}")))
        }
    }
}
