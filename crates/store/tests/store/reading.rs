//! How a table is read when all goes well, when something fails in passing, and when it stays so.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use gatepost_core::subject::Subject;
use gatepost_store::{
    DynamoDbStore, PolicyStore, StoreError, StoredPolicy, TableLayout, put_policy,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    Script, Step, TABLE, client, create_sample_table, document, engine, engine_with_table, native,
    put_row, revision, soon, subject, subjects, wire, wire_row,
};

/// The time the authorizer gives all I/O of a call.
const BUDGET: Duration = Duration::from_secs(4);

async fn read(script: &Script, names: &[&str]) -> Result<Vec<StoredPolicy>, StoreError> {
    let store = DynamoDbStore::new(&script.client(), TABLE, TableLayout::Gatepost);
    store.read(&subjects(names), Instant::now() + BUDGET).await
}

fn names(found: &[StoredPolicy]) -> Vec<String> {
    found.iter().map(|policy| policy.subject.to_string()).collect()
}

#[tokio::test]
async fn one_request_asks_for_the_current_rows_and_what_is_needed_of_them() {
    let script = Script::new([Step::rows([], &[])]);
    assert_eq!(read(&script, &["user:b", "group:a", "user:b"]).await, Ok(vec![]));
    let want = json!({ "RequestItems": { TABLE: {
        "Keys": [
            { "subject": { "S": "group:a" }, "revision": { "N": "0" } },
            { "subject": { "S": "user:b" }, "revision": { "N": "0" } },
        ],
        "ProjectionExpression": "#0,#1,#2,#3,#4,#5",
        "ExpressionAttributeNames": {
            "#0": "subject", "#1": "document", "#2": "version", "#3": "candidate",
            "#4": "usage_identifier_key", "#5": "expires_at",
        },
    } } });
    assert_eq!(script.requests(), [want]);
}

#[tokio::test]
async fn nothing_is_asked_for_nobody() {
    let script = Script::new([Step::Silence]);
    assert_eq!(read(&script, &[]).await, Ok(vec![]));
    let store = DynamoDbStore::new(&script.client(), TABLE, TableLayout::AwsSample);
    let found = store.read(&subjects(&["user:a", "client:a", "scope:a"]), soon()).await;
    assert_eq!(found, Ok(vec![]));
    assert_eq!(script.requests(), [Value::Null; 0]);
}

#[tokio::test]
async fn documents_and_versions_come_from_their_rows() {
    let script = Script::new([Step::rows([wire_row("user:b"), wire_row("group:a")], &[])]);
    let found = read(&script, &["user:b", "group:a"]).await.unwrap();
    let policy = |name| StoredPolicy::new(subject(name), 3, document("wire"));
    assert_eq!(found, [policy("group:a"), policy("user:b")]);
}

#[tokio::test(start_paused = true)]
async fn only_what_was_left_unprocessed_is_asked_again() {
    let script = Script::new([
        Step::rows([wire_row("group:b")], &["group:a", "group:c"]),
        Step::rows([], &["group:c", "group:a"]),
        Step::rows([wire_row("group:a")], &["group:c"]),
        Step::rows([], &[]),
    ]);
    let found = read(&script, &["group:a", "group:b", "group:c", "group:d"]).await.unwrap();
    assert_eq!(names(&found), ["group:a", "group:b"]);
    let want: [&[&str]; 4] = [
        &["group:a", "group:b", "group:c", "group:d"],
        &["group:a", "group:c"],
        &["group:a", "group:c"],
        &["group:c"],
    ];
    assert_eq!(script.asked(), want);
}

