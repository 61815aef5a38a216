//! Throw-away subjects found by their prefix, and taken away with their history.

use gatepost_store::{StoreError, Written, delete_policy, erase, put_policy, subjects_beginning};

use crate::support::{TABLE, document, engine_with_table, revision, subject};

#[tokio::test]
async fn a_subject_goes_with_its_history_and_no_other_does() {
    let client = engine_with_table().await;
    let count = async || client.scan().table_name(TABLE).send().await.unwrap().count();
    let (kept, gone) = (subject("group:a"), subject("group:a-probe"));
    put_policy(&client, TABLE, &kept, &document("a"), None, &revision()).await.unwrap();
    let before = count().await;
    put_policy(&client, TABLE, &gone, &document("a"), None, &revision()).await.unwrap();
    let second = put_policy(&client, TABLE, &gone, &document("b"), Some(1), &revision()).await;
    assert_eq!(second, Ok(Written::Revision(2)));
    assert_eq!(erase(&client, TABLE, &gone).await, Ok(3));
    assert_eq!(count().await, before);
    assert_eq!(erase(&client, TABLE, &gone).await, Ok(0));
    // As if it had never been: numbers begin anew.
    let again = put_policy(&client, TABLE, &gone, &document("a"), None, &revision()).await;
    assert_eq!(again, Ok(Written::Revision(1)));
}

#[tokio::test]
async fn a_subject_is_found_by_its_prefix_also_where_only_history_is_left() {
    let client = engine_with_table().await;
    for name in ["group:probe-b", "group:probe-a", "group:other", "group:a-probe-a"] {
        let of = subject(name);
        put_policy(&client, TABLE, &of, &document("a"), None, &revision()).await.unwrap();
    }
    let of = subject("group:probe-b");
    delete_policy(&client, TABLE, &of, 1, &revision()).await.unwrap();
    let found = subjects_beginning(&client, TABLE, "group:probe-").await;
    assert_eq!(found, Ok(vec!["group:probe-a".to_owned(), "group:probe-b".to_owned()]));
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error() {
    let client = engine_with_table().await;
    let missing = subjects_beginning(&client, "missing", "group:").await;
    assert_eq!(missing, Err(StoreError::TableNotFound));
    assert_eq!(
        erase(&client, "missing", &subject("group:a")).await,
        Err(StoreError::TableNotFound)
    );
}
