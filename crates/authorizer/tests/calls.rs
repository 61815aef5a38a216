//! Calls of an authorizer in this process: what is logged of them, what is kept between them, and
//! how long they may take.

#![cfg(test)]

#[path = "calls/memory.rs"]
mod memory;
mod support;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost_authorizer::logging::JsonLine;
use gatepost_authorizer::{Authorizer, Call, ReadSession, Refusal, SessionFuture};
use gatepost_core::revocable::Revocable;
use gatepost_core::secret::Secret;
use gatepost_core::subject::Subject;
use gatepost_store::{PolicyStore, Rows, SealedAccess, SessionId, SessionRowKey, StoreError};
use serde_json::{Value, json};
use support::{MemoryStore, NoFetch, Signer, access_claims, now};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/path-secret";

fn event(token: &str) -> String {
    json!({
        "type": "REQUEST", "methodArn": ARN, "path": "/path-secret",
        "headers": {"Authorization": format!("Bearer {token}"), "Cookie": "id=cookie-secret"},
        "queryStringParameters": {"q": "query-secret"},
        "requestContext": {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"},
    })
    .to_string()
}

/// A store in which one group may read everything, and whose answer to it can be an error.
fn store(error: Option<StoreError>) -> MemoryStore {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/*",
    }]});
    let documents = BTreeMap::from([("group:group-secret".to_owned(), document)]);
    MemoryStore { documents, error, ..MemoryStore::default() }
}

fn authorizer<S: PolicyStore>(store: S, settings: &[(&str, &str)]) -> Authorizer<S> {
    let settings =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Authorizer::new(Signer::new().config(&settings), store, NoFetch)
}

/// What this thread logs from now on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLine)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines since the last time.
    fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_line_holds_nothing_of_the_caller() {
    let (log, _guard) = Log::start();
    let signer = Signer::new();
    let secrets = json!({
        "sub": "sub-secret", "username": "username-secret", "jti": "jti-secret",
        "scope": "scope-secret", "cognito:groups": ["group-secret"],
    });
    let with = |changes: Value| {
        let mut claims = access_claims(&secrets);
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        event(&signer.sign(&claims))
    };
    let row = StoreError::Throttled;
    for (want, event, error) in [
        ("policy", with(json!({})), None),
        ("deny", with(json!({"cognito:groups": ["other-secret"]})), None),
        ("failure", with(json!({})), Some(row)),
        ("failure", r#"{"type":"REQUEST","headers":{"a":["secret"]}}"#.to_owned(), None),
        ("failure", r#"{"type":"REQUEST","methodArn":"arn:secret"}"#.to_owned(), None),
        ("failure", "secret".to_owned(), None),
        ("unauthorized", with(json!({"exp": 1})), None),
        ("unauthorized", with(json!({"iss": "https://issuer.secret"})), None),
        ("unauthorized", with(json!({"client_id": "client-secret"})), None),
        ("unauthorized", with(json!({"sub": ["secret"]})), None),
        ("unauthorized", event("secret.secret.secret"), None),
        ("unauthorized", event(""), None),
    ] {
        let authorizer = authorizer(store(error), &[("GATEPOST_SUBJECTS", "group,user")]);
        let answer = authorizer.answer(event.as_bytes(), now()).await;
        assert_eq!(answer.is_ok(), ["policy", "deny"].contains(&want));
        let lines = log.lines();
        let [line] = lines.as_slice() else { panic!("not one line: {lines:?}") };
        assert!(!line.contains("secret"), "{line}");
        let token = event.split("Bearer ").nth(1).and_then(|rest| rest.split('"').next());
        for part in token.into_iter().flat_map(|token| token.split('.')) {
            assert!(part.is_empty() || !line.contains(part), "{line}");
        }
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["outcome"], want, "{line}");
    }
}

#[tokio::test]
async fn a_line_says_what_was_decided_and_what_it_took() {
    let (log, _guard) = Log::start();
    let claims = access_claims(&json!({"cognito:groups": ["group-secret", "unknown", "a\nb"]}));
    let event = event(&Signer::new().sign(&claims));
    let authorizer = authorizer(store(None), &[]);
    for read in [2, 0] {
        let call = Call { event: event.as_bytes(), now: now(), time_left: None };
        let (body, line) = authorizer.answer_call(call).await;
        assert_eq!(log.lines(), [""; 0], "the caller does not wait for the line");
        line.write(Some("invocation-1"), Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
        let body = body.unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap();
        let line: Value = serde_json::from_str(&log.lines()[0]).unwrap();
        for (name, want) in [
            ("message", json!("decision")),
            ("level", json!("INFO")),
            ("outcome", json!("policy")),
            ("reason", json!("granted")),
            ("request_id", json!("c6af9ac6-7b61-11e6-9a41-93e8deadbeef")),
            ("decision_id", json!("invocation-1")),
            ("trace_id", json!("Root=1-5759e988-bd862e3fe1be46a994272793")),
            ("front_door", json!("rest_request")),
            ("subjects", json!(2)),
            ("impossible_subjects", json!(1)),
            ("documents", json!(1)),
            ("subjects_read", json!(read)),
            ("answer_bytes", json!(body.len())),
            ("policy_digest", answer["context"]["policy_digest"].clone()),
        ] {
            assert_eq!(line[name], want, "{name}: {line}");
        }
        for name in ["keys_us", "documents_us", "took_us"] {
            assert!(line[name].is_u64(), "{name}: {line}");
        }
    }
}

#[tokio::test]
async fn a_failure_of_the_store_is_no_policy_and_not_kept() {
    let event = event(&Signer::new().sign(&access_claims(&json!({}))));
    let authorizer = authorizer(store(Some(StoreError::TableNotFound)), &[]);
    for _ in 0..2 {
        let refusal = authorizer.answer(event.as_bytes(), now()).await.unwrap_err();
        assert_eq!(refusal, Refusal::Failure("table_not_found"));
    }
}

#[tokio::test]
async fn a_kept_document_is_read_again_after_the_ttl() {
    let (log, _guard) = Log::start();
    let claims = access_claims(&json!({"cognito:groups": ["group-secret"]}));
    let event = event(&Signer::new().sign(&claims));
    let authorizer = authorizer(store(None), &[("GATEPOST_POLICY_TTL_SECONDS", "30")]);
    for (seconds, read) in [(0, 1), (29, 0), (30, 1)] {
        let now = now() + Duration::from_secs(seconds);
        authorizer.answer(event.as_bytes(), now).await.unwrap();
        let line: Value = serde_json::from_str(&log.lines()[0]).unwrap();
        assert_eq!(line["subjects_read"], read, "{seconds}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_authorizer_serves_calls_at_once() {
    let claims = access_claims(&json!({"cognito:groups": ["group-secret"]}));
    let event: Arc<str> = event(&Signer::new().sign(&claims)).into();
    let authorizer = Arc::new(authorizer(store(None), &[]));
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (authorizer, event) = (Arc::clone(&authorizer), Arc::clone(&event));
        calls.spawn(async move { authorizer.answer(event.as_bytes(), now()).await });
    }
    let answers = calls.join_all().await;
    let answers: Vec<&str> =
        answers.iter().map(|answer| answer.as_ref().unwrap().as_str()).collect();
    assert_eq!(answers, [answers[0]; 20]);
}

/// Notes how long it is given.
#[derive(Default)]
struct Deadlines(Mutex<Vec<Duration>>);

impl PolicyStore for &Deadlines {
    async fn read_rows(
        &self,
        _subjects: &[Subject],
        _revocables: &[Revocable],
        deadline: Instant,
    ) -> Result<Rows, StoreError> {
        self.0.lock().unwrap().push(deadline - Instant::now());
        Ok(Rows::default())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_time_of_the_settings_or_what_lambda_leaves_it() {
    let event = event(&Signer::new().sign(&access_claims(&json!({}))));
    let settings = [("GATEPOST_DEADLINE_MS", "2500"), ("GATEPOST_POLICY_TTL_SECONDS", "0")];
    let deadlines = Deadlines::default();
    let authorizer = authorizer(&deadlines, &settings);
    for time_left in [None, Some(5_000), Some(1_000), Some(100), Some(0)] {
        let call = Call {
            event: event.as_bytes(),
            now: now(),
            time_left: time_left.map(Duration::from_millis),
        };
        authorizer.answer_call(call).await.0.unwrap();
    }
    let given: Vec<u128> = deadlines.0.lock().unwrap().iter().map(Duration::as_millis).collect();
    assert_eq!(given, [2_500, 2_500, 800, 0, 0]);
}

#[tokio::test]
async fn of_calls_with_a_policy_some_are_logged_and_of_others_all() {
    let (log, _guard) = Log::start();
    let signer = Signer::new();
    let good = event(&signer.sign(&access_claims(&json!({"cognito:groups": ["group-secret"]}))));
    let denied = event(&signer.sign(&access_claims(&json!({"cognito:groups": null}))));
    let rejected = event("not.a.token");
    let authorizer = authorizer(store(None), &[("GATEPOST_LOG_SAMPLE_PERCENT", "10")]);
    for (event, want) in [(&good, 2), (&denied, 20), (&rejected, 20)] {
        for _ in 0..20 {
            let _ = authorizer.answer(event.as_bytes(), now()).await;
        }
        assert_eq!(log.lines().len(), want);
    }
}

#[tokio::test]
async fn a_candidate_is_compared_once_and_changes_no_answer() {
    let (log, _guard) = Log::start();
    let claims = access_claims(&json!({"cognito:groups": ["group-secret"], "sub": "sub-secret"}));
    let event = event(&Signer::new().sign(&claims));
    let plain = authorizer(store(None), &[]).answer(event.as_bytes(), now()).await.unwrap();
    let candidate = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "execute-api:Invoke",
         "Resource": ["GET/*", "POST/users/${token:sub}/films"]},
        {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "GET/admin",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}},
    ]});
    let mut store = store(None);
    store.candidates.insert("group:group-secret".to_owned(), candidate);
    let authorizer = authorizer(store, &[]);
    let started = Instant::now();
    let mut lines = Vec::new();
    // The comparison waits until its share of the time has come together, and is made once.
    while started.elapsed() < Duration::from_secs(20) && lines.is_empty() {
        for _ in 0..100 {
            let answer = authorizer.answer(event.as_bytes(), now()).await.unwrap();
            assert_eq!(answer, plain);
        }
        lines = log.lines();
        lines.retain(|line| line.contains(r#""message":"shadow""#));
    }
    let [line] = lines.as_slice() else { panic!("not one line: {lines:?}") };
    assert!(!line.contains("secret"), "{line}");
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["gained"], &line["lost"]), (&json!(1), &json!(1)), "{line}");
    let gained = line["gained_examples"].as_str().unwrap();
    assert!(gained.starts_with("POST /users/") && gained.ends_with("/films"), "{line}");
    let lost = line["lost_examples"].as_str().unwrap();
    assert!(lost.starts_with("GET /admin only if ") && lost.contains("NotIpAddress"), "{line}");
    assert_eq!(line["unknown"], Value::Null, "{line}");
    for _ in 0..1_000 {
        authorizer.answer(event.as_bytes(), now()).await.unwrap();
    }
    assert!(!log.lines().iter().any(|line| line.contains(r#""message":"shadow""#)));
}

/// The row of one session, and how often it was read.
#[derive(Clone)]
struct OneSession(Arc<Mutex<(SealedAccess, usize)>>);

impl ReadSession for OneSession {
    fn sealed_access(&self, _key: SessionRowKey, _deadline: Instant) -> SessionFuture<'_> {
        let mut inner = self.0.lock().unwrap();
        inner.1 += 1;
        let row = inner.0.clone();
        Box::pin(async { Ok(Some(row)) })
    }
}

fn session_event(id: SessionId) -> String {
    let cookie = format!("id={}", id.to_text().expose());
    json!({"type": "REQUEST", "methodArn": ARN, "headers": {"Cookie": cookie}}).to_string()
}

#[tokio::test]
async fn a_token_at_hand_that_has_ended_is_looked_for_anew_before_the_session_is_refused() {
    let id = SessionId::random().unwrap();
    let ending = |seconds: u64| {
        let changes = json!({"exp": support::NOW + seconds, "cognito:groups": ["group-secret"]});
        let token = Signer::new().sign(&access_claims(&changes));
        let access_token = id.seal(Secret::new(&token)).unwrap();
        SealedAccess { access_token, expires_at: now() + Duration::from_secs(1_000) }
    };
    let session = OneSession(Arc::new(Mutex::new((ending(100), 0))));
    let settings = [
        ("GATEPOST_SESSION_TABLE", "sessions"),
        ("GATEPOST_SESSION_TTL_SECONDS", "300"),
        ("GATEPOST_TOKEN_SOURCES", "session:id"),
    ];
    let authorizer = authorizer(store(None), &settings).with_sessions(session.clone());
    let event = session_event(id);
    let call = async |seconds| {
        let answer =
            authorizer.answer(event.as_bytes(), now() + Duration::from_secs(seconds)).await;
        (answer.is_ok(), session.0.lock().unwrap().1)
    };
    assert_eq!(call(0).await, (true, 1));
    assert_eq!(call(50).await, (true, 1));
    session.0.lock().unwrap().0 = ending(200);
    assert_eq!(call(99).await, (true, 1));
    assert_eq!(call(100).await, (true, 2), "a newer token was there");
    assert_eq!(call(199).await, (true, 2));
    assert_eq!(call(200).await, (false, 3), "and now there is none");
    assert_eq!(call(201).await, (false, 4));
}

#[tokio::test]
async fn without_a_table_of_sessions_nobody_is_let_in_and_nobody_is_told_to_sign_in() {
    let settings = [("GATEPOST_SESSION_TABLE", "x-1"), ("GATEPOST_TOKEN_SOURCES", "session:id")];
    let id = SessionId::random().unwrap();
    let event = session_event(id);
    let authorizer = authorizer(store(None), &settings);
    let answer = authorizer.answer(event.as_bytes(), now()).await;
    assert_eq!(answer.unwrap_err(), Refusal::Failure("sessions_unavailable"));
}
