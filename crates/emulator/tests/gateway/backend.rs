//! A backend over HTTP: what it is told, and what becomes of its answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as BackendRequest;
use axum::response::{IntoResponse, Response};
use gatepost_emulator::gateway::{Backend, GatewayConfig};
use gatepost_emulator::invoke::Invocation;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::support::{API, FakeAuthorizer, Setup, allowing, config};

/// What a backend was sent.
#[derive(Clone, Debug, Default)]
struct Received {
    target: String,
    method: String,
    headers: HeaderMap,
    body: String,
}

/// A backend that answers as `answer` does and remembers the last request.
async fn backend(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Running {
    let received = Arc::new(Mutex::new(Received::default()));
    let memory = Arc::clone(&received);
    let remember = move |request: BackendRequest| {
        let (memory, answer) = (Arc::clone(&memory), answer.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *memory.lock().unwrap() = Received {
                target: head.uri.to_string(),
                method: head.method.to_string(),
                headers: head.headers,
                body: String::from_utf8(body.into()).unwrap(),
            };
            answer()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(remember)).into_future());
    Running { url, received }
}

struct Running {
    url: String,
    received: Arc<Mutex<Received>>,
}

impl Running {
    fn received(&self) -> Received {
        self.received.lock().unwrap().clone()
    }
}

fn proxying(url: &str, answer: Invocation) -> GatewayConfig {
    let mut config = config(API, &FakeAuthorizer::answering([answer]));
    config.backend = Backend::Url(url.parse().unwrap());
    config
}

fn with_context(context: &Value) -> Invocation {
    let answer = json!({
        "principalId": "alice",
        "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" },
        ]},
        "context": context,
    });
    Invocation::Returned(answer.to_string().into())
}

#[tokio::test]
async fn request_is_passed_on_with_who_calls() {
    let backend = backend(|| (StatusCode::CREATED, [("x-own", "1")], "made").into_response()).await;
    let context = json!({ "cognito:username": "Zoë 100%", "age": 7, "nothing": null });
    let setup = Setup::new(proxying(&format!("{}/base", backend.url), with_context(&context)));
    let request = Request::post("/api/things//7/?q=%2F&q=2")
        .header("host", "localhost:3000")
        .header("authorization", "Bearer t")
        .header("connection", "close, x-hop")
        .header("x-hop", "1")
        .header("x-gatepost-authorizer-age", "99")
        .header("x_gatepost_authorizer_principal_id", "root")
        .body(Body::from("payload"))
        .unwrap();
    let answer = setup.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (201, "made"));
    assert_eq!(answer.header("x-own"), Some("1"));
    assert!(answer.header("x-amzn-requestid").is_some());

    let received = backend.received();
    // Routed and authorised without the trailing slash, and so passed on without it.
    assert_eq!(received.target, "/base/api/things//7?q=%2F&q=2");
    assert_eq!((received.method.as_str(), received.body.as_str()), ("POST", "payload"));
    let header = |name: &str| received.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("authorization"), Some("Bearer t"));
    assert_eq!(header("x-forwarded-for"), Some("192.0.2.7"));
    assert_eq!(header("host"), Some(backend.url.trim_start_matches("http://")));
    assert_eq!(header("x-hop"), None);
    assert_eq!(header("x-gatepost-authorizer-principal-id"), Some("alice"));
    assert_eq!(header("x-gatepost-authorizer-age"), Some("7"));
    assert_eq!(header("x-gatepost-authorizer-cognito-username"), Some("Zo%C3%AB 100%25"));
    assert_eq!(header("x-gatepost-authorizer-nothing"), None);
    assert_eq!(header("x_gatepost_authorizer_principal_id"), None);
}

#[tokio::test]
async fn public_method_says_nothing_of_a_caller() {
    let backend = backend(|| "up".into_response()).await;
    let setup = Setup::new(proxying(&backend.url, allowing(&["*"])));
    let request = Request::get("/health").header("x-gatepost-authorizer-principal-id", "root");
    assert_eq!(setup.send(request.body(Body::empty()).unwrap()).await.body, "up");
    let headers = backend.received().headers;
    assert!(!headers.keys().any(|name| name.as_str().starts_with("x-gatepost")), "{headers:?}");
}

#[tokio::test]
async fn context_keys_that_meet_in_one_header_are_an_error() {
    let backend = backend(|| "".into_response()).await;
    let context = json!({ "tenant_id": "a", "tenant-id": "b" });
    let setup = Setup::new(proxying(&backend.url, with_context(&context)));
    let answer = setup.get("/movies", "t").await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (500, r#"{"message": "Internal server error"}"#)
    );
    let context = json!({ "principal_id": "root" });
    let setup = Setup::new(proxying(&backend.url, with_context(&context)));
    assert_eq!(setup.get("/movies", "t").await.status, 500);
    assert_eq!(backend.received().target, "", "it was not called");
}

#[tokio::test]
async fn a_refused_request_does_not_reach_the_backend() {
    let backend = backend(|| "".into_response()).await;
    let setup = Setup::new(proxying(&backend.url, allowing(&["GET/shows"])));
    assert_eq!(setup.get("/movies", "t").await.status, 403);
    assert_eq!(backend.received().target, "");
}

#[tokio::test]
async fn a_backend_that_is_down_is_a_504() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let setup = Setup::new(proxying(&url, allowing(&["*"])));
    let answer = setup.get("/movies", "t").await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.body, r#"{"message": "Network error communicating with endpoint"}"#);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_is_silent_is_a_504_after_29_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let setup = Setup::new(proxying(&url, allowing(&["*"])));
    let started = tokio::time::Instant::now();
    let answer = setup.get("/movies", "t").await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.body, r#"{"message": "Endpoint request timed out"}"#);
    assert_eq!(started.elapsed().as_secs(), Duration::from_secs(29).as_secs());
    drop(listener);
}

#[tokio::test]
async fn an_answer_over_ten_megabytes_is_a_500() {
    let backend = backend(|| vec![b'x'; 10_485_761].into_response()).await;
    let setup = Setup::new(proxying(&backend.url, allowing(&["*"])));
    assert_eq!(setup.get("/movies", "t").await.status, 500);
}
