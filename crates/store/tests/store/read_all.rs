//! A table read as a whole: every current document, and nothing that is none.

use gatepost_store::{
    ReadAllError, StoreError, StoredPolicy, TableLayout, put_policy, read_all, seed,
};
use serde_json::{Value, json};

use crate::support::{
    Script, Step, TABLE, create_sample_table, document, engine, engine_with_table, put_row,
    revision, subject, wire_row,
};

fn names(found: &[StoredPolicy]) -> Vec<String> {
    found.iter().map(|policy| policy.subject.to_string()).collect()
}

#[tokio::test]
async fn current_documents_come_sorted_without_history_and_revocations() {
    let client = engine_with_table().await;
    let wanted =
        ["user:b", "group:a", "scope:x/y", "client:7"].map(|name| (subject(name), document("old")));
    seed(&client, TABLE, &wanted, &revision()).await.unwrap();
    let new = document("new");
    put_policy(&client, TABLE, &subject("group:a"), &new, Some(1), &revision()).await.unwrap();
    let revoked = "revoked:user:b";
    put_row(&client, json!({ "subject": revoked, "revision": 0, "expires_at": 9 })).await;

    let found = read_all(&client, TABLE, TableLayout::Gatepost).await.unwrap();
    assert_eq!(names(&found), ["client:7", "group:a", "scope:x/y", "user:b"]);
    assert_eq!((found[1].version, &*found[1].document), (2, &new));
    assert_eq!((found[3].version, &*found[3].document), (1, &document("old")));
}

#[tokio::test]
async fn a_table_of_the_aws_sample_has_groups() {
    let client = engine().await;
    create_sample_table(&client).await;
    let policy: Value = serde_json::from_str(&document("a").to_string()).unwrap();
    put_row(&client, json!({ "group": "b", "policy": policy })).await;
    // No prefix means anything there.
    put_row(&client, json!({ "group": "revoked:a", "policy": policy })).await;
    let found = read_all(&client, TABLE, TableLayout::AwsSample).await.unwrap();
    assert_eq!(names(&found), ["group:b", "group:revoked:a"]);
    assert_eq!(found[0].version, 0);
}

#[tokio::test]
async fn every_page_is_read() {
    let client = engine_with_table().await;
    // A page ends at 1 MB.
    let path = "x".repeat(400);
    let resources: Vec<String> = (0..150).map(|index| format!("GET/{index}{path}")).collect();
    for index in 0..40 {
        let document = json!({ "Statement": [{
            "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": resources,
        }] });
        let name = format!("group:{index:02}");
        put_row(
            &client,
            json!({ "subject": name, "revision": 0, "version": 1, "document": document }),
        )
        .await;
    }
    assert_eq!(read_all(&client, TABLE, TableLayout::Gatepost).await.unwrap().len(), 40);

    let key = |name| json!({ "subject": { "S": name }, "revision": { "N": "0" } });
    let script = Script::new([
        Step::Answer(200, json!({ "Items": [wire_row("group:b")], "LastEvaluatedKey": key("x") })),
        Step::Answer(200, json!({ "Items": [], "LastEvaluatedKey": key("y") })),
        Step::Answer(200, json!({ "Items": [wire_row("group:a")] })),
    ]);
    let found = read_all(&script.client(), TABLE, TableLayout::Gatepost).await.unwrap();
    assert_eq!(names(&found), ["group:a", "group:b"]);
    assert!(script.requests().iter().all(|request| request["ConsistentRead"] == true));
    assert_eq!(script.requests()[2]["ExclusiveStartKey"], key("y"));
}

#[tokio::test]
async fn every_unreadable_row_is_named_with_its_fault() {
    let client = engine_with_table().await;
    let good: Value = serde_json::from_str(&document("a").to_string()).unwrap();
    put_row(
        &client,
        json!({ "subject": "group:good", "revision": 0, "version": 1, "document": good }),
    )
    .await;
    let faulty = json!({ "Statement": [{ "Effect": "allow", "Action": "*", "Resource": "x" }] });
    put_row(
        &client,
        json!({ "subject": "group:z", "revision": 0, "version": 1, "document": faulty }),
    )
    .await;
    put_row(&client, json!({ "subject": "group:a", "revision": 0, "version": 1 })).await;
    put_row(&client, json!({ "subject": "grup:a", "revision": 0, "version": 1 })).await;
    // What is history may be anything.
    put_row(&client, json!({ "subject": "group:good", "revision": 7, "document": 7 })).await;

    let error = read_all(&client, TABLE, TableLayout::Gatepost).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the row of `group:a`: attribute `document` is missing\n\
         the row of `group:z`: in `document`: `/Statement/0/Effect` [invalid-effect]; \
         `/Statement/0/Resource` [invalid-resource]\n\
         the row of `grup:a`: the key is that of no subject"
    );
}

#[tokio::test]
async fn a_table_that_fails_midway_is_an_error_and_no_smaller_answer() {
    let key = json!({ "subject": { "S": "group:a" }, "revision": { "N": "0" } });
    let script = Script::new([
        Step::Answer(200, json!({ "Items": [wire_row("group:b")], "LastEvaluatedKey": key })),
        Step::error(400, "AccessDeniedException"),
    ]);
    let error = read_all(&script.client(), TABLE, TableLayout::Gatepost).await.unwrap_err();
    let code = "AccessDeniedException".to_owned();
    assert_eq!(error, ReadAllError::Store(StoreError::AccessDenied { code }));

    let error = read_all(&engine().await, TABLE, TableLayout::Gatepost).await.unwrap_err();
    assert_eq!(error, ReadAllError::Store(StoreError::TableNotFound));
}
