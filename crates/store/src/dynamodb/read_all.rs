//! Reading every current document of a table, for those who compare and publish them.
//!
//! Consistently and page by page, unlike what the authorizer does: it costs a scan of the table,
//! and it sees what was written a moment ago.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::revocable::Revocable;

use super::layout::{CURRENT, TableLayout};
use super::row::RowFault;
use crate::policy_store::{StoreError, StoredPolicy};

/// Every current document of the table, sorted by subject.
///
/// Revocations and the documents' history are left out, and nothing else is.
///
/// # Errors
///
/// [`ReadAllError`] if the table cannot be read to its end, or any row in it is unreadable.
pub async fn read_all(
    client: &Client,
    table: &str,
    layout: TableLayout,
) -> Result<Vec<StoredPolicy>, ReadAllError> {
    let mut scan = client.scan().table_name(table).consistent_read(true);
    let mut projection = Vec::new();
    for (index, name) in layout.attributes().iter().enumerate() {
        scan = scan.expression_attribute_names(format!("#{index}"), *name);
        projection.push(format!("#{index}"));
    }
    scan = scan.projection_expression(projection.join(","));
    if layout == TableLayout::Gatepost {
        scan = scan
            .filter_expression("#revision = :current")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":current", AttributeValue::N(CURRENT.to_string()));
    }
    let mut rows = scan.into_paginator().items().send();
    let mut policies = Vec::new();
    let mut faults = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row.map_err(StoreError::from)?;
        let partition = layout.partition_of(&row).ok_or(StoreError::Garbled)?;
        if layout == TableLayout::Gatepost && partition.starts_with(Revocable::PREFIX) {
            continue;
        }
        match layout.subject_of(partition) {
            Ok(subject) => match layout.policy(&subject, &row) {
                Ok(policy) => policies.push(policy),
                Err(StoreError::Row { fault, .. }) => {
                    faults.push(UnreadableRow { key: subject.to_string(), fault: Some(fault) });
                }
                Err(error) => return Err(error.into()),
            },
            Err(_) => faults.push(UnreadableRow { key: partition.to_owned(), fault: None }),
        }
    }
    if !faults.is_empty() {
        faults.sort_by(|one, other| one.key.cmp(&other.key));
        return Err(ReadAllError::Rows(faults));
    }
    policies.sort_by(|one, other| one.subject.cmp(&other.subject));
    Ok(policies)
}

/// Why not every document of a table could be read.
///
/// Made for people at a command line: subjects are named.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadAllError {
    /// There are unreadable rows: all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rows(Vec<UnreadableRow>),

    /// The table itself could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A row that holds no document, and no revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnreadableRow {
    /// Its subject, or, if the partition key is that of no subject, the key.
    pub key: String,
    /// What is wrong with it; `None` if it is of no subject.
    pub fault: Option<RowFault>,
}

impl fmt::Display for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.escape_debug();
        match &self.fault {
            Some(RowFault::Document { attribute, faults }) => {
                let faults: Vec<String> =
                    faults.iter().map(|(place, rule)| format!("`{place}` [{rule}]")).collect();
                write!(f, "the row of `{key}`: in `{attribute}`: {}", faults.join("; "))
            }
            Some(fault) => write!(f, "the row of `{key}`: {fault}"),
            None => write!(f, "the row of `{key}`: the key is that of no subject"),
        }
    }
}
