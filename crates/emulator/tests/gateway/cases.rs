//! Runs every case of `tests/cases/*.json`: what an authorizer answers and a request, and then the
//! status, headers and body a client of AWS gets.
//!
//! To add a case, add it to a file. A case names the members it is about; what it leaves out may be
//! anything. `allow` and `deny` are short for a policy with these resources after the stage's ARN.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::body::Body;
use bytes::Bytes;
use gatepost_emulator::gateway::{Api, Transport};
use gatepost_emulator::invoke::Invocation;
use http::{HeaderName, HeaderValue, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::support::{API, FakeAuthorizer, STAGE, Setup, config, policy};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// An OpenAPI document instead of the usual one.
    api: Option<Value>,
    #[serde(default)]
    stage_variables: BTreeMap<String, String>,
    #[serde(default)]
    transport: CaseTransport,
    #[serde(default)]
    cors: CaseCors,
    authorizer: CaseAuthorizer,
    request: CaseRequest,
    want: Want,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseTransport {
    Http,
    #[default]
    Https,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseCors {
    #[default]
    Any,
    None,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CaseAuthorizer {
    Allow(Vec<String>),
    Deny(Vec<String>),
    Statements(Value),
    Returns(Value),
    ReturnsText(String),
    Fails(String),
    TimedOut,
    Unreachable,
    Uncalled,
}

impl CaseAuthorizer {
    fn invocation(&self) -> Vec<Invocation> {
        let effect = |effect: &str, resources: &[String]| {
            let resources: Vec<String> =
                resources.iter().map(|resource| format!("{STAGE}/{resource}")).collect();
            policy(&json!([
                { "Effect": effect, "Action": "execute-api:Invoke", "Resource": resources }
            ]))
        };
        vec![match self {
            Self::Allow(resources) => effect("Allow", resources),
            Self::Deny(resources) => effect("Deny", resources),
            Self::Statements(statements) => policy(statements),
            Self::Returns(answer) => Invocation::Returned(answer.to_string().into()),
            Self::ReturnsText(text) => Invocation::Returned(Bytes::from(text.clone())),
            Self::Fails(message) => Invocation::FunctionError { message: message.clone() },
            Self::TimedOut => Invocation::TimedOut,
            Self::Unreachable => Invocation::Unreachable { why: "refused".to_owned() },
            Self::Uncalled => return Vec::new(),
        }]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseRequest {
    #[serde(default = "get")]
    method: String,
    path: String,
    /// Name and value, in order; a name may come twice.
    #[serde(default)]
    headers: Vec<(String, String)>,
}

fn get() -> String {
    "GET".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Want {
    status: u16,
    /// `null`: the header must be absent.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    /// The exact text.
    body: Option<String>,
    /// Members of a JSON body, by JSON Pointer.
    #[serde(default)]
    json: BTreeMap<String, Value>,
    /// Members of the event that the authorizer got, by JSON Pointer.
    #[serde(default)]
    event: BTreeMap<String, Value>,
    outcome: Option<String>,
    cache: Option<String>,
    /// A part of the reason that the developer is told.
    reason: Option<String>,
}

#[tokio::test]
async fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut failures, mut count) = (Vec::new(), 0);
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let cases: Vec<Case> = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in cases {
            count += 1;
            let differences = differences(&case).await;
            failures.extend(differences.iter().map(|it| format!("{file}: {}: {it}", case.name)));
        }
    }
    assert!(count > 0, "no cases in {}", folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn differences(case: &Case) -> Vec<String> {
    let authorizer = FakeAuthorizer::answering(case.authorizer.invocation());
    let api = case.api.as_ref().map_or(API.to_owned(), Value::to_string);
    let mut config = config(&api, &authorizer);
    if matches!(case.cors, CaseCors::None) {
        config.api = Api::from_openapi(&api).unwrap();
    }
    config.stage_variables = case.stage_variables.clone();
    config.transport = match case.transport {
        CaseTransport::Http => Transport::Http,
        CaseTransport::Https => Transport::Https,
    };
    let setup = Setup::new(config);
    let mut request = Request::builder().method(case.request.method.as_str());
    request = request.uri(&case.request.path);
    for (name, value) in &case.request.headers {
        let name: HeaderName = name.parse().unwrap();
        request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let answer = setup.send(request.body(Body::empty()).unwrap()).await;
    let record = setup.last_record();

    let mut found = Differences::default();
    let want = &case.want;
    found.compare("status", &want.status, &answer.status.as_u16());
    found.compare("record.status", &want.status, &record.status);
    for (name, value) in &want.headers {
        found.compare(name, &value.as_deref(), &answer.header(name));
    }
    if let Some(body) = &want.body {
        found.compare("body", body, &answer.body);
    }
    for (pointer, value) in &want.json {
        found.compare(pointer, &Some(value), &answer.json().pointer(pointer));
    }
    for (pointer, value) in &want.event {
        let events = authorizer.events();
        let event = events.last().and_then(|event| event.pointer(pointer));
        found.compare(&format!("event{pointer}"), &Some(value), &event);
    }
    if let Some(outcome) = &want.outcome {
        found.compare("outcome", outcome, &record.outcome.to_string());
    }
    if let Some(cache) = &want.cache {
        found.compare("cache", cache, &record.cache.to_string());
    }
    if let Some(reason) = &want.reason {
        let told = record.reason.unwrap_or_default();
        if !told.contains(reason) {
            found.0.push(format!("reason: want part `{reason}`, got `{told}`"));
        }
    }
    if matches!(case.authorizer, CaseAuthorizer::Uncalled) {
        found.compare("invocations", &0, &authorizer.invocations());
    }
    found.0
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
        &mut self,
        what: &str,
        want: &T,
        got: &U,
    ) {
        if want != got {
            self.0.push(format!("{what}: want {want:?}, got {got:?}"));
        }
    }
}
