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

use super::authorize::Ruling;
use super::backend::{Caller, Target};
use super::cache::ResultCache;
use super::call::{Call, CallError};
use super::cors::Cors;
use super::openapi::RestApi;
use super::record::{CacheUse, DecisionRecord, Observer, Outcome};
use super::response::{GatewayResponse, add_request_ids};
use super::route::{Access, Integration, Method, MethodVerb, Resource, RouteMatch};
use super::{GatewayConfig, Transport};
use crate::clock::Clock;
use crate::invoke::Invoke;

/// A gateway at work.
pub(super) struct Pipeline {
    pub(super) stage: StageArn,
    pub(super) stage_variables: BTreeMap<String, String>,
    // Replaced as a whole; a request keeps the one it began with.
    api: RwLock<Arc<RestApi>>,
    pub(super) invoke: Arc<dyn Invoke>,
    target: Target,
    cors: Option<Cors>,
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
            cors: config.cors,
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
    pub(super) fn set_api(&self, api: RestApi) {
        *self.api.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(api);
        // Which header identifies a caller may have changed with it.
        self.flush();
    }

    fn api(&self) -> Arc<RestApi> {
        Arc::clone(&self.api.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer to a request, of which the observer is told.
    pub(super) async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let (started, received) = (Instant::now(), self.clock.now());
        let request_id = Uuid::new_v4().to_string();
        let (head, body) = request.into_parts();
        let read = Call::read(request_id.clone(), &head, peer, received);
        let verb = read.as_ref().map_or(head.method.to_string(), |call| call.verb.to_string());
        let mut ending = match read {
            Ok(call) => self.route(&call, body).await,
            Err(CallError::HeadersTooLarge) => {
                let response = GatewayResponse::HeadersTooLarge.render(self.cors.as_ref());
                Ending::without_authorizer(response, Outcome::TooLarge)
            }
            Err(CallError::UnknownVerb) => self.unknown_route(),
        };
        add_request_ids(&mut ending.response, &request_id);
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

    async fn route(&self, call: &Call, body: Body) -> Ending {
        let api = self.api();
        let Some(route) = api.routes().find(call.path.routed()) else {
            return self.unknown_route();
        };
        if let Some(cors) = self.built_in_preflight(call, route.resource) {
            let response = cors.preflight(route.resource);
            return Ending {
                resource: Some(route.resource.template().to_owned()),
                ..Ending::without_authorizer(response, Outcome::Preflight)
            };
        }
        let Some(method) = route.resource.method(call.verb) else { return self.unknown_route() };
        let ending = match (method.access, api.authorizer()) {
            (Access::Guarded, Some(settings)) => {
                let ruling = self.authorize(settings, call, &route).await;
                self.after_ruling(ruling, method, call, &route, body).await
            }
            // Ruled out by the invariant of `RestApi`; were it not, nobody would pass.
            (Access::Guarded, None) => Ending {
                reason: Some("the API has no authorizer".to_owned()),
                ..Ending::without_authorizer(
                    GatewayResponse::AuthorizerFailure.render(self.cors.as_ref()),
                    Outcome::AuthorizerFailure,
                )
            },
            (Access::Public, _) => {
                let outcome = match method.integration {
                    Integration::Backend => Outcome::Public,
                    Integration::Preflight => Outcome::Preflight,
                };
                let response = self.integrate(method, call, &route, None, body).await;
                Ending::without_authorizer(response, outcome)
            }
        };
        Ending { resource: Some(route.resource.template().to_owned()), ..ending }
    }

    async fn after_ruling(
        &self,
        ruling: Ruling,
        method: Method,
        call: &Call,
        route: &RouteMatch<'_>,
        body: Body,
    ) -> Ending {
        let response = match (ruling.result, &ruling.answer) {
            (Ok(()), answer) => {
                let caller =
                    answer.as_deref().map(|answer| Caller { answer, latency: ruling.latency });
                self.integrate(method, call, route, caller.as_ref(), body).await
            }
            (Err(response), _) => response.render(self.cors.as_ref()),
        };
        Ending {
            response,
            outcome: ruling.outcome,
            cache: ruling.cache,
            principal_id: ruling.answer.map(|answer| answer.principal_id.clone()),
            resource: None,
            reason: ruling.reason,
        }
    }

    async fn integrate(
        &self,
        method: Method,
        call: &Call,
        route: &RouteMatch<'_>,
        caller: Option<&Caller<'_>>,
        body: Body,
    ) -> Response {
        let cors = self.cors.as_ref();
        match method.integration {
            Integration::Preflight => {
                cors.map_or_else(Response::default, |cors| cors.preflight(route.resource))
            }
            Integration::Backend => self
                .target
                .call(call, route, caller, body, cors)
                .await
                .unwrap_or_else(|response| response.render(cors)),
        }
    }

    /// The OPTIONS method that every resource without one has while there is CORS.
    fn built_in_preflight(&self, call: &Call, resource: &Resource) -> Option<&Cors> {
        let options = MethodVerb::One("OPTIONS");
        let is_missing = call.verb == options && !resource.has_own(options);
        self.cors.as_ref().filter(|_| is_missing)
    }

    fn unknown_route(&self) -> Ending {
        let response = GatewayResponse::UnknownRoute.render(self.cors.as_ref());
        Ending::without_authorizer(response, Outcome::UnknownRoute)
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
