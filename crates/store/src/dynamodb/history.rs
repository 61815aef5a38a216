//! The revisions that a subject has had.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;

use super::current::{RevisionNote, document, text};
use super::layout::CURRENT;
use super::revision::{digest_of, number};
use super::row::{Row, RowFault};
use crate::policy_store::StoreError;

/// A revision, as the history has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its number, from 1.
    pub version: u64,
    /// Who made it, when and why.
    pub note: RevisionNote,
    /// The document since then; `None` if it was taken away.
    pub document: Option<Result<Arc<PolicyDocument>, RowFault>>,
    /// The document that was tried in the shadow since then, if that is what was changed.
    pub candidate: Option<Result<Arc<PolicyDocument>, RowFault>>,
}

/// Every revision of `subject`, the first one first.
///
/// # Errors
///
/// [`StoreError`] if the table could not be read to the end.
pub async fn history(
    client: &Client,
    table: &str,
    subject: &Subject,
) -> Result<Vec<Revision>, StoreError> {
    let mut rows = client
        .query()
        .table_name(table)
        .key_condition_expression("#subject = :subject AND #revision > :current")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_values(":subject", AttributeValue::S(subject.to_string()))
        .expression_attribute_values(":current", number(CURRENT))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut revisions = Vec::new();
    while let Some(row) = rows.next().await {
        revisions.push(revision(&row?).ok_or(StoreError::Garbled)?);
    }
    Ok(revisions)
}

fn revision(row: &Row) -> Option<Revision> {
    let read = |attribute| row.contains_key(attribute).then(|| document(row, attribute));
    Some(Revision {
        version: revision_number(row)?,
        note: RevisionNote::read(row),
        document: read("document").map(|document| document.map(Arc::new)),
        candidate: read("candidate").map(|document| document.map(Arc::new)),
    })
}

/// The number in the sort key.
pub(super) fn revision_number(row: &Row) -> Option<u64> {
    row.get("revision")?.as_n().ok()?.parse().ok()
}

/// The revisions of every subject, without their documents.
pub(super) type Index = BTreeMap<Subject, BTreeMap<u64, Entry>>;

/// What is known of a revision without reading its document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    /// SHA-256 of its document, if it has one and says so.
    pub(super) digest: Option<String>,
    pub(super) note: RevisionNote,
}

/// Every revision of every subject.
pub(super) async fn read_index(client: &Client, table: &str) -> Result<Index, StoreError> {
    let names =
        ["subject", "revision", "digest", "updated_at", "updated_by", "comment", "source_revision"];
    let mut scan = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .filter_expression("#revision > :current")
        .expression_attribute_values(":current", number(CURRENT))
        .projection_expression(names.map(|name| format!("#{name}")).join(","));
    for name in names {
        scan = scan.expression_attribute_names(format!("#{name}"), name);
    }
    let mut rows = scan.into_paginator().items().send();
    let mut index = Index::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let Some(subject) = text(&row, "subject").and_then(|text| text.parse::<Subject>().ok())
        else {
            continue;
        };
        let number = revision_number(&row).ok_or(StoreError::Garbled)?;
        let entry = Entry { digest: text(&row, "digest"), note: RevisionNote::read(&row) };
        index.entry(subject).or_default().insert(number, entry);
    }
    Ok(index)
}

/// The digest of the document of a revision that does not say it.
pub(super) async fn read_digest(
    client: &Client,
    table: &str,
    subject: &Subject,
    version: u64,
) -> Result<Option<String>, StoreError> {
    let answer = client
        .get_item()
        .table_name(table)
        .key("subject", AttributeValue::S(subject.to_string()))
        .key("revision", number(version))
        .consistent_read(true)
        .send()
        .await?;
    let document = answer.item.and_then(|row| document(&row, "document").ok());
    Ok(document.map(|document| digest_of(&document)))
}
