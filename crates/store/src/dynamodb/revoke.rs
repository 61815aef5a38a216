//! Writing revocations.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use gatepost_core::revocable::Revocable;

use super::layout::{self, TableLayout};
use crate::policy_store::StoreError;

/// Who revoked something, when, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RevocationNote<'a> {
    /// When, to the second.
    pub revoked_at: SystemTime,
    /// Who.
    pub revoked_by: &'a str,
    /// Why; may be empty.
    pub comment: &'a str,
}

/// Revokes something until `expires_at`, to the second, when DynamoDB may delete the row.
///
/// A revocation that is there already and lasts longer stays. Returns when it ends; `None` if it
/// does not.
///
/// # Errors
///
/// [`StoreError`] if the table could not be written; then nothing is changed as far as is known.
pub async fn revoke(
    client: &Client,
    table: &str,
    revocable: &Revocable,
    expires_at: SystemTime,
    note: &RevocationNote<'_>,
) -> Result<Option<SystemTime>, StoreError> {
    let end = seconds(expires_at);
    let mut item = TableLayout::Gatepost.key(&layout::revocation_partition(revocable));
    item.insert("expires_at".to_owned(), end.clone());
    item.insert("revoked_at".to_owned(), seconds(note.revoked_at));
    for (name, text) in [("revoked_by", note.revoked_by), ("comment", note.comment)] {
        item.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
    }
    let written = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#subject) OR #expires_at < :end")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_names("#expires_at", "expires_at")
        .expression_attribute_values(":end", end)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let Err(error) = written else { return Ok(Some(expires_at)) };
    if let Some(PutItemError::ConditionalCheckFailedException(longer)) = error.as_service_error() {
        let longer = longer.item().ok_or(StoreError::Garbled)?;
        return Ok(layout::revocation(revocable, longer)?.expires_at);
    }
    Err(error.into())
}

/// Takes a revocation back. Returns whether there was one.
///
/// # Errors
///
/// [`StoreError`] if the table could not be written.
pub async fn lift_revocation(
    client: &Client,
    table: &str,
    revocable: &Revocable,
) -> Result<bool, StoreError> {
    let key = TableLayout::Gatepost.key(&layout::revocation_partition(revocable));
    let deleted = client
        .delete_item()
        .table_name(table)
        .set_key(Some(key))
        .return_values(ReturnValue::AllOld)
        .send()
        .await?;
    Ok(deleted.attributes.is_some_and(|old| !old.is_empty()))
}

fn seconds(time: SystemTime) -> AttributeValue {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    AttributeValue::N(seconds.to_string())
}
