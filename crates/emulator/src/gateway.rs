//! API Gateway on a laptop: a REST API or an HTTP API with its routes, Lambda authorizers, result
//! cache, policy and backend.
//!
//! It answers as AWS does, status, body and error type, also where that is unhelpful; what AWS
//! hides (why a 500 is one) it tells the developer through `tracing` and the [`Observer`]. Where
//! AWS's behaviour is not known, the module at hand says what was chosen and why.
//!
//! Not emulated: API keys and usage plans, IAM and Cognito authorizers, resource policies, request
//! models, mapping templates, throttling, response caching.

mod answer;
mod api;
mod authorize;
mod authorizer_definition;
mod backend;
mod cache;
mod call;
mod definition;
mod event;
mod event_http;
mod facts;
mod fault;
mod gateway_responses;
mod http_cors;
mod http_routes;
mod identity;
mod mapping;
mod method;
mod openapi;
mod path;
mod pipeline;
mod record;
mod response;
mod route;
mod security_scheme;
mod settings;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use gatepost_core::gateway::StageArn;
use tokio::net::TcpListener;

pub use self::api::{Api, Protocol};
pub use self::backend::{Backend, BackendUrl, BackendUrlError};
pub use self::fault::{DefinitionError, DefinitionFault, DefinitionNote, NoteKind};
pub use self::identity::{ContextVariable, IdentitySource, IdentitySourceError};
pub use self::method::{Access, AuthorizerId, Integration, Method, MethodVerb, MockAnswer};
pub use self::record::{CacheUse, DecisionRecord, Observer, Outcome};
pub use self::settings::{
    AuthorizerKind, AuthorizerSettings, MissingIdentitySource, PayloadFormat, ResultTtl,
    ValidationExpression,
};
pub use self::template::{Deployment, FunctionSettings, PseudoParameters, Template};
pub use self::yaml::{Place, YamlDocument};

use self::pipeline::Pipeline;
use crate::clock::Clock;
use crate::invoke::Invoke;

/// All that a gateway is made of.
pub struct GatewayConfig {
    /// The API and stage it stands for; no part of this is in its URLs.
    pub stage: StageArn,
    /// The stage's variables.
    pub stage_variables: BTreeMap<String, String>,
    /// The API's methods and its authorizers' settings.
    pub api: Api,
    /// The authorizer.
    pub invoke: Arc<dyn Invoke>,
    /// What requests reach that may pass.
    pub backend: Backend,
    /// What policies are told of the connection.
    pub transport: Transport,
    /// The time, for the result cache, events and conditions.
    pub clock: Clock,
    /// Is told of every request.
    pub observer: Option<Observer>,
}

impl GatewayConfig {
    /// A gateway as `gatepost dev` has it: echo, no stage variables, the machine's clock.
    pub fn new(stage: StageArn, api: Api, invoke: Arc<dyn Invoke>) -> Self {
        Self {
            stage,
            stage_variables: BTreeMap::new(),
            api,
            invoke,
            backend: Backend::Echo,
            transport: Transport::default(),
            clock: Clock::system(),
            observer: None,
        }
    }
}

impl fmt::Debug for GatewayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayConfig")
            .field("stage", &self.stage)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

/// What the condition key `aws:SecureTransport` says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Transport {
    /// `false`: what it is on a laptop.
    Http,
    /// `true`: what it always is on AWS, where API Gateway takes nothing but HTTPS.
    #[default]
    Https,
}

/// A running API.
#[derive(Clone)]
pub struct Gateway {
    pipeline: Arc<Pipeline>,
}

impl Gateway {
    /// An API with an empty result cache.
    pub fn new(config: GatewayConfig) -> Self {
        Self { pipeline: Arc::new(Pipeline::new(config)) }
    }

    /// The API as a router, to be served with [`ConnectInfo`] of the peer's [`SocketAddr`].
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(Arc::clone(&self.pipeline))
    }

    /// Serves the API until `shutdown` is done and open requests are answered.
    ///
    /// # Errors
    ///
    /// When the listener fails for good.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(shutdown).await
    }

    /// Puts another API in the place of this one, as a deployment to the stage does.
    pub fn set_api(&self, api: Api) {
        self.pipeline.set_api(api);
    }

    /// Forgets every answer of the authorizer, as `FlushStageAuthorizersCache` does.
    pub fn flush(&self) {
        self.pipeline.flush();
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

async fn answer(
    State(pipeline): State<Arc<Pipeline>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    pipeline.answer(peer, request).await
}
