//! Writing a policy document: the current row and its history, both or neither.
//!
//! Every write names the version it was made from. If the table has another one by then, somebody
//! else wrote in between, and nothing is changed. Each version is also written to a row of its own
//! that is never changed again; the row of a deletion has no `document`. Numbers are not used
//! twice, even when a document is deleted and written anew.

use std::time::SystemTime;

use aws_lc_rs::digest::{self, SHA256};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;

use super::layout::{CURRENT, TableLayout};
use super::row::{self, Row};
use super::row_size;
use crate::policy_store::StoreError;

/// Who changes a document, when and why.
#[derive(Clone, Copy, Debug)]
pub struct NewRevision<'a> {
    /// When, for the history; no rule depends on it.
    pub updated_at: SystemTime,
    /// Who, in any form the keepers of the table agree on.
    pub updated_by: &'a str,
    /// Why. May be empty.
    pub comment: &'a str,
    /// The revision of the source that it was made from, as a version control system names it.
    pub source_revision: Option<&'a str>,
}

/// What a write did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Written {
    /// The document became this version.
    Revision(u64),
    /// The current document is the same already, and nothing was written.
    Unchanged,
}

/// Makes `document` the current document of `subject`.
///
/// `expected_version` is the version it replaces, `None` if the subject has no document.
///
/// # Errors
///
/// [`WriteError::Conflict`] if the current version is another. When the service could not be heard
/// ([`StoreError::TimedOut`] and its like), the write may have happened: then writing again from
/// the same version is a conflict.
pub async fn put_policy(
    client: &Client,
    table: &str,
    subject: &Subject,
    document: &PolicyDocument,
    expected_version: Option<u64>,
    revision: &NewRevision<'_>,
) -> Result<Written, WriteError> {
    let last = match expected_version {
        Some(version) => version,
        None => last_revision(client, table, subject).await?,
    };
    let version = last.saturating_add(1);
    let digest = digest_of(document);
    let mut row = history_row(subject, version, revision)?;
    row.insert("document".to_owned(), attributes_of(document)?);
    row.insert("digest".to_owned(), AttributeValue::S(digest.clone()));
    let bytes = row_size::bytes(&row);
    if bytes > row_size::MAX_BYTES {
        return Err(WriteError::TooLarge { bytes });
    }

    let update = set_current(table, subject, &row)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let update = match expected_version {
        None => update
            .condition_expression("attribute_not_exists(#subject)")
            .expression_attribute_names("#subject", "subject"),
        Some(expected) => update
            .condition_expression(
                "#version = :expected AND (attribute_not_exists(#digest) OR #digest <> :digest)",
            )
            .expression_attribute_values(":expected", number(expected)),
    };
    let put = TransactWriteItem::builder().update(update.build()?).build();
    match transact(client, table, put, row, version).await? {
        Outcome::Done => Ok(Written::Revision(version)),
        Outcome::Stale { found, digest: current } => {
            if found.is_some() && found == expected_version && current == Some(digest) {
                Ok(Written::Unchanged)
            } else {
                Err(WriteError::Conflict { expected: expected_version, found })
            }
        }
    }
}

/// Takes the current document of `subject` away. Its history stays, and says so.
///
/// # Errors
///
/// As for [`put_policy`].
pub async fn delete_policy(
    client: &Client,
    table: &str,
    subject: &Subject,
    expected_version: u64,
    revision: &NewRevision<'_>,
) -> Result<(), WriteError> {
    let version = expected_version.saturating_add(1);
    let row = history_row(subject, version, revision)?;
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(TableLayout::Gatepost.key(&subject.to_string())))
        .condition_expression("#version = :expected")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":expected", number(expected_version))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()?;
    let delete = TransactWriteItem::builder().delete(delete).build();
    match transact(client, table, delete, row, version).await? {
        Outcome::Done => Ok(()),
        Outcome::Stale { found, .. } => {
            Err(WriteError::Conflict { expected: Some(expected_version), found })
        }
    }
}

/// SHA-256 of the document's canonical text, in hexadecimal: equal documents, equal digests.
pub fn digest_of(document: &PolicyDocument) -> String {
    digest_of_text(&document.to_string())
}

pub(super) fn digest_of_text(text: &str) -> String {
    hex::encode(digest::digest(&SHA256, text.as_bytes()))
}

/// Why a document was not written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// The current version is not the one the change was made from.
    #[error("the policy was changed meanwhile: expected {}, found {}", at(*expected), at(*found))]
    Conflict {
        /// The version the caller named, `None` for no document.
        expected: Option<u64>,
        /// The version in the table, `None` for no document or when it is not known, as when two
        /// writers meet in the same moment.
        found: Option<u64>,
    },

    /// The document has a value that no attribute can hold.
    #[error("the document cannot be a native map: {0}")]
    NotAttributes(String),

    /// The history has this version already, although the current row is older.
    #[error("version {version} is in the history already")]
    RevisionExists {
        /// The version that was to be written.
        version: u64,
    },

    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// The row is over DynamoDB's limit for an item.
    #[error("the row is {bytes} bytes, over the limit of {max}", max = row_size::MAX_BYTES)]
    TooLarge {
        /// The size of the row as DynamoDB counts it, in bytes.
        bytes: usize,
    },

    /// The time of the change is not in the years 1 to 9999.
    #[error("the time of the change cannot be written as RFC 3339")]
    UpdatedAt,
}

