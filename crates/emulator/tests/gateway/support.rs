//! A gateway without sockets, an authorizer that says what a test wants, and what both were told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use bytes::Bytes;
use gatepost_core::gateway::StageArn;
use gatepost_emulator::gateway::{Api, DecisionRecord, Gateway, GatewayConfig, Observer};
use gatepost_emulator::invoke::{BoxFuture, Invocation, Invoke};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/dev";
pub(crate) const PEER: &str = "192.0.2.7:50000";

/// An API with one authorizer for everything but `/health`.
pub(crate) const API: &str = r"
openapi: 3.0.1
components:
  securitySchemes:
    authorizer: &scheme
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer:
        type: request
        identitySource: method.request.header.Authorization
paths:
  /: { get: { security: [{ authorizer: [] }] } }
  /health: { get: {} }
  /movies: { get: &guarded { security: [{ authorizer: [] }] }, post: *guarded }
  /movies/{id}: { get: *guarded }
  /api/{proxy+}: { x-amazon-apigateway-any-method: *guarded }
";

/// An authorizer that gives one answer after the other, and the last one for ever.
#[derive(Clone, Default)]
pub(crate) struct FakeAuthorizer {
    state: Arc<Mutex<FakeState>>,
}

#[derive(Default)]
struct FakeState {
    answers: VecDeque<Invocation>,
    events: Vec<Value>,
}

impl FakeAuthorizer {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Invocation>) -> Self {
        let answers = answers.into_iter().collect();
        Self { state: Arc::new(Mutex::new(FakeState { answers, events: Vec::new() })) }
    }

    /// The events it was invoked with.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.state.lock().unwrap().events.clone()
    }

    pub(crate) fn invocations(&self) -> usize {
        self.state.lock().unwrap().events.len()
    }
}

impl Invoke for FakeAuthorizer {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        let mut state = self.state.lock().unwrap();
        state.events.push(serde_json::from_slice(&event).unwrap());
        let answer = if state.answers.len() > 1 {
            state.answers.pop_front().unwrap()
        } else {
            state.answers.front().expect("an answer for this invocation").clone()
        };
        Box::pin(async move { answer })
    }
}

/// The answer of a policy with these statements.
pub(crate) fn policy(statements: &Value) -> Invocation {
    let answer = json!({
        "principalId": "alice",
        "policyDocument": { "Version": "2012-10-17", "Statement": statements },
    });
    Invocation::Returned(answer.to_string().into())
}

/// Allows `resources`, each after the stage's ARN.
pub(crate) fn allowing(resources: &[&str]) -> Invocation {
    let resources: Vec<String> =
        resources.iter().map(|resource| format!("{STAGE}/{resource}")).collect();
    policy(&json!([{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources }]))
}

pub(crate) fn config(api: &str, authorizer: &FakeAuthorizer) -> GatewayConfig {
    let stage: StageArn = STAGE.parse().unwrap();
    GatewayConfig::new(
        stage,
        Api::from_openapi(api).unwrap_or_else(|error| panic!("{error}")).open_to_any_origin(),
        Arc::new(authorizer.clone()),
    )
}

/// A gateway and the records it has told.
pub(crate) struct Setup {
    pub(crate) gateway: Gateway,
    records: Arc<Mutex<Vec<DecisionRecord>>>,
}

impl Setup {
    pub(crate) fn new(mut config: GatewayConfig) -> Self {
        let records = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&records);
        config.observer =
            Some(Observer::new(move |record| told.lock().unwrap().push(record.clone())));
        Self { gateway: Gateway::new(config), records }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let peer: SocketAddr = PEER.parse().unwrap();
        let router = self.gateway.router().layer(MockConnectInfo(peer));
        let (head, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.into()).unwrap();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// `GET path` with a token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header("authorization", token);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) fn last_record(&self) -> DecisionRecord {
        self.records.lock().unwrap().last().expect("a record").clone()
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
