//! The tables: rows that the real code writes, attribute by attribute.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_store::{
    Change, Content, DynamoDbStore, Lease, MAX_CHANGES, NewRevision, PolicyStore, RevocationNote,
    SessionId, SessionRow, SessionTable, TableLayout, WriteError, create_session_table,
    create_table, read_table, revoke, transactions,
};
use tokio::time::Instant;

use crate::engine::{client, variables};
use crate::page::{hold, in_backticks, rows_after, table, text};

const PAGE: &str = "docs/reference/table.md";
const POLICIES: &str = "policies";
const SESSIONS: &str = "sessions";

/// What each attribute is, for the kind of row that has it.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "",
        "subject",
        "whose row it is: `group:NAME`, `user:SUB`, `client:ID` or `scope:SCOPE`. Partition key",
    ),
    ("current", "revision", "0. Sort key"),
    ("history", "revision", "the version, from 1. Sort key"),
    ("removal", "revision", "the version, from 1. Sort key"),
    (
        "",
        "version",
        "which version this is: from 1, and no number twice, even if the document is deleted and written anew",
    ),
    ("", "document", "the policy document, as a native map and not as a text"),
    ("history", "candidate", "the candidate that this revision put beside the document"),
    ("current", "candidate", "a document that is tried in the shadow and decides nothing"),
    ("", "digest", "SHA-256 of the document's canonical text, in hexadecimal: tells edits by hand"),
    ("", "updated_at", "when, as RFC 3339 in UTC"),
    ("", "updated_by", "who: `--as`, or whoever AWS, git or the system says it is"),
    ("revocation", "comment", "why; may be empty"),
    ("", "comment", "why; may be empty"),
    (
        "",
        "source_revision",
        "the git commit that it was published from, with `+dirty` if something was not committed",
    ),
    (
        "revocation",
        "subject",
        "`revoked:user:SUB`, `revoked:session:ORIGIN_JTI` or `revoked:token:JTI`. Partition key",
    ),
    ("revocation", "revision", "0. Sort key"),
    (
        "revocation",
        "expires_at",
        "when the last token that is meant has ended, in seconds since 1970: from then on the row counts for nothing. TTL",
    ),
    ("revocation", "revoked_at", "when it was written, in seconds since 1970"),
    ("revocation", "revoked_by", "who wrote it; may be empty"),
    ("session", "session", "base64url of the SHA-256 of the id in the cookie. Partition key"),
    ("session", "access_token", "sealed by the id"),
    ("session", "refresh_token", "sealed under a session key, if the provider gave one"),
    ("session", "sub", "whose session it is"),
    ("session", "created_at", "when it began, in seconds since 1970"),
    ("session", "renewed_at", "when its tokens came, in seconds since 1970"),
    ("session", "revision", "how many times tokens came, from 1"),
    ("session", "expires_at", "when it is over, in seconds since 1970. TTL"),
    ("session", "lease", "who is asking the provider for new tokens"),
    ("session", "lease_until", "until when nobody else is to, in milliseconds since 1970"),
];

type Row = HashMap<String, AttributeValue>;

/// A client of an engine with both tables.
async fn engine() -> (DynamoDb, Client) {
    let engine = DynamoDb::start(Storage::Memory, 0).await.unwrap();
    let client = client(&variables(&engine.endpoint_url()));
    create_table(&client, POLICIES).await.unwrap();
    create_session_table(&client, SESSIONS).await.unwrap();
    (engine, client)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

/// Changes the row of a group, as `gatepost apply` does.
async fn change(client: &Client, content: Content) {
    let state = read_table(client, POLICIES).await.unwrap();
    let subject: Subject = "group:movies-group".parse().unwrap();
    let (from, version) = (state.rows.get(&subject).cloned(), state.next_version(&subject));
    let change = Change { subject, from, version, content, comment: None };
    let revision = NewRevision {
        updated_at: now(),
        updated_by: "alice",
        comment: "why",
        source_revision: Some("0123456789abcdef0123456789abcdef01234567"),
    };
    for transaction in transactions(POLICIES, &[change], &revision).unwrap() {
        transaction.write(client).await.unwrap();
    }
}

fn document() -> Arc<PolicyDocument> {
    let text = br#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":"execute-api:Invoke","Resource":"GET/movies"}]}"#;
    Arc::new(PolicyDocument::parse(text).unwrap())
}

/// The rows of a table, by sort key.
async fn rows(client: &Client, name: &str) -> Vec<Row> {
    let mut rows = client.scan().table_name(name).send().await.unwrap().items.unwrap();
    let revision = |row: &Row| match row.get("revision") {
        Some(AttributeValue::N(number)) => number.parse::<u64>().unwrap(),
        _ => 0,
    };
    rows.sort_by_key(revision);
    rows
}

/// Asserts that the page has the attributes of `rows`, which have all that there can be, with their types, or
/// writes them. `always` has those that are always there.
fn hold_row(kind: &str, rows: &[&Row], always: &Row) {
    let mut found = BTreeMap::new();
    for (name, value) in rows.iter().flat_map(|row| row.iter()) {
        assert_eq!(
            found.insert(name.clone(), type_of(value)).unwrap_or(type_of(value)),
            type_of(value)
        );
    }
    let meaning = |name: &str| {
        let of = |wanted: &str| {
            MEANINGS.iter().position(|(kind, attribute, _)| *kind == wanted && *attribute == name)
        };
        of(kind).or_else(|| of("")).unwrap_or_else(|| panic!("what is `{name}` of a {kind}?"))
    };
    let mut names: Vec<&String> = found.keys().collect();
    names.sort_by_key(|name| meaning(name));
    let rows = names.into_iter().map(|name| {
        let (_, _, what) = MEANINGS[meaning(name)];
        let there = if always.contains_key(name) { "always" } else { "perhaps" };
        vec![format!("`{name}`"), found[name].to_owned(), there.to_owned(), what.to_owned()]
    });
    let made = table(&["attribute", "type", "there", "what"], rows);
    hold(PAGE, &format!("attributes of a row: {kind}"), &made);
}

fn type_of(value: &AttributeValue) -> &'static str {
    let types = [
        (value.is_b(), "binary"),
        (value.is_m(), "map"),
        (value.is_n(), "number"),
        (value.is_s(), "text"),
    ];
    let found = types.into_iter().find_map(|(is, word)| is.then_some(word));
    found.unwrap_or_else(|| panic!("a type without a word: {value:?}"))
}

