//! The way of one request through the authorizer: identity sources, cache, invocation, policy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatepost_core::gateway::{MethodArn, MethodArnError};
use gatepost_core::policy::{self, Context, Decision};
use http::HeaderName;
use http::header::{REFERER, USER_AGENT};

use super::Transport;
use super::answer::{Answer, Grant};
use super::cache::CacheKey;
use super::call::Call;
use super::event;
use super::event_http::HttpEvent;
use super::identity::SourceValues;
use super::method::AuthorizerId;
use super::pipeline::Pipeline;
use super::record::{CacheUse, Outcome};
use super::response::GatewayResponse;
use super::route::RouteMatch;
use super::settings::{AuthorizerKind, AuthorizerSettings, PayloadFormat};
use crate::invoke::Invocation;

/// The longest a REST API waits for an authorizer. What its own limit is, is not documented; this is
/// its limit for backends.
const REST_TIMEOUT: Duration = Duration::from_secs(29);

/// The longest an HTTP API waits for an authorizer.
///
/// Source: [Quotas for HTTP APIs][quotas], "Lambda authorizer response".
///
/// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

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

    pub(super) fn failure(reason: impl Into<String>) -> Self {
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
        id: AuthorizerId,
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
        let key = (!settings.result_ttl().is_off()).then(|| CacheKey::of(id, &identity));
        if let Some(key) = &key
            && let Some(answer) =
                self.cache.get(key, call.received, settings.result_ttl().duration())
        {
            return Ruling { cache: CacheUse::Hit, ..self.evaluate(answer, &arn, call) };
        }
        let event = match self.event(settings, call, route, &arn, &identity) {
            Ok(event) => event,
            Err(error) => return Ruling::failure(format!("the event cannot be written: {error}")),
        };
        let started = Instant::now();
        let patience = match settings.format() {
            PayloadFormat::Rest => REST_TIMEOUT,
            PayloadFormat::Http1 | PayloadFormat::Http2 | PayloadFormat::Http2Simple => {
                HTTP_TIMEOUT
            }
        };
        let invocation = tokio::time::timeout(patience, self.invoke.invoke(event)).await;
        let latency = started.elapsed();
        let cache = if key.is_some() { CacheUse::Miss } else { CacheUse::Off };
        let invocation = invocation.unwrap_or(Invocation::TimedOut);
        let ruling = match answer_of(settings.format(), invocation) {
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
            let values = source.values(call, route, &self.stage_variables);
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

    fn event(
        &self,
        settings: &AuthorizerSettings,
        call: &Call,
        route: &RouteMatch<'_>,
        arn: &MethodArn,
        identity: &[SourceValues],
    ) -> Result<Bytes, serde_json::Error> {
        let format = match settings.kind() {
            AuthorizerKind::Request { format, .. } => format,
            AuthorizerKind::Token { header, .. } => {
                return event::token_event(arn, &token(call, header));
            }
        };
        let joined = |values: &SourceValues| {
            let values: Vec<_> =
                values.iter().map(|value| String::from_utf8_lossy(value)).collect();
            values.join(",")
        };
        let identity: Vec<String> = identity.iter().map(joined).collect();
        let stage_variables = &self.stage_variables;
        let http = HttpEvent { call, route, arn, identity: &identity, stage_variables };
        match format {
            PayloadFormat::Rest => event::request_event(call, route, arn, stage_variables),
            PayloadFormat::Http1 => http.format_1(),
            PayloadFormat::Http2 | PayloadFormat::Http2Simple => http.format_2(),
        }
    }

    fn evaluate(&self, answer: Arc<Answer>, arn: &MethodArn, call: &Call) -> Ruling {
        let decision = match &answer.grant {
            Grant::Policy(document) => {
                let context = self.condition_context(call);
                let access = policy::Access {
                    action: "execute-api:Invoke",
                    resource: arn.into(),
                    context: &context,
                };
                policy::decide([document], &access).decision
            }
            Grant::Simple(true) => Decision::Allow,
            Grant::Simple(false) => Decision::ImplicitDeny,
        };
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

/// The token of a TOKEN authorizer: of a repeated header the last, as in the single-value maps.
fn token(call: &Call, header: &HeaderName) -> String {
    call.header_text(header).unwrap_or_default()
}

/// The answer of an invocation; every other end of it has one ruling here.
fn answer_of(format: PayloadFormat, invocation: Invocation) -> Result<Answer, Ruling> {
    match invocation {
        Invocation::Returned(payload) => {
            Answer::parse(format, &payload).map_err(|error| Ruling::failure(error.to_string()))
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
