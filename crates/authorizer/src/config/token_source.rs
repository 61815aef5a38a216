//! Where in a request a token may stand, and what has to stand beside it.

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
}

impl TokenSource {
    /// Reads one entry of the setting. The error is read after the setting's name.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "may list `header:NAME`, `cookie:NAME` and `query:NAME`";
        let (kind, name) = text.split_once(':').ok_or(FORM)?;
        match kind {
            "cookie" if is_http_token(name) => Ok(Self::Cookie(name.to_owned())),
            "header" if is_http_token(name) => Ok(Self::Header(name.to_owned())),
            "query" if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            "cookie" | "header" | "query" => {
                Err("lists a source whose name cannot be in a request")
            }
            "session" => Err("lists `session:`, which is not supported by this version"),
            _ => Err(FORM),
        }
    }
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
            "session:id",
        ] {
            let fault = fault_of("GATEPOST_TOKEN_SOURCES", value);
            assert!(fault.starts_with("`GATEPOST_TOKEN_SOURCES` "), "{value}: {fault}");
        }
    }
}
