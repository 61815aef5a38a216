//! `gatepost doctor`, the real command, on a real `gatepost dev`, and on gateways that are broken.
#![cfg(test)]

mod aws;
mod broken;
#[path = "../engine/mod.rs"]
mod engine;
#[path = "../program/mod.rs"]
mod program;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::policy::PolicyDocument;
use gatepost_store::{NewRevision, put_policy};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::broken::Fault;
use crate::program::{gatepost, lines_of};
use crate::world::{Run, TABLE, World, line_with, run};

/// The probes that ask about API Gateway's own settings, or for HTTPS, which `dev` has not.
const NOT_HERE: [&str; 3] = ["https-only", "flush", "settings"];

#[tokio::test(flavor = "multi_thread")]
async fn a_good_gateway_is_safe_in_every_respect_and_its_table_as_it_was() {
    let world = World::start().await;
    let before = world.rows().await;
    let run = run(&mut world.doctor(&world.api));
    for (probe, verdict) in run.verdicts() {
        let want = if NOT_HERE.contains(&probe) { "skipped" } else { "safe" };
        assert_eq!(verdict, want, "{probe}: {}", run.found(probe));
    }
    assert_eq!(run.status, Some(0), "{run:?}");
    for setting in [
        "GATEPOST_EXPIRY_CONDITION=on",
        "GATEPOST_IMPLICIT_DENY=explicit",
        "a result TTL",
        "GATEPOST_MAX_POLICY_BYTES",
        "NotResource in a Deny",
        "conditions on aws:SourceIp",
        "a Deny of one path beside a wider Allow",
    ] {
        assert_eq!(run.safe(setting), Some(true), "{setting}");
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_told() {
    let world = World::start().await;
    let before = world.rows().await;
    let faults = [
        Fault::CaseInsensitive,
        Fault::CatchAll,
        Fault::Fail("size-6"),
        Fault::Fail("size-7"),
        Fault::Fail("size-8"),
        Fault::FirstToken,
        Fault::Grant("denied"),
        Fault::Grant("except-other"),
        Fault::Grant("head"),
        Fault::Grant("ip-none"),
        Fault::Grant("time-past"),
        Fault::Grant("tls-no"),
        Fault::KeepYes,
        Fault::OneRoute,
        Fault::RefusalsWithoutCors,
        Fault::Refuse("long"),
    ];
    let url = broken::before(&world.api, &faults).await;
    // A flush that is accepted, and flushes nothing.
    let nothing = tempfile::NamedTempFile::new().unwrap();
    let control_plane = Aws { flushes: nothing.path().to_owned(), ..control_plane(&world) };
    let endpoint = aws::start(&Arc::new(Mutex::new(control_plane))).await;
    let run = run(&mut with_settings(world.doctor(&url), &endpoint));
    for (probe, want) in [
        ("unauthorized", "amiss"),
        ("unknown-route", "amiss"),
        ("flush", "amiss"),
        ("forbidden", "amiss"),
        ("explicit-deny", "unsafe"),
        ("not-resource", "unsafe"),
        ("condition-time", "unsafe"),
        ("condition-source-ip", "unsafe"),
        ("condition-secure-transport", "unsafe"),
        ("expiry-of-kept-answers", "unsafe"),
        ("method-override", "unsafe"),
        ("two-tokens", "unsafe"),
        ("resource-length", "amiss"),
        ("answer-size", "amiss"),
        ("kept-answers", "unsafe"),
    ] {
        assert_eq!(run.verdict(probe), want, "{probe}: {}", run.found(probe));
    }
    assert_eq!(run.status, Some(1));
    assert_eq!(run.safe("GATEPOST_EXPIRY_CONDITION=on"), Some(false));
    assert_eq!(run.safe("GATEPOST_IMPLICIT_DENY=explicit"), Some(false));
    assert_eq!(run.safe("a result TTL"), Some(false));
    // The fifth of eight sizes, from 4096 to 7168 bytes, was taken, and found by halving.
    let found = run.found("answer-size");
    assert!(found.contains("it is API Gateway that refuses it"), "{found}");
    let taken = found.split("one of ").nth(1).unwrap().split(' ').next().unwrap();
    assert!((5_700..=5_852).contains(&taken.parse().unwrap()), "{found}");
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_that_is_served_is_told() {
    let world = World::start().await;
    let faults = [Fault::CaseInsensitive, Fault::PreflightGuarded, Fault::Refuse("time-future")];
    let url = broken::before(&world.api, &faults).await;
    let run = run(&mut world.doctor(&url));
    assert_eq!(run.verdict("path-spelling"), "unsafe");
    assert!(run.found("path-spelling").contains("/MOVIES 200"), "{}", run.found("path-spelling"));
    assert_eq!(run.verdict("condition-time"), "amiss");
    assert_eq!(run.verdict("preflight"), "amiss");
    assert_eq!(run.safe("a Deny of one path beside a wider Allow"), Some(false));
    assert_eq!(run.status, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_remembers_is_not_taken_for_a_gateway_that_keeps_answers() {
    let world = World::start_with_result_ttl(0).await;
    let url = broken::before(&world.api, &[Fault::LateChange]).await;
    let mut control_plane = control_plane(&world);
    control_plane.authorizer["authorizerResultTtlInSeconds"] = 0.into();
    control_plane.environment["GATEPOST_POLICY_TTL_SECONDS"] = "1".into();
    let endpoint = aws::start(&Arc::new(Mutex::new(control_plane))).await;
    let run = run(&mut with_settings(world.doctor(&url), &endpoint));
    assert!(run.found("kept-answers").contains("answers are not kept"), "{run:?}");
    // That a right ended says nothing of kept answers where there are none.
    assert_eq!(run.verdict("expiry-of-kept-answers"), "safe");
    assert_eq!(run.safe("GATEPOST_EXPIRY_CONDITION=on"), None);
    assert_eq!(run.verdict("flush"), "skipped");
    assert_eq!(run.verdict("settings"), "safe");
    assert_eq!(run.status, Some(0), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_for_the_wrong_caller_end_the_run_as_unsafe() {
    let world = World::start().await;
    let before = world.rows().await;
    let url = broken::before(&world.api, &[Fault::CacheAcrossTokens]).await;
    let run = run(&mut world.doctor(&url));
    assert_eq!(run.verdict("routes"), "unsafe");
    assert_eq!(run.verdict("explicit-deny"), "skipped");
    assert_eq!(run.status, Some(1));
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_path_is_unsafe_and_nothing_is_written_for_it() {
    let world = World::start().await;
    let url = broken::before(&world.api, &[Fault::Open]).await;
    let run = run(&mut world.doctor(&url));
    assert_eq!(run.verdict("unauthorized"), "unsafe");
    assert_eq!(run.status, Some(1));
    assert!(!run.stderr.contains("writing"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_table_and_tokens_it_says_what_they_are_needed_for() {
    let world = World::start().await;
    let run = run(&mut world.bare(&world.api));
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(run.verdict("unauthorized"), "safe");
    assert_eq!(
        run.found("explicit-deny"),
        "needs --table, and --token-command, or --user-pool and --client-id"
    );
    assert_eq!(run.found("settings"), "needs --api-id and --stage");
    assert_eq!(run.safe("GATEPOST_EXPIRY_CONDITION=on"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_route_is_told_before_anything_is_written() {
    let world = World::start().await;
    let run = run(world.doctor(&world.api).args(["--path", "/films"]));
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("name one that needs a token with --path"), "{}", run.stderr);
    assert!(!run.stderr.contains("writing"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_half_way_the_table_is_as_it_was() {
    let world = World::start().await;
    let before = world.rows().await;
    // The seventh call is the first with a token, and with the thirteenth nothing works any more.
    let url = broken::before(&world.api, &[Fault::FailAfter(12)]).await;
    let run = run(&mut world.doctor(&url));
    assert!(run.stderr.contains("probing  kept-answers"), "{}", run.stderr);
    assert_eq!(run.status, Some(2));
    assert_eq!(world.rows().await, before);
    assert_eq!(run.report["left"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ctrl_c_the_table_is_as_it_was() {
    let world = World::start().await;
    let before = world.rows().await;
    let mut command = world.doctor(&world.api);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = lines_of(&mut process);
    tokio::task::block_in_place(|| line_with(&lines, "probing  routes"));
    assert_ne!(world.rows().await, before);
    let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = tokio::task::block_in_place(|| process.wait_with_output().unwrap());
    let run = Run::of(&output);
    assert_eq!(run.report["stopped"], "interrupted");
    assert_eq!(run.status, Some(2));
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_is_found_by_the_next_and_its_command_removes_it() {
    let world = World::start().await;
    let before = world.rows().await;
    let document = PolicyDocument::parse(
        br#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    )
    .unwrap();
    let revision = NewRevision {
        updated_at: std::time::SystemTime::now(),
        updated_by: "a test",
        comment: "",
        source_revision: None,
    };
    let subject = "group:gatepost-doctor-0123456789abcdef-allowed".parse().unwrap();
    put_policy(&world.client, TABLE, &subject, &document, None, &revision).await.unwrap();
    let run = run(world.bare(&world.api).args(["--table", TABLE]));
    let left = run.report["left_by_other_runs"].as_array().unwrap();
    let [command] = left.as_slice() else { panic!("{left:?}") };
    let rows = rows_deleted_by(command.as_str().unwrap());
    assert_eq!(world.rows().await.len(), before.len() + 2);
    for key in rows {
        let [subject, revision] = key;
        let delete = world.client.delete_item().table_name(TABLE);
        let delete = delete.key("subject", AttributeValue::S(subject));
        delete.key("revision", AttributeValue::N(revision)).send().await.unwrap();
    }
    assert_eq!(world.rows().await, before);
}

/// The keys that a command would delete, run in a shell whose `aws` only says what it is told.
fn rows_deleted_by(command: &str) -> Vec<[String; 2]> {
    let told = r#"aws() { printf '%s\n' "$*"; }"#;
    let output = Command::new("sh").arg("-c").arg(format!("{told}\n{command}")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let key = |line: &str| {
        let start = "dynamodb delete-item --table-name gatepost-policies --key ";
        let key: Value = serde_json::from_str(line.strip_prefix(start).unwrap()).unwrap();
        let part = |name: &str, kind: &str| key[name][kind].as_str().unwrap().to_owned();
        [part("subject", "S"), part("revision", "N")]
    };
    text.lines().map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_command_prints_is_never_shown() {
    let world = World::start().await;
    for (command, want) in [
        ("echo TOP-SECRET; exit 3", "the token command has failed: exit status: 3"),
        ("echo TOP SECRET", "has printed something else than a token"),
        ("true", "has printed nothing"),
        ("echo TOP-SECRET", "the API does not accept the tokens"),
    ] {
        let mut doctor = world.bare(&world.api);
        let run = run(doctor.args(["--table", TABLE, "--token-command", command]));
        assert_eq!(run.status, Some(2), "{command}");
        assert!(run.stderr.contains(want), "{command}: {}", run.stderr);
        assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
    }
}

/// A control plane whose settings agree with each other.
fn control_plane(world: &World) -> Aws {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:gatepost:live";
    Aws {
        authorizer: json!({
            "name": "Gatepost",
            "type": "REQUEST",
            "identitySource": "method.request.header.Authorization",
            "authorizerResultTtlInSeconds": 300,
            "authorizerUri": format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
            ),
        }),
        gateway_responses: json!([{
            "responseType": "UNAUTHORIZED",
            "defaultResponse": false,
            "responseParameters": { "gatewayresponse.header.Access-Control-Allow-Origin": "'*'" },
        }]),
        environment: json!({ "GATEPOST_ISSUERS": "[]", "GATEPOST_MAX_POLICY_BYTES": "8192" }),
        busy: 2,
        are_names_emails: true,
        is_flow_allowed: true,
        mint: world.token_command(),
        flushes: world.routes(),
        ..Aws::default()
    }
}

/// `gatepost doctor` with a user pool, and API Gateway's settings.
fn with_aws(world: &World, endpoint: &str) -> Command {
    let mut command = world.bare(&world.api);
    command.args(["--table", TABLE, "--user-pool", "eu-west-1_pool", "--client-id", "client"]);
    command.args(["--api-id", "a1b2c3", "--stage", "prod"]);
    for name in ["API_GATEWAY", "COGNITO_IDENTITY_PROVIDER", "LAMBDA"] {
        command.env(format!("AWS_ENDPOINT_URL_{name}"), endpoint);
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_pool_gives_tokens_and_is_left_empty_and_a_flush_is_seen() {
    let world = World::start().await;
    let before = world.rows().await;
    let aws = Arc::new(Mutex::new(control_plane(&world)));
    let endpoint = aws::start(&aws).await;
    let run = run(&mut with_aws(&world, &endpoint));
    for (probe, verdict) in run.verdicts() {
        let want = if probe == "https-only" { "skipped" } else { "safe" };
        assert_eq!(verdict, want, "{probe}: {}", run.found(probe));
    }
    assert_eq!(run.status, Some(0), "{run:?}");
    let found = run.found("answer-size");
    assert!(found.contains("over GATEPOST_MAX_POLICY_BYTES, 8192 bytes"), "{found}");
    assert_eq!(world.rows().await, before);
    let aws = aws.lock().unwrap();
    assert_eq!((aws.users.len(), aws.groups.len()), (0, 0));
    assert!(aws.actions.iter().any(|action| action.starts_with("DELETE ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_let_programs_sign_in_is_told_and_what_was_made_is_gone() {
    let world = World::start().await;
    let aws = Arc::new(Mutex::new(Aws {
        are_names_emails: false,
        is_flow_allowed: false,
        ..control_plane(&world)
    }));
    let endpoint = aws::start(&aws).await;
    let run = run(&mut with_aws(&world, &endpoint));
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("it must allow `ALLOW_ADMIN_USER_PASSWORD_AUTH`"), "{run:?}");
    assert!(!run.stderr.contains("writing"), "{}", run.stderr);
    let aws = aws.lock().unwrap();
    assert_eq!((&aws.users, &aws.groups), (&BTreeMap::new(), &BTreeMap::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_contradict_each_other_are_told() {
    let world = World::start().await;
    let good = control_plane(&world);
    let (authorizer, environment) = (good.authorizer.clone(), good.environment.clone());
    let aws = Arc::new(Mutex::new(good));
    let endpoint = aws::start(&aws).await;
    let cases: [(Value, Value, &str, &str); 4] = [
        (json!({}), json!({}), "safe", ""),
        (json!({}), json!({ "GATEPOST_SCOPE": "method" }), "unsafe", "GATEPOST_SCOPE=method"),
        (
            json!({}),
            json!({ "GATEPOST_TOKEN_SOURCES": "cookie:session" }),
            "unsafe",
            "one caller gets another's",
        ),
        (json!({ "type": "TOKEN" }), json!({}), "amiss", "use REQUEST"),
    ];
    for (change, variables, verdict, follows) in cases {
        {
            let mut aws = aws.lock().unwrap();
            aws.authorizer = merged(&authorizer, &change);
            aws.environment = merged(&environment, &variables);
        }
        let run = run(&mut with_settings(world.bare(&world.api), &endpoint));
        assert_eq!(run.verdict("settings"), verdict, "{run:?}");
        assert!(run.report.to_string().contains(follows), "{run:?}");
        assert_eq!(run.status, Some(i32::from(verdict != "safe")));
    }
}

/// The same command, with API Gateway's settings.
fn with_settings(mut command: Command, endpoint: &str) -> Command {
    command.args(["--api-id", "a1b2c3", "--stage", "prod"]);
    command.env("AWS_ENDPOINT_URL_APIGATEWAY", endpoint).env("AWS_ENDPOINT_URL_LAMBDA", endpoint);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_responses_that_are_not_deployed_are_told() {
    let world = World::start().await;
    let aws = Arc::new(Mutex::new(control_plane(&world)));
    let endpoint = aws::start(&aws).await;
    let url = broken::before(&world.api, &[Fault::RefusalsWithoutCors]).await;
    let run = run(&mut with_settings(world.bare(&url), &endpoint));
    assert_eq!(run.verdict("settings"), "amiss");
    assert!(run.report.to_string().contains("needs a deployment to the stage"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn for_people_the_report_ends_with_the_settings_that_are_safe() {
    let world = World::start().await;
    let mut command = gatepost();
    let output =
        tokio::task::block_in_place(|| command.args(["doctor", "--url", &world.api]).output());
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let (first, rest) = text.split_once("\n\n").unwrap();
    assert_eq!(
        first,
        format!("{} is a stand-in: nothing here says anything about AWS.", world.api)
    );
    assert!(rest.starts_with("safe     unauthorized "), "{text}");
    // What is skipped for one reason is one line.
    assert_eq!(text.matches("needs --table").count(), 1, "{text}");
    let (_, settings) = text.split_once("\nSettings that are safe here\n").unwrap();
    assert!(settings.contains("?    GATEPOST_EXPIRY_CONDITION=on"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals: {text}");
}

fn merged(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().unwrap().clone();
    all.extend(other.as_object().unwrap().clone());
    all.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_a_profile_will_do() {
    let world = World::start().await;
    let config = world.routes().with_file_name("aws-config");
    let keys = "aws_access_key_id = development\naws_secret_access_key = development\n";
    fs::write(&config, format!("[profile mine]\nregion = eu-west-1\n{keys}")).unwrap();
    let endpoint = aws::start(&Arc::new(Mutex::new(control_plane(&world)))).await;
    let mut command = with_settings(world.bare(&world.api), &endpoint);
    command.args(["--table", TABLE]).env("AWS_CONFIG_FILE", config).env("AWS_PROFILE", "mine");
    for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    let run = run(&mut command);
    assert_eq!((run.status, run.verdict("settings")), (Some(0), "safe"), "{run:?}");
}
