//! Changes of many rows, as few transactions of whole changes as possible.
//!
//! A change is two actions: the current row, on condition that it is what the change was made
//! from, document and all; and a row of the history, on condition that it is not there. So no edit
//! is lost, not even one that was made by hand and left the version as it was.
//!
//! A transaction that nothing is heard of is sent again with the same token, which the service
//! takes for the same transaction for ten minutes.
//!
//! Source: [TransactWriteItems](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Delete, TransactWriteItem};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use tokio::time::{Instant, timeout_at};

use super::backoff::Backoff;
use super::current::CurrentRow;
use super::layout::{CURRENT, TableLayout};
use super::revision::{
    NewRevision, WriteError, attributes_of, digest_of, history_row, number, put_history,
    set_current,
};
use super::row::Row;
use super::row_size;
use crate::policy_store::StoreError;

/// The most changes in one transaction, which takes 100 actions.
pub const MAX_CHANGES: usize = 50;

/// The most bytes of one transaction. The service takes 4 MB and does not say how it counts; we
/// count what is written, and what it is compared with.
const MAX_TRANSACTION_BYTES: usize = 4_000_000;

/// How long one transaction is tried.
const PATIENCE: Duration = Duration::from_mins(2);

/// A change of one subject's row.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose row it is.
    pub subject: Subject,
    /// The row that it is made from; `None` if there is none.
    pub from: Option<CurrentRow>,
    /// The number of the new revision.
    pub version: u64,
    /// What becomes of the row.
    pub content: Content,
    /// Why, if not for the reason that all changes are made for.
    pub comment: Option<String>,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// It stays as it is, and becomes a revision.
    Adopted,
    /// This is tried in the shadow, and its document stays.
    Candidate(Arc<PolicyDocument>),
    /// This becomes its document.
    Document(Arc<PolicyDocument>),
    /// Its candidate becomes its document.
    Promoted,
    /// It is taken away.
    Removed,
}

/// Why a transaction was not written. None of it was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransactionError {
    /// These rows, or their histories, are not what the changes were made from.
    #[error("changed meanwhile: {}", listed(.0))]
    Conflict(Vec<Subject>),

    /// A change that cannot be written as it is.
    #[error("{subject}: {fault}")]
    Unwritable {
        /// Whose.
        subject: Subject,
        /// Why.
        fault: WriteError,
    },

    /// The table could not be written. Where nothing was heard of it, it may have been.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BuildError> for TransactionError {
    fn from(error: BuildError) -> Self {
        Self::Store(error.into())
    }
}

