//! The compiled function, under the Runtime API, with a real table.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::policy::PolicyDocument;
use gatepost_emulator::clock::Clock;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_emulator::invoke::{Invocation, Invoke as _};
use gatepost_emulator::lambda::{LambdaConfig, LambdaProcess, OutputSink};
use gatepost_session::Request;
use gatepost_store::{NewRevision, create_session_table, create_table, put_policy};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::browser::{Answered as _, Jar, request};
use crate::pages::payload;
use crate::tables::SESSIONS;
use crate::world::{self, KEY, ORIGIN, csrf};

/// Around the compiled function.
struct Deployed {
    provider: world::Provider,
    function: LambdaProcess,
    log: Arc<Mutex<Vec<String>>>,
    _table: DynamoDb,
}

impl Deployed {
    /// With `settings` on top of the usual ones.
    async fn start(settings: &[(&str, &str)]) -> Self {
        let (issuer, listener) = world::issuer(Clock::system()).await;
        let provider = world::Provider::start(&issuer, listener);
        let table = DynamoDb::start(Storage::Memory, 0).await.unwrap();
        let client = DynamoDbSettings::from_vars(|name| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(table.endpoint_url()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            _ => None,
        })
        .unwrap()
        .client(&HttpsClient::new(None).unwrap());
        create_table(&client, "policies").await.unwrap();
        create_session_table(&client, SESSIONS).await.unwrap();
        for (subject, document) in world::example() {
            let document = PolicyDocument::parse(document.to_string().as_bytes()).unwrap();
            let revision = NewRevision {
                updated_at: SystemTime::UNIX_EPOCH,
                updated_by: "test",
                comment: "",
                source_revision: None,
            };
            let subject = subject.parse().unwrap();
            put_policy(&client, "policies", &subject, &document, None, &revision).await.unwrap();
        }
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let mut function = LambdaConfig::new(env!("CARGO_BIN_EXE_gatepost-session"));
        function.env = world::settings(&provider.origin, settings)
            .into_iter()
            .chain(
                [
                    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                    ("AWS_SECRET_ACCESS_KEY", "secret-access-key-of-the-function"),
                    ("AWS_ENDPOINT_URL_DYNAMODB", &table.endpoint_url()),
                    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            )
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .collect::<BTreeMap<_, _>>();
        function.output =
            OutputSink::new(move |_, line| lines.lock().unwrap().push(line.to_owned()));
        let function = LambdaProcess::start(function).await.unwrap();
        function.ready().await;
        Self { provider, function, log, _table: table }
    }

    /// Sends a request through one of the two kinds of API.
    async fn send(
        &self,
        jar: &mut Jar,
        api: Api,
        method: Method,
        target: &str,
    ) -> Response<String> {
        let token = csrf(jar);
        let headers: &[(&str, &str)] =
            if method == Method::POST { &[("x-csrf-token", &token)] } else { &[] };
        let request = request(jar, method, target, headers);
        let event = api.event(&request, target).to_string();
        let invocation = self.function.invoke(event.into()).await;
        let Invocation::Returned(body) = invocation else { panic!("{invocation:?}") };
        let answer = api.answer(&serde_json::from_slice(&body).unwrap());
        jar.take(&answer);
        answer
    }
}

#[derive(Clone, Copy, Debug)]
enum Api {
    Rest,
    Http,
}

impl Api {
    fn event(self, request: &Request, target: &str) -> Value {
        let headers = request.headers.iter();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        match self {
            Self::Rest => {
                let headers: BTreeMap<_, _> =
                    headers.map(|(name, value)| (name.as_str(), vec![text(value)])).collect();
                let query: BTreeMap<_, _> =
                    request.query.iter().map(|(name, value)| (name, vec![value])).collect();
                json!({"resource": "/auth/{proxy+}", "path": request.path, "httpMethod": request.method.as_str(),
                    "multiValueHeaders": headers, "multiValueQueryStringParameters": query,
                    "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.7"}},
                    "body": null, "isBase64Encoded": false})
            }
            Self::Http => {
                let cookies: Vec<_> = request
                    .headers
                    .get("cookie")
                    .into_iter()
                    .flat_map(|all| all.to_str().unwrap().split("; "))
                    .collect();
                let headers: BTreeMap<_, _> = headers
                    .filter(|(name, _)| *name != "cookie")
                    .map(|(name, value)| (name.as_str(), text(value)))
                    .collect();
                let query = target.split_once('?').map_or("", |(_, query)| query);
                json!({"version": "2.0", "rawPath": format!("/prod{}", request.path), "rawQueryString": query,
                    "cookies": cookies, "headers": headers, "isBase64Encoded": false,
                    "requestContext": {"stage": "prod",
                        "http": {"method": request.method.as_str(), "sourceIp": "192.0.2.7"}}})
            }
        }
    }

    fn answer(self, answer: &Value) -> Response<String> {
        let mut response = Response::new(answer["body"].as_str().unwrap().to_owned());
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let mut add = |name: &str, value: &Value| {
            let name: HeaderName = name.parse().unwrap();
            response.headers_mut().append(name, value.as_str().unwrap().parse().unwrap());
        };
        match self {
            Self::Rest => {
                for (name, values) in answer["multiValueHeaders"].as_object().unwrap() {
                    values.as_array().unwrap().iter().for_each(|value| add(name, value));
                }
            }
            Self::Http => {
                for (name, value) in answer["headers"].as_object().unwrap() {
                    add(name, value);
                }
                answer["cookies"].as_array().unwrap().iter().for_each(|one| add("set-cookie", one));
            }
        }
        response
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_at_the_compiled_function_and_out_again() {
    let world = Deployed::start(&[]).await;
    in_and_out_again(&world, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_at_the_compiled_function_that_keeps_sessions_in_a_table() {
    let settings = [("GATEPOST_SESSION_MODE", "opaque"), ("GATEPOST_SESSION_TABLE", SESSIONS)];
    let world = Deployed::start(&settings).await;
    in_and_out_again(&world, 1).await;
}

/// Signs in, looks, refreshes and signs out, through both kinds of API. A refresh comes to so many
/// values of the session's cookie.
async fn in_and_out_again(world: &Deployed, cookies: usize) {
    let cases = [
        ("alice", Api::Rest, json!([["allow", ["page/app/", "page/app/movies/*"]]])),
        (
            "admin",
            Api::Http,
            json!([["deny", ["page/app/admin/secret"]], ["allow", ["page/app/*"]]]),
        ),
    ];
    for (username, api, rules) in cases {
        let mut jar = Jar::default();
        let login = world.send(&mut jar, api, Method::GET, "/auth/login?next=/app/").await;
        assert_eq!(login.code(), 302, "{}", login.body());
        let back = world.provider.choose(login.location(), username).await;
        let back = back.strip_prefix(ORIGIN).unwrap();
        let answer = world.send(&mut jar, api, Method::GET, back).await;
        assert_eq!((answer.code(), answer.location()), (303, "/app/"), "{}", answer.body());
        assert_eq!(payload(&jar)["r"], rules);

        let me = world.send(&mut jar, api, Method::GET, "/auth/me").await;
        assert_eq!((me.code(), me.json()["username"].as_str()), (200, Some(username)));
        let mut seen = vec![jar.clone()];
        let refreshed = world.send(&mut jar, api, Method::POST, "/auth/refresh").await;
        assert_eq!(refreshed.code(), 200, "{}", refreshed.body());
        seen.push(jar.clone());
        let values: BTreeSet<_> = seen.iter().map(|jar| jar.get("__Host-gatepost")).collect();
        assert_eq!(values.len(), cookies);
        let out = world.send(&mut jar, api, Method::POST, "/auth/logout").await;
        assert_eq!(out.code(), 200);
        assert!(out.json()["location"].as_str().unwrap().starts_with(&world.provider.origin));
        assert!(jar.0.is_empty());
        assert_eq!(world.send(&mut jar, api, Method::GET, "/auth/me").await.code(), 401);

        let log = world.log.lock().unwrap().join("\n");
        assert!(log.contains("\"endpoint\":\"callback\""), "{log}");
        let values =
            seen.iter().flat_map(|jar| jar.0.values()).flat_map(|(value, _)| value.split('.'));
        for secret in values.filter(|part| part.len() > 15).chain([KEY, "secret-access-key"]) {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_faulty_settings_the_function_does_not_start_and_tells_all_of_them() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let mut function = LambdaConfig::new(env!("CARGO_BIN_EXE_gatepost-session"));
    function.env.insert("GATEPOST_SESSION_KEYS".into(), "secret-that-is-no-key".into());
    function.env.insert("GATEPOST_SESSION_MODUS".into(), "token".into());
    function.output = OutputSink::new(move |_, line| sink.lock().unwrap().push(line.to_owned()));
    let function = LambdaProcess::start(function).await.unwrap();
    let answer = function.invoke("{}".into()).await;
    assert!(!matches!(answer, Invocation::Returned(_)), "{answer:?}");
    drop(function);
    let text = lines.lock().unwrap().join("\n");
    for name in [
        "AWS_ACCESS_KEY_ID",
        "GATEPOST_POLICY_TABLE",
        "GATEPOST_SESSION_ISSUER",
        "GATEPOST_SESSION_KEYS",
        "GATEPOST_SESSION_MODUS",
        "GATEPOST_SESSION_ORIGIN",
    ] {
        assert!(text.contains(&format!("`{name}` ")), "{name}: {text}");
    }
    assert!(!text.contains("secret-that-is-no-key"), "{text}");
}
