//! A whole world on the loopback interface around the compiled authorizer: an issuer's keys, a
//! table, and an API that calls the authorizer under the Runtime API. Between the authorizer and
//! the first two stands a [`Proxy`] that can be told to fail.

pub(crate) mod fault;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Json;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::token::TokenUse;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_emulator::gateway::{Api, Gateway, GatewayConfig};
use gatepost_emulator::issuer::{
    Account, ApiListing, Bearer, Issuer, IssuerSettings, OldKeys, SigningKeys, TokenRequest,
};
use gatepost_emulator::lambda::{LambdaConfig, LambdaProcess, OutputSink};
use gatepost_store::{NewRevision, create_session_table, create_table, put_policy};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::ServiceExt;

use fault::Fault;
use proxy::Proxy;
use secrets::secrets_of;

pub(crate) const CLIENT: &str = "client-1";
pub(crate) const TABLE: &str = "policies";
pub(crate) const SESSIONS: &str = "sessions";

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A key that must not be told, and so a name that is easily found.
const SECRET_KEY: &str = "secret-access-key-of-the-function";
const SESSION_TOKEN: &str = "session-token-of-the-function";

/// Everything around the function. It is all gone when this is dropped.
pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    /// Before the issuer's keys.
    pub(crate) keys: Proxy,
    /// Before the tables.
    pub(crate) store: Proxy,
    /// Without a proxy before it.
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) function: Arc<LambdaProcess>,
    api: Router,
    log: UnboundedReceiver<String>,
    _dynamodb: DynamoDb,
}

/// What a client of the API got.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: String,
    request_id: String,
}

/// What a client of the API got, and what the function wrote about it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// The decision's line in the log.
    pub(crate) line: Value,
}

impl World {
    /// A world in which everything is up and the table is empty.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], None, None).await
    }

    /// The same with other settings, and with faults that are there before the function is: how
    /// the requests fail, and how many of them.
    pub(crate) async fn start_with(
        settings: &[(&str, &str)],
        keys_fault: Option<(Fault, Option<usize>)>,
        store_fault: Option<(Fault, Option<usize>)>,
    ) -> Self {
        let dynamodb = DynamoDb::start(Storage::Memory, 0).await.unwrap();
        let endpoint = dynamodb.endpoint_url();
        let client = dynamodb_client(&endpoint);
        create_table(&client, TABLE).await.unwrap();
        create_session_table(&client, SESSIONS).await.unwrap();
        let store = Proxy::start(endpoint.strip_prefix("http://").unwrap().parse().unwrap()).await;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keys = Proxy::start(listener.local_addr().unwrap()).await;
        let issuer = start_issuer(listener, keys.origin());

        for (proxy, fault) in [(&keys, keys_fault), (&store, store_fault)] {
            if let Some((fault, requests)) = fault {
                proxy.fail(fault, requests).await;
            }
        }
        let (sender, log) = unbounded_channel();
        let binary = std::env::var_os("GATEPOST_AUTHORIZER")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_gatepost-authorizer").into());
        let mut function = LambdaConfig::new(binary);
        function.env = environment(&keys.origin(), &store.origin(), settings);
        function.output = OutputSink::new(move |_, line| {
            // After the test nobody listens.
            let _ = sender.send(line.to_owned());
        });
        let function = Arc::new(LambdaProcess::start(function).await.unwrap());
        function.ready().await;

        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod".parse().unwrap();
        let api = Api::from_openapi(API).unwrap();
        let gateway = Gateway::new(GatewayConfig::new(stage, api, Arc::clone(&function) as _));
        let api = gateway.router();
        Self { issuer, keys, store, client, function, api, log, _dynamodb: dynamodb }
    }

    /// Gives the issuer new keys, on a thread of its own: making them takes long.
    pub(crate) async fn rotate(&self, old_keys: OldKeys) {
        let issuer = Arc::clone(&self.issuer);
        tokio::task::spawn_blocking(move || issuer.rotate(old_keys)).await.unwrap().unwrap();
    }

    /// Makes `statements` the document of a group.
    pub(crate) async fn put_group(&self, group: &str, statements: &Value) {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let subject = format!("group:{group}").parse().unwrap();
        let revision = NewRevision {
            updated_at: SystemTime::UNIX_EPOCH,
            updated_by: "test",
            comment: "",
            source_revision: None,
        };
        put_policy(&self.client, TABLE, &subject, &document, None, &revision).await.unwrap();
    }

    /// Lets a group read movies.
    pub(crate) async fn put_movies_group(&self) {
        let statement = json!([{
            "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/movies",
        }]);
        self.put_group("movies-group", &statement).await;
    }

    /// Forbids a group to read movies.
    pub(crate) async fn put_suspended_group(&self) {
        let statement = json!([{
            "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "GET/movies",
        }]);
        self.put_group("suspended", &statement).await;
    }

    /// A row that is there but no policy document.
    pub(crate) async fn put_unreadable_group(&self, group: &str) {
        let document = AttributeValue::S("Allow everything".to_owned());
        self.client
            .put_item()
            .table_name(TABLE)
            .item("subject", AttributeValue::S(format!("group:{group}")))
            .item("revision", AttributeValue::N("0".to_owned()))
            .item("version", AttributeValue::N("1".to_owned()))
            .item("document", document)
            .send()
            .await
            .unwrap();
    }

    /// An access token for a user of `groups`; `claims` are put on top.
    pub(crate) fn token(&self, groups: &[&str], claims: Value) -> String {
        self.token_at(SystemTime::now(), groups, claims)
    }

    /// The same, issued at another time, for an hour.
    pub(crate) fn token_at(&self, now: SystemTime, groups: &[&str], claims: Value) -> String {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        let request = TokenRequest {
            bearer: Bearer::NewSignIn(Account::new("alice", groups.iter().copied())),
            token_use: TokenUse::Access,
            client_id: CLIENT.to_owned(),
            scope: "openid".to_owned(),
            lifetime: Duration::from_hours(1),
            now,
            claims,
        };
        self.issuer.mint(&request).unwrap()
    }

    /// The token of a user who may read movies.
    pub(crate) fn alice(&self) -> String {
        self.token(&["movies-group"], Value::Object(Map::new()))
    }

    /// A user's token that names this key of the issuer, and is signed by another.
    pub(crate) fn token_of_key(&self, kid: &str) -> String {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "kid": kid}).to_string());
        let alice = self.alice();
        format!("{header}.{}", alice.split_once('.').unwrap().1)
    }

    /// Calls the API.
    pub(crate) async fn send(&self, path: &str, token: Option<&str>) -> Answered {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let header = authorization.as_deref().map(|value| ("authorization", value));
        self.send_with(path, header.as_slice()).await
    }

    /// Calls the API with these headers.
    async fn send_with(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: SocketAddr = "198.51.100.7:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.api.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let request_id = response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answered { status, request_id, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Calls the API, and waits for the function's line about it.
    ///
    /// No line that the function writes may hold a part of the token or a claim of it.
    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> Seen {
        let answered = self.send(path, token).await;
        let secrets: Vec<String> = token.iter().flat_map(|token| secrets_of(token)).collect();
        self.seen(answered, &secrets).await
    }

    /// The same with these headers, of which no value may be in a line.
    pub(crate) async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Seen {
        let answered = self.send_with(path, headers).await;
        let parts = headers.iter().flat_map(|(_, value)| value.split(['=', ';', ' ']));
        let secrets: Vec<String> = parts.flat_map(secrets_of).collect();
        self.seen(answered, &secrets).await
    }

    async fn seen(&mut self, answered: Answered, secrets: &[String]) -> Seen {
        let Answered { status, request_id, body } = answered;
        let line = loop {
            let line = self.next_line().await;
            for secret in secrets.iter().map(String::as_str).chain([SECRET_KEY, SESSION_TOKEN]) {
                assert!(!line.contains(secret), "the log holds a secret: {line}");
            }
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "decision" {
                break line;
            }
        };
        assert_eq!(line["request_id"], request_id, "{line}");
        Seen { status, body, line }
    }

    /// Ends the function. What it has written and nobody has read.
    pub(crate) async fn end(self) -> Vec<String> {
        let Self { function, api, mut log, .. } = self;
        // What it writes after its last answer is told, it has written then.
        function.idle().await;
        drop((function, api));
        let mut lines = Vec::new();
        while let Some(line) = tokio::time::timeout(PATIENCE, log.recv()).await.unwrap() {
            lines.push(line);
        }
        lines
    }

    /// The next line that the function writes.
    pub(crate) async fn next_line(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.log.recv()).await.expect("a line in the log").unwrap()
    }
}

