//! The events of API Gateway's Lambda proxy integrations, and the answers to them.
//!
//! REST APIs and HTTP APIs with payload format 1.0 send one shape, payload format 2.0 another; each is
//! answered in its own, because only so several cookies can be set. Events are read leniently: AWS adds
//! members as it likes, and a map may be `null`.
//!
//! Sources: [REST APIs][rest], [HTTP APIs][http].
//!
//! [rest]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
//! [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde::{Deserialize, Serialize};

use crate::request::Request;

/// The shape of an event, and so of its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// REST APIs, and HTTP APIs that are told to.
    One,
    /// HTTP APIs.
    Two,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    version: Option<String>,
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    query_string_parameters: Option<BTreeMap<String, Option<String>>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Option<Vec<String>>>>,
    headers: Option<BTreeMap<String, Option<String>>>,
    multi_value_headers: Option<BTreeMap<String, Option<Vec<String>>>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Option<Context>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    stage: Option<String>,
    identity: Option<Caller>,
    http: Option<Caller>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Caller {
    method: Option<String>,
    source_ip: Option<String>,
}

/// Reads an event.
///
/// # Errors
///
/// [`EventError`] for anything else, of which nothing is repeated: it may hold credentials.
pub fn read(event: &[u8]) -> Result<(Format, Request), EventError> {
    let event: Event = serde_json::from_slice(event).map_err(|_| EventError)?;
    match event.version.as_deref() {
        Some("2.0") => Ok((Format::Two, of_format_two(event)?)),
        Some(_) | None => Ok((Format::One, of_format_one(event)?)),
    }
}

/// The event is not one of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the event is not that of a Lambda proxy integration")]
pub struct EventError;

fn of_format_one(event: Event) -> Result<Request, EventError> {
    let mut headers = HeaderMap::new();
    match event.multi_value_headers {
        Some(all) => {
            for (name, value) in all
                .iter()
                .flat_map(|(name, values)| values.iter().flatten().map(move |v| (name, v)))
            {
                append(&mut headers, name, value);
            }
        }
        None => append_all(&mut headers, event.headers),
    }
    let query = match event.multi_value_query_string_parameters {
        Some(all) => all
            .into_iter()
            .flat_map(|(name, values)| {
                values.into_iter().flatten().map(move |value| (name.clone(), value))
            })
            .collect(),
        None => event
            .query_string_parameters
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    };
    let identity = event.request_context.and_then(|context| context.identity);
    Ok(Request {
        method: method(event.http_method)?,
        path: event.path.ok_or(EventError)?,
        query,
        headers,
        body: body(event.body, event.is_base64_encoded)?,
        source_ip: identity.and_then(|identity| identity.source_ip),
    })
}

fn of_format_two(event: Event) -> Result<Request, EventError> {
    let mut headers = HeaderMap::new();
    append_all(&mut headers, event.headers);
    let cookies = event.cookies.unwrap_or_default().join("; ");
    if !cookies.is_empty() {
        append(&mut headers, COOKIE.as_str(), &cookies);
    }
    let query = query(&event.raw_query_string.unwrap_or_default());
    let context = event.request_context.ok_or(EventError)?;
    let path = event.raw_path.ok_or(EventError)?;
    let stage = context.stage.filter(|stage| stage != "$default");
    let path = match stage.and_then(|stage| path.strip_prefix(&format!("/{stage}/"))) {
        Some(rest) => format!("/{rest}"),
        None => path,
    };
    let http = context.http.ok_or(EventError)?;
    Ok(Request {
        method: method(http.method)?,
        path,
        query,
        headers,
        body: body(event.body, event.is_base64_encoded)?,
        source_ip: http.source_ip,
    })
}

fn append_all(headers: &mut HeaderMap, single: Option<BTreeMap<String, Option<String>>>) {
    for (name, value) in single.into_iter().flatten() {
        if let Some(value) = value {
            append(headers, &name, &value);
        }
    }
}

/// Names and values of a query as it stands in an address.
pub fn query(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What cannot be a header is none.
fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::try_from(name);
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
        headers.append(name, value);
    }
}

fn method(method: Option<String>) -> Result<Method, EventError> {
    method.and_then(|method| method.parse().ok()).ok_or(EventError)
}

