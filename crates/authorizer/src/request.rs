//! An event, parsed: the credential, the method, and a name for the request.

use std::time::SystemTime;

use gatepost_core::gateway::{MethodArn, MethodArnError};
use gatepost_core::policy::Context;
use gatepost_core::secret::Secret;

use crate::credential::{Credential, TokenPlaces, headers, token_of_authorization};
use crate::front_door::FrontDoor;
use crate::wire::{Event, Text};

/// What a request asks for, and by what credential.
pub(crate) struct Request<'a> {
    pub(crate) front_door: FrontDoor,
    pub(crate) credential: Credential<'a>,
    pub(crate) method_arn: MethodArn,
}

impl<'a> Request<'a> {
    /// Reads the credential from wherever `places` say it may stand.
    ///
    /// In a `TOKEN` event API Gateway has chosen the header, so they do not apply.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the event cannot be acted on.
    pub(crate) fn parse(
        event: &'a Event<'a>,
        places: TokenPlaces<'_>,
    ) -> Result<Self, RequestError> {
        let version = event.version.as_ref().map(|version| version.0.as_ref());
        let method_arn = match version {
            Some("2.0") => event.route_arn.as_ref(),
            Some(_) | None => event.method_arn.as_ref(),
        };
        let method_arn = text(method_arn).parse()?;
        let front_door = FrontDoor::of(version, text(event.kind.as_ref()), &method_arn)
            .ok_or(RequestError::UnknownEvent)?;
        let credential = match front_door {
            FrontDoor::RestToken => {
                token_of_authorization(text(event.authorization_token.as_ref()))?
                    .map(|token| Credential::Token(Secret::new(token)))
            }
            FrontDoor::HttpApi1
            | FrontDoor::HttpApi2
            | FrontDoor::RestRequest
            | FrontDoor::WebSocket => places.credential(event, front_door)?,
        };
        let credential = credential.ok_or(RequestError::MissingToken)?;
        Ok(Self { front_door, credential, method_arn })
    }
}

/// What conditions may ask of a request in payload format 2.0, for answers that are decided here.
/// Calls of HTTP APIs are always encrypted.
///
/// Source: [AWS condition keys for API Gateway][keys].
///
/// [keys]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
pub(crate) fn condition_keys(event: &Event<'_>, now: SystemTime) -> Context {
    let mut keys = Context::new();
    keys.set_time(now);
    keys.insert("aws:SecureTransport", "true");
    let http = event.request_context.as_ref().and_then(|context| context.http.as_ref());
    let source_ip = http.and_then(|http| http.source_ip.as_ref());
    let user_agent = http.and_then(|http| http.user_agent.as_ref());
    for (key, value) in [("aws:SourceIp", source_ip), ("aws:UserAgent", user_agent)] {
        if let Some(value) = value {
            keys.insert(key, value.0.as_ref());
        }
    }
    if let Some(referer) = headers(event, "referer").next() {
        keys.insert("aws:Referer", referer);
    }
    keys
}

/// The id that API Gateway gave the request, if it is one that may be logged.
///
/// Clients can choose it, so a text that could be something else is left out: it must be at most
/// 64 letters, digits, `-`, `_` and `=`, which no token is.
///
/// Source: [`$context.requestId`](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html).
pub(crate) fn request_id<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    let id = event.request_context.as_ref()?.request_id.as_ref()?.0.as_ref();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte);
    ((1..=64).contains(&id.len()) && id.bytes().all(plain)).then_some(id)
}

/// Why an event cannot be acted on.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum RequestError {
    /// The token is in a cookie, and there is no other sign that a page of ours has asked.
    #[error("the request has no token against cross-site request forgery")]
    CsrfTokenMissing,

    /// There is such a sign, and it does not belong to the cookie.
    #[error("the token against cross-site request forgery is not that of the cookie")]
    CsrfTokenMismatch,

    /// Two sources hold two tokens.
    #[error("two token sources hold different tokens")]
    DifferentTokens,

    /// What stands where a session's id should is none.
    #[error("the cookie of the session holds no id of a session")]
    MalformedSession,

    /// The method ARN cannot be read.
    #[error(transparent)]
    MethodArn(#[from] MethodArnError),

    /// No source holds a token.
    #[error("the request has no token")]
    MissingToken,

    /// A header holds something else than `Bearer` and a token.
    #[error("the authorization scheme is not `Bearer`")]
    NotBearer,

    /// One source stands in the request more than once.
    #[error("the request has a token source more than once")]
    RepeatedSource,

    /// The settings ask for an answer that this front door does not understand.
    #[error("only HTTP APIs with payload format 2.0 take simple answers")]
    SimpleImpossible,

    /// An event of none of the front doors.
    #[error("the event's type and version are those of no front door")]
    UnknownEvent,
}

