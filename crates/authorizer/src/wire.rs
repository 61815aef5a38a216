//! What API Gateway sends and what it is sent, member by member.
//!
//! Events are read leniently: AWS adds members as it likes, and a map may be `null`, absent or
//! empty, which all mean the same. Texts are borrowed from the event where nothing is escaped.
//!
//! The answer has a type of its own rather than one of `aws_lambda_events`, whose statements allow
//! where `Effect` is missing, whose unset members are written as `null`, and whose conditions have
//! no fixed order. Ours cannot leave a member out and has one order only.
//!
//! Sources: [input] and [output] of a Lambda authorizer.
//!
//! [input]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
//! [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// An event of any front door: each sends some of these members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    /// The payload format of an HTTP API: `1.0`, `2.0`.
    #[serde(borrow)]
    pub(crate) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) method_arn: Option<Text<'a>>,
    /// What payload format 2.0 calls the method ARN.
    #[serde(borrow)]
    pub(crate) route_arn: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) authorization_token: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) headers: Option<Pairs<'a, Text<'a>>>,
    #[serde(borrow)]
    pub(crate) multi_value_headers: Option<Pairs<'a, Vec<Text<'a>>>>,
    /// In payload format 2.0, each `name=value`; the header `cookie` is then left out.
    #[serde(borrow)]
    pub(crate) cookies: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(crate) query_string_parameters: Option<Pairs<'a, Text<'a>>>,
    #[serde(borrow)]
    pub(crate) multi_value_query_string_parameters: Option<Pairs<'a, Vec<Text<'a>>>>,
    #[serde(borrow)]
    pub(crate) request_context: Option<RequestContext<'a>>,
}

impl<'a> Event<'a> {
    /// Reads an event.
    ///
    /// # Errors
    ///
    /// [`EventError`] if it is not JSON, or if a member is not of its type.
    pub(crate) fn read(text: &'a [u8]) -> Result<Self, EventError> {
        // Once for all is quicker than text by text.
        let utf8 = str::from_utf8(text).map_err(|_| EventError::NotJson)?;
        serde_json::from_str(utf8).map_err(|error| match error.classify() {
            Category::Data => EventError::Malformed { member: faulty_member(text) },
            Category::Eof | Category::Io | Category::Syntax => EventError::NotJson,
        })
    }
}

/// Why an event cannot be read. Its text is not repeated: it holds a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum EventError {
    /// A member is not of its type; or the event is no object, or has a member twice.
    #[error("member `{member}` of the event is malformed")]
    Malformed {
        /// Its name; `event` for the whole.
        member: &'static str,
    },

    /// Not JSON.
    #[error("the event is not JSON")]
    NotJson,
}

/// Where an event is faulty; found by a second reading, so that the first need not keep track.
fn faulty_member(text: &[u8]) -> &'static str {
    const MEMBERS: [&str; 11] = [
        "authorizationToken",
        "cookies",
        "headers",
        "methodArn",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
        "routeArn",
        "type",
        "version",
    ];
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read: Result<Event<'_>, _> = serde_path_to_error::deserialize(&mut reader);
    let path = match &read {
        Ok(_) => return "event",
        Err(error) => error.path().to_string(),
    };
    let member = path.split(['.', '[']).next();
    MEMBERS.into_iter().find(|name| Some(*name) == member).unwrap_or("event")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestContext<'a> {
    #[serde(borrow)]
    pub(crate) request_id: Option<Text<'a>>,
    /// In payload format 2.0.
    #[serde(borrow)]
    pub(crate) http: Option<HttpContext<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpContext<'a> {
    #[serde(borrow)]
    pub(crate) source_ip: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) user_agent: Option<Text<'a>>,
}

/// A text, borrowed if it can be.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The members of a map as they stand, names that repeat or differ only in case included.
pub(crate) struct Pairs<'a, V>(pub(crate) Vec<(Text<'a>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