fn body(body: Option<String>, is_base64: bool) -> Result<Bytes, EventError> {
    let body = body.unwrap_or_default();
    if is_base64 {
        STANDARD.decode(body).map(Bytes::from).map_err(|_| EventError)
    } else {
        Ok(body.into())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerOne<'a> {
    status_code: u16,
    multi_value_headers: BTreeMap<&'a str, Vec<&'a str>>,
    body: &'a str,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerTwo<'a> {
    status_code: u16,
    headers: BTreeMap<&'a str, &'a str>,
    cookies: Vec<&'a str>,
    body: &'a str,
    is_base64_encoded: bool,
}

/// Writes an answer in the form that goes with the event.
pub fn write(format: Format, answer: &Response<String>) -> String {
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let (status_code, body) = (answer.status().as_u16(), answer.body().as_str());
    let text = match format {
        Format::One => {
            let mut multi_value_headers: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (name, value) in headers {
                multi_value_headers.entry(name).or_default().push(value);
            }
            let is_base64_encoded = false;
            serde_json::to_string(&AnswerOne {
                status_code,
                multi_value_headers,
                body,
                is_base64_encoded,
            })
        }
        Format::Two => {
            let (cookies, headers): (Vec<_>, Vec<_>) =
                headers.partition(|(name, _)| *name == SET_COOKIE.as_str());
            let cookies = cookies.into_iter().map(|(_, value)| value).collect();
            let headers = headers.into_iter().collect();
            let is_base64_encoded = false;
            serde_json::to_string(&AnswerTwo {
                status_code,
                headers,
                cookies,
                body,
                is_base64_encoded,
            })
        }
    };
    // Texts under texts: there is nothing in it that could not be written.
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event_one() -> Value {
        json!({
            "resource": "/auth/{proxy+}", "path": "/auth/callback", "httpMethod": "GET",
            "headers": {"cookie": "a=1"},
            "multiValueHeaders": {"cookie": ["a=1", "b=2"], "Accept": ["text/html"], "bad name": ["x"], "X-Null": null},
            "queryStringParameters": {"code": "c"},
            "multiValueQueryStringParameters": {"code": ["c"], "state": ["s", "t"], "empty": [""]},
            "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.7", "userAgent": null}},
            "body": null, "isBase64Encoded": false
        })
    }

    fn event_two() -> Value {
        json!({
            "version": "2.0", "routeKey": "POST /auth/logout", "rawPath": "/prod/auth/logout",
            "rawQueryString": "a=%2Fb+c&d", "cookies": ["a=1", "b=2"],
            "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            "requestContext": {"stage": "prod", "http": {"method": "POST", "sourceIp": "192.0.2.7"}},
            "body": "Y3NyZl90b2tlbj14", "isBase64Encoded": true
        })
    }

    fn read_json(event: &Value) -> (Format, Request) {
        read(event.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_event_of_a_rest_api_is_read() {
        let (format, request) = read_json(&event_one());
        assert_eq!(
            (format, request.method.as_str(), request.path.as_str()),
            (Format::One, "GET", "/auth/callback")
        );
        let cookies: Vec<_> = request.headers.get_all(COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(request.parameter("code"), Some("c"));
        assert_eq!(request.parameter("state"), None, "twice");
        assert_eq!(request.parameter("empty"), None);
        assert_eq!(request.source_ip.as_deref(), Some("192.0.2.7"));
        assert!(!request.is_form());
    }

    #[test]
    fn an_event_of_an_http_api_is_read_without_its_stage() {
        let (format, request) = read_json(&event_two());
        assert_eq!(
            (format, request.method.as_str(), request.path.as_str()),
            (Format::Two, "POST", "/auth/logout")
        );
        assert_eq!(request.headers[COOKIE], "a=1; b=2");
        assert_eq!(request.parameter("a"), Some("/b c"));
        assert!(request.is_form());
        assert_eq!(request.field("csrf_token").as_deref(), Some("x"));
    }

    #[test]
    fn an_event_with_single_headers_only_is_read() {
        let mut event = event_one();
        event["multiValueHeaders"] = Value::Null;
        event["multiValueQueryStringParameters"] = Value::Null;
        let (_, request) = read_json(&event);
        assert_eq!(request.headers[COOKIE], "a=1");
        assert_eq!(request.parameter("code"), Some("c"));
    }

    #[test]
    fn what_is_no_request_is_told_without_its_text() {
        for event in [
            "",
            "{}",
            "[]",
            r#"{"version":"2.0"}"#,
            r#"{"path":"/","httpMethod":"a b"}"#,
            r#"{"path":"/","httpMethod":"GET","body":"?","isBase64Encoded":true}"#,
        ] {
            assert_eq!(read(event.as_bytes()).unwrap_err(), EventError, "{event}");
        }
    }

    #[test]
    fn each_format_can_set_several_cookies() {
        let mut answer = Response::new("text".to_owned());
        for (name, value) in [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("location", "/")] {
            answer.headers_mut().append(name, HeaderValue::from_static(value));
        }
        assert_eq!(
            serde_json::from_str::<Value>(&write(Format::One, &answer)).unwrap(),
            json!({"statusCode": 200, "body": "text", "isBase64Encoded": false,
                "multiValueHeaders": {"set-cookie": ["a=1", "b=2"], "location": ["/"]}})
        );
        assert_eq!(
            serde_json::from_str::<Value>(&write(Format::Two, &answer)).unwrap(),
            json!({"statusCode": 200, "body": "text", "isBase64Encoded": false,
                "cookies": ["a=1", "b=2"], "headers": {"location": "/"}})
        );
    }
}
