//! What the client of the API sees, and what stands in the log, while all is well.

use std::process::Command;
use std::time::{Duration, SystemTime};

use gatepost_emulator::issuer::OldKeys;
use serde_json::{Value, json};

use crate::world::{Seen, World};

const UNAUTHORIZED: &str = r#"{"message":"Unauthorized"}"#;
const FAILED: &str = r#"{"message":null}"#;
const DENIED: &str =
    r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;
const NOT_ALLOWED: &str = r#"{"Message":"User is not authorized to access this resource"}"#;

fn none() -> Value {
    json!({})
}

#[track_caller]
fn assert_seen(seen: &Seen, status: u16, body: &str, outcome: &str, reason: &str) {
    assert_eq!((seen.status, seen.body.as_str()), (status, body), "{seen:?}");
    assert_eq!(seen.line["outcome"], outcome, "{seen:?}");
    assert_eq!(seen.line["reason"], reason, "{seen:?}");
}

#[tokio::test]
async fn a_caller_reaches_what_the_groups_allow_and_nothing_else() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let alice = world.alice();

    let seen = world.get("/movies", Some(&alice)).await;
    assert_eq!(seen.status, 200, "{seen:?}");
    assert_eq!(seen.line["outcome"], "policy");
    assert_eq!(seen.line["level"], "INFO");
    assert_eq!(seen.line["subjects"], 1);
    assert_eq!(seen.line["documents"], 1);
    let echoed: Value = serde_json::from_str(&seen.body).unwrap();
    let context = find(&echoed, "policy_digest").expect("the back end is told of the caller");
    assert_eq!(context["policy_digest"], seen.line["policy_digest"]);
    assert_eq!(context["username"], "alice");
    assert_eq!(context["groups"], r#"["movies-group"]"#);

    let seen = world.get("/shows", Some(&alice)).await;
    assert_seen(&seen, 403, NOT_ALLOWED, "policy", "granted");
}

#[tokio::test]
async fn a_deny_of_one_group_outweighs_the_allow_of_another() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let deny = json!([
        {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "GET/movies"},
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/shows"},
    ]);
    world.put_group("suspended", &deny).await;
    let token = world.token(&["movies-group", "suspended"], none());
    let seen = world.get("/movies", Some(&token)).await;
    assert_seen(&seen, 403, DENIED, "policy", "granted");
    assert_eq!(world.get("/shows", Some(&token)).await.status, 200);
}

#[tokio::test]
async fn a_caller_without_rights_is_denied_explicitly() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let token = world.token(&[], none());
    let seen = world.get("/movies", Some(&token)).await;
    assert_seen(&seen, 403, DENIED, "deny", "no_subjects");

    let token = world.token(&["unknown-group"], none());
    let seen = world.get("/movies", Some(&token)).await;
    assert_seen(&seen, 403, DENIED, "deny", "no_documents");
    assert_eq!((&seen.line["subjects"], &seen.line["documents"]), (&json!(1), &json!(0)));

    let token = world.token(&["unknown-group", "movies-group"], none());
    assert_eq!(world.get("/movies", Some(&token)).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_401() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let groups = &["movies-group"];
    let good = world.alice();
    let two_hours_ago = SystemTime::now() - Duration::from_hours(2);
    let payload = good.split('.').nth(1).unwrap();
    let other = world.token(&["admin-group"], none());
    let spliced = good.replace(payload, other.split('.').nth(1).unwrap());
    let unsigned = good.rsplit_once('.').unwrap().0.to_owned() + ".";
    let later = SystemTime::now() + Duration::from_hours(1);
    let later = later.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let cases = [
        ("missing_token", None),
        ("expired", Some(world.token_at(two_hours_ago, groups, none()))),
        ("expiry_missing", Some(world.token(groups, json!({"exp": null})))),
        ("not_yet_valid", Some(world.token(groups, json!({"nbf": later})))),
        ("issuer_mismatch", Some(world.token(groups, json!({"iss": "https://issuer.example"})))),
        ("client_id_mismatch", Some(world.token(groups, json!({"client_id": "client-2"})))),
        ("token_use_mismatch", Some(world.token(groups, json!({"token_use": "id"})))),
        ("signature_invalid", Some(spliced)),
        ("signature_empty", Some(unsigned)),
        ("not_three_parts", Some("no-token-at-all".to_owned())),
    ];
    for (reason, token) in cases {
        let seen = world.get("/movies", token.as_deref()).await;
        assert_seen(&seen, 401, UNAUTHORIZED, "unauthorized", reason);
    }
    assert_eq!(world.get("/movies", Some(&good)).await.status, 200);
}

#[tokio::test]
async fn an_unreadable_row_is_a_failure_and_not_a_smaller_policy() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    world.put_unreadable_group("broken-group").await;
    let token = world.token(&["movies-group", "broken-group"], none());
    let seen = world.get("/movies", Some(&token)).await;
    assert_seen(&seen, 500, FAILED, "failure", "unreadable_row");
    assert_eq!(seen.line["level"], "ERROR");
    let alice = world.alice();
    assert_eq!(world.get("/movies", Some(&alice)).await.status, 200);
}

#[tokio::test]
async fn the_numbers_of_a_call_follow_its_line_under_the_name_of_the_function() {
    let mut world = World::start().await;
    world.get("/movies", None).await;
    let numbers: Value = loop {
        let line: Value = serde_json::from_str(&world.next_line().await).unwrap();
        if line.get("Decisions").is_some() {
            break line;
        }
    };
    assert_eq!(numbers["FunctionName"], "gatepost-authorizer", "{numbers}");
    assert_eq!(numbers["Reason"], "missing_token", "{numbers}");
}

#[tokio::test]
async fn a_rotated_key_is_noticed_at_once_and_the_old_one_is_gone() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let old = world.alice();
    assert_eq!(world.get("/movies", Some(&old)).await.status, 200);
    world.rotate(OldKeys::Withdrawn).await;
    let new = world.alice();
    assert_eq!(world.get("/movies", Some(&new)).await.status, 200);
    let seen = world.get("/movies", Some(&old)).await;
    assert_seen(&seen, 401, UNAUTHORIZED, "unauthorized", "key_unknown");
}

#[test]
fn wrong_settings_end_the_function_with_one_line_that_has_all_faults() {
    let output = Command::new(env!("CARGO_BIN_EXE_gatepost-authorizer"))
        .env_clear()
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_CA_BUNDLE", "/nowhere/roots.pem")
        .env("GATEPOST_POLICY_TABEL", "policies")
        .env("GATEPOST_LEEWAY_SECONDS", "an hour")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines.as_slice() else { panic!("not one line: {text}") };
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("cannot start")));
    let error = line["error"].as_str().unwrap();
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_CA_BUNDLE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_SECRET_ACCESS_KEY",
        "GATEPOST_ISSUERS",
        "GATEPOST_LEEWAY_SECONDS",
        "GATEPOST_POLICY_TABEL",
        "GATEPOST_POLICY_TABLE",
    ] {
        assert!(error.contains(&format!("`{name}` ")), "{name}: {error}");
    }
    assert!(!error.contains("an hour"), "{error}");
}

/// The object anywhere in `json` that has a member `name`.
fn find<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    match json {
        Value::Object(members) if members.contains_key(name) => Some(json),
        Value::Object(members) => members.values().find_map(|value| find(value, name)),
        Value::Array(values) => values.iter().find_map(|value| find(value, name)),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => None,
    }
}
