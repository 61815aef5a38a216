//! Tables made, documents written with their history, and a table made equal to a set.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{
    CreateTableError, DynamoDbStore, NewRevision, PolicyStore, SeedReport, StoreError,
    StoredPolicy, TableLayout, WriteError, Written, create_table, delete_policy, put_policy, seed,
};
use serde_json::{Value, json};

use crate::support::{
    Script, Step, TABLE, create_sample_table, document, engine, engine_with_table, put_row,
    revision, row, soon, subject,
};

/// Writes the document of one group.
async fn put(client: &Client, path: &str, expected: Option<u64>) -> Result<Written, WriteError> {
    let group = subject("group:a");
    put_policy(client, TABLE, &group, &document(path), expected, &revision()).await
}

async fn read(client: &Client) -> Option<StoredPolicy> {
    let store = DynamoDbStore::new(client, TABLE, TableLayout::Gatepost);
    store.read(&[subject("group:a")], soon()).await.unwrap().pop()
}

/// Every row of the table.
async fn rows(client: &Client) -> usize {
    let answer = client.scan().table_name(TABLE).send().await.unwrap();
    answer.items().len()
}

#[tokio::test]
async fn creating_a_table_twice_is_creating_it_once() {
    let client = engine_with_table().await;
    put(&client, "a", None).await.unwrap();
    create_table(&client, TABLE).await.unwrap();
    assert!(read(&client).await.is_some());
    let description =
        client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    assert_eq!(
        description.billing_mode_summary.unwrap().billing_mode.unwrap().as_str(),
        "PAY_PER_REQUEST"
    );
}

#[tokio::test]
async fn a_table_with_another_key_is_not_taken() {
    let client = engine().await;
    create_sample_table(&client).await;
    assert_eq!(
        create_table(&client, TABLE).await,
        Err(CreateTableError::OtherKey { wanted: vec!["subject", "revision"] })
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_table_is_waited_for() {
    let description = |status: &str| {
        json!({ "Table": {
            "TableStatus": status,
            "KeySchema": [
                { "AttributeName": "subject", "KeyType": "HASH" },
                { "AttributeName": "revision", "KeyType": "RANGE" },
            ],
        } })
    };
    let script = Script::new([
        Step::Answer(200, json!({})),
        Step::error(400, "ResourceNotFoundException"),
        Step::Answer(200, description("CREATING")),
        Step::Answer(200, description("ACTIVE")),
    ]);
    assert_eq!(create_table(&script.client(), TABLE).await, Ok(()));
    assert_eq!(script.requests().len(), 4);

    let script = Script::new([Step::Answer(200, description("CREATING"))]);
    let error = create_table(&script.client(), TABLE).await;
    assert_eq!(error, Err(CreateTableError::Store(StoreError::TimedOut)));
}

#[tokio::test]
async fn a_document_is_written_as_a_current_row_and_its_history() {
    let client = engine_with_table().await;
    assert_eq!(put(&client, "a", None).await, Ok(Written::Revision(1)));
    assert_eq!(put(&client, "b", Some(1)).await, Ok(Written::Revision(2)));

    let policy = read(&client).await.unwrap();
    assert_eq!((policy.version, &*policy.document), (2, &document("b")));

    let text = document("b").to_string();
    let want = |revision: u64| {
        json!({
            "subject": "group:a",
            "revision": revision,
            "version": 2,
            "document": serde_json::from_str::<Value>(&text).unwrap(),
            // By `sha256sum`, of the text.
            "digest": "65ec803405f112766119f0635b5d1747ddba4ca99e649e15d0d0ade43f315b70",
            "updated_at": "2023-11-14T22:13:20Z",
            "updated_by": "tests",
            "comment": "seeded",
        })
    };
    assert_eq!(row(&client, "group:a", 0).await, Some(want(0)));
    assert_eq!(row(&client, "group:a", 2).await, Some(want(2)));
    assert_eq!(row(&client, "group:a", 1).await.unwrap()["version"], json!(1));
    assert_eq!(rows(&client).await, 3);
}

#[tokio::test]
async fn an_unchanged_document_is_not_written() {
    let client = engine_with_table().await;
    put(&client, "a", None).await.unwrap();
    assert_eq!(put(&client, "a", Some(1)).await, Ok(Written::Unchanged));
    assert_eq!(rows(&client).await, 2);
}

#[tokio::test]
async fn a_write_from_another_version_changes_nothing() {
    let client = engine_with_table().await;
    let conflict = |expected, found| Err(WriteError::Conflict { expected, found });
    assert_eq!(put(&client, "a", Some(1)).await, conflict(Some(1), None));
    put(&client, "a", None).await.unwrap();
    put(&client, "b", Some(1)).await.unwrap();
    for (path, expected) in
        [("c", Some(1)), ("b", Some(1)), ("c", Some(3)), ("c", None), ("b", None)]
    {
        assert_eq!(put(&client, path, expected).await, conflict(expected, Some(2)));
    }
    let group = subject("group:a");
    let deleted = delete_policy(&client, TABLE, &group, 1, &revision()).await;
    assert_eq!(deleted, Err(WriteError::Conflict { expected: Some(1), found: Some(2) }));
    assert_eq!(rows(&client).await, 3);
    assert_eq!(*read(&client).await.unwrap().document, document("b"));
}

#[tokio::test]
async fn of_two_writers_from_one_version_one_wins() {
    let client = engine_with_table().await;
    put(&client, "a", None).await.unwrap();
    let (one, other) = tokio::join!(put(&client, "b", Some(1)), put(&client, "c", Some(1)));
    let results = [one, other];
    assert_eq!(results.iter().filter(|result| **result == Ok(Written::Revision(2))).count(), 1);
    let conflicts =
        results.iter().filter(|result| matches!(result, Err(WriteError::Conflict { .. })));
    assert_eq!(conflicts.count(), 1, "{results:?}");
    assert_eq!(rows(&client).await, 3);
}

#[tokio::test]
async fn a_deletion_is_part_of_the_history_and_its_number_is_not_used_again() {
    let client = engine_with_table().await;
    let group = subject("group:a");
    put(&client, "a", None).await.unwrap();
    delete_policy(&client, TABLE, &group, 1, &revision()).await.unwrap();
    assert_eq!(read(&client).await, None);
    let deletion = row(&client, "group:a", 2).await.unwrap();
    assert_eq!(deletion["updated_by"], json!("tests"));
    assert_eq!(deletion.get("document"), None);

    assert_eq!(put(&client, "a", None).await, Ok(Written::Revision(3)));
    assert_eq!(rows(&client).await, 4);
    assert_eq!(row(&client, "group:a", 1).await.unwrap()["version"], json!(1));
}

#[tokio::test]
async fn the_history_is_never_written_over() {
    let client = engine_with_table().await;
    put(&client, "a", None).await.unwrap();
    put_row(&client, json!({ "subject": "group:a", "revision": 2, "version": 2 })).await;
    assert_eq!(put(&client, "b", Some(1)).await, Err(WriteError::RevisionExists { version: 2 }));
    assert_eq!(*read(&client).await.unwrap().document, document("a"));
}

#[tokio::test]
async fn a_row_may_be_as_large_as_the_engine_takes_and_no_larger() {
    let client = engine_with_table().await;
    let group = subject("group:a");
    let put = async |comment: &str| {
        let revision = NewRevision { comment, ..revision() };
        put_policy(&client, TABLE, &group, &document("a"), None, &revision).await
    };
    let Err(WriteError::TooLarge { bytes }) = put(&"x".repeat(400 * 1024)).await else { panic!() };
    let largest = 400 * 1024 - (bytes - 400 * 1024);
    let error = put(&"x".repeat(largest + 1)).await.unwrap_err();
    assert_eq!(error, WriteError::TooLarge { bytes: 400 * 1024 + 1 });
    assert_eq!(error.to_string(), "the row is 409601 bytes, over the limit of 409600");
    assert_eq!(put(&"x".repeat(largest)).await, Ok(Written::Revision(1)));
}

#[tokio::test]
async fn a_time_that_has_no_form_is_refused() {
    let client = engine_with_table().await;
    let late = SystemTime::UNIX_EPOCH + Duration::from_hours(90_000_000);
    let revision = NewRevision { updated_at: late, ..revision() };
    let written =
        put_policy(&client, TABLE, &subject("group:a"), &document("a"), None, &revision).await;
    assert_eq!(written, Err(WriteError::UpdatedAt));
}

#[tokio::test(start_paused = true)]
async fn each_reason_for_a_cancelled_transaction_has_its_error() {
    let none = json!({ "Code": "None" });
    let reason = |code: &str| json!({ "Code": code, "Message": "secret-message" });
    let conflict = WriteError::Conflict { expected: Some(1), found: None };
    for (reasons, want) in [
        ([reason("TransactionConflict"), none.clone()], conflict.clone()),
        ([none.clone(), reason("TransactionConflict")], conflict.clone()),
        ([reason("ConditionalCheckFailed"), none.clone()], conflict.clone()),
        (
            [none.clone(), reason("ConditionalCheckFailed")],
            WriteError::RevisionExists { version: 2 },
        ),
        ([reason("ThrottlingError"), none.clone()], StoreError::Throttled.into()),
        ([none.clone(), reason("ProvisionedThroughputExceeded")], StoreError::Throttled.into()),
        (
            [reason("ValidationError"), none.clone()],
            StoreError::Refused { code: "ValidationError".to_owned(), status: 400 }.into(),
        ),
    ] {
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": "secret-message",
            "CancellationReasons": reasons,
        });
        let script = Script::new([Step::Answer(400, body)]);
        assert_eq!(put(&script.client(), "a", Some(1)).await, Err(want), "{reasons:?}");
    }
}