fn listed(subjects: &[Subject]) -> String {
    subjects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Changes made ready to be written.
#[derive(Debug)]
pub struct Transaction {
    subjects: Vec<Subject>,
    actions: Vec<TransactWriteItem>,
    bytes: usize,
}

/// Changes as transactions, in their order; every row is known to be small enough.
///
/// # Errors
///
/// [`TransactionError::Unwritable`] for the first change that cannot be written.
pub fn transactions(
    table: &str,
    changes: &[Change],
    revision: &NewRevision<'_>,
) -> Result<Vec<Transaction>, TransactionError> {
    let mut all: Vec<Transaction> = Vec::new();
    for change in changes {
        let (actions, bytes) = actions(table, change, revision)?;
        match all.last_mut() {
            Some(last)
                if last.subjects.len() < MAX_CHANGES
                    // One item can be in a transaction once.
                    && !last.subjects.contains(&change.subject)
                    && last.bytes + bytes <= MAX_TRANSACTION_BYTES =>
            {
                last.subjects.push(change.subject.clone());
                last.actions.extend(actions);
                last.bytes += bytes;
            }
            Some(_) | None => {
                let subjects = vec![change.subject.clone()];
                all.push(Transaction { subjects, actions: actions.into(), bytes });
            }
        }
    }
    Ok(all)
}

/// The two actions of a change, and how many bytes they count for.
fn actions(
    table: &str,
    change: &Change,
    revision: &NewRevision<'_>,
) -> Result<([TransactWriteItem; 2], usize), TransactionError> {
    let unwritable =
        |fault| TransactionError::Unwritable { subject: change.subject.clone(), fault };
    let Rows { current, history } = Rows::after(change, revision).map_err(unwritable)?;
    let mut bytes = 0;
    for row in [&current, &history] {
        let size = row_size::bytes(row);
        if size > row_size::MAX_BYTES {
            return Err(unwritable(WriteError::TooLarge { bytes: size }));
        }
        bytes += size;
    }
    bytes += change.from.as_ref().map_or(0, |row| row_size::bytes(&row.native));
    let write = current_action(table, change, &history)?;
    Ok(([write, put_history(table, history)?], bytes))
}

/// What a change makes of a row, and what the history gets.
struct Rows {
    current: Row,
    history: Row,
}

impl Rows {
    fn after(change: &Change, revision: &NewRevision<'_>) -> Result<Self, WriteError> {
        let from = change.from.as_ref();
        let comment = change.comment.as_deref().unwrap_or(revision.comment);
        let revision = NewRevision { comment, ..*revision };
        let mut history = history_row(&change.subject, change.version, &revision)?;
        let found = |name: &str| from.and_then(|row| row.native.get(name)).cloned();
        let (document, digest) = match &change.content {
            Content::Adopted | Content::Candidate(_) => {
                (found("document"), from.map(|row| row.digest.clone()))
            }
            Content::Document(document) => {
                (Some(attributes_of(document)?), Some(digest_of(document)))
            }
            Content::Promoted => {
                let read = from.and_then(|row| row.candidate.as_ref()?.as_ref().ok());
                (found("candidate"), read.map(|candidate| digest_of(candidate)))
            }
            Content::Removed => (None, None),
        };
        history.extend(document.map(|document| ("document".to_owned(), document)));
        history.extend(digest.map(|digest| ("digest".to_owned(), AttributeValue::S(digest))));
        if let Content::Candidate(candidate) = &change.content {
            history.insert("candidate".to_owned(), attributes_of(candidate)?);
        }
        let mut current = from.map_or_else(Row::new, |row| row.native.clone());
        current.remove("source_revision");
        current.extend(history.clone());
        current.insert("revision".to_owned(), number(CURRENT));
        if change.content == Content::Promoted {
            current.remove("candidate");
        }
        Ok(Self { current, history })
    }
}

/// The action that changes the current row.
fn current_action(
    table: &str,
    change: &Change,
    history: &Row,
) -> Result<TransactWriteItem, BuildError> {
    let Condition { expression, names, values } = Condition::that_is(change.from.as_ref());
    if change.content == Content::Removed {
        let mut delete = Delete::builder()
            .table_name(table)
            .set_key(Some(TableLayout::Gatepost.key(&change.subject.to_string())))
            .condition_expression(expression);
        for name in names {
            delete = delete.expression_attribute_names(format!("#{name}"), name);
        }
        for (name, value) in values {
            delete = delete.expression_attribute_values(name, value);
        }
        return Ok(TransactWriteItem::builder().delete(delete.build()?).build());
    }
    let mut update = set_current(table, &change.subject, history).condition_expression(expression);
    if change.content == Content::Promoted {
        let expression = update.get_update_expression().clone().unwrap_or_default();
        let separator = if expression.contains(" REMOVE ") { "," } else { " REMOVE" };
        let expression = format!("{expression}{separator} #candidate");
        update = update.update_expression(expression);
    }
    for name in names {
        update = update.expression_attribute_names(format!("#{name}"), name);
    }
    for (name, value) in values {
        update = update.expression_attribute_values(name, value);
    }
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

/// What must hold of a row for it to be changed.
struct Condition {
    expression: String,
    names: Vec<&'static str>,
    values: Vec<(String, AttributeValue)>,
}

impl Condition {
    /// That the row is the one that was read, as far as we write it.
    fn that_is(row: Option<&CurrentRow>) -> Self {
        let Some(row) = row else {
            let expression = "attribute_not_exists(#subject)".to_owned();
            return Self { expression, names: vec!["subject"], values: Vec::new() };
        };
        let names = vec!["version", "document", "candidate"];
        let mut values = Vec::new();
        let parts = names.iter().map(|name| match row.native.get(*name) {
            Some(value) => {
                values.push((format!(":was_{name}"), value.clone()));
                format!("#{name} = :was_{name}")
            }
            None => format!("attribute_not_exists(#{name})"),
        });
        let expression = parts.collect::<Vec<_>>().join(" AND ");
        Self { expression, names, values }
    }
}

impl Transaction {
    /// Whose rows it changes.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Writes all of it or nothing, and waits out what passes.
    ///
    /// # Errors
    ///
    /// [`TransactionError`].
    pub async fn write(&self, client: &Client) -> Result<(), TransactionError> {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        let client = Client::from_conf(config);
        let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(36).collect();
        let mut backoff = Backoff::until(Instant::now() + PATIENCE);
        loop {
            let request = client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(self.actions.clone()));
            let fault = match timeout_at(backoff.attempt_deadline(), request.send()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        self.cancellation(cancelled.cancellation_reasons())?
                    }
                    Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                        StoreError::Throttled
                    }
                    _ => StoreError::from(error),
                },
                Err(_) => StoreError::TimedOut,
            };
            backoff.after(fault).await?;
        }
    }

    /// Why the transaction was cancelled: what may pass, or what will not.
    fn cancellation(&self, reasons: &[CancellationReason]) -> Result<StoreError, TransactionError> {
        let codes: Vec<&str> =
            reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
        // Two for each change, in their order.
        let of_each = self.subjects.iter().zip(codes.chunks(2));
        let stale: Vec<Subject> = of_each
            .filter(|(_, codes)| codes.contains(&"ConditionalCheckFailed"))
            .map(|(subject, _)| subject.clone())
            .collect();
        if !stale.is_empty() {
            return Err(TransactionError::Conflict(stale));
        }
        let passing = ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];
        match codes.iter().find(|code| **code != "None" && !passing.contains(code)) {
            None => Ok(StoreError::Throttled),
            Some(code) => Err(StoreError::Refused { code: (*code).to_owned(), status: 400 }.into()),
        }
    }
}

impl CurrentRow {
    /// The row as a change leaves it; `None` if it is taken away.
    ///
    /// # Errors
    ///
    /// [`TransactionError::Unwritable`] when the change cannot be written.
    pub fn after(
        change: &Change,
        revision: &NewRevision<'_>,
    ) -> Result<Option<Self>, TransactionError> {
        if change.content == Content::Removed {
            return Ok(None);
        }
        let unwritable =
            |fault| TransactionError::Unwritable { subject: change.subject.clone(), fault };
        let rows = Rows::after(change, revision).map_err(unwritable)?;
        let read = Self::read(change.subject.clone(), rows.current);
        Ok(Some(
            read.map_err(|fault| unwritable(StoreError::Row { kind: "subject", fault }.into()))?,
        ))
    }
}
