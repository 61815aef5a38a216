//! Finding the credential in a request, and whether a page of ours has sent it.

use gatepost_core::csrf::is_csrf_token;
use gatepost_core::secret::Secret;
use gatepost_store::SessionId;

use crate::config::TokenSource;
use crate::front_door::FrontDoor;
use crate::request::RequestError;
use crate::wire::{Event, Pairs, Text};

/// Where a token may stand, and what has to stand beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenPlaces<'a> {
    /// The places, in their order.
    pub(crate) sources: &'a [TokenSource],
    /// The header with the token against cross-site request forgery, which has to come with a
    /// token that only a cookie holds: a browser sends that for whichever page asks.
    pub(crate) csrf_header: Option<&'a str>,
}

impl TokenPlaces<'_> {
    /// The credential of a request; `None` if there is none.
    ///
    /// All sources are looked at, in order: the first that holds something counts, and a later one
    /// must hold the same. What stands twice in one source is refused, since the back end may go
    /// by the other one.
    pub(crate) fn credential<'a>(
        self,
        event: &'a Event<'_>,
        front_door: FrontDoor,
    ) -> Result<Option<Credential<'a>>, RequestError> {
        let Some(found) = find(event, front_door, self.sources)? else { return Ok(None) };
        if found.is_in_cookies_only
            && let Some(header) = self.csrf_header
        {
            let presented = only_value(front_door, &mut headers(event, header))?;
            let presented = presented.ok_or(RequestError::CsrfTokenMissing)?;
            if !is_csrf_token(presented, Secret::new(found.text)) {
                return Err(RequestError::CsrfTokenMismatch);
            }
        }
        let text = Secret::new(found.text);
        if !found.is_session {
            return Ok(Some(Credential::Token(text)));
        }
        let id = SessionId::parse(text).ok_or(RequestError::MalformedSession)?;
        Ok(Some(Credential::Session(id)))
    }
}

/// By what a request is to be judged.
#[derive(Clone, Copy)]
pub(crate) enum Credential<'a> {
    /// The session in whose row the token is.
    Session(SessionId),
    /// The token itself; not empty.
    Token(Secret<&'a str>),
}

/// A credential, as it stands in the request, and where.
struct Found<'a> {
    text: &'a str,
    is_session: bool,
    is_in_cookies_only: bool,
}

fn find<'a>(
    event: &'a Event<'_>,
    front_door: FrontDoor,
    sources: &[TokenSource],
) -> Result<Option<Found<'a>>, RequestError> {
    let mut found: Option<Found<'_>> = None;
    for source in sources {
        let text = match source {
            TokenSource::Cookie(name) | TokenSource::Session(name) => only(cookies(event, name))?,
            TokenSource::Header(name) => {
                let bare = if name.eq_ignore_ascii_case("authorization") {
                    BareToken::Refused
                } else {
                    BareToken::Accepted
                };
                match only_value(front_door, &mut headers(event, name))? {
                    Some(value) => bearer_token(value, bare)?,
                    None => None,
                }
            }
            TokenSource::Query(name) => only_value(front_door, &mut query_parameters(event, name))?,
        };
        let Some(text) = text else { continue };
        let (is_session, is_cookie) = (source.is_session(), source.is_cookie());
        match &mut found {
            None => found = Some(Found { text, is_session, is_in_cookies_only: is_cookie }),
            Some(found) if found.text != text || found.is_session != is_session => {
                return Err(RequestError::DifferentTokens);
            }
            Some(found) => found.is_in_cookies_only &= is_cookie,
        }
    }
    Ok(found)
}

/// The only value there is, where values may have been joined: neither kind of token has a comma in
/// it, so that one says where a second value was joined on.
fn only_value<'a>(
    front_door: FrontDoor,
    values: &mut dyn Iterator<Item = &'a str>,
) -> Result<Option<&'a str>, RequestError> {
    match only(values)? {
        Some(value) if front_door.joins_values() && value.contains(',') => {
            Err(RequestError::RepeatedSource)
        }
        value => Ok(value),
    }
}