impl RequestError {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::CsrfTokenMismatch => "csrf_token_mismatch",
            Self::CsrfTokenMissing => "csrf_token_missing",
            Self::DifferentTokens => "different_tokens",
            Self::MalformedSession => "malformed_session",
            Self::MethodArn(_) => "malformed_method_arn",
            Self::MissingToken => "missing_token",
            Self::NotBearer => "not_bearer",
            Self::RepeatedSource => "repeated_token_source",
            Self::SimpleImpossible => "simple_answer_impossible",
            Self::UnknownEvent => "unknown_event",
        }
    }
}

/// What is absent is empty.
fn text<'a>(text: Option<&'a Text<'_>>) -> &'a str {
    text.map_or("", |text| &text.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

    const SOURCES: TokenPlaces<'_> = TokenPlaces { sources: &[], csrf_header: None };

    #[test]
    fn conditions_can_ask_what_format_2_0_says_of_a_request() {
        let text = r#"{"version":"2.0","headers":{"referer":"https://site.example/"},
            "requestContext":{"http":{"sourceIp":"198.51.100.7","userAgent":"curl/8"}}}"#;
        let keys = condition_keys(&serde_json::from_str(text).unwrap(), SystemTime::UNIX_EPOCH);
        let keys: Vec<String> =
            keys.iter().map(|(key, value)| format!("{key} {value:?}")).collect();
        assert_eq!(
            keys,
            [
                r#"aws:currenttime ["1970-01-01T00:00:00Z"]"#,
                r#"aws:epochtime ["0"]"#,
                r#"aws:referer ["https://site.example/"]"#,
                r#"aws:securetransport ["true"]"#,
                r#"aws:sourceip ["198.51.100.7"]"#,
                r#"aws:useragent ["curl/8"]"#,
            ]
        );
    }

    #[test]
    fn a_token_event_has_the_token_in_its_own_member() {
        for (member, want) in [
            (r#","authorizationToken":"Bearer t""#, Ok("t")),
            (r#","authorizationToken":"t""#, Err(RequestError::NotBearer)),
            (r#","authorizationToken":"""#, Err(RequestError::MissingToken)),
            (r#","authorizationToken":null"#, Err(RequestError::MissingToken)),
            ("", Err(RequestError::MissingToken)),
        ] {
            let text = format!(r#"{{"type":"TOKEN","methodArn":"{ARN}"{member}}}"#);
            let event: Event<'_> = serde_json::from_str(&text).unwrap();
            let got = Request::parse(&event, SOURCES).map(|request| match request.credential {
                Credential::Token(token) => *token.expose(),
                Credential::Session(_) => panic!("no source of sessions"),
            });
            assert_eq!(got, want, "{member}");
        }
    }

    #[test]
    fn other_types_and_arns_are_refused() {
        for (kind, arn, want) in [
            ("request", ARN, RequestError::UnknownEvent),
            ("REQUEST", "arn:aws:s3:::b", RequestError::MethodArn(MethodArnError::WrongService)),
            ("REQUEST", "", RequestError::MethodArn(MethodArnError::WrongService)),
        ] {
            let text = format!(
                r#"{{"type":"{kind}","methodArn":"{arn}","headers":{{"Authorization":"Bearer t"}}}}"#
            );
            let event: Event<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(Request::parse(&event, SOURCES).err(), Some(want));
        }
    }

    #[test]
    fn a_request_id_that_could_be_a_token_is_not_one() {
        let id = |id: &str| {
            let text = format!(
                r#"{{"type":"REQUEST","methodArn":"{ARN}","requestContext":{{"requestId":"{id}"}}}}"#
            );
            let event: Event<'_> = serde_json::from_str(&text).unwrap();
            request_id(&event).map(str::to_owned)
        };
        assert_eq!(
            id("c6af9ac6-7b61-11e6-9a41-93e8deadbeef").as_deref(),
            Some("c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
        );
        assert_eq!(id("JKJaXmPLvHcESHA=").as_deref(), Some("JKJaXmPLvHcESHA="));
        for text in ["", "a.b.c", "a b", &"x".repeat(65)] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
