//! A backend over HTTP, called as API Gateway's `HTTP_PROXY` integration calls one.
//!
//! The path sent on is the one that was routed and authorised; the query goes as it came, and so do
//! the headers, without those that belong to one connection and without `Host`, which API Gateway
//! does not send on either. Bodies are bounded by the payload quota, the wait by the integration
//! timeout.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Caller, MAX_PAYLOAD_BYTES};
use crate::gateway::answer::text_of_context;
use crate::gateway::call::Call;
use crate::gateway::response::GatewayResponse;

/// How long API Gateway waits for a backend by default.
///
/// Source: [REST API quotas][quotas], "Integration timeout".
///
/// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// What every header that speaks of the caller begins with. No client can send one.
const CALLER_PREFIX: &str = "x-gatepost-authorizer-";

/// Header fields of one connection ([RFC 9110 section 7.6.1][rfc]), beside those it names itself.
///
/// [rfc]: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// In a caller header's value these are percent-encoded, and so is what is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Where a backend is: `http://host:port`, with or without a path that is put before the request's.
///
/// A guarded method's request carries who calls: `x-gatepost-authorizer-principal-id` and
/// `x-gatepost-authorizer-KEY` for every context value that is not `null`. `KEY` is in lower case,
/// and each character other than a letter or digit is `-` in it. Values are percent-encoded where
/// they are not printable ASCII, and so is `%` itself. Headers of such names that a client sends
/// are dropped, also where they are spelt with `_` for `-`, which many servers do not tell apart.
///
/// (API Gateway sends a backend nothing of the authorizer unless each value is mapped to a header;
/// this is the mapping to write there.)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BackendUrl {
    authority: Authority,
    // INVARIANT: empty, or begins with a slash and does not end with one.
    path: String,
}

impl FromStr for BackendUrl {
    type Err = BackendUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| BackendUrlError::Form)?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(BackendUrlError::Scheme);
        }
        if uri.query().is_some() {
            return Err(BackendUrlError::Query);
        }
        let authority = uri.authority().ok_or(BackendUrlError::Form)?;
        if authority.as_str().contains('@') {
            return Err(BackendUrlError::Credentials);
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { authority: authority.clone(), path })
    }
}

impl fmt::Display for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

/// Why a text is not the URL of a backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BackendUrlError {
    /// A user name before the host.
    #[error("a backend URL has no user name or password")]
    Credentials,
    /// Not a URL.
    #[error("not a URL; expected one like `http://127.0.0.1:8080`")]
    Form,
    /// A query after the path.
    #[error("a backend URL has no query")]
    Query,
    /// Another scheme.
    #[error("only `http:` backends can be called")]
    Scheme,
}

/// A backend's client.
#[derive(Debug)]
pub(in crate::gateway) struct Proxy {
    url: BackendUrl,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Proxy {
    pub(super) fn new(url: BackendUrl) -> Self {
        Self { url, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Calls the backend and reads its whole answer.
    pub(super) async fn call(
        &self,
        call: &Call,
        caller: Option<&Caller<'_>>,
        body: Bytes,
    ) -> Result<Response, GatewayResponse> {
        let request = self.request(call, caller, body).map_err(|why| {
            tracing::error!(request_id = call.id, why, "the request cannot be passed on");
            GatewayResponse::IntegrationError
        })?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| {
                tracing::error!(request_id = call.id, %error, "the backend cannot be reached");
                GatewayResponse::IntegrationFailure
            })?;
            let (mut head, body) = response.into_parts();
            let body = Limited::new(body, MAX_PAYLOAD_BYTES).collect().await.map_err(|error| {
                tracing::error!(request_id = call.id, error, "the backend's answer is unusable");
                GatewayResponse::IntegrationError
            })?;
            remove_hop_by_hop(&mut head.headers);
            Ok(Response::from_parts(head, Body::from(body.to_bytes())))
        };
        tokio::time::timeout(INTEGRATION_TIMEOUT, exchange)
            .await
            .unwrap_or(Err(GatewayResponse::IntegrationTimeout))
    }

    fn request(
        &self,
        call: &Call,
        caller: Option<&Caller<'_>>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, &'static str> {
        let mut request = Request::new(Full::new(body));
        *request.uri_mut() = self.uri(call)?;
        *request.method_mut() = Method::from_bytes(call.verb.to_string().as_bytes())
            .map_err(|_| "the verb is no HTTP method")?;
        let headers = request.headers_mut();
        *headers = call.headers.clone();
        remove_hop_by_hop(headers);
        for name in [HOST, EXPECT, CONTENT_LENGTH] {
            headers.remove(name);
        }
        remove_caller_headers(headers);
        if let Some(caller) = caller {
            headers.extend(caller_headers(caller)?);
        }
        Ok(request)
    }

    fn uri(&self, call: &Call) -> Result<Uri, &'static str> {
        let mut path = format!("{}/{}", self.url.path, call.path.routed());
        if let Some(query) = &call.raw_query {
            path = path + "?" + query;
        }
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.url.authority.clone())
            .path_and_query(PathAndQuery::try_from(path).map_err(|_| "the path is no URI path")?)
            .build()
            .map_err(|_| "the path makes no URI")
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn remove_caller_headers(headers: &mut HeaderMap) {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().replace('_', "-").starts_with(CALLER_PREFIX))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
}

fn caller_headers(caller: &Caller<'_>) -> Result<HeaderMap, &'static str> {
    let principal_id = caller.answer.principal_id.clone();
    let principal_id = principal_id.map(|id| ("principal-id".to_owned(), id));
    let mut values: BTreeMap<String, String> = principal_id.into_iter().collect();
    for (key, value) in &caller.answer.context {
        let Some(value) = text_of_context(value) else { continue };
        if values.insert(header_key(key), value).is_some() {
            return Err("two context keys would become one header");
        }
    }
    let mut headers = HeaderMap::new();
    for (key, value) in values {
        let name = HeaderName::try_from(format!("{CALLER_PREFIX}{key}"))
            .map_err(|_| "a context key is too long for a header name")?;
        let value = HeaderValue::try_from(utf8_percent_encode(&value, ENCODED).to_string())
            .map_err(|_| "a context value is no header value")?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// A key's part of the header name. `principalId` in a context would be `principalid`: it cannot
/// take the place of the principal.
fn header_key(key: &str) -> String {
    let plain =
        |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    key.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_with_their_path() {
        for (text, want) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/base/", "http://localhost:8080/base"),
        ] {
            assert_eq!(text.parse::<BackendUrl>().unwrap().to_string(), want);
        }
    }

    #[test]
    fn what_is_no_backend_is_refused_with_its_reason() {
        for (text, error) in [
            ("", BackendUrlError::Form),
            ("localhost:8080/x", BackendUrlError::Form),
            ("/x", BackendUrlError::Scheme),
            ("https://example.com", BackendUrlError::Scheme),
            ("http://a/?b", BackendUrlError::Query),
            ("http://user:word@a/", BackendUrlError::Credentials),
        ] {
            assert_eq!(text.parse::<BackendUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn headers_of_one_connection_are_removed_with_those_it_names() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("accept", "*/*"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn no_spelling_of_a_caller_header_gets_through() {
        let mut headers = HeaderMap::new();
        for name in
            ["x-gatepost-authorizer-sub", "X_Gatepost_Authorizer_Sub", "x-gatepost_authorizer-a"]
        {
            let name = HeaderName::try_from(name).unwrap();
            headers.insert(name, HeaderValue::from_static("forged"));
        }
        remove_caller_headers(&mut headers);
        assert!(headers.is_empty());
    }
}