#[tokio::test(start_paused = true)]
async fn more_subjects_than_one_request_takes_are_asked_for_in_turn() {
    let all: Vec<String> = (0..250).map(|index| format!("group:{index:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let script = Script::new([
        Step::rows([], &["group:007"]),
        Step::rows([], &[]),
        Step::rows([wire_row("group:007")], &[]),
    ]);
    assert_eq!(names(&read(&script, &all).await.unwrap()), ["group:007"]);
    let asked = script.asked();
    assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 51]);
    let mut once = asked.concat();
    once.sort();
    once.dedup();
    assert_eq!(once, all);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_at_the_deadline_is_an_error_and_no_smaller_answer() {
    let script = Script::new([
        Step::rows([wire_row("group:a")], &["group:b"]),
        Step::rows([], &["group:b"]),
    ]);
    let start = Instant::now();
    let error = read(&script, &["group:a", "group:b", "group:c"]).await.unwrap_err();
    assert_eq!(error, StoreError::Unprocessed { asked: 3, unread: 1 });
    assert_eq!(error.reason(), "unprocessed_keys");
    assert!(start.elapsed() <= BUDGET);
    assert!(script.requests().len() > 4, "gave up after {:?}", script.requests().len());
}

#[tokio::test(start_paused = true)]
async fn retries_come_further_and_further_apart() {
    let script = Script::new([Step::error(400, "ThrottlingException")]);
    assert_eq!(read(&script, &["group:a"]).await, Err(StoreError::Throttled));
    let mut bound = Duration::from_millis(20);
    for pair in script.times().windows(2) {
        let waited = pair[1] - pair[0];
        assert!(waited <= bound + Duration::from_millis(1), "{waited:?} over {bound:?}");
        bound = (bound * 2).min(Duration::from_secs(1));
    }
    assert!(script.times().len() < 60, "{} requests in {BUDGET:?}", script.times().len());
}

