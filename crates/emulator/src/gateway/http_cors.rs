//! The CORS settings of an HTTP API: it answers preflight requests itself, and puts its own headers
//! on every response in place of the backend's.
//!
//! A route that asks an authorizer catches OPTIONS requests that it matches before they are answered
//! here ("to allow CORS preflight requests with a `$default` or `ANY` route, configure an `OPTIONS`
//! route without authorization"); any other request of a page is answered here, whether there is a
//! route or not.
//!
//! Source: [Configure CORS for HTTP APIs][doc].
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::call::Call;
use super::method::{Access, MethodVerb};
use super::route::RouteMatch;

/// What pages of other origins may do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct HttpCors {
    /// Origins such as `https://example.com`, `*`, or `https://*` for all of a scheme.
    pub(super) allow_origins: Vec<String>,
    pub(super) allow_methods: Vec<String>,
    pub(super) allow_headers: Vec<String>,
    pub(super) expose_headers: Vec<String>,
    pub(super) allow_credentials: bool,
    pub(super) max_age_seconds: Option<u64>,
}

impl HttpCors {
    /// Every origin, verb and header, without cookies.
    pub(super) fn any_origin() -> Self {
        let any = || vec!["*".to_owned()];
        Self {
            allow_origins: any(),
            allow_methods: any(),
            allow_headers: vec!["authorization".to_owned(), "content-type".to_owned()],
            ..Self::default()
        }
    }

    /// The answer to a preflight request; `None` for another request, and for one that a route with
    /// an authorizer catches.
    pub(super) fn preflight(
        &self,
        call: &Call,
        found: Option<&RouteMatch<'_>>,
    ) -> Option<Response> {
        let is_preflight = call.verb == MethodVerb::OPTIONS
            && call.headers.contains_key(ORIGIN)
            && call.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let is_caught = found.is_some_and(|found| found.method.access != Access::Public);
        if !is_preflight || is_caught {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.origin_for(&call.headers).is_some() {
            let headers = response.headers_mut();
            set(headers, ACCESS_CONTROL_ALLOW_METHODS, &self.allow_methods.join(","));
            set(headers, ACCESS_CONTROL_ALLOW_HEADERS, &self.allow_headers.join(","));
            if let Some(seconds) = self.max_age_seconds {
                set(headers, ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
            }
        }
        Some(response)
    }

    /// Makes the headers of a response those of these settings.
    pub(super) fn mark(&self, request: &HeaderMap, response: &mut HeaderMap) {
        for name in [
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_EXPOSE_HEADERS,
        ] {
            response.remove(name);
        }
        let Some(origin) = self.origin_for(request) else { return };
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.allow_credentials {
            response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        set(response, ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose_headers.join(","));
    }

    /// What a page of the request's origin is told; `None` if it is told nothing.
    fn origin_for(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        let text = origin.to_str().ok()?;
        if self.allow_origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let is_allowed = self.allow_origins.iter().any(|allowed| match allowed.as_str() {
            "http://*" | "https://*" => text.starts_with(allowed.trim_end_matches('*')),
            allowed => allowed == text,
        });
        is_allowed.then(|| origin.clone())
    }
}

/// Sets a header that has a value.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}
