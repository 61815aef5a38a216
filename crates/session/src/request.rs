//! A request to the session function, whatever it came through.

use std::fmt;

use bytes::Bytes;
use form_urlencoded::parse;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};

/// What a browser sent.
pub struct Request {
    /// `GET`, `POST` …
    pub method: Method,
    /// The path, without a stage before it: `/auth/me`.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// All headers, cookies among them.
    pub headers: HeaderMap,
    /// The body, as it was sent.
    pub body: Bytes,
    /// Where it came from, as API Gateway tells it.
    pub source_ip: Option<String>,
}

impl Request {
    /// A parameter of the query. One that stands there twice, or without a value, is none
    /// ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-3.1), section 3.1).
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter().filter(|(found, _)| found == name);
        let (_, value) = values.next().filter(|_| values.next().is_none())?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A header that is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).into_iter();
        values.next().filter(|_| values.next().is_none())?.to_str().ok()
    }

    /// Whether a page sent it as a form, and not by a script.
    pub(crate) fn is_form(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| {
            kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    }

    /// A field of the form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut values = parse(&self.body).filter(|(found, _)| found == name);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.into_owned())
    }
}

/// Nothing that may be a credential.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}
