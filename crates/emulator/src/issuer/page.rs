//! The pages of the issuer, and what a browser may do with them.
//!
//! Text is escaped by maud wherever it comes from. Scripts and styles are files of our own, so
//! that the content security policy needs no exception.

mod account_card;
mod misuse;
mod sign_in;
mod start;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

pub(super) use misuse::Misuse;
pub(super) use sign_in::{SignInPage, sign_in};
pub(super) use start::start;
pub use start::{ApiListing, ListedMethod};

/// The files that pages refer to: path, media type, text.
pub(super) const ASSETS: [(&str, &str, &str); 4] = [
    ("/assets/app.css", "text/css; charset=utf-8", include_str!("../../assets/app.css")),
    ("/assets/app.js", "text/javascript; charset=utf-8", include_str!("../../assets/app.js")),
    ("/assets/gatepost.svg", "image/svg+xml", include_str!("../../assets/gatepost.svg")),
    (
        "/assets/sign-in.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/sign-in.js"),
    ),
];

/// A page, ready to be sent.
#[derive(Debug)]
pub(super) struct Page {
    title: &'static str,
    status: StatusCode,
    /// Where its scripts may send requests, besides the issuer.
    connect_to: Option<String>,
    /// Where its forms may lead, besides the issuer: browsers apply this to redirects as well.
    submit_to: Option<String>,
    script: Option<&'static str>,
    body: Markup,
}

impl Page {
    fn new(title: &'static str, body: Markup) -> Self {
        let status = StatusCode::OK;
        Self { title, status, connect_to: None, submit_to: None, script: None, body }
    }

    fn content_security_policy(&self) -> String {
        let own_and = |other: &Option<String>| match other {
            Some(origin) => format!("'self' {origin}"),
            None => "'self'".to_owned(),
        };
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
             connect-src {}; form-action {}; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'",
            own_and(&self.connect_to),
            own_and(&self.submit_to),
        )
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let policy = self.content_security_policy();
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " - Gatepost" }
                    link rel="icon" href="/assets/gatepost.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/app.css";
                    @if let Some(script) = self.script {
                        script type="module" src=(script) {}
                    }
                }
                body {
                    header.bar {
                        a.brand href="/" {
                            img src="/assets/gatepost.svg" alt="" width="28" height="28";
                            "Gatepost"
                        }
                        span.tag { "development sign-in" }
                    }
                    (self.body)
                }
            }
        };
        let headers: [(HeaderName, String); 2] = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
        ];
        (self.status, headers, document.into_string()).into_response()
    }
}
