//! Rows changed many at once: all of a transaction or nothing, and no edit lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use gatepost_core::policy::PolicyDocument;
use gatepost_store::{
    Change, Content, CurrentRow, HandEdit, MAX_CHANGES, NewRevision, StoreError, TableState,
    TransactionError, WriteError, history, put_policy, read_table, transactions,
};
use serde_json::{Value, json};

use crate::support::{
    Script, Step, TABLE, document, engine_with_table, put_row, revision, row, subject,
};

async fn state(client: &Client) -> TableState {
    read_table(client, TABLE).await.unwrap()
}

/// A change of the row as it stands.
fn change(state: &TableState, name: &str, content: Content) -> Change {
    let subject = subject(name);
    let (from, version) = (state.rows.get(&subject).cloned(), state.next_version(&subject));
    Change { subject, from, version, content, comment: None }
}

fn to(path: &str) -> Content {
    Content::Document(Arc::new(document(path)))
}

async fn write(client: &Client, changes: &[Change]) -> Result<(), TransactionError> {
    for transaction in transactions(TABLE, changes, &revision())? {
        transaction.write(client).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_row_has_beside_its_document_survives_every_change() {
    let client = engine_with_table().await;
    put_row(
        &client,
        json!({
            "subject": "group:a", "revision": 0, "version": 1, "source_revision": "old",
            "document": serde_json::from_str::<Value>(&document("a").to_string()).unwrap(),
            "usage_identifier_key": "key", "others": ["x"],
        }),
    )
    .await;
    let adopted = change(&state(&client).await, "group:a", Content::Adopted);
    assert_eq!(adopted.version, 2);
    write(&client, &[adopted]).await.unwrap();
    let candidate = Content::Candidate(Arc::new(document("b")));
    write(&client, &[change(&state(&client).await, "group:a", candidate)]).await.unwrap();
    write(&client, &[change(&state(&client).await, "group:a", to("c"))]).await.unwrap();
    let found = row(&client, "group:a", 0).await.unwrap();
    assert_eq!(found["candidate"]["Statement"][0]["Resource"][0], "GET/b");
    write(&client, &[change(&state(&client).await, "group:a", Content::Promoted)]).await.unwrap();

    let found = row(&client, "group:a", 0).await.unwrap();
    assert_eq!((&found["usage_identifier_key"], &found["others"]), (&json!("key"), &json!(["x"])));
    assert_eq!((found.get("candidate"), found.get("source_revision")), (None, None));
    assert_eq!(found["document"]["Statement"][0]["Resource"][0], "GET/b");
    let revisions = history(&client, TABLE, &subject("group:a")).await.unwrap();
    let versions: Vec<u64> = revisions.iter().map(|revision| revision.version).collect();
    assert_eq!(versions, [2, 3, 4, 5]);
    let documents: Vec<_> = revisions
        .iter()
        .map(|one| (**one.document.as_ref().unwrap().as_ref().unwrap()).clone())
        .collect();
    assert_eq!(documents, ["a", "a", "c", "b"].map(document));
    assert_eq!(**revisions[1].candidate.as_ref().unwrap().as_ref().unwrap(), document("b"));
    assert_eq!(state(&client).await.hand_edit(&subject("group:a")), None);

    write(&client, &[change(&state(&client).await, "group:a", Content::Removed)]).await.unwrap();
    assert_eq!(row(&client, "group:a", 0).await, None);
    assert_eq!(state(&client).await.next_version(&subject("group:a")), 7);
}

#[tokio::test]
async fn a_row_is_known_before_it_is_written() {
    let client = engine_with_table().await;
    for content in [to("a"), Content::Candidate(Arc::new(document("b"))), Content::Promoted] {
        let change = change(&state(&client).await, "group:a", content);
        let after = CurrentRow::after(&change, &revision()).unwrap();
        write(&client, &[change]).await.unwrap();
        assert_eq!(state(&client).await.rows.remove(&subject("group:a")), after);
    }
}

#[tokio::test]
async fn one_stale_row_keeps_all_of_a_transaction_from_being_written() {
    let client = engine_with_table().await;
    for name in ["group:a", "group:b", "group:c"] {
        put_policy(&client, TABLE, &subject(name), &document("a"), None, &revision())
            .await
            .unwrap();
    }
    let state = state(&client).await;
    let changes =
        ["group:a", "group:b", "group:c", "group:d"].map(|name| change(&state, name, to("z")));
    // By hand, in the console: the version stays.
    let mut edited = row(&client, "group:b", 0).await.unwrap();
    edited["document"]["Statement"][0]["Resource"] = json!("GET/by-hand");
    put_row(&client, edited).await;
    put_policy(&client, TABLE, &subject("group:d"), &document("d"), None, &revision())
        .await
        .unwrap();
    let error = write(&client, &changes).await.unwrap_err();
    assert_eq!(error, TransactionError::Conflict(vec![subject("group:b"), subject("group:d")]));
    assert_eq!(error.to_string(), "changed meanwhile: group:b, group:d");
    assert_eq!(row(&client, "group:a", 0).await.unwrap()["version"], 1);
    assert_eq!(row(&client, "group:a", 2).await, None);
}

#[tokio::test]
async fn rows_that_were_edited_by_hand_are_known() {
    let client = engine_with_table().await;
    let native = |path: &str| serde_json::from_str::<Value>(&document(path).to_string()).unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        let name = subject(&format!("group:{name}"));
        put_policy(&client, TABLE, &name, &document("a"), None, &revision()).await.unwrap();
    }
    let edit = async |name: &str, edit: &dyn Fn(&mut Value)| {
        let mut found = row(&client, name, 0).await.unwrap();
        edit(&mut found);
        put_row(&client, found).await;
    };
    edit("group:b", &|row| row["document"] = native("x")).await;
    edit("group:c", &|row| row["version"] = json!(2)).await;
    // With the digest taken away, the history still tells.
    edit("group:d", &|row| {
        row["document"] = json!("no document");
        row.as_object_mut().unwrap().remove("digest");
    })
    .await;
    edit("group:e", &|row| row["usage_identifier_key"] = json!("key")).await;
    // As a template seeds it, without digests.
    for revision in [0, 1] {
        put_row(&client, json!({ "subject": "group:s", "revision": revision, "version": 1, "document": native("s") })).await;
    }
    let state = state(&client).await;
    let found: Vec<_> = state.rows.keys().map(|subject| state.hand_edit(subject)).collect();
    let document = Some(HandEdit::Document);
    assert_eq!(found, [None, document, Some(HandEdit::NoRevision), document, None, None]);
    assert!(state.rows[&subject("group:d")].document.is_err());
}

#[tokio::test]
async fn changes_fill_transactions_and_a_row_that_is_too_large_is_told_before_any_write() {
    let state = TableState::default();
    let changes: Vec<Change> =
        (0..120).map(|index| change(&state, &format!("group:{index}"), to("a"))).collect();
    let sizes = |changes: &[Change]| -> Vec<usize> {
        let all = transactions(TABLE, changes, &revision()).unwrap();
        all.iter().map(|one| one.subjects().len()).collect()
    };
    assert_eq!(sizes(&changes), [MAX_CHANGES, MAX_CHANGES, 20]);

    let large = |bytes: usize| {
        let resources: Vec<String> =
            (0..bytes / 500).map(|index| format!("GET/{index:495}")).collect();
        let text = json!({ "Statement": { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources } });
        Content::Document(Arc::new(PolicyDocument::parse(text.to_string().as_bytes()).unwrap()))
    };
    let changes: Vec<Change> =
        (0..6).map(|index| change(&state, &format!("group:{index}"), large(390_000))).collect();
    // Each counts twice, as current row and as history.
    assert_eq!(sizes(&changes), [5, 1]);
    let client = engine_with_table().await;
    write(&client, &changes).await.unwrap();

    let NewRevision { updated_at, updated_by, .. } = revision();
    let put = async |name: &str, comment: &str| {
        let revision = NewRevision { updated_at, updated_by, comment, source_revision: None };
        let state = read_table(&client, TABLE).await.unwrap();
        let changes =
            [change(&state, "group:small", to("a")), change(&state, name, large(390_000))];
        let [one] = transactions(TABLE, &changes, &revision)?.try_into().unwrap();
        one.write(&client).await
    };
    let Err(TransactionError::Unwritable { fault: WriteError::TooLarge { bytes }, .. }) =
        put("group:x", &"x".repeat(20_000)).await
    else {
        panic!()
    };
    let largest = 20_000 - (bytes - 400 * 1024);
    let error = put("group:x", &"x".repeat(largest + 1)).await.unwrap_err().to_string();
    assert_eq!(error, "group:x: the row is 409601 bytes, over the limit of 409600");
    assert_eq!(row(&client, "group:small", 0).await, None);
    put("group:x", &"x".repeat(largest)).await.unwrap();
    assert!(row(&client, "group:small", 0).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_out_with_one_token() {
    let cancelled = |codes: [&str; 2]| {
        Step::Answer(
            400,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "CancellationReasons": codes.map(|code| json!({ "Code": code })),
            }),
        )
    };
    let script = Script::new([
        Step::error(400, "ProvisionedThroughputExceededException"),
        Step::Refuse,
        cancelled(["ThrottlingError", "None"]),
        Step::Silence,
        Step::error(400, "TransactionInProgressException"),
        cancelled(["None", "TransactionConflict"]),
        Step::error(500, "InternalServerError"),
        Step::Answer(200, json!({})),
    ]);
    // A step that plays for ever must not be reached before its time.
    let changes = [change(&TableState::default(), "group:a", to("a"))];
    let client = script.client();
    let written =
        tokio::time::timeout(std::time::Duration::from_secs(110), write(&client, &changes));
    assert_eq!(written.await.unwrap(), Ok(()));
    let requests = script.requests();
    let tokens: BTreeSet<&str> =
        requests.iter().map(|one| one["ClientRequestToken"].as_str().unwrap()).collect();
    assert_eq!((requests.len(), tokens.len()), (8, 1));
    assert_eq!(tokens.first().unwrap().len(), 36);

    for (step, want) in [
        (
            cancelled(["ValidationError", "None"]),
            StoreError::Refused { code: "ValidationError".to_owned(), status: 400 },
        ),
        (Step::error(400, "ResourceNotFoundException"), StoreError::TableNotFound),
        (Step::error(400, "ThrottlingException"), StoreError::Throttled),
    ] {
        let script = Script::new([step]);
        assert_eq!(write(&script.client(), &changes).await, Err(want.into()));
    }
}

/// A thousand changes by eight writers who know nothing of each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_writers_nothing_is_lost_and_no_history_has_a_gap() {
    let names: Vec<String> = (0..42).map(|index| format!("group:{index}")).collect();
    let small = |path: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"{path}"}}}}"#
        );
        Content::Document(Arc::new(PolicyDocument::parse(text.as_bytes()).unwrap()))
    };
    let client = engine_with_table().await;
    let writers = (0..8).map(|writer| {
        let (client, names) = (client.clone(), names.clone());
        tokio::spawn(async move {
            let mut conflicts = 0;
            for round in 0..3 {
                loop {
                    let state = state(&client).await;
                    let of = |name: &String| {
                        change(&state, name, small(&format!("GET/{writer}/{round}")))
                    };
                    let changes: Vec<Change> = names.iter().map(of).collect();
                    match write(&client, &changes).await {
                        Ok(()) => break,
                        Err(TransactionError::Conflict(_)) => conflicts += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            conflicts
        })
    });
    let mut conflicts = 0;
    for writer in writers.collect::<Vec<_>>() {
        conflicts += writer.await.unwrap();
    }
    assert!(conflicts > 8, "they hardly met: {conflicts}");
    for name in names {
        let revisions = history(&client, TABLE, &subject(&name)).await.unwrap();
        let versions: Vec<u64> = revisions.iter().map(|one| one.version).collect();
        assert_eq!(versions, (1..=24).collect::<Vec<u64>>());
        let texts: BTreeSet<String> = revisions
            .iter()
            .map(|one| one.document.as_ref().unwrap().as_ref().unwrap().to_string())
            .collect();
        assert_eq!(texts.len(), 24, "each writer's every document, once");
    }
}
