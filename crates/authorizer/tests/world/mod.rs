//! A whole world on the loopback interface around the compiled authorizer: an issuer's keys, a
//! table, and an API that calls the authorizer under the Runtime API.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::token::TokenUse;
use gatepost_emulator::dynamodb::{DynamoDb, DynamoDbError, Storage};
use gatepost_emulator::gateway::{Gateway, GatewayConfig, RestApi};
use gatepost_emulator::issuer::{
    Account, ApiListing, Bearer, Issuer, IssuerSettings, SigningKeys, TokenRequest,
};
use gatepost_emulator::lambda::{LambdaConfig, LambdaProcess, OutputSink};
use gatepost_store::{NewRevision, create_table, put_policy};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use tower::ServiceExt;

pub(crate) const CLIENT: &str = "client-1";
const TABLE: &str = "policies";

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Everything around the function. It is all gone when this is dropped.
pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    /// Whether the issuer answers when it is asked for its keys.
    pub(crate) jwks_is_up: Arc<AtomicBool>,
    dynamodb: Option<DynamoDb>,
    dynamodb_port: u16,
    table_file: PathBuf,
    client: aws_sdk_dynamodb::Client,
    api: Router,
    log: UnboundedReceiver<String>,
    _folder: TempDir,
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
        Self::start_with_jwks(true).await
    }

    /// The same; the function begins while the issuer's keys can be had or cannot.
    pub(crate) async fn start_with_jwks(is_up: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let table_file = folder.path().join("table.sqlite");
        let dynamodb = DynamoDb::start(Storage::File(table_file.clone()), 0).await.unwrap();
        let endpoint = dynamodb.endpoint_url();
        let dynamodb_port = endpoint.rsplit(':').next().unwrap().parse().unwrap();
        let client = dynamodb_client(&endpoint);
        create_table(&client, TABLE).await.unwrap();

        let jwks_is_up = Arc::new(AtomicBool::new(is_up));
        let issuer = start_issuer(Arc::clone(&jwks_is_up)).await;

        let (sender, log) = unbounded_channel();
        let mut function = LambdaConfig::new(env!("CARGO_BIN_EXE_gatepost-authorizer"));
        function.env = environment(issuer.origin(), &endpoint);
        function.output = OutputSink::new(move |_, line| {
            // After the test nobody listens.
            let _ = sender.send(line.to_owned());
        });
        let function = LambdaProcess::start(function).await.unwrap();
        function.ready().await;

        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod".parse().unwrap();
        let api = RestApi::from_openapi(API).unwrap();
        let gateway = Gateway::new(GatewayConfig::new(stage, api, Arc::new(function)));
        Self {
            issuer,
            jwks_is_up,
            dynamodb: Some(dynamodb),
            dynamodb_port,
            table_file,
            client,
            api: gateway.router(),
            log,
            _folder: folder,
        }
    }

    /// Makes `statements` the document of a group.
    pub(crate) async fn put_group(&self, group: &str, statements: &Value) {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let subject = format!("group:{group}").parse().unwrap();
        let revision =
            NewRevision { updated_at: SystemTime::UNIX_EPOCH, updated_by: "test", comment: "" };
        put_policy(&self.client, TABLE, &subject, &document, None, &revision).await.unwrap();
    }

    /// Lets a group read movies.
    pub(crate) async fn put_movies_group(&self) {
        let statement = json!([{
            "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/movies",
        }]);
        self.put_group("movies-group", &statement).await;
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

    pub(crate) async fn stop_dynamodb(&mut self) {
        self.dynamodb.take().unwrap().stop().await.unwrap();
    }

    /// Starts the table's engine where it was before, as soon as the port can be had.
    pub(crate) async fn start_dynamodb(&mut self) {
        let patience = Instant::now() + PATIENCE;
        loop {
            let storage = Storage::File(self.table_file.clone());
            match DynamoDb::start(storage, self.dynamodb_port).await {
                Ok(dynamodb) => break self.dynamodb = Some(dynamodb),
                Err(DynamoDbError::Listen { .. }) if Instant::now() < patience => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
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

    /// Calls the API, and waits for the function's line about it.
    ///
    /// No line that the function writes may hold a part of the token.
    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> Seen {
        let mut request = Request::builder().uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: SocketAddr = "198.51.100.7:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.api.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let id = response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();

        let line = loop {
            let text = self.next_line().await;
            for part in
                token.iter().flat_map(|token| token.split('.')).filter(|part| part.len() > 8)
            {
                assert!(!text.contains(part), "the log holds a part of the token: {text}");
            }
            let line: Value = serde_json::from_str(&text).unwrap();
            if line["message"] == "decision" {
                break line;
            }
        };
        assert_eq!(line["request_id"], id.as_str(), "{line}");
        Seen { status, body: String::from_utf8(body.to_vec()).unwrap(), line }
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

fn environment(issuer: &str, dynamodb: &str) -> BTreeMap<OsString, OsString> {
    let issuers = json!([{"issuer": issuer, "audience": [CLIENT]}]).to_string();
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("GATEPOST_ISSUERS", &issuers),
        ("GATEPOST_POLICY_TABLE", TABLE),
        ("GATEPOST_POLICY_TTL_SECONDS", "0"),
        ("GATEPOST_DEADLINE_MS", "2000"),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value.into()))
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

/// An issuer of which only the keys are served, and those only while they are up.
async fn start_issuer(jwks_is_up: Arc<AtomicBool>) -> Arc<Issuer> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    // Making RSA keys takes long without optimisation, so all tests share them.
    let keys = SigningKeys::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys")).unwrap();
    let api = ApiListing { url: origin.clone(), methods: Vec::new() };
    let issuer = Arc::new(Issuer::new(IssuerSettings::demo(origin, api), keys).unwrap());
    let served = Arc::clone(&issuer);
    let jwks = get(move || async move {
        if jwks_is_up.load(Ordering::Relaxed) {
            Json(served.jwks()).into_response()
        } else {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    });
    let routes = Router::new().route("/.well-known/jwks.json", jwks);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    issuer
}