#[tokio::test]
async fn seeding_makes_the_table_equal_and_reports_what_it_did() {
    let client = engine_with_table().await;
    let all = |names: &[(&str, &str)]| -> Vec<(Subject, PolicyDocument)> {
        names.iter().map(|(name, path)| (subject(name), document(path))).collect()
    };
    let seed = async |wanted: &[(&str, &str)]| {
        let SeedReport { added, changed, removed, unchanged } =
            seed(&client, TABLE, &all(wanted), &revision()).await.unwrap();
        let text = |subjects: Vec<Subject>| {
            subjects.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        (text(added), text(changed), text(removed), unchanged)
    };
    let report = |added: &str, changed: &str, removed: &str, unchanged| {
        (added.to_owned(), changed.to_owned(), removed.to_owned(), unchanged)
    };
    put_row(&client, json!({ "subject": "revoked:user:x", "revision": 0, "expires_at": 1 })).await;

    let first = [("group:a", "a"), ("group:b", "b"), ("user:c", "c")];
    assert_eq!(seed(&first).await, report("group:a group:b user:c", "", "", 0));
    assert_eq!(seed(&first).await, report("", "", "", 3));
    let second = [("group:a", "a"), ("group:b", "changed"), ("scope:d", "d")];
    assert_eq!(seed(&second).await, report("scope:d", "group:b", "user:c", 1));
    assert_eq!(seed(&first).await, report("user:c", "group:b", "scope:d", 1));
    assert_eq!(seed(&[]).await, report("", "", "group:a group:b user:c", 0));
    assert!(row(&client, "revoked:user:x", 0).await.is_some());
}
