//! What stands behind the gateway: a mirror built in, or an HTTP server.

mod echo;
mod proxy;

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

pub use self::proxy::{BackendUrl, BackendUrlError};

use self::proxy::Proxy;
use super::answer::Answer;
use super::call::Call;
use super::response::GatewayResponse;
use super::route::RouteMatch;

/// The largest body that API Gateway takes or gives, in bytes.
///
/// Source: [REST API quotas][quotas], "Payload size".
///
/// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const MAX_PAYLOAD_BYTES: usize = 10 * 1024 * 1024;

/// Where requests go that may pass.
#[derive(Clone, Debug)]
pub enum Backend {
    /// A mirror: answers 200 with what a backend would have been told, as JSON.
    Echo,
    /// An HTTP server. It is told who calls in headers `x-gatepost-authorizer-…`; see
    /// [`BackendUrl`].
    Url(BackendUrl),
}

/// Who passed the authorizer.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    pub(super) answer: &'a Answer,
    /// How long the authorizer took; zero if its answer came from the cache.
    pub(super) latency: Duration,
}

/// A backend that is ready to be called.
#[derive(Debug)]
pub(super) enum Target {
    Echo,
    Proxy(Box<Proxy>),
}

impl Target {
    pub(super) fn new(backend: Backend) -> Self {
        match backend {
            Backend::Echo => Self::Echo,
            Backend::Url(url) => Self::Proxy(Box::new(Proxy::new(url))),
        }
    }

    /// Passes a request on; `Err` is what the client gets instead of a backend's answer.
    pub(super) async fn call(
        &self,
        call: &Call,
        route: &RouteMatch<'_>,
        caller: Option<&Caller<'_>>,
        body: Body,
    ) -> Result<Response, GatewayResponse> {
        let body = collect(body).await?;
        match self {
            Self::Echo => echo::answer(call, route, caller, body.len()),
            Self::Proxy(proxy) => proxy.call(call, caller, body).await,
        }
    }
}

/// The whole body of a request. API Gateway reads it to its end too before it calls a backend.
async fn collect(body: Body) -> Result<Bytes, GatewayResponse> {
    match Limited::new(body, MAX_PAYLOAD_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(GatewayResponse::PayloadTooLarge),
        Err(error) => {
            tracing::debug!(%error, "the client broke off its request");
            Err(GatewayResponse::IntegrationError)
        }
    }
}
