//! An event, parsed: the token, the method, and a name for the request.

use std::time::SystemTime;

use gatepost_core::gateway::{MethodArn, MethodArnError};
use gatepost_core::policy::Context;
use gatepost_core::secret::Secret;

use crate::config::TokenSource;
use crate::front_door::FrontDoor;
use crate::wire::{Event, Pairs, Text};

/// What a request asks for, and by what token.
pub(crate) struct Request<'a> {
    pub(crate) front_door: FrontDoor,
    /// Not empty.
    pub(crate) token: Secret<&'a str>,
    pub(crate) method_arn: MethodArn,
}

impl<'a> Request<'a> {
    /// Reads the token from wherever `sources` say it may stand.
    ///
    /// All sources are looked at, in order: the first that holds a token counts, and a later one
    /// must hold the same. What stands twice in one source is refused, since the back end may go
    /// by the other one.
    ///
    /// In a `TOKEN` event API Gateway has chosen the header, so the sources do not apply.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the event cannot be acted on.
    pub(crate) fn parse(
        event: &'a Event<'a>,
        sources: &[TokenSource],
    ) -> Result<Self, RequestError> {
        let version = event.version.as_ref().map(|version| version.0.as_ref());
        let method_arn = match version {
            Some("2.0") => event.route_arn.as_ref(),
            Some(_) | None => event.method_arn.as_ref(),
        };
        let method_arn = text(method_arn).parse()?;
        let front_door = FrontDoor::of(version, text(event.kind.as_ref()), &method_arn)
            .ok_or(RequestError::UnknownEvent)?;
        let token = match front_door {
            FrontDoor::RestToken => {
                bearer_token(text(event.authorization_token.as_ref()), BareToken::Refused)?
            }
            FrontDoor::HttpApi1
            | FrontDoor::HttpApi2
            | FrontDoor::RestRequest
            | FrontDoor::WebSocket => token_of_request(event, front_door, sources)?,
        };
        let token = Secret::new(token.ok_or(RequestError::MissingToken)?);
        Ok(Self { front_door, token, method_arn })
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
    /// Two sources hold two tokens.
    #[error("two token sources hold different tokens")]
    DifferentTokens,

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
            Self::DifferentTokens => "different_tokens",
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

fn token_of_request<'a>(
    event: &'a Event<'_>,
    front_door: FrontDoor,
    sources: &[TokenSource],
) -> Result<Option<&'a str>, RequestError> {
    // A token has no comma in it, so that one says where a second value was joined on.
    let only_of_joined = |values: &mut dyn Iterator<Item = &'a str>| match only(values)? {
        Some(value) if front_door.joins_values() && value.contains(',') => {
            Err(RequestError::RepeatedSource)
        }
        value => Ok(value),
    };
    let mut found = None;
    for source in sources {
        let token = match source {
            TokenSource::Cookie(name) => only(cookies(event, name))?,
            TokenSource::Header(name) => {
                let bare = if name.eq_ignore_ascii_case("authorization") {
                    BareToken::Refused
                } else {
                    BareToken::Accepted
                };
                match only_of_joined(&mut headers(event, name))? {
                    Some(value) => bearer_token(value, bare)?,
                    None => None,
                }
            }
            TokenSource::Query(name) => only_of_joined(&mut query_parameters(event, name))?,
        };
        match (found, token) {
            (None, token) => found = token,
            (Some(one), Some(other)) if one != other => return Err(RequestError::DifferentTokens),
            (Some(_), _) => {}
        }
    }
    Ok(found)
}

/// The only value there is; an empty one is none.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Result<Option<&'a str>, RequestError> {
    let value = values.next();
    if values.next().is_some() {
        return Err(RequestError::RepeatedSource);
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// Whether a header's value may be the token itself.
#[derive(Clone, Copy, Eq, PartialEq)]
enum BareToken {
    Accepted,
    Refused,
}

/// The token after the scheme `Bearer` in any case (RFC 6750 section 2.1, RFC 9110 section 11.1).
fn bearer_token(value: &str, bare: BareToken) -> Result<Option<&str>, RequestError> {
    let value = value.trim_matches([' ', '\t']);
    match value.split_once(' ') {
        None if value.is_empty() => Ok(None),
        None if bare == BareToken::Accepted => Ok(Some(value)),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim_start_matches(' ')))
        }
        None | Some(_) => Err(RequestError::NotBearer),
    }
}

/// Every value of the header `name`, from the map that keeps them all where there is one.
fn headers<'a>(event: &'a Event<'_>, name: &str) -> impl Iterator<Item = &'a str> {
    values(event.multi_value_headers.as_ref(), event.headers.as_ref(), move |header| {
        header.eq_ignore_ascii_case(name)
    })
}

