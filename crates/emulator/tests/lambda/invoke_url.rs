//! Invoke endpoints of other emulators, and the many ways in which they say that a function failed.

use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::post;
use bytes::Bytes;
use gatepost_emulator::invoke::{Invocation, Invoke as _};
use gatepost_emulator::lambda::{InvokeUrl, InvokeUrlError};
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;

const PATH: &str = "/2015-03-31/functions/function/invocations";

/// Answers every invocation in this way, with the event before the text `EVENT`.
async fn endpoint(status: u16, error: Option<&'static str>, body: &'static str) -> InvokeUrl {
    let answer = move |event: Bytes| async move {
        let mut headers = HeaderMap::new();
        if let Some(error) = error {
            headers.insert("x-amz-function-error", error.parse().unwrap());
        }
        let event = String::from_utf8(event.into()).unwrap();
        let body = body.replace("EVENT", &event);
        (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route(PATH, post(answer))).into_future());
    url.parse().unwrap()
}

#[tokio::test]
async fn answers_of_the_known_endpoints_are_understood() {
    let failed = |message: &str| Invocation::FunctionError { message: message.to_owned() };
    let unauthorized = r#"{"errorType":"E","errorMessage":"Unauthorized"}"#;
    for (status, error, body, want) in [
        (200, None, r#"{"got":EVENT}"#, Invocation::Returned(r#"{"got":{"a":1}}"#.into())),
        (200, None, "null", Invocation::Returned("null".into())),
        // AWS, then the Runtime Interface Emulator, then cargo-lambda.
        (200, Some("Unhandled"), unauthorized, failed("Unauthorized")),
        (200, None, unauthorized, failed("Unauthorized")),
        (500, None, unauthorized, failed("Unauthorized")),
        (200, Some("Unhandled"), "{}", failed("")),
        (
            404,
            None,
            "no such function",
            Invocation::Unreachable { why: "the endpoint answered 404 Not Found".to_owned() },
        ),
    ] {
        let url = endpoint(status, error, body).await;
        assert_eq!(url.invoke(r#"{"a":1}"#.into()).await, want, "{status} {error:?} {body}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_unreachable_and_says_why() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    drop(listener);
    let url: InvokeUrl = url.parse().unwrap();
    let Invocation::Unreachable { why } = url.invoke("{}".into()).await else { panic!() };
    assert!(why.contains("refused"), "{why}");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    for (text, error) in [
        ("", InvokeUrlError::Form),
        ("not a url", InvokeUrlError::Form),
        ("/relative", InvokeUrlError::Scheme),
        ("https://lambda.eu-west-1.amazonaws.com/", InvokeUrlError::Scheme),
    ] {
        assert_eq!(text.parse::<InvokeUrl>().unwrap_err(), error, "{text}");
    }
}
