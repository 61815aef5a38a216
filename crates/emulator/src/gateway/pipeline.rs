//! The way of one request through the gateway: limits, route, authorizer, backend, record.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use gatepost_core::gateway::StageArn;
use uuid::Uuid;

use super::answer::Answer;
use super::api::Api;
use super::authorize::Ruling;
use super::backend::{Caller, Target};
use super::cache::ResultCache;
use super::call::{Call, CallError};
use super::facts::Facts;
use super::method::{Access, Integration};
use super::record::{CacheUse, DecisionRecord, Observer, Outcome};
use super::response::{GatewayResponse, not_emulated};
use super::route::RouteMatch;
use super::{GatewayConfig, Transport};
use crate::clock::Clock;
use crate::invoke::Invoke;

/// A gateway at work.
pub(super) struct Pipeline {
    pub(super) stage: StageArn,
    pub(super) stage_variables: BTreeMap<String, String>,
    // Replaced as a whole; a request keeps the one it began with.
    api: RwLock<Arc<Api>>,
    pub(super) invoke: Arc<dyn Invoke>,
    target: Target,
    pub(super) transport: Transport,
    pub(super) clock: Clock,
    observer: Option<Observer>,
    pub(super) cache: ResultCache,
}

impl Pipeline {
    pub(super) fn new(config: GatewayConfig) -> Self {
        Self {
            stage: config.stage,
            stage_variables: config.stage_variables,
            api: RwLock::new(Arc::new(config.api)),
            invoke: config.invoke,
            target: Target::new(config.backend),
            transport: config.transport,
            clock: config.clock,
            observer: config.observer,
            cache: ResultCache::default(),
        }
    }

    pub(super) fn flush(&self) {
        self.cache.flush();
    }

    /// Puts another API in the place of this one.
    pub(super) fn set_api(&self, api: Api) {
        *self.api.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(api);
        // Which header identifies a caller may have changed with it.
        self.flush();
    }

