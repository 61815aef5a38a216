//! What a function is told of a viewer's request:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use std::net::IpAddr;

use http::header::COOKIE;
use http::request::Parts;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The event of a viewer request from `peer`. Nothing in it is decoded.
pub fn viewer_request(parts: &Parts, peer: IpAddr) -> Value {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().filter(|(name, _)| *name != COOKIE);
    let cookies = parts.headers.get_all(COOKIE).iter().map(text).collect::<Vec<_>>().join(";");
    let query = parts.uri.query().unwrap_or_default();
    json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": Uuid::new_v4().to_string(),
        },
        "viewer": { "ip": peer.to_string() },
        "request": {
            "method": parts.method.as_str(),
            "uri": parts.uri.path(),
            "querystring": values(query.split('&').map(pair)),
            "headers": values(headers.map(|(name, value)| (name.as_str(), text(value)))),
            "cookies": values(cookies.split(';').map(|cookie| pair(cookie.trim()))),
        },
    })
}

/// `name=value`, or a name alone.
fn pair(text: &str) -> (&str, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name, value.to_owned())
}

/// `{"name": {"value": "first", "multiValue": [{"value": "first"}, …]}}`; one that comes once has no
/// `multiValue`.
fn values<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs.filter(|(name, _)| !name.is_empty()) {
        let value = json!({ "value": value });
        let Some(Value::Object(first)) = all.get_mut(name) else {
            all.insert(name.to_owned(), value);
            continue;
        };
        let before = json!([first]);
        let several = first.entry("multiValue").or_insert(before);
        if let Some(several) = several.as_array_mut() {
            several.push(value);
        }
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn what_comes_twice_has_its_first_value_and_a_list() {
        let request = Request::get("/a%20b/?x=1&y&x=%262&=3")
            .header("Host", "www.example")
            .header("Accept", "text/html")
            .header("Accept", "*/*")
            .header("Cookie", "a=1; b=2=3")
            .header("Cookie", "a=4")
            .body(())
            .unwrap();
        let event = viewer_request(&request.into_parts().0, [192, 0, 2, 1].into());
        let want = json!({
            "method": "GET",
            "uri": "/a%20b/",
            "querystring": {
                "x": { "value": "1", "multiValue": [{ "value": "1" }, { "value": "%262" }] },
                "y": { "value": "" },
            },
            "headers": {
                "host": { "value": "www.example" },
                "accept": { "value": "text/html", "multiValue": [{ "value": "text/html" }, { "value": "*/*" }] },
            },
            "cookies": {
                "a": { "value": "1", "multiValue": [{ "value": "1" }, { "value": "4" }] },
                "b": { "value": "2=3" },
            },
        });
        assert_eq!(event["request"], want);
        assert_eq!(event["viewer"]["ip"], "192.0.2.1");
    }
}
