//! Answers: JSON for scripts, pages for people, redirects. None is ever to be kept.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::refusal::Told;

/// An answer, with a body of text.
pub(crate) type Answer = Response<String>;

/// JSON, for `fetch`.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    // Structs of texts and numbers: there is nothing in them that could not be written.
    let text = serde_json::to_string(body).unwrap_or_default();
    with_body(status, "application/json", text)
}

/// A refusal, for `fetch`.
pub(crate) fn error(told: &Told) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a str,
        message: &'a str,
    }
    json(told.status, &Body { error: told.code, message: &told.message })
}

/// A refusal, for someone who came by a link.
pub(crate) fn error_page(told: &Told) -> Answer {
    let again = r#"<p><a href="/auth/login">Sign in</a> · <a href="/">Start page</a></p>"#;
    page(told.status, &told.message, again)
}

/// A page that asks whether to sign out. `csrf_token` is base64url.
pub(crate) fn logout_page(csrf_token: &str) -> Answer {
    let form = format!(
        r#"<form method="post" action="/auth/logout"><input type="hidden" name="csrf_token" value="{csrf_token}"><button>Sign out</button></form>"#
    );
    page(StatusCode::OK, "Do you want to sign out?", &form)
}

/// Sends the browser on. An address that cannot be a header leads to the start page.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Answer {
    let mut answer = bare(status, String::new());
    let location =
        HeaderValue::from_str(location).unwrap_or_else(|_| HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, location);
    answer
}

/// Adds a `Set-Cookie`.
pub(crate) fn set_cookie(answer: &mut Answer, cookie: HeaderValue) {
    answer.headers_mut().append(SET_COOKIE, cookie);
}

/// How pages look: in the middle, light or dark, with nothing that belongs to one site more than another.
const STYLE: &str = "html{color-scheme:light dark;font:100%/1.5 system-ui,sans-serif}\
    body{display:grid;place-items:center;min-height:90vh;margin:0}\
    main{max-width:32rem;padding:2rem;font-size:1.1rem;text-align:center}\
    button{padding:.6rem 1.4rem;font:inherit}";

/// `sentence` is ours, or numbers and names of ours in it; `rest` is HTML.
fn page(status: StatusCode, sentence: &str, rest: &str) -> Answer {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Signing in</title>\n<style>{STYLE}</style>\n\
         <main><p>{sentence}</p>\n{rest}</main></html>\n"
    );
    let mut answer = with_body(status, "text/html; charset=utf-8", html);
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'");
    // Base64 is made of what headers may hold.
    let policy = HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}

fn with_body(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut answer = bare(status, body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn bare(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        // The address of the callback has a code in it.
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