/// A row without what is there only sometimes.
fn without(row: &Row, names: &[&str]) -> Row {
    let mut row = row.clone();
    row.retain(|name, _| !names.contains(&name.as_str()));
    row
}

#[tokio::test]
async fn the_page_has_every_attribute_of_the_policy_table() {
    let (_engine, client) = engine().await;
    change(&client, Content::Document(document())).await;
    let first = rows(&client, POLICIES).await;
    change(&client, Content::Candidate(document())).await;
    let [current, _, with_candidate] = rows(&client, POLICIES).await.try_into().unwrap();
    let optional = ["source_revision"];
    hold_row("current", &[&current], &without(&first[0], &optional));
    hold_row("history", &[&with_candidate], &without(&first[1], &optional));

    change(&client, Content::Removed).await;
    let removal = rows(&client, POLICIES).await.pop().unwrap();
    hold_row("removal", &[&removal], &without(&removal, &optional));
}

#[tokio::test]
async fn the_page_has_every_attribute_of_a_revocation() {
    let (_engine, client) = engine().await;
    let note = RevocationNote { revoked_at: now(), revoked_by: "alice", comment: "lost" };
    let revocable = "user:someone".parse().unwrap();
    revoke(&client, POLICIES, &revocable, now(), &note).await.unwrap();
    let [row] = rows(&client, POLICIES).await.try_into().unwrap();
    hold_row("revocation", &[&row], &row);
}

#[tokio::test]
async fn the_page_has_every_attribute_of_a_session() {
    let (_engine, client) = engine().await;
    let sessions = SessionTable::new(&client, SESSIONS);
    let id = SessionId::random().unwrap();
    let soon = Instant::now() + Duration::from_secs(30);
    let row = SessionRow {
        access_token: b"sealed".to_vec(),
        refresh_token: None,
        sub: "someone".to_owned(),
        created_at: now(),
        renewed_at: now(),
        revision: 1,
        expires_at: now(),
        lease: None,
    };
    sessions.begin(id.key(), &row, soon).await.unwrap();
    let [least] = rows(&client, SESSIONS).await.try_into().unwrap();
    let row = SessionRow { refresh_token: Some("sealed".to_owned()), ..row };
    sessions.begin(id.key(), &row, soon).await.unwrap();
    let lease = Lease { holder: "one".to_owned(), until: now() + Duration::from_secs(8) };
    assert!(sessions.take_lease(id.key(), 1, &lease, now(), soon).await.unwrap());
    let [most] = rows(&client, SESSIONS).await.try_into().unwrap();
    hold_row("session", &[&most], &least);
}

#[tokio::test]
async fn a_row_of_the_sample_needs_what_the_page_tells_and_no_more() {
    const SAMPLE: &str = "sample";
    let (_engine, client) = engine().await;
    let told = rows_after(PAGE, "## The table of the AWS sample");
    let [group, policy] = told.try_into().unwrap();
    let [[key], [map]] = [&group[0], &policy[0]].map(|cell| in_backticks(cell).try_into().unwrap());
    assert_eq!([&group[1], &policy[1]], ["text", "map"]);
    let attribute =
        AttributeDefinition::builder().attribute_name(&key).attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder().attribute_name(&key).key_type(KeyType::Hash);
    let made = client.create_table().table_name(SAMPLE).billing_mode(BillingMode::PayPerRequest);
    let made = made.attribute_definitions(attribute.build().unwrap());
    made.key_schema(schema.build().unwrap()).send().await.unwrap();
    let row = client.put_item().table_name(SAMPLE);
    let row = row.item(key, AttributeValue::S("movies-group".to_owned()));
    let row = row.item(map, serde_dynamo::to_attribute_value(&*document()).unwrap());
    row.send().await.unwrap();

    let store = DynamoDbStore::new(&client, SAMPLE, TableLayout::AwsSample);
    let soon = Instant::now() + Duration::from_secs(30);
    let subject: Subject = "group:movies-group".parse().unwrap();
    let read = store.read(&[subject], soon).await.unwrap();
    assert_eq!(read[0].document, document());
}

#[test]
fn the_limits_are_those_of_the_code() {
    let told: Vec<Vec<String>> = rows_after(PAGE, "### Limits");
    let too_large = WriteError::TooLarge { bytes: 1 }.to_string();
    let most = told[0][1].split(' ').next().unwrap().replace(',', "");
    assert!(too_large.ends_with(&format!("over the limit of {most}")), "{too_large}");
    assert_eq!(told[1][1], MAX_CHANGES.to_string());
    let bytes = format!("const MAX_TRANSACTION_BYTES: usize = {};", told[2][1].replace(',', "_"));
    assert!(text("crates/store/src/dynamodb/transaction.rs").contains(&bytes), "{bytes}");
}
