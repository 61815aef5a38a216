//! The two events a REST API sends its authorizer, member for member.
//!
//! REQUEST is what AWS's documentation and its Rust event crate show, with the request context that
//! was recorded for proxy events. Maps without entries are `null`, as recorded. Header names are in
//! lower case, as an HTTP/2 client sends them: an authorizer that looks for `Authorization` only
//! fails here as it fails in the cloud with every browser.
//!
//! Source: [Input to a Lambda authorizer][input].
//!
//! [input]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use gatepost_core::gateway::{MethodArn, StageArn};
use http::header;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::call::{Call, text_of};
use super::route::RouteMatch;

/// The event of a TOKEN authorizer.
pub(super) fn token_event(method_arn: &MethodArn, token: &str) -> Result<Bytes, serde_json::Error> {
    to_bytes(&TokenEvent {
        kind: "TOKEN",
        authorization_token: token,
        method_arn: method_arn.as_str(),
    })
}

/// The event of a REQUEST authorizer.
pub(super) fn request_event(
    call: &Call,
    route: &RouteMatch<'_>,
    method_arn: &MethodArn,
    stage_variables: &BTreeMap<String, String>,
) -> Result<Bytes, serde_json::Error> {
    let verb = call.verb.to_string();
    let host = call.header_text(&header::HOST).unwrap_or_default();
    let mut multi_value_headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &call.headers {
        multi_value_headers.entry(name.as_str()).or_default().push(text_of(value));
    }
    let mut multi_value_query: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &call.query {
        multi_value_query.entry(name).or_default().push(value);
    }
    to_bytes(&RequestEvent {
        kind: "REQUEST",
        method_arn: method_arn.as_str(),
        resource: route.template,
        path: call.path.as_sent(),
        http_method: &verb,
        headers: last_of_each(&multi_value_headers),
        multi_value_headers: &multi_value_headers,
        query_string_parameters: last_of_each(&multi_value_query),
        multi_value_query_string_parameters: &multi_value_query,
        path_parameters: route
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        stage_variables,
        request_context: request_context(call, route, method_arn.stage_arn(), &verb, &host),
    })
}

fn request_context<'a>(
    call: &'a Call,
    route: &RouteMatch<'a>,
    stage: &StageArn,
    verb: &'a str,
    host: &'a str,
) -> RequestContext<'a> {
    let domain_name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    RequestContext {
        account_id: stage.account().to_owned(),
        api_id: stage.api_id().to_owned(),
        deployment_id: "local0",
        domain_name,
        domain_prefix: domain_name.split('.').next().unwrap_or_default(),
        extended_request_id: extended_request_id(&call.id),
        http_method: verb,
        identity: Identity {
            source_ip: call.peer.to_string(),
            user_agent: call.header_text(&header::USER_AGENT),
            ..Identity::default()
        },
        path: call.path.as_sent(),
        protocol: call.protocol,
        request_id: &call.id,
        request_time: log_time(call.received),
        request_time_epoch: call
            .received
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis(),
        resource_id: route.id,
        resource_path: route.template,
        stage: stage.stage().to_owned(),
    }
}

/// API Gateway's second id of a request, which it also sends as `x-amz-apigw-id`: 15 characters
/// and a `=`.
pub(super) fn extended_request_id(request_id: &str) -> String {
    let mut id = format!("{:x}", Sha256::digest(request_id));
    id.truncate(15);
    id + "="
}

/// The time as in a web server's log: `22/Nov/2026:03:53:45 +0000`.
pub(super) fn log_time(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let month: String = time.month().to_string().chars().take(3).collect();
    format!(
        "{:02}/{month}/{}:{:02}:{:02}:{:02} +0000",
        time.day(),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Of repeated values the single-value maps keep the last.
fn last_of_each<'a>(map: &'a BTreeMap<&str, Vec<impl AsRef<str>>>) -> BTreeMap<&'a str, &'a str> {
    map.iter().filter_map(|(name, values)| Some((*name, values.last()?.as_ref()))).collect()
}

fn null_if_empty<S: Serializer>(
    map: &BTreeMap<impl Serialize, impl Serialize>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if map.is_empty() { serializer.serialize_none() } else { map.serialize(serializer) }
}

fn to_bytes(event: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(event).map(Bytes::from)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenEvent<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    authorization_token: &'a str,
    method_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestEvent<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    multi_value_headers: &'a BTreeMap<&'a str, Vec<String>>,
    #[serde(serialize_with = "null_if_empty")]
    query_string_parameters: BTreeMap<&'a str, &'a str>,
    #[serde(serialize_with = "null_if_empty")]
    multi_value_query_string_parameters: &'a BTreeMap<&'a str, Vec<&'a str>>,
    #[serde(serialize_with = "null_if_empty")]
    path_parameters: BTreeMap<&'a str, &'a str>,
    #[serde(serialize_with = "null_if_empty")]
    stage_variables: &'a BTreeMap<String, String>,
    request_context: RequestContext<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: String,
    api_id: String,
    deployment_id: &'static str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    extended_request_id: String,
    http_method: &'a str,
    identity: Identity,
    path: &'a str,
    protocol: &'static str,
    request_id: &'a str,
    request_time: String,
    request_time_epoch: u128,
    resource_id: &'a str,
    resource_path: &'a str,
    stage: String,
}

/// Who called, at the level of the network; what a caller of AWS has besides is always `null`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    access_key: Option<String>,
    account_id: Option<String>,
    caller: Option<String>,
    cognito_authentication_provider: Option<String>,
    cognito_authentication_type: Option<String>,
    cognito_identity_id: Option<String>,
    cognito_identity_pool_id: Option<String>,
    principal_org_id: Option<String>,
    source_ip: String,
    user: Option<String>,
    user_agent: Option<String>,
    user_arn: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_as_in_a_log() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_794_707_625);
        assert_eq!(log_time(time), "15/Nov/2026:01:53:45 +0000");
    }

    #[test]
    fn token_event_has_three_members() {
        let arn = "arn:aws:execute-api:eu-west-1:1:a1/prod/GET/".parse().unwrap();
        assert_eq!(
            token_event(&arn, "Bearer x").unwrap(),
            r#"{"type":"TOKEN","authorizationToken":"Bearer x","methodArn":"arn:aws:execute-api:eu-west-1:1:a1/prod/GET/"}"#
        );
    }
}