/// The only value there is; an empty one is none.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Result<Option<&'a str>, RequestError> {
    let value = values.next();
    if values.next().is_some() {
        return Err(RequestError::RepeatedSource);
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// The token in the value of the header `Authorization`.
pub(crate) fn token_of_authorization(value: &str) -> Result<Option<&str>, RequestError> {
    bearer_token(value, BareToken::Refused)
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
pub(crate) fn headers<'a>(event: &'a Event<'_>, name: &str) -> impl Iterator<Item = &'a str> {
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
    use gatepost_core::csrf::csrf_token;

    use super::*;
    use crate::request::Request;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

    fn token(text: &str, places: TokenPlaces<'_>) -> Result<String, RequestError> {
        let event: Event<'_> = serde_json::from_str(text).unwrap();
        Request::parse(&event, places).map(|request| match request.credential {
            Credential::Session(id) => format!("session {}", id.to_text().expose()),
            Credential::Token(token) => (*token.expose()).to_owned(),
        })
    }

    /// Reads a REQUEST event with `members`; the sources as in the setting.
    fn parse(members: &str, sources: &[TokenSource]) -> Result<String, RequestError> {
        let text = format!(r#"{{"type":"REQUEST","methodArn":"{ARN}",{members}}}"#);
        token(&text, TokenPlaces { sources, csrf_header: None })
    }

    fn header(name: &str) -> TokenSource {
        TokenSource::Header(name.to_owned())
    }

    fn authorization(members: &str) -> Result<String, RequestError> {
        parse(members, &[header("Authorization")])
    }

    #[test]
    fn a_token_that_only_a_cookie_holds_needs_another_sign() {
        let sources = [TokenSource::Cookie("id".into()), header("Authorization")];
        let places = TokenPlaces { sources: &sources, csrf_header: Some("X-CSRF-Token") };
        let right = csrf_token(Secret::new("t"));
        let of_another = csrf_token(Secret::new("u"));
        for (headers, want) in [
            (r#""Cookie":"id=t""#.to_owned(), Err(RequestError::CsrfTokenMissing)),
            (
                r#""Cookie":"id=t","X-CSRF-Token":"""#.to_owned(),
                Err(RequestError::CsrfTokenMissing),
            ),
            (
                format!(r#""Cookie":"id=t","x-csrf-token":"{of_another}""#),
                Err(RequestError::CsrfTokenMismatch),
            ),
            (
                format!(r#""Cookie":"id=t","X-CSRF-Token":"{right}","x-csrf-token":"{right}""#),
                Err(RequestError::RepeatedSource),
            ),
            (format!(r#""Cookie":"id=t","x-csrf-token":"{right}""#), Ok("t")),
            // Whoever knows the token itself is no page that only makes the browser send it.
            (r#""Authorization":"Bearer t""#.to_owned(), Ok("t")),
            (r#""Authorization":"Bearer t","Cookie":"id=t""#.to_owned(), Ok("t")),
        ] {
            let text =
                format!(r#"{{"type":"REQUEST","methodArn":"{ARN}","headers":{{{headers}}}}}"#);
            assert_eq!(token(&text, places).as_deref(), want.as_deref(), "{headers}");
        }
    }

    #[test]
    fn a_session_is_a_cookie_with_an_id_in_it_and_no_token_beside_it() {
        const ID: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let sources = [TokenSource::Session("id".into()), header("Authorization")];
        let places = TokenPlaces { sources: &sources, csrf_header: Some("X-CSRF-Token") };
        let of = |cookie| format!(r#""X-CSRF-Token":"{}""#, csrf_token(Secret::new(cookie)));
        let read = |headers: &str| {
            let text =
                format!(r#"{{"type":"REQUEST","methodArn":"{ARN}","headers":{{{headers}}}}}"#);
            token(&text, places)
        };
        let right = of(ID);
        let session = format!("session {ID}");
        for (headers, want) in [
            (format!(r#""Cookie":"id={ID}",{right}"#), Ok(session.as_str())),
            (format!(r#""Cookie":"id={ID}""#), Err(RequestError::CsrfTokenMissing)),
            (format!(r#""Cookie":"id={ID}",{}"#, of("x")), Err(RequestError::CsrfTokenMismatch)),
            (format!(r#""Cookie":"id=x",{}"#, of("x")), Err(RequestError::MalformedSession)),
            (format!(r#""Cookie":"id={ID}A",{}"#, of(ID)), Err(RequestError::CsrfTokenMismatch)),
            (format!(r#""Cookie":"id={ID}; id={ID}",{right}"#), Err(RequestError::RepeatedSource)),
            (r#""Authorization":"Bearer t""#.to_owned(), Ok("t")),
            // Not even the same text: as a token it is none, and as a session it was not shown.
            (
                format!(r#""Cookie":"id={ID}",{right},"Authorization":"Bearer {ID}""#),
                Err(RequestError::DifferentTokens),
            ),
            (
                format!(r#""Cookie":"id={ID}",{right},"Authorization":"Bearer t""#),
                Err(RequestError::DifferentTokens),
            ),
        ] {
            assert_eq!(read(&headers).as_deref(), want.as_ref().copied(), "{headers}");
        }
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
        token(&text, TokenPlaces { sources, csrf_header: None })
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
}
