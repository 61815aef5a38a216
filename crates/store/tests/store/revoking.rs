//! Revocations, candidates and usage keys: what stands in the table beside documents.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use gatepost_core::revocable::Revocable;
use gatepost_store::{
    DynamoDbStore, PolicyStore, Revocation, RevocationNote, Rows, StoreError, TableLayout,
    lift_revocation, put_policy, revoke,
};
use serde_json::{Value, json};

use crate::support::{
    Script, Step, TABLE, document, engine_with_table, put_row, revision, soon, subject, subjects,
    wire_row,
};

fn revocable(text: &str) -> Revocable {
    text.parse().unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

const NOTE: RevocationNote<'_> =
    RevocationNote { revoked_at: SystemTime::UNIX_EPOCH, revoked_by: "tests", comment: "lost" };

async fn read(client: &Client, revocables: &[&str]) -> Result<Rows, StoreError> {
    let store = DynamoDbStore::new(client, TABLE, TableLayout::Gatepost);
    let revocables: Vec<Revocable> = revocables.iter().map(|text| revocable(text)).collect();
    store.read_rows(&subjects(&["group:a"]), &revocables, soon()).await
}

#[tokio::test]
async fn one_request_asks_for_documents_and_revocations() {
    let mut row = wire_row("group:a");
    row["candidate"] = row["document"].clone();
    row["usage_identifier_key"] = json!({ "S": "key-1" });
    let revoked = json!({ "subject": { "S": "revoked:token:j" }, "expires_at": { "N": "60" } });
    let script = Script::new([Step::rows([row, revoked], &[])]);
    let store = DynamoDbStore::new(&script.client(), TABLE, TableLayout::Gatepost);
    let revocables = [revocable("user:u"), revocable("token:j")];
    let rows = store.read_rows(&subjects(&["group:a"]), &revocables, soon()).await.unwrap();
    let [request] = script.requests().try_into().unwrap();
    let keys: Vec<&Value> = request["RequestItems"][TABLE]["Keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["subject"]["S"])
        .collect();
    assert_eq!(keys, ["group:a", "revoked:token:j", "revoked:user:u"]);
    let expires_at = Some(at(60));
    assert_eq!(rows.revocations, [Revocation { revocable: revocable("token:j"), expires_at }]);
    let [policy] = rows.policies.try_into().unwrap();
    assert_eq!(*policy.candidate.unwrap().document, document("wire"));
    assert_eq!(policy.usage_identifier_key.unwrap().expose(), "key-1");
}

#[tokio::test]
async fn a_revocation_lasts_until_its_time_and_can_be_lifted() {
    let client = engine_with_table().await;
    let user = revocable("user:u");
    assert_eq!(read(&client, &["user:u"]).await.unwrap().revocations, []);
    assert_eq!(revoke(&client, TABLE, &user, at(100), &NOTE).await, Ok(Some(at(100))));
    let [revocation] = read(&client, &["user:u"]).await.unwrap().revocations.try_into().unwrap();
    assert!(revocation.holds_at(at(99)) && !revocation.holds_at(at(100)));
    assert_eq!(lift_revocation(&client, TABLE, &user).await, Ok(true));
    assert_eq!(lift_revocation(&client, TABLE, &user).await, Ok(false));
    assert_eq!(read(&client, &["user:u"]).await.unwrap().revocations, []);
}

#[tokio::test]
async fn the_longer_revocation_stays() {
    let client = engine_with_table().await;
    let user = revocable("user:u");
    for (wanted, got) in [(100, 100), (50, 100), (200, 200)] {
        assert_eq!(revoke(&client, TABLE, &user, at(wanted), &NOTE).await, Ok(Some(at(got))));
    }
    put_row(&client, json!({ "subject": "revoked:token:j", "revision": 0 })).await;
    let for_ever = revoke(&client, TABLE, &revocable("token:j"), at(100), &NOTE).await;
    assert_eq!(for_ever, Ok(None));
    let [revocation] = read(&client, &["token:j"]).await.unwrap().revocations.try_into().unwrap();
    assert!(revocation.holds_at(at(u64::from(u32::MAX))));
}

#[tokio::test]
async fn a_revocation_that_cannot_be_read_is_an_error_and_not_none() {
    let client = engine_with_table().await;
    let row = json!({ "subject": "revoked:session:s", "revision": 0, "expires_at": "soon" });
    put_row(&client, row).await;
    let error = read(&client, &["session:s"]).await.unwrap_err();
    assert_eq!(error.reason(), "unreadable_row");
    assert!(error.to_string().starts_with("the row of a revoked session"), "{error}");
}

#[tokio::test]
async fn a_candidate_that_cannot_be_read_changes_nothing() {
    let client = engine_with_table().await;
    put_policy(&client, TABLE, &subject("group:a"), &document("a"), None, &revision())
        .await
        .unwrap();
    let mut rows = read(&client, &[]).await.unwrap();
    let text = serde_json::from_str::<Value>(&document("a").to_string()).unwrap();
    let row = json!({
        "subject": "group:a", "revision": 0, "version": 1, "document": text,
        "candidate": { "Statement": "Allow everything" },
    });
    put_row(&client, row).await;
    assert_eq!(read(&client, &[]).await.unwrap(), rows);
    rows.policies[0].candidate = None;
    assert_eq!(*rows.policies[0].document, document("a"));
}