struct PairsVisitor<'a, V>(std::marker::PhantomData<(&'a (), V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<'a, V> {
    type Value = Pairs<'a, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = members.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

/// An answer that carries a policy: every front door takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyResponse<'a> {
    pub(crate) principal_id: &'a str,
    pub(crate) policy_document: &'a RawValue,
    #[serde(serialize_with = "in_order")]
    pub(crate) context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage_identifier_key: Option<&'a str>,
}

/// An answer that is yes or no, about the called method: for payload format 2.0 of HTTP APIs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimpleResponse<'a> {
    pub(crate) is_authorized: bool,
    #[serde(serialize_with = "in_order")]
    pub(crate) context: Context<'a>,
}

/// What the back end is told.
pub(crate) type Context<'a> = Vec<(&'a str, Cow<'a, str>)>;

fn in_order<S: Serializer>(
    members: &[(&str, Cow<'_, str>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(members.len()))?;
    for (name, value) in members {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Event<'_>, EventError> {
        Event::read(text.as_bytes())
    }

    #[test]
    fn maps_may_be_null_absent_or_empty() {
        for maps in ["", r#","headers":null,"multiValueHeaders":null,"requestContext":null"#] {
            let text = format!(r#"{{"type":"REQUEST","methodArn":"arn"{maps}}}"#);
            let event = read(&text).unwrap();
            assert!(event.headers.is_none() && event.multi_value_headers.is_none(), "{text}");
        }
        let text = r#"{"type":"REQUEST","methodArn":"arn","headers":{},"requestContext":{}}"#;
        assert!(read(text).unwrap().headers.unwrap().0.is_empty());
    }

    #[test]
    fn members_that_are_not_known_are_skipped() {
        let text = r#"{"version":"1.0","type":"TOKEN","methodArn":"arn","new":{"a":[1]},
                       "authorizationToken":"Bearer x"}"#;
        assert_eq!(read(text).unwrap().authorization_token.unwrap().0, "Bearer x");
    }

    #[test]
    fn names_that_differ_only_in_case_are_all_kept() {
        let text = r#"{"type":"REQUEST","methodArn":"arn","headers":{"a":"1","A":"2","a":"3"}}"#;
        let headers = read(text).unwrap().headers.unwrap().0;
        let values: Vec<&str> = headers.iter().map(|(_, value)| value.0.as_ref()).collect();
        assert_eq!(values, ["1", "2", "3"]);
    }

    #[test]
    fn texts_are_borrowed_unless_they_are_escaped() {
        let event = read(r#"{"type":"REQUEST","methodArn":"a\/b"}"#).unwrap();
        assert!(matches!(event.kind.unwrap().0, Cow::Borrowed("REQUEST")));
        assert_eq!(event.method_arn.unwrap().0, "a/b");
    }

    #[test]
    fn a_faulty_event_is_refused_by_the_name_of_its_member_alone() {
        for (text, member) in [
            ("null", "event"),
            ("[]", "event"),
            (r#""secret""#, "event"),
            (r#"{"type":1}"#, "type"),
            (r#"{"methodArn":["secret"]}"#, "methodArn"),
            (r#"{"methodArn":"arn","methodArn":"other"}"#, "event"),
            (r#"{"headers":[]}"#, "headers"),
            (r#"{"headers":{"secret":1}}"#, "headers"),
            (r#"{"multiValueHeaders":{"a":"secret"}}"#, "multiValueHeaders"),
            (r#"{"queryStringParameters":"secret"}"#, "queryStringParameters"),
            (r#"{"requestContext":{"requestId":{}}}"#, "requestContext"),
            (r#"{"cookies":"id=secret"}"#, "cookies"),
            (r#"{"version":2.0}"#, "version"),
        ] {
            let error = read(text).err();
            assert_eq!(error, Some(EventError::Malformed { member }), "{text}");
        }
        for text in ["", "{", "{}x", r#"{"headers":{"a":secret}}"#] {
            assert_eq!(read(text).err(), Some(EventError::NotJson), "{text}");
        }
    }
}