    fn api(&self) -> Arc<Api> {
        Arc::clone(&self.api.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer to a request, of which the observer is told.
    pub(super) async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let (started, received) = (Instant::now(), self.clock.now());
        let request_id = Uuid::new_v4().to_string();
        let (head, body) = request.into_parts();
        let api = self.api();
        let read = Call::read(api.protocol(), request_id.clone(), &head, peer, received);
        let verb = read.as_ref().map_or(head.method.to_string(), |call| call.verb.to_string());
        let mut ending = match read {
            Ok(call) => self.route(&api, &call, body).await,
            Err(error) => {
                let (response, outcome) = match error {
                    CallError::HeadersTooLarge => {
                        (GatewayResponse::HeadersTooLarge, Outcome::TooLarge)
                    }
                    CallError::UnknownVerb => {
                        (GatewayResponse::UnknownRoute, Outcome::UnknownRoute)
                    }
                };
                let facts = Facts { request_id: &request_id, ..self.facts(None) };
                Ending::without_authorizer(api.render(response, &facts), outcome)
            }
        };
        api.finish(&mut ending.response, &head.headers, &request_id);
        let record = DecisionRecord {
            request_id,
            received,
            source_ip: peer.ip().to_canonical(),
            verb,
            path: head.uri.path().to_owned(),
            resource: ending.resource,
            status: ending.response.status().as_u16(),
            outcome: ending.outcome,
            cache: ending.cache,
            principal_id: ending.principal_id,
            duration: started.elapsed(),
            reason: ending.reason,
        };
        match &self.observer {
            Some(observer) => observer.tell(&record),
            // AWS hides the cause of a 500; here somebody must be told.
            None if record.outcome == Outcome::AuthorizerFailure => {
                let reason = record.reason.as_deref().unwrap_or_default();
                tracing::error!(request_id = record.request_id, reason, "500 by the authorizer");
            }
            None => {}
        }
        ending.response
    }

    async fn route(&self, api: &Api, call: &Call, body: Body) -> Ending {
        let found = api.find(call);
        if let Some(response) = api.preflight(call, found.as_ref()) {
            return Ending::without_authorizer(response, Outcome::Preflight);
        }
        let Some(route) = found else {
            let response = api.render(GatewayResponse::UnknownRoute, &self.facts(Some(call)));
            return Ending::without_authorizer(response, Outcome::UnknownRoute);
        };
        let ending = match route.method.access {
            Access::Guarded(id) => {
                let ruling = match api.authorizer(id) {
                    Some(settings) => self.authorize(id, settings, call, &route).await,
                    // Ruled out by the invariant of `Api`; were it not, nobody would pass.
                    None => Ruling::failure("the API has no such authorizer"),
                };
                self.after_ruling(api, ruling, call, &route, body).await
            }
            Access::NotEmulated(what) => Ending {
                reason: Some(format!("behind {what}, which is not emulated")),
                ..Ending::without_authorizer(not_emulated(what), Outcome::NotEmulated)
            },
            Access::Public => {
                let outcome = match route.method.integration {
                    Integration::Backend { .. } => Outcome::Public,
                    Integration::Mock(_) => Outcome::Preflight,
                };
                let response = self.integrate(api, call, &route, None, body).await;
                Ending::without_authorizer(response, outcome)
            }
        };
        Ending { resource: Some(route.template.to_owned()), ..ending }
    }

    async fn after_ruling(
        &self,
        api: &Api,
        ruling: Ruling,
        call: &Call,
        route: &RouteMatch<'_>,
        body: Body,
    ) -> Ending {
        let answer = ruling.answer.as_deref();
        let response = match ruling.result {
            Ok(()) => {
                let caller = answer.map(|answer| Caller { answer, latency: ruling.latency });
                self.integrate(api, call, route, caller.as_ref(), body).await
            }
            Err(response) => api.render(response, &self.facts_on(call, route, answer)),
        };
        Ending {
            response,
            outcome: ruling.outcome,
            cache: ruling.cache,
            principal_id: answer.and_then(|answer| answer.principal_id.clone()),
            resource: None,
            reason: ruling.reason,
        }
    }

    async fn integrate(
        &self,
        api: &Api,
        call: &Call,
        route: &RouteMatch<'_>,
        caller: Option<&Caller<'_>>,
        body: Body,
    ) -> Response {
        let answered = match &route.method.integration {
            Integration::Mock(Some(answer)) => {
                let mut response = Response::default();
                *response.status_mut() = answer.status;
                *response.headers_mut() = answer.headers.clone();
                Ok(response)
            }
            Integration::Mock(None) => Err(GatewayResponse::IntegrationError),
            Integration::Backend { headers } => {
                let answered = self.target.call(call, route, caller, body).await;
                answered.map(|mut response| {
                    for (name, value) in headers {
                        response.headers_mut().insert(name, value.clone());
                    }
                    response
                })
            }
        };
        answered.unwrap_or_else(|response| {
            let answer = caller.map(|caller| caller.answer);
            api.render(response, &self.facts_on(call, route, answer))
        })
    }

    /// What is known of a request that has found no route.
    fn facts<'a>(&'a self, call: Option<&'a Call>) -> Facts<'a> {
        Facts {
            request_id: call.map_or("", |call| &call.id),
            stage: &self.stage,
            stage_variables: &self.stage_variables,
            call,
            template: None,
            answer: None,
        }
    }

    fn facts_on<'a>(
        &'a self,
        call: &'a Call,
        route: &RouteMatch<'a>,
        answer: Option<&'a Answer>,
    ) -> Facts<'a> {
        Facts { template: Some(route.template), answer, ..self.facts(Some(call)) }
    }
}

/// A request's end, before ids are added and the observer is told.
struct Ending {
    response: Response,
    outcome: Outcome,
    cache: CacheUse,
    principal_id: Option<String>,
    resource: Option<String>,
    reason: Option<String>,
}

impl Ending {
    fn without_authorizer(response: Response, outcome: Outcome) -> Self {
        Self {
            response,
            outcome,
            cache: CacheUse::Unused,
            principal_id: None,
            resource: None,
            reason: None,
        }
    }
}
