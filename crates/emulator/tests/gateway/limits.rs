//! The limits of API Gateway, each met exactly and passed by one.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use gatepost_emulator::gateway::Outcome;
use gatepost_emulator::invoke::{BoxFuture, Invocation, Invoke};
use http::Request;
use serde_json::json;

use super::support::{API, FakeAuthorizer, STAGE, Setup, allowing, config, policy};

fn setup(authorizer: &FakeAuthorizer) -> Setup {
    Setup::new(config(API, authorizer))
}

#[tokio::test]
async fn method_arn_may_have_1600_bytes() {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"])]);
    let setup = setup(&authorizer);
    let longest = "x".repeat(1600 - format!("{STAGE}/GET/movies/").len());
    assert_eq!(setup.get(&format!("/movies/{longest}"), "t").await.status, 200);

    let answer = setup.get(&format!("/movies/{longest}x"), "t").await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (414, r#"{"message":"Request URI too long"}"#)
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(setup.last_record().outcome, Outcome::TooLarge);
    assert_eq!(authorizer.invocations(), 1);
}

#[tokio::test]
async fn public_methods_have_no_method_arn_to_be_too_long() {
    let setup = setup(&FakeAuthorizer::default());
    assert_eq!(setup.get(&format!("/health?{}", "x".repeat(2000)), "t").await.status, 200);
}

#[tokio::test]
async fn header_values_may_have_10240_bytes_together() {
    let setup = setup(&FakeAuthorizer::default());
    let get = |bytes: usize| {
        let request = Request::get("/health").header("a", "x".repeat(bytes));
        setup.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(get(10_240).await.status, 200);
    let answer = get(10_241).await;
    assert_eq!(answer.status, 431);
    assert_eq!(answer.body, "HTTP header is larger than 10240 bytes.");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert!(answer.header("x-amzn-requestid").is_some());
}

#[tokio::test]
async fn body_may_have_ten_megabytes() {
    let setup = setup(&FakeAuthorizer::answering([allowing(&["*"])]));
    let post = |bytes: usize| {
        let request = Request::post("/movies").header("authorization", "t");
        setup.send(request.body(Body::from(vec![b'x'; bytes])).unwrap())
    };
    let answer = post(10_485_760).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["bodyBytes"]), (200, &json!(10_485_760)));
    let answer = post(10_485_761).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.body, "HTTP content length exceeded 10485760 bytes.");
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

/// An authorizer that never answers.
struct Silent;

impl Invoke for Silent {
    fn invoke(&self, _: Bytes) -> BoxFuture<'_, Invocation> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn an_authorizer_may_take_29_seconds() {
    let mut config = config(API, &FakeAuthorizer::default());
    config.invoke = Arc::new(Silent);
    let setup = Setup::new(config);
    let started = tokio::time::Instant::now();
    let answer = setup.get("/movies", "t").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, r#"{"message":null}"#));
    assert_eq!(started.elapsed().as_secs(), 29);
    assert_eq!(
        setup.last_record().reason.as_deref(),
        Some("the authorizer did not answer in its time")
    );
}

#[tokio::test]
async fn resources_of_an_answer_may_have_512_characters() {
    for (chars, status) in [(512, 200), (513, 500)] {
        // Two bytes each: the limit counts characters.
        let path = "ä".repeat(chars - format!("{STAGE}/GET/").len());
        let statements = json!([
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" },
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [format!("{STAGE}/GET/{path}")] },
        ]);
        let setup = setup(&FakeAuthorizer::answering([policy(&statements)]));
        assert_eq!(setup.get("/movies", "t").await.status, status, "{chars}");
    }
}
