//! Where in a request a token may stand, and what has to stand beside it.

use std::time::Duration;

use super::variables::Variables;

/// A place for a token, named in `GATEPOST_TOKEN_SOURCES`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TokenSource {
    /// `cookie:NAME`: a cookie; its name is case-sensitive (RFC 6265 section 5.4).
    Cookie(String),
    /// `header:NAME`: a header; its name is not case-sensitive. In `Authorization` the token
    /// follows the scheme `Bearer`; in another header the scheme may be left out.
    Header(String),
    /// `query:NAME`: a parameter of the query string, for WebSocket clients that cannot set a
    /// header; its name is case-sensitive.
    Query(String),
    /// `session:NAME`: a cookie with the id of a session, in whose row the token is.
    Session(String),
}

impl TokenSource {
    /// Whether it is a cookie, which a browser sends for whichever page asks.
    pub(crate) fn is_cookie(&self) -> bool {
        matches!(self, Self::Cookie(_) | Self::Session(_))
    }

    /// Whether what stands there is the id of a session, and no token.
    pub(crate) fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// Whether it is the same cookie as another source, of the other kind.
    pub(super) fn is_cookie_of(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Cookie(one), Self::Session(other)) if one == other)
    }

    /// Reads one entry of the setting. The error is read after the setting's name.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "may list `header:NAME`, `cookie:NAME`, `query:NAME` and `session:NAME`";
        let (kind, name) = text.split_once(':').ok_or(FORM)?;
        match kind {
            "cookie" if is_http_token(name) => Ok(Self::Cookie(name.to_owned())),
            "header" if is_http_token(name) => Ok(Self::Header(name.to_owned())),
            "query" if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            "session" if is_http_token(name) => Ok(Self::Session(name.to_owned())),
            "cookie" | "header" | "query" | "session" => {
                Err("lists a source whose name cannot be in a request")
            }
            _ => Err(FORM),
        }
    }
}

/// Where the tokens of sessions are, and how long what was read of them is answered from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionSettings {
    /// The name or ARN of the table of sessions.
    pub table: String,
    /// How long a session that was read is answered from; zero: read for every call.
    pub ttl: Duration,
}

/// Reads where sessions are, which is needed for token sources that are sessions, and for nothing else.
pub(super) fn sessions(
    vars: &mut Variables<'_>,
    sources: &[TokenSource],
) -> Option<SessionSettings> {
    const TABLE: &str = "GATEPOST_SESSION_TABLE";
    const TTL: &str = "GATEPOST_SESSION_TTL_SECONDS";
    if !sources.iter().any(TokenSource::is_session) {
        for name in [TABLE, TTL] {
            if vars.raw(name).is_some() {
                vars.fault(name, "is for sessions, and `GATEPOST_TOKEN_SOURCES` lists none");
            }
        }
        return None;
    }
    Some(SessionSettings { table: vars.table(TABLE), ttl: vars.seconds(TTL, 30, 0..=300) })
}

/// Reads the name of the header against cross-site request forgery.
pub(super) fn csrf_header(vars: &mut Variables<'_>) -> Option<String> {
    const NAME: &str = "GATEPOST_CSRF_HEADER";
    let name = vars.get(NAME)?;
    if !is_http_token(&name) {
        vars.fault(NAME, "must be the name of a header");
    }
    Some(name)
}

/// A `token` of RFC 9110 section 5.6.2: what header and cookie names are made of.
fn is_http_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{config, fault_of};

    #[test]
    fn sources_keep_the_order_they_are_listed_in() {
        let config =
            config(&[("GATEPOST_TOKEN_SOURCES", "query:token, cookie:__Host-id,header:X-Id")])
                .unwrap();
        assert_eq!(config.sessions, None);
        assert_eq!(
            config.token_sources,
            [
                TokenSource::Query("token".into()),
                TokenSource::Cookie("__Host-id".into()),
                TokenSource::Header("X-Id".into()),
            ]
        );
    }

    #[test]
    fn anything_else_is_a_fault() {
        for value in [
            "Authorization",
            "header:",
            "header:a b",
            "cookie:a=b",
            "query:",
            "body:x",
            ",",
            "session:",
            "session:a b",
            "sessions:id",
        ] {
            let fault = fault_of("GATEPOST_TOKEN_SOURCES", value);
            assert!(fault.starts_with("`GATEPOST_TOKEN_SOURCES` "), "{value}: {fault}");
        }
    }

    #[test]
    fn sessions_and_their_table_need_each_other() {
        let source = ("GATEPOST_TOKEN_SOURCES", "session:__Host-id,header:Authorization");
        let table = ("GATEPOST_SESSION_TABLE", "sessions");
        let read = |changes: &[(&str, &str)]| config(changes).map(|config| config.sessions);
        let sessions = |seconds| {
            let ttl = Duration::from_secs(seconds);
            Ok(Some(SessionSettings { table: "sessions".to_owned(), ttl }))
        };
        assert_eq!(read(&[source, table]), sessions(30));
        let ttl = ("GATEPOST_SESSION_TTL_SECONDS", "0");
        assert_eq!(read(&[source, table, ttl]), sessions(0));
        for (changes, want) in [
            (&[source][..], "`GATEPOST_SESSION_TABLE` is required"),
            (&[table], "`GATEPOST_SESSION_TABLE` is for sessions, and"),
            (&[ttl], "`GATEPOST_SESSION_TTL_SECONDS` is for sessions, and"),
            (&[source, ("GATEPOST_SESSION_TABLE", "a b")], "must be the name or the ARN"),
            (&[source, table, ("GATEPOST_SESSION_TTL_SECONDS", "301")], "from 0 to 300"),
        ] {
            let fault = config(changes).unwrap_err().to_string();
            assert!(fault.contains(want), "{fault}");
        }
    }

    #[test]
    fn one_cookie_cannot_hold_a_token_and_an_id() {
        let table = ("GATEPOST_SESSION_TABLE", "sessions");
        let sources = |text| config(&[table, ("GATEPOST_TOKEN_SOURCES", text)]);
        for text in ["session:id,cookie:id", "cookie:id,session:id"] {
            let fault = sources(text).unwrap_err().to_string();
            assert!(fault.contains("lists one cookie as `cookie:` and as `session:`"), "{fault}");
        }
        assert!(sources("session:id,cookie:ID").is_ok());
    }
}