#[tokio::test(start_paused = true)]
async fn progress_makes_the_waits_short_again() {
    let all: Vec<String> = (0..40).map(|index| format!("group:{index:02}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let script = Script::new((1..=40).map(|done| Step::rows([], &all[done..])));
    assert_eq!(read(&script, &all).await, Ok(vec![]));
    for pair in script.times().windows(2) {
        assert!(pair[1] - pair[0] <= Duration::from_millis(21), "{:?}", pair[1] - pair[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_passing_is_tried_again() {
    for step in [
        Step::error(400, "ProvisionedThroughputExceededException"),
        Step::error(400, "RequestLimitExceeded"),
        Step::error(400, "ThrottlingException"),
        Step::error(500, "InternalServerError"),
        Step::error(503, "ServiceUnavailable"),
        Step::Text(502, "<html>Bad Gateway</html>"),
        Step::Text(200, "<html>It works!</html>"),
        Step::Text(200, "{\"Responses\":"),
        // Answers about no table are no answers that everything is absent.
        Step::Answer(200, json!({})),
        Step::Answer(200, json!({ "Responses": {}, "UnprocessedKeys": {} })),
        Step::Answer(200, json!({ "Responses": { TABLE: [], "another": [] } })),
        Step::Refuse,
        Step::Silence,
    ] {
        let answer = Step::rows([wire_row("group:a")], &[]);
        let script = Script::new([step.clone(), step.clone(), answer]);
        let found = read(&script, &["group:a"]).await;
        assert_eq!(found.map(|found| names(&found)), Ok(vec!["group:a".to_owned()]), "{step:?}");
        assert_eq!(script.requests().len(), 3, "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_failing_is_named_at_the_deadline() {
    for (step, reason) in [
        (Step::error(400, "RequestLimitExceeded"), "throttled"),
        (Step::error(500, "InternalServerError"), "service_failing"),
        (Step::Text(503, "busy"), "service_failing"),
        (Step::Text(200, "[]"), "garbled_answer"),
        (Step::Refuse, "unreachable"),
        (Step::Silence, "timed_out"),
    ] {
        let start = Instant::now();
        let error = read(&Script::new([step.clone()]), &["group:a"]).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{step:?}: {error}");
        assert!(start.elapsed() <= BUDGET, "{step:?} took {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_not_change_is_not_tried_again() {
    for (step, reason) in [
        (Step::error(400, "AccessDeniedException"), "access_denied"),
        (Step::error(400, "ExpiredTokenException"), "access_denied"),
        (Step::error(400, "UnrecognizedClientException"), "access_denied"),
        (Step::error(400, "ResourceNotFoundException"), "table_not_found"),
        (Step::error(400, "ValidationException"), "request_refused"),
        (Step::error(400, "Not a <code>"), "request_refused"),
        (Step::Answer(400, json!({})), "request_refused"),
    ] {
        let script = Script::new([step.clone()]);
        let error = read(&script, &["group:a"]).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{step:?}: {error}");
        assert_eq!(script.requests().len(), 1, "{step:?}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("secret") && !text.contains('<'), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_leaves_time_for_another() {
    let script = Script::new([Step::Silence, Step::rows([wire_row("group:a")], &[])]);
    let start = Instant::now();
    assert!(read(&script, &["group:a"]).await.is_ok());
    assert!(start.elapsed() < BUDGET * 3 / 4, "took {:?}", start.elapsed());
}

#[tokio::test]
async fn rows_that_were_not_asked_for_are_an_error() {
    let keyless = json!({ "version": { "N": "1" }, "document": { "M": {} } });
    for step in [
        Step::rows([wire_row("group:a"), wire_row("group:admins")], &[]),
        Step::rows([wire_row("group:a"), wire_row("group:a")], &[]),
        Step::rows([wire_row("group:a")], &["group:a"]),
        Step::rows([wire_row("group:a")], &["group:b", "group:b"]),
        Step::rows([wire_row("group:a")], &["group:admins"]),
        Step::rows([wire_row("group:a"), keyless], &[]),
    ] {
        let error = read(&Script::new([step.clone()]), &["group:a", "group:b"]).await;
        assert_eq!(error, Err(StoreError::UnaskedRow), "{step:?}");
    }
}

#[tokio::test]
async fn an_unreadable_row_is_an_error_that_names_the_place_and_nobody() {
    let good: Value = serde_json::from_str(&document("a").to_string()).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut document = wire(&good);
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let effect = "/M/Statement/L/0/M/Effect";
    let action = "/M/Statement/L/0/M/Action";
    let row = |document: Value| json!({ "version": { "N": "1" }, "document": document });
    let rows = [
        (json!({ "version": { "N": "1" } }), "attribute `document` is missing"),
        (json!({ "document": wire(&good) }), "attribute `version` is missing"),
        (
            json!({ "document": wire(&good), "version": { "N": "0" } }),
            "attribute `version`: a number",
        ),
        (row(json!({ "S": good.to_string() })), "a string, and not a map"),
        (row(json!({ "Q": {} })), "a value of an unknown type"),
        (row(json!({ "M": {} })), "breaks missing-statement"),
        (row(with(effect, json!({ "S": "allow" }))), "invalid-effect at `/Statement/0/Effect`"),
        (row(with(action, json!({ "SS": ["*"] }))), "at `/Statement/0/Action`: a string set"),
        (row(with(action, json!({ "Z": "?" }))), "a value of an unknown type"),
    ];
    for (mut row, place) in rows {
        row["subject"] = json!({ "S": "group:secret-name" });
        let script = Script::new([Step::rows([wire_row("group:a"), row.clone()], &[])]);
        let error = read(&script, &["group:a", "group:secret-name"]).await.unwrap_err();
        assert_eq!(error.reason(), "unreadable_row");
        let text = error.to_string();
        assert!(text.starts_with("the row of a group is unreadable: "), "{text}");
        assert!(text.contains(place), "{text} for {row}");
        assert!(!format!("{error:?}{text}").contains("secret"), "{error:?}");
        assert_eq!(script.requests().len(), 1, "{row}");
    }
}

#[tokio::test]
async fn an_unreadable_row_of_a_real_table_spoils_the_whole_answer() {
    let good: Value = serde_json::from_str(&document("a").to_string()).unwrap();
    let client = engine_with_table().await;
    for (name, document) in [("group:a", good.clone()), ("group:b", json!({ "Statement": [{}] }))] {
        let row = json!({ "subject": name, "revision": 0, "version": 1, "document": document });
        put_row(&client, row).await;
    }
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    assert_eq!(names(&store.read(&subjects(&["group:a"]), soon()).await.unwrap()), ["group:a"]);
    let error = store.read(&subjects(&["group:a", "group:b"]), soon()).await.unwrap_err();
    assert_eq!(error.reason(), "unreadable_row");

    let client = engine().await;
    create_sample_table(&client).await;
    put_row(&client, json!({ "group": "a", "policy": good })).await;
    put_row(&client, json!({ "group": "b", "policy": good.to_string() })).await;
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::AwsSample);
    assert_eq!(names(&store.read(&subjects(&["group:a"]), soon()).await.unwrap()), ["group:a"]);
    let error = store.read(&subjects(&["group:a", "group:b"]), soon()).await.unwrap_err();
    assert_eq!(error.reason(), "unreadable_row");
}

/// The one row that the template of the sample writes, as it writes it.
#[tokio::test]
async fn the_sample_s_own_row_is_read() {
    let client = engine().await;
    create_sample_table(&client).await;
    let row = json!({
        "group": "pet-veterinarian",
        "policy": {
            "Statement": [{
                "Action": "execute-api:Invoke",
                "Effect": "Allow",
                "Resource": [
                    "arn:aws:execute-api:*:*:*/*/*/petstore/v1/*",
                    "arn:aws:execute-api:*:*:*/*/GET/petstore/v2/status"
                ],
                "Sid": "PetStore-API"
            }],
            "Version": "2012-10-17"
        }
    });
    put_row(&client, row).await;
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::AwsSample);
    let found = store.read(&subjects(&["group:pet-veterinarian"]), soon()).await.unwrap();
    assert_eq!(found[0].version, 0);
    let statement = &found[0].document.statements()[0];
    assert_eq!(statement.sid(), Some("PetStoreAPI"));
    assert_eq!(statement.resources().patterns().len(), 2);
}

/// DynamoDB answers with at most 16 MB and leaves the rest unprocessed.
#[tokio::test]
async fn an_answer_over_sixteen_megabytes_comes_in_parts() {
    let client = engine_with_table().await;
    let resources: Vec<String> =
        (0..780).map(|index| format!("GET/{index:03}/{}", "x".repeat(490))).collect();
    let names: Vec<Subject> = (0..44).map(|index| subject(&format!("group:{index}"))).collect();
    for name in &names {
        let document = json!({ "Statement": [{
            "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": resources,
        }] });
        let name = name.to_string();
        put_row(
            &client,
            json!({ "subject": name, "revision": 0, "version": 1, "document": document }),
        )
        .await;
    }
    let keys = names.iter().map(|name| {
        let key = json!({ "subject": name.to_string(), "revision": 0 });
        native(&key).as_m().unwrap().clone()
    });
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys.collect()))
        .projection_expression("subject")
        .build();
    let request = client.batch_get_item().request_items(TABLE, keys.unwrap());
    assert_eq!(request.send().await.unwrap().unprocessed_keys.unwrap().len(), 1);

    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    let found = store.read(&names, Instant::now() + Duration::from_mins(5)).await.unwrap();
    assert_eq!(found.len(), names.len());
}

#[tokio::test]
async fn a_table_that_is_not_there_is_named_so() {
    let store = DynamoDbStore::new(&engine().await, TABLE, TableLayout::Gatepost);
    let error = store.read(&subjects(&["group:a"]), soon()).await;
    assert_eq!(error, Err(StoreError::TableNotFound));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unreachable() {
    // A port that was ours a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = client(&format!("http://127.0.0.1:{port}"));
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    let deadline = Instant::now() + Duration::from_millis(300);
    let error = store.read(&subjects(&["group:a"]), deadline).await.unwrap_err();
    assert_eq!(error.reason(), "unreachable");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_client_without_credentials_says_so_at_once() {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let client = Client::from_conf(config.build());
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    let error = store.read(&subjects(&["group:a"]), soon()).await.unwrap_err();
    assert_eq!(error.reason(), "unsendable", "{error}");
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_an_error_even_of_a_healthy_table() {
    let client = engine_with_table().await;
    put_policy(&client, TABLE, &subject("group:a"), &document("a"), None, &revision())
        .await
        .unwrap();
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    let error = store.read(&subjects(&["group:a"]), Instant::now()).await;
    assert_eq!(error, Err(StoreError::TimedOut));
}