const API: &str = r#"{
  "openapi": "3.0.1",
  "info": { "title": "Movies and shows", "version": "1" },
  "paths": {
    "/movies": { "get": { "security": [{ "gatepost": [] }], "responses": {} } },
    "/shows": { "get": { "security": [{ "gatepost": [] }], "responses": {} } }
  },
  "components": { "securitySchemes": { "gatepost": {
    "type": "apiKey", "name": "Unused", "in": "header",
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": { "type": "request", "authorizerResultTtlInSeconds": 0 }
  } } }
}"#;

fn environment(
    issuer: &str,
    dynamodb: &str,
    settings: &[(&str, &str)],
) -> BTreeMap<OsString, OsString> {
    let issuers = json!([{"issuer": issuer, "audience": [CLIENT]}]).to_string();
    let usual = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_SESSION_TOKEN", SESSION_TOKEN),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("GATEPOST_ISSUERS", &issuers),
        ("GATEPOST_POLICY_TABLE", TABLE),
        ("GATEPOST_POLICY_TTL_SECONDS", "0"),
        ("GATEPOST_DEADLINE_MS", "2000"),
    ];
    usual
        .iter()
        .chain(settings)
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect()
}

fn dynamodb_client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let settings = DynamoDbSettings::from_vars(|name| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(endpoint.to_owned()),
        _ => None,
    });
    settings.unwrap().client(&HttpsClient::new(None).unwrap())
}

/// An issuer of which only the keys are served.
fn start_issuer(listener: TcpListener, origin: String) -> Arc<Issuer> {
    // Making RSA keys takes long without optimisation, so all tests share them.
    let keys = SigningKeys::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys")).unwrap();
    let api = ApiListing { url: origin.clone(), methods: Vec::new() };
    let issuer = Arc::new(Issuer::new(IssuerSettings::demo(origin, api), keys).unwrap());
    let served = Arc::clone(&issuer);
    let routes = Router::new()
        .route("/.well-known/jwks.json", get(move || async move { Json(served.jwks()) }));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    issuer
}
