//! The two events an HTTP API sends its authorizer: payload formats 1.0 and 2.0.
//!
//! Header names are in lower case. In format 2.0 the values of a repeated header or parameter are
//! joined by commas, and cookies are apart from the headers; 1.0 is the event of a REST API with
//! `version`, and the identity sources joined by commas in two members.
//!
//! Source: [Lambda authorizers for HTTP APIs][doc].
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use gatepost_core::gateway::MethodArn;
use http::header::{COOKIE, HOST, USER_AGENT};
use serde_json::{Map, Value, json};

use super::call::{Call, text_of};
use super::event::{extended_request_id, log_time};
use super::route::RouteMatch;

/// What an event is made from.
#[derive(Clone, Copy)]
pub(super) struct HttpEvent<'a> {
    pub(super) call: &'a Call,
    pub(super) route: &'a RouteMatch<'a>,
    pub(super) arn: &'a MethodArn,
    /// The value of each identity source, in their order.
    pub(super) identity: &'a [String],
    pub(super) stage_variables: &'a BTreeMap<String, String>,
}

impl HttpEvent<'_> {
    /// The event in payload format 1.0.
    pub(super) fn format_1(&self) -> Result<Bytes, serde_json::Error> {
        let call = self.call;
        let identity = self.identity.join(",");
        let last = |pairs: &BTreeMap<&str, Vec<String>>| -> Map<String, Value> {
            let last = |(name, values): (&&str, &Vec<String>)| {
                Some(((*name).to_owned(), Value::from(values.last()?.as_str())))
            };
            pairs.iter().filter_map(last).collect()
        };
        let (headers, query) = (self.headers(), self.query());
        to_bytes(&json!({
            "version": "1.0",
            "type": "REQUEST",
            "methodArn": self.arn.as_str(),
            "identitySource": &identity,
            "authorizationToken": &identity,
            "resource": self.route.template,
            "path": self.path(),
            "httpMethod": call.verb.to_string(),
            "headers": last(&headers),
            "queryStringParameters": last(&query),
            "pathParameters": self.path_parameters(),
            "stageVariables": self.stage_variables,
            "requestContext": {
                "accountId": self.stage().account(),
                "apiId": self.stage().api_id(),
                "domainName": self.domain_name(),
                "domainPrefix": self.domain_prefix(),
                "extendedRequestId": extended_request_id(&call.id),
                "httpMethod": call.verb.to_string(),
                "identity": { "sourceIp": call.peer.to_string(), "userAgent": call.header_text(&USER_AGENT) },
                "path": self.path(),
                "protocol": call.protocol,
                "requestId": extended_request_id(&call.id),
                "requestTime": log_time(call.received),
                "requestTimeEpoch": self.epoch_milliseconds(),
                "resourceId": self.route.key,
                "resourcePath": self.route.template,
                "stage": self.stage().stage(),
            },
        }))
    }

    /// The event in payload format 2.0.
    pub(super) fn format_2(&self) -> Result<Bytes, serde_json::Error> {
        let call = self.call;
        let joined = |pairs: &BTreeMap<&str, Vec<String>>| -> Map<String, Value> {
            pairs
                .iter()
                .map(|(name, values)| ((*name).to_owned(), values.join(",").into()))
                .collect()
        };
        let mut headers = self.headers();
        let cookies = headers.remove(COOKIE.as_str());
        let mut event = json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": self.arn.as_str(),
            "identitySource": self.identity,
            "routeKey": self.route.key,
            "rawPath": self.path(),
            "rawQueryString": call.raw_query.as_deref().unwrap_or_default(),
            "headers": joined(&headers),
            "requestContext": {
                "accountId": self.stage().account(),
                "apiId": self.stage().api_id(),
                "domainName": self.domain_name(),
                "domainPrefix": self.domain_prefix(),
                "http": {
                    "method": call.verb.to_string(),
                    "path": self.path(),
                    "protocol": call.protocol,
                    "sourceIp": call.peer.to_string(),
                    "userAgent": call.header_text(&USER_AGENT).unwrap_or_default(),
                },
                "requestId": extended_request_id(&call.id),
                "routeKey": self.route.key,
                "stage": self.stage().stage(),
                "time": log_time(call.received),
                "timeEpoch": self.epoch_milliseconds(),
            },
        });
        // What a request does not have is not in the event.
        let mut add = |name: &str, value: Value| {
            if let Some(event) = event.as_object_mut() {
                event.insert(name.to_owned(), value);
            }
        };
        if let Some(values) = cookies {
            let cookies = values.iter().flat_map(|value| value.split(';')).map(str::trim);
            add("cookies", cookies.filter(|cookie| !cookie.is_empty()).collect());
        }
        let query = joined(&self.query());
        for (name, map) in [
            ("queryStringParameters", query),
            ("pathParameters", self.path_parameters()),
            ("stageVariables", self.variables()),
        ] {
            if !map.is_empty() {
                add(name, map.into());
            }
        }
        to_bytes(&event)
    }

    fn stage(&self) -> &gatepost_core::gateway::StageArn {
        self.arn.stage_arn()
    }

    /// The path with the stage before it, which is part of the URL unless it is `$default`.
    fn path(&self) -> String {
        match self.stage().stage() {
            "$default" => self.call.path.as_sent().to_owned(),
            stage => format!("/{stage}{}", self.call.path.as_sent()),
        }
    }

    fn domain_name(&self) -> String {
        let host = self.call.header_text(&HOST).unwrap_or_default();
        host.rsplit_once(':').map_or(host.clone(), |(name, _)| name.to_owned())
    }

    fn domain_prefix(&self) -> String {
        self.domain_name().split('.').next().unwrap_or_default().to_owned()
    }

    fn epoch_milliseconds(&self) -> u64 {
        let since = self.call.received.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn headers(&self) -> BTreeMap<&str, Vec<String>> {
        let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.call.headers {
            headers.entry(name.as_str()).or_default().push(text_of(value));
        }
        headers
    }

    fn query(&self) -> BTreeMap<&str, Vec<String>> {
        let mut query: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.call.query {
            query.entry(name).or_default().push(value.clone());
        }
        query
    }

    fn path_parameters(&self) -> Map<String, Value> {
        let pairs = self.route.parameters.iter();
        pairs.map(|(name, value)| (name.clone(), value.clone().into())).collect()
    }

    fn variables(&self) -> Map<String, Value> {
        let pairs = self.stage_variables.iter();
        pairs.map(|(name, value)| (name.clone(), value.clone().into())).collect()
    }
}

fn to_bytes(event: &Value) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(event).map(Bytes::from)
}