fn query_parameters<'a>(event: &'a Event<'_>, name: &str) -> impl Iterator<Item = &'a str> {
    values(
        event.multi_value_query_string_parameters.as_ref(),
        event.query_string_parameters.as_ref(),
        move |parameter| parameter == name,
    )
}

fn values<'a>(
    all: Option<&'a Pairs<'_, Vec<Text<'_>>>>,
    last: Option<&'a Pairs<'_, Text<'_>>>,
    is_wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'a str> {
    let mut values: Vec<&str> = Vec::new();
    match (all.filter(|Pairs(pairs)| !pairs.is_empty()), last) {
        (Some(Pairs(pairs)), _) => {
            for (_, list) in pairs.iter().filter(|(name, _)| is_wanted(&name.0)) {
                values.extend(list.iter().map(|value| value.0.as_ref()));
            }
        }
        (None, Some(Pairs(pairs))) => {
            for (_, value) in pairs.iter().filter(|(name, _)| is_wanted(&name.0)) {
                values.push(&value.0);
            }
        }
        (None, None) => {}
    }
    values.into_iter()
}

/// Every value of the cookie `name` (RFC 6265 section 4.2.1): of the list `cookies`, where there is
/// one, or else of all `Cookie` headers.
fn cookies<'a>(event: &'a Event<'_>, name: &str) -> impl Iterator<Item = &'a str> {
    let listed = event.cookies.iter().flatten().map(|cookie| cookie.0.as_ref());
    let written = headers(event, "cookie").filter(|_| event.cookies.is_none());
    listed.chain(written).flat_map(|header| header.split(';')).filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim_matches([' ', '\t']) == name).then(|| value.trim_matches([' ', '\t']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

    /// Reads a REQUEST event with `members`; the sources as in the setting.
    fn parse(members: &str, sources: &[TokenSource]) -> Result<String, RequestError> {
        let text = format!(r#"{{"type":"REQUEST","methodArn":"{ARN}",{members}}}"#);
        let event: Event<'_> = serde_json::from_str(&text).unwrap();
        Request::parse(&event, sources).map(|request| (*request.token.expose()).to_owned())
    }

    fn header(name: &str) -> TokenSource {
        TokenSource::Header(name.to_owned())
    }

    fn authorization(members: &str) -> Result<String, RequestError> {
        parse(members, &[header("Authorization")])
    }

    #[test]
    fn the_header_is_found_whatever_its_case_and_the_scheme_whatever_its_own() {
        for members in [
            r#""headers":{"Authorization":"Bearer t"}"#,
            r#""headers":{"authorization":"bearer t"}"#,
            r#""headers":{"AUTHORIZATION":" BEARER   t "}"#,
            r#""multiValueHeaders":{"authorization":["Bearer t"]}"#,
            r#""headers":{"Authorization":"Bearer t"},"multiValueHeaders":{}"#,
            r#""headers":{"Authorization":"Bearer t"},"multiValueHeaders":null"#,
            r#""headers":{"Authorization":"Bearer other"},"multiValueHeaders":{"Authorization":["Bearer t"]}"#,
            r#""headers":{"Authorization":"Bearer \u0074"},"multiValueHeaders":null"#,
        ] {
            assert_eq!(authorization(members).as_deref(), Ok("t"), "{members}");
        }
    }

    #[test]
    fn a_request_without_a_token_says_so() {
        for members in [
            r#""headers":null"#,
            r#""headers":{}"#,
            r#""headers":{"Authorization":""}"#,
            r#""headers":{"Authorization":"  "}"#,
            r#""headers":{"X-Authorization":"Bearer t"}"#,
            r#""headers":{"Authorization":"Bearer t"},"multiValueHeaders":{"Host":["h"]}"#,
        ] {
            assert_eq!(authorization(members), Err(RequestError::MissingToken), "{members}");
        }
    }

    #[test]
    fn another_scheme_or_none_is_refused() {
        for value in ["Basic dTpw", "t", "Bearer", "Bearer\tt", "Bearer: t", "t Bearer"] {
            let members = format!(r#""headers":{{"Authorization":{}}}"#, serde_json::json!(value));
            assert_eq!(authorization(&members), Err(RequestError::NotBearer), "{value}");
        }
    }

    #[test]
    fn other_headers_may_hold_the_bare_token() {
        for value in ["t", "Bearer t", "bearer t"] {
            let members = format!(r#""headers":{{"x-token":"{value}"}}"#);
            assert_eq!(parse(&members, &[header("X-Token")]).as_deref(), Ok("t"), "{value}");
        }
    }

    #[test]
    fn a_repeated_source_is_refused_even_where_both_are_equal() {
        for (members, source) in [
            (
                r#""multiValueHeaders":{"Authorization":["Bearer t","Bearer t"]}"#,
                header("Authorization"),
            ),
            (
                r#""multiValueHeaders":{"Authorization":["Bearer t"],"authorization":["Bearer u"]}"#,
                header("Authorization"),
            ),
            (
                r#""headers":{"Authorization":"Bearer t","authorization":"Bearer u"}"#,
                header("Authorization"),
            ),
            (r#""headers":{"Cookie":"id=t; id=u"}"#, TokenSource::Cookie("id".into())),
            (r#""multiValueHeaders":{"cookie":["id=t","id=t"]}"#, TokenSource::Cookie("id".into())),
            (
                r#""multiValueQueryStringParameters":{"token":["t","u"]}"#,
                TokenSource::Query("token".into()),
            ),
        ] {
            assert_eq!(parse(members, &[source]), Err(RequestError::RepeatedSource), "{members}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_exact_name() {
        let cookie = || [TokenSource::Cookie("id".into())];
        for members in [
            r#""headers":{"cookie":"id=t"}"#,
            r#""headers":{"Cookie":"a=1; ID=x; xid=y; id=t ;b"}"#,
            r#""multiValueHeaders":{"cookie":["a=1","id=t"]}"#,
        ] {
            assert_eq!(parse(members, &cookie()).as_deref(), Ok("t"), "{members}");
        }
        for members in [r#""headers":{"cookie":"ID=t; id; id="}"#, r#""headers":{"id":"t"}"#] {
            assert_eq!(parse(members, &cookie()), Err(RequestError::MissingToken), "{members}");
        }
    }

    #[test]
    fn query_parameters_are_found_by_their_exact_name() {
        let query = || [TokenSource::Query("token".into())];
        let members = r#""queryStringParameters":{"Token":"x","token":"t"}"#;
        assert_eq!(parse(members, &query()).as_deref(), Ok("t"));
        let members = r#""queryStringParameters":{"Token":"t"}"#;
        assert_eq!(parse(members, &query()), Err(RequestError::MissingToken));
    }

    #[test]
    fn the_first_source_with_a_token_counts_and_the_others_must_agree() {
        let sources = [header("Authorization"), TokenSource::Cookie("id".into())];
        for (members, want) in [
            (r#""headers":{"Authorization":"Bearer t"}"#, Ok("t")),
            (r#""headers":{"Cookie":"id=t"}"#, Ok("t")),
            (r#""headers":{"Authorization":"Bearer t","Cookie":"id=t"}"#, Ok("t")),
            (
                r#""headers":{"Authorization":"Bearer t","Cookie":"id=u"}"#,
                Err(RequestError::DifferentTokens),
            ),
        ] {
            assert_eq!(parse(members, &sources).as_deref(), want.as_deref(), "{members}");
        }
    }

    /// Reads an event of payload format 2.0 with `members`.
    fn parse_2_0(members: &str, sources: &[TokenSource]) -> Result<String, RequestError> {
        let text = format!(r#"{{"version":"2.0","type":"REQUEST","routeArn":"{ARN}",{members}}}"#);
        let event: Event<'_> = serde_json::from_str(&text).unwrap();
        Request::parse(&event, sources).map(|request| (*request.token.expose()).to_owned())
    }

    #[test]
    fn in_format_2_0_cookies_stand_in_a_list_of_their_own() {
        let cookie = [TokenSource::Cookie("id".into())];
        for members in [
            r#""cookies":["a=1","id=t"]"#,
            r#""cookies":["id=t"],"headers":{"cookie":"id=t"}"#,
            r#""cookies":null,"headers":{"cookie":"a=1; id=t"}"#,
            r#""headers":{"cookie":"id=t"}"#,
        ] {
            assert_eq!(parse_2_0(members, &cookie).as_deref(), Ok("t"), "{members}");
        }
        let twice = r#""cookies":["id=t","id=u"]"#;
        assert_eq!(parse_2_0(twice, &cookie), Err(RequestError::RepeatedSource));
        assert_eq!(parse_2_0(r#""cookies":[]"#, &cookie), Err(RequestError::MissingToken));
    }

    #[test]
    fn in_format_2_0_a_comma_is_where_two_values_were_joined() {
        let query = || TokenSource::Query("token".into());
        for (members, source) in [
            (r#""headers":{"authorization":"Bearer t,Bearer u"}"#, header("Authorization")),
            (r#""headers":{"x-token":"t,u"}"#, header("X-Token")),
            (r#""queryStringParameters":{"token":"t,u"}"#, query()),
        ] {
            assert_eq!(parse_2_0(members, &[source]), Err(RequestError::RepeatedSource));
        }
        let members = r#""queryStringParameters":{"token":"t"},"identitySource":["t"]"#;
        assert_eq!(parse_2_0(members, &[query()]).as_deref(), Ok("t"));
    }

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
            let got = Request::parse(&event, &[]).map(|request| *request.token.expose());
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
            assert_eq!(Request::parse(&event, &[header("Authorization")]).err(), Some(want));
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
