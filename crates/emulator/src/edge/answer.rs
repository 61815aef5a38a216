//! What a function has made of a viewer's request.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::function::FunctionFault;

/// What happens next.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The request goes on, to the object at this path, which begins with a slash.
    GoOn(String),
    /// The function has answered.
    Answer(Response),
}

/// A response, or the request: whatever has a status is the former.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Returned {
    uri: Option<String>,
    status_code: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, HeaderField>,
    body: Option<Content>,
}

#[derive(Deserialize)]
struct HeaderField {
    value: String,
}

#[derive(Deserialize)]
struct Content {
    encoding: Encoding,
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Text,
}

impl Verdict {
    /// Reads what a handler returned.
    pub(super) fn read(text: &str) -> Result<Self, FunctionFault> {
        let nonsense = |error: &dyn ToString| FunctionFault::Nonsense(error.to_string());
        let returned: Returned = serde_json::from_str(text).map_err(|error| nonsense(&error))?;
        match (returned.status_code, returned.uri) {
            (Some(status), _) => {
                let status = StatusCode::from_u16(status).map_err(|error| nonsense(&error))?;
                let mut response = Response::builder().status(status);
                for (name, field) in returned.headers {
                    response = response.header(name, field.value);
                }
                let body = returned.body.map(|Content { encoding: Encoding::Text, data }| data);
                let body = body.map_or_else(Body::empty, Body::from);
                Ok(Self::Answer(response.body(body).map_err(|error| nonsense(&error))?))
            }
            (None, Some(uri)) if uri.starts_with('/') => Ok(Self::GoOn(uri)),
            (None, _) => Err(nonsense(&"it has no status and no path")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_makes_a_response_and_a_path_a_request() {
        let text = r#"{"statusCode":302,"statusDescription":"Found","headers":{"location":{"value":"/a"}},"uri":"/b"}"#;
        let Ok(Verdict::Answer(answer)) = Verdict::read(text) else { panic!("no answer") };
        assert_eq!(
            (answer.status(), &answer.headers()["location"]),
            (StatusCode::FOUND, &"/a".parse().unwrap())
        );
        let Ok(Verdict::GoOn(path)) =
            Verdict::read(r#"{"method":"GET","uri":"/a","headers":{"host":{"value":"b"}}}"#)
        else {
            panic!("no request")
        };
        assert_eq!(path, "/a");
    }

    #[test]
    fn whatever_else_it_is_lets_nothing_through() {
        for text in [
            "null",
            "true",
            "[]",
            "{}",
            r#""/a""#,
            r#"{"uri":""}"#,
            r#"{"uri":"a"}"#,
            r#"{"uri":["/a"]}"#,
            r#"{"uri":"/a","statusCode":"200"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":200,"headers":{"a":"b"}}"#,
            r#"{"statusCode":200,"headers":{"a b":{"value":"c"}}}"#,
            r#"{"statusCode":200,"headers":{"a":{"value":"b\nc"}}}"#,
            r#"{"statusCode":200,"body":{"encoding":"rot13","data":"a"}}"#,
        ] {
            assert!(matches!(Verdict::read(text), Err(FunctionFault::Nonsense(_))), "{text}");
        }
    }
}
