//! A browser, as far as cookies and redirects go.

use std::collections::BTreeMap;

use gatepost_session::Request;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, Response};
use serde_json::Value;

/// Cookies by name, each with the path it is sent to.
#[derive(Clone, Default)]
pub(crate) struct Jar(pub(crate) BTreeMap<String, (String, String)>);

impl Jar {
    /// Takes in what an answer sets and clears.
    pub(crate) fn take(&mut self, answer: &Response<String>) {
        for header in answer.headers().get_all(SET_COOKIE) {
            let header = header.to_str().unwrap();
            assert!(header.len() <= 4_096, "browsers drop such a cookie");
            let (pair, attributes) = header.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(attributes.starts_with("Secure; HttpOnly; SameSite="), "{name}: {attributes}");
            let path = attributes.split("; ").find_map(|one| one.strip_prefix("Path=")).unwrap();
            if attributes.ends_with("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
            }
        }
    }

    /// The value of a cookie.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str())
    }

    /// Puts a cookie in, as another host of the site could.
    pub(crate) fn put(&mut self, name: &str, value: &str, path: &str) {
        self.0.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
    }

    fn header(&self, path: &str) -> String {
        let sent = self.0.iter().filter(|(_, (_, at))| {
            at == "/"
                || path == at
                || path.strip_prefix(at.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        sent.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// A request of a browser with these cookies; `target` is path and query.
pub(crate) fn request(
    jar: &Jar,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut all = HeaderMap::new();
    let cookies = jar.header(path);
    if !cookies.is_empty() {
        all.insert(COOKIE, cookies.parse().unwrap());
    }
    for (name, value) in headers {
        all.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    Request {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: all,
        body: Vec::new().into(),
        source_ip: Some("192.0.2.7".to_owned()),
    }
}

/// What tests ask of an answer.
pub(crate) trait Answered {
    fn code(&self) -> u16;
    fn json(&self) -> Value;
    fn location(&self) -> &str;
    fn set_cookies(&self) -> Vec<&str>;
}

impl Answered for Response<String> {
    fn code(&self) -> u16 {
        self.status().as_u16()
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap()
    }

    fn location(&self) -> &str {
        self.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    fn set_cookies(&self) -> Vec<&str> {
        let all = self.headers().get_all(SET_COOKIE).into_iter();
        all.map(|value| value.to_str().unwrap()).collect()
    }
}
