//! A DynamoDB-compatible engine on loopback, a scripted service, and documents to put into them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement};
use aws_sdk_dynamodb::types::{KeyType, ScalarAttributeType};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{NewRevision, create_table};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

pub(crate) const TABLE: &str = "policies";

/// Time enough for anything that succeeds.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

pub(crate) fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

pub(crate) fn subjects(texts: &[&str]) -> Vec<Subject> {
    texts.iter().map(|text| subject(text)).collect()
}

/// A document that allows one path, and so differs from every other.
pub(crate) fn document(path: &str) -> PolicyDocument {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"One","Effect":"Allow",
            "Action":"execute-api:Invoke","Resource":["GET/{path}","GET/{path}/*"],
            "Condition":{{"StringEquals":{{"b:x":["2","1"],"a:x":"1"}},
                          "Bool":{{"a:y":true}},"NumericLessThan":{{"a:z":7}}}}}}]}}"#
    );
    PolicyDocument::parse(text.as_bytes()).unwrap()
}

pub(crate) fn revision() -> NewRevision<'static> {
    NewRevision {
        updated_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        updated_by: "tests",
        comment: "seeded",
        source_revision: None,
    }
}

fn config() -> aws_sdk_dynamodb::config::Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "tests"))
}

/// A client of whatever listens at `endpoint`.
pub(crate) fn client(endpoint: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::from_conf(config().endpoint_url(endpoint).http_client(http).build())
}

/// A client of a new, empty engine, which ends with the test's runtime.
pub(crate) async fn engine() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    client(&endpoint)
}

/// A client of a new engine with an empty table of our own layout.
pub(crate) async fn engine_with_table() -> Client {
    let client = engine().await;
    create_table(&client, TABLE).await.unwrap();
    client
}

/// Makes the table of the AWS sample.
pub(crate) async fn create_sample_table(client: &Client) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("group")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let key = KeySchemaElement::builder().attribute_name("group").key_type(KeyType::Hash).build();
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.unwrap())
        .key_schema(key.unwrap())
        .send()
        .await
        .unwrap();
}

/// Writes a row as it is.
pub(crate) async fn put_row(client: &Client, row: Value) {
    let row = native(&row);
    let row = row.as_m().unwrap().clone();
    client.put_item().table_name(TABLE).set_item(Some(row)).send().await.unwrap();
}

/// JSON as a native value.
pub(crate) fn native(value: &Value) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).unwrap()
}

/// A row of our own layout as the service writes it in an answer.
pub(crate) fn wire_row(subject: &str) -> Value {
    let document = serde_json::from_str(&document("wire").to_string()).unwrap();
    json!({ "subject": { "S": subject }, "version": { "N": "3" }, "document": wire(&document) })
}

/// JSON as the service writes a native value.
pub(crate) fn wire(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(elements) => json!({ "L": elements.iter().map(wire).collect::<Vec<_>>() }),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), wire(value)));
            json!({ "M": members.collect::<serde_json::Map<_, _>>() })
        }
    }
}

/// One row of our own layout, read past the store.
pub(crate) async fn row(client: &Client, subject: &str, revision: u64) -> Option<Value> {
    let key = HashMap::from([
        ("subject".to_owned(), AttributeValue::S(subject.to_owned())),
        ("revision".to_owned(), AttributeValue::N(revision.to_string())),
    ]);
    let answer = client.get_item().table_name(TABLE).set_key(Some(key)).send().await.unwrap();
    answer.item.map(|item| serde_dynamo::from_item(item).unwrap())
}

/// What a scripted service does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Answers with this status and JSON.
    Answer(u16, Value),
    /// Answers with this status and text.
    Text(u16, &'static str),
    /// Refuses the connection.
    Refuse,
    /// Never answers.
    Silence,
}

impl Step {
    /// An answer to a `BatchGetItem`: these rows, and these subjects put off.
    pub(crate) fn rows(rows: impl IntoIterator<Item = Value>, left: &[&str]) -> Self {
        let rows: Vec<Value> = rows.into_iter().collect();
        let key = |subject: &&str| json!({ "subject": { "S": subject }, "revision": { "N": "0" } });
        let left: Vec<Value> = left.iter().map(key).collect();
        let left = if left.is_empty() { json!({}) } else { json!({ TABLE: { "Keys": left } }) };
        Self::Answer(200, json!({ "Responses": { TABLE: rows }, "UnprocessedKeys": left }))
    }

    /// The service's own error of this name.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
        Self::Answer(status, json!({ "__type": code, "message": "secret-message" }))
    }
}

/// A service that plays its steps in turn, and the last one for ever, and notes every request.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    requests: Arc<Mutex<Vec<(Instant, Value)>>>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: Arc::new(Mutex::new(steps.into_iter().collect())), requests: Arc::default() }
    }

    pub(crate) fn client(&self) -> Client {
        let http = SharedHttpClient::new(self.clone());
        Client::from_conf(config().endpoint_url("http://scripted").http_client(http).build())
    }

    /// The bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    /// When each request came.
    pub(crate) fn times(&self) -> Vec<Instant> {
        self.requests.lock().unwrap().iter().map(|(time, _)| *time).collect()
    }

    /// The partition keys of each `BatchGetItem` so far.
    pub(crate) fn asked(&self) -> Vec<Vec<String>> {
        let keys = |request: &Value| {
            let keys = request["RequestItems"][TABLE]["Keys"].as_array().unwrap().clone();
            keys.iter().map(|key| key["subject"]["S"].as_str().unwrap().to_owned()).collect()
        };
        self.requests().iter().map(keys).collect()
    }
}

impl HttpClient for Script {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.requests.lock().unwrap().push((Instant::now(), body));
        let mut steps = self.steps.lock().unwrap();
        let step = if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() };
        let respond = |status: u16, body: String| {
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        };
        HttpConnectorFuture::ready(match step.unwrap() {
            Step::Answer(status, body) => respond(status, body.to_string()),
            Step::Text(status, body) => respond(status, body.to_owned()),
            Step::Refuse => {
                let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                Err(ConnectorError::io(refused.into()))
            }
            Step::Silence => return HttpConnectorFuture::new(std::future::pending()),
        })
    }
}