impl From<BuildError> for WriteError {
    fn from(error: BuildError) -> Self {
        Self::Store(error.into())
    }
}

fn at(version: Option<u64>) -> String {
    version.map_or_else(|| "no document".to_owned(), |version| format!("version {version}"))
}

pub(super) fn attributes_of(document: &PolicyDocument) -> Result<AttributeValue, WriteError> {
    serde_dynamo::to_attribute_value(document)
        .map_err(|error| WriteError::NotAttributes(error.to_string()))
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A row of the history, without a document.
pub(super) fn history_row(
    subject: &Subject,
    version: u64,
    revision: &NewRevision<'_>,
) -> Result<Row, WriteError> {
    let updated_at = DateTime::from(revision.updated_at)
        .fmt(DateTimeFormat::DateTime)
        .map_err(|_| WriteError::UpdatedAt)?;
    let mut attributes = vec![
        ("subject", AttributeValue::S(subject.to_string())),
        ("revision", number(version)),
        ("version", number(version)),
        ("updated_at", AttributeValue::S(updated_at)),
        ("updated_by", AttributeValue::S(revision.updated_by.to_owned())),
        ("comment", AttributeValue::S(revision.comment.to_owned())),
    ];
    if let Some(source) = revision.source_revision {
        attributes.push(("source_revision", AttributeValue::S(source.to_owned())));
    }
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// An update that gives the current row of `subject` what a row of the history has, and leaves it
/// whatever else it has: nobody's usage plan is lost with an edit.
pub(super) fn set_current(table: &str, subject: &Subject, history: &Row) -> UpdateBuilder {
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(TableLayout::Gatepost.key(&subject.to_string())));
    let mut set = Vec::new();
    for (name, value) in history.iter().filter(|(name, _)| !is_of_key(name)) {
        set.push(format!("#{name} = :{name}"));
        update = update
            .expression_attribute_names(format!("#{name}"), name)
            .expression_attribute_values(format!(":{name}"), value.clone());
    }
    set.sort_unstable();
    let mut expression = format!("SET {}", set.join(", "));
    if !history.contains_key("source_revision") {
        // What is said of the revision before is not to be taken for this one's.
        expression.push_str(" REMOVE #source_revision");
        update = update.expression_attribute_names("#source_revision", "source_revision");
    }
    update.update_expression(expression)
}

pub(super) fn is_of_key(attribute: &str) -> bool {
    matches!(attribute, "subject" | "revision")
}

/// The row of a version in the history, which must not be there yet.
pub(super) fn put_history(table: &str, row: Row) -> Result<TransactWriteItem, BuildError> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(row))
        .condition_expression("attribute_not_exists(#subject)")
        .expression_attribute_names("#subject", "subject")
        .build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The highest version the subject ever had, 0 if it had none.
async fn last_revision(client: &Client, table: &str, subject: &Subject) -> Result<u64, WriteError> {
    let request = client
        .query()
        .table_name(table)
        .key_condition_expression("#subject = :subject AND #revision > :current")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":subject", AttributeValue::S(subject.to_string()))
        .expression_attribute_values(":current", number(CURRENT))
        .projection_expression("#version")
        .scan_index_forward(false)
        .limit(1)
        .consistent_read(true);
    let answer = request.send().await.map_err(StoreError::from)?;
    let Some(row) = answer.items().first() else { return Ok(0) };
    row::version(row)
        .map_err(|fault| StoreError::Row { kind: subject.kind().as_str(), fault }.into())
}

/// What came of a transaction that the service understood.
enum Outcome {
    Done,
    /// The current row is not what the change was made from. What is there, as far as it is known.
    Stale {
        found: Option<u64>,
        digest: Option<String>,
    },
}

/// Writes the current row as `change` says, together with the row of `version` in the history.
async fn transact(
    client: &Client,
    table: &str,
    change: TransactWriteItem,
    history: Row,
    version: u64,
) -> Result<Outcome, WriteError> {
    let history = put_history(table, history)?;
    let request = client.transact_write_items().set_transact_items(Some(vec![change, history]));
    let Err(error) = request.send().await else { return Ok(Outcome::Done) };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancellation(cancelled.cancellation_reasons(), version)
        }
        _ => Err(StoreError::from(error).into()),
    }
}

/// What the reasons for a cancelled transaction come to; they are in the order of its actions.
fn cancellation(reasons: &[CancellationReason], version: u64) -> Result<Outcome, WriteError> {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    match *codes {
        ["ConditionalCheckFailed", ..] => {
            let row = reasons.first().and_then(CancellationReason::item);
            let digest = row.and_then(|row| row.get("digest")).and_then(|value| value.as_s().ok());
            Ok(Outcome::Stale {
                found: row.and_then(|row| row::version(row).ok()),
                digest: digest.cloned(),
            })
        }
        [_, "ConditionalCheckFailed"] => Err(WriteError::RevisionExists { version }),
        ["TransactionConflict", _] | [_, "TransactionConflict"] => {
            Ok(Outcome::Stale { found: None, digest: None })
        }
        ["ProvisionedThroughputExceeded" | "ThrottlingError", _]
        | [_, "ProvisionedThroughputExceeded" | "ThrottlingError"] => {
            Err(StoreError::Throttled.into())
        }
        _ => {
            let code = codes.iter().find(|code| **code != "None").unwrap_or(&"no code");
            Err(StoreError::Refused { code: (*code).to_owned(), status: 400 }.into())
        }
    }
}
