//! Throw-away subjects: finding them, and taking them away with their history.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::subject::Subject;

use crate::policy_store::StoreError;

/// The partition keys, sorted, that begin with `prefix` and have any row: a current document or
/// only a history.
///
/// Costs a consistent scan of the table, which must be laid out as
/// [`TableLayout::Gatepost`](super::TableLayout).
///
/// # Errors
///
/// [`StoreError`] if the table cannot be read to its end.
pub async fn subjects_beginning(
    client: &Client,
    table: &str,
    prefix: &str,
) -> Result<Vec<String>, StoreError> {
    let scan = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .projection_expression("#subject")
        .filter_expression("begins_with(#subject, :prefix)")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
    let mut rows = scan.into_paginator().items().send();
    let mut subjects = BTreeSet::new();
    while let Some(row) = rows.next().await {
        let mut row = row.map_err(StoreError::from)?;
        let Some(AttributeValue::S(subject)) = row.remove("subject") else {
            return Err(StoreError::Garbled);
        };
        subjects.insert(subject);
    }
    Ok(subjects.into_iter().collect())
}

/// Takes every row of `subject` away, its history included, as if it had never been. Returns how
/// many there were.
///
/// For subjects that were made to be thrown away: for any other,
/// [`delete_policy`](super::delete_policy) keeps the history.
///
/// # Errors
///
/// [`StoreError`] if the table could not be read or written; then some rows may be left.
pub async fn erase(client: &Client, table: &str, subject: &Subject) -> Result<u64, StoreError> {
    let query = client
        .query()
        .table_name(table)
        .consistent_read(true)
        .key_condition_expression("#subject = :subject")
        .projection_expression("#subject,#revision")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_values(":subject", AttributeValue::S(subject.to_string()));
    let mut rows = query.into_paginator().items().send();
    let mut erased = 0;
    // The current document, revision 0, comes first: nobody is left with rights meanwhile.
    while let Some(key) = rows.next().await {
        let key = key.map_err(StoreError::from)?;
        client.delete_item().table_name(table).set_key(Some(key)).send().await?;
        erased += 1;
    }
    Ok(erased)
}
