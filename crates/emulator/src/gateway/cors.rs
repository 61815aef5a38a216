//! Cross-origin headers: on the gateway's own refusals, without which a browser hides them from the
//! page, and in answers to preflight requests, which carry no token and so cannot pass an
//! authorizer.

use axum::body::Body;
use axum::response::Response;
use gatepost_core::gateway::VERBS;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::route::{MethodVerb, Resource};

/// The request headers a page may send: those that API Gateway's console proposes.
const ALLOWED_HEADERS: &str =
    "Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Api-Key";

/// What pages of other origins may do with an API.
///
/// The headers are constant, as those of API Gateway's gateway responses and mock integrations are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cors {
    origin: HeaderValue,
}

impl Cors {
    /// Pages of every origin, without cookies.
    pub fn any_origin() -> Self {
        Self { origin: HeaderValue::from_static("*") }
    }

    /// Adds what lets a page read this response.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
    }

    /// The answer to a preflight request for `resource`, as CDK's `defaultCorsPreflightOptions`
    /// makes API Gateway give it.
    pub(super) fn preflight(&self, resource: &Resource) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        self.mark(headers);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(ALLOWED_HEADERS),
        );
        if let Ok(methods) = HeaderValue::from_str(&verbs_of(resource)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        response
    }
}

fn verbs_of(resource: &Resource) -> String {
    let has = |verb: &str| {
        verb == "OPTIONS" || {
            MethodVerb::one(verb).is_some_and(|verb| resource.method(verb).is_some())
        }
    };
    VERBS.into_iter().filter(|verb| has(verb)).collect::<Vec<_>>().join(",")
}
