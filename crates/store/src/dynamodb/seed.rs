//! Making a table's current documents equal to a given set, for `gatepost dev` and tests.
//!
//! A table that people keep is changed one document at a time, by version; this is for a table
//! that only mirrors a folder.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;

use super::layout::CURRENT;
use super::revision::{NewRevision, WriteError, Written, delete_policy, digest_of, put_policy};
use super::row;
use crate::policy_store::StoreError;

/// What had to be done to make the table equal, by subject.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SeedReport {
    /// Had no document and has one now.
    pub added: Vec<Subject>,
    /// Have another document now.
    pub changed: Vec<Subject>,
    /// Have no document any more.
    pub removed: Vec<Subject>,
    /// Have the same document as before.
    pub unchanged: usize,
}

/// Makes the current documents of the table exactly those of `wanted`.
///
/// Writes only what differs, each document by itself and with its history. Rows that are not of a
/// subject, such as revocations, are left alone. Of two documents for one subject the last counts.
///
/// # Errors
///
/// [`WriteError`] at the first document that could not be written; those before it stay.
pub async fn seed(
    client: &Client,
    table: &str,
    wanted: &[(Subject, PolicyDocument)],
    revision: &NewRevision<'_>,
) -> Result<SeedReport, WriteError> {
    let wanted: BTreeMap<&Subject, &PolicyDocument> =
        wanted.iter().map(|(subject, document)| (subject, document)).collect();
    let mut current = current_rows(client, table).await?;
    let mut report = SeedReport::default();
    for (subject, document) in wanted {
        let row = current.remove(subject);
        if row.as_ref().is_some_and(|row| row.digest == digest_of(document)) {
            report.unchanged += 1;
            continue;
        }
        let expected = row.map(|row| row.version);
        match put_policy(client, table, subject, document, expected, revision).await? {
            Written::Unchanged => report.unchanged += 1,
            Written::Revision(_) if expected.is_some() => report.changed.push(subject.clone()),
            Written::Revision(_) => report.added.push(subject.clone()),
        }
    }
    for (subject, row) in current {
        delete_policy(client, table, &subject, row.version, revision).await?;
        report.removed.push(subject);
    }
    Ok(report)
}

struct CurrentRow {
    version: u64,
    /// Empty when the row has none, which is the digest of no document.
    digest: String,
}

/// Every current row of a subject.
async fn current_rows(
    client: &Client,
    table: &str,
) -> Result<BTreeMap<Subject, CurrentRow>, StoreError> {
    let mut rows = client
        .scan()
        .table_name(table)
        .filter_expression("#revision = :current")
        .projection_expression("#subject,#version,#digest")
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_names("#subject", "subject")
        .expression_attribute_names("#version", "version")
        .expression_attribute_names("#digest", "digest")
        .expression_attribute_values(":current", AttributeValue::N(CURRENT.to_string()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut current = BTreeMap::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
        let Some(subject) = text("subject").and_then(|text| text.parse::<Subject>().ok()) else {
            continue;
        };
        let version = row::version(&row)
            .map_err(|fault| StoreError::Row { kind: subject.kind().as_str(), fault })?;
        let digest = text("digest").cloned().unwrap_or_default();
        current.insert(subject, CurrentRow { version, digest });
    }
    Ok(current)
}
