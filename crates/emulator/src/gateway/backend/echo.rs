//! The built-in backend: shows what a backend would have been told, and by whom it was called.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Caller;
use crate::gateway::call::Call;
use crate::gateway::response::GatewayResponse;
use crate::gateway::route::RouteMatch;

/// The answer to a request that passed.
pub(super) fn answer(
    call: &Call,
    route: &RouteMatch<'_>,
    caller: Option<&Caller<'_>>,
    body_bytes: usize,
) -> Result<Response, GatewayResponse> {
    let mut query: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &call.query {
        query.entry(name).or_default().push(value);
    }
    let echo = Echo {
        method: call.verb.to_string(),
        path: call.path.as_sent(),
        resource: route.template,
        path_parameters: route
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        query,
        body_bytes,
        authorizer: caller.map(|caller| authorizer(caller, route)),
    };
    let mut text = serde_json::to_vec_pretty(&echo).map_err(|error| {
        tracing::error!(%error, "the echo cannot be written as JSON");
        GatewayResponse::IntegrationError
    })?;
    text.push(b'\n');
    let mut response = Response::new(Body::from(text));
    let media_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

/// `requestContext.authorizer` as a Lambda backend finds it in its event: an HTTP API has the
/// context apart, under `lambda`.
fn authorizer(caller: &Caller<'_>, route: &RouteMatch<'_>) -> Map<String, Value> {
    let mut map: Map<String, Value> = caller.answer.context.iter().cloned().collect();
    if route.key.is_some() {
        return Map::from_iter([("lambda".to_owned(), map.into())]);
    }
    if let Some(principal_id) = &caller.answer.principal_id {
        map.insert("principalId".to_owned(), principal_id.clone().into());
    }
    let millis = u64::try_from(caller.latency.as_millis()).unwrap_or(u64::MAX);
    map.insert("integrationLatency".to_owned(), millis.into());
    map
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Echo<'a> {
    method: String,
    path: &'a str,
    resource: &'a str,
    path_parameters: BTreeMap<&'a str, &'a str>,
    query: BTreeMap<&'a str, Vec<&'a str>>,
    body_bytes: usize,
    /// `null` for a public method.
    authorizer: Option<Map<String, Value>>,
}
