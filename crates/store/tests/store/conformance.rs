//! What every store does, whatever is behind it.

use std::sync::Arc;

use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{
    DynamoDbStore, FolderStore, PolicyStore, StoredPolicy, TableLayout, policy_path, seed,
};
use serde_json::{Value, json};

use crate::support::{
    TABLE, create_sample_table, document, engine, engine_with_table, put_row, revision, soon,
    subject,
};

/// What the stores under test hold: more groups than one `BatchGetItem` takes, and odd names.
fn groups() -> Vec<(Subject, PolicyDocument)> {
    let names = ["movies-group", "a/b", "group:shows", "Köche & Köchinnen", "100%", ".hidden", "a"];
    let names = names.into_iter().map(str::to_owned).chain((0..230).map(|n| format!("g{n:03}")));
    names
        .enumerate()
        .map(|(index, name)| (subject(&format!("group:{name}")), document(&format!("d{index}"))))
        .collect()
}

/// A subject of each other kind, of a name that is also a group's.
fn others() -> Vec<(Subject, PolicyDocument)> {
    ["client:a", "scope:a", "user:a"].map(|text| (subject(text), document(text))).into()
}

async fn read(store: &impl PolicyStore, subjects: &[Subject]) -> Vec<(Subject, PolicyDocument)> {
    let found = store.read(subjects, soon()).await.unwrap();
    let plain = |policy: StoredPolicy| (policy.subject, Arc::unwrap_or_clone(policy.document));
    found.into_iter().map(plain).collect()
}

/// Asserts the port's contract of a store that holds exactly `held`.
async fn store_behaves(store: &impl PolicyStore, held: &[(Subject, PolicyDocument)]) {
    let mut held = held.to_vec();
    held.sort_by(|one, other| one.0.cmp(&other.0));
    let subjects: Vec<Subject> = held.iter().map(|(subject, _)| subject.clone()).collect();

    // Nothing, one, all: each comes with its own document, sorted.
    assert_eq!(read(store, &[]).await, []);
    assert_eq!(read(store, &subjects[..1]).await, held[..1]);
    assert_eq!(read(store, &subjects).await, held);

    // Backwards and twice: the same answer.
    let repeated: Vec<Subject> = subjects.iter().chain(&subjects).rev().cloned().collect();
    assert_eq!(read(store, &repeated).await, held);

    // Those without a document are left out, and change nothing for the rest.
    let absent = ["group:absent", "group:movies", "group:Movies-group", "group:d0", "user:absent"];
    let absent: Vec<Subject> = absent.into_iter().map(subject).collect();
    assert_eq!(read(store, &absent).await, []);
    let mixed: Vec<Subject> = absent.iter().chain(&subjects[..3]).cloned().collect();
    assert_eq!(read(store, &mixed).await, held[..3]);
}

#[tokio::test]
async fn a_table_of_our_own_behaves() {
    let held = [groups(), others()].concat();
    let client = engine_with_table().await;
    seed(&client, TABLE, &held, &revision()).await.unwrap();
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
    store_behaves(&store, &held).await;
    let found = store.read(&[subject("group:a")], soon()).await.unwrap();
    assert_eq!(found[0].version, 1);
}

#[tokio::test]
async fn a_table_of_the_aws_sample_behaves() {
    let client = engine().await;
    create_sample_table(&client).await;
    for (subject, document) in groups() {
        let policy: Value = serde_json::from_str(&document.to_string()).unwrap();
        put_row(&client, json!({ "group": subject.name(), "policy": policy })).await;
    }
    let store = DynamoDbStore::new(&client, TABLE, TableLayout::AwsSample);
    store_behaves(&store, &groups()).await;
    // Only groups can be in it: a user of a group's name has no part in the group's rights.
    let others: Vec<Subject> = others().into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(read(&store, &others).await, []);
}

#[tokio::test]
async fn a_folder_behaves() {
    let held = [groups(), others()].concat();
    let root = tempfile::tempdir().unwrap();
    for (subject, document) in &held {
        let path = policy_path(root.path(), subject);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, document.to_string()).unwrap();
    }
    let store = FolderStore::open(root.path()).unwrap();
    store_behaves(&store, &held).await;
}
