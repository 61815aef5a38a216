//! A whole table as those who change it see it: every current row, and which of them were changed
//! past the history.
//!
//! The current rows are read before the history. A row that is written in between has its revision
//! in the history then, so that none is taken for one that was edited by hand.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;

use super::current::{CurrentRow, RevisionNote, text};
use super::history::{self, Entry, Index};
use super::layout::CURRENT;
use super::read_all::{ReadAllError, UnreadableRow};
use super::revision::number;
use crate::policy_store::StoreError;

/// What was read of a table.
#[derive(Clone, Debug, Default)]
pub struct TableState {
    /// Every current row.
    pub rows: BTreeMap<Subject, CurrentRow>,
    history: Index,
}

/// How a row came to be what no revision is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HandEdit {
    /// Its document is not the one that the revision of its version has.
    Document,
    /// The history has no revision of its version.
    NoRevision,
}

/// Reads the table.
///
/// # Errors
///
/// [`ReadAllError`] if it cannot be read to its end, or a row has no version or belongs to nobody.
/// A document that cannot be read is part of the answer.
pub async fn read_table(client: &Client, table: &str) -> Result<TableState, ReadAllError> {
    let mut scan = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .filter_expression("#revision = :current")
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_values(":current", number(CURRENT))
        .into_paginator()
        .items()
        .send();
    let (mut rows, mut faults) = (BTreeMap::new(), Vec::new());
    while let Some(row) = scan.next().await {
        let row = row.map_err(StoreError::from)?;
        let key = text(&row, "subject").ok_or(StoreError::Garbled)?;
        if key.starts_with(Revocable::PREFIX) {
            continue;
        }
        let fault = match key.parse::<Subject>() {
            Ok(subject) => match CurrentRow::read(subject.clone(), row) {
                Ok(row) => {
                    rows.insert(subject, row);
                    continue;
                }
                Err(fault) => Some(fault),
            },
            Err(_) => None,
        };
        faults.push(UnreadableRow { key, fault });
    }
    if !faults.is_empty() {
        faults.sort_by(|one, other| one.key.cmp(&other.key));
        return Err(ReadAllError::Rows(faults));
    }
    let mut history = history::read_index(client, table).await?;
    for (subject, row) in &rows {
        let entry = history.get_mut(subject).and_then(|known| known.get_mut(&row.version));
        // Rows that were written by other means may lack it.
        if let Some(entry @ Entry { digest: None, .. }) = entry {
            entry.digest = history::read_digest(client, table, subject, row.version).await?;
        }
    }
    Ok(TableState { rows, history })
}

impl TableState {
    /// Whether the row of `subject` was changed past its history, and how.
    pub fn hand_edit(&self, subject: &Subject) -> Option<HandEdit> {
        let row = self.rows.get(subject)?;
        let Some(entry) = self.history.get(subject).and_then(|known| known.get(&row.version))
        else {
            return Some(HandEdit::NoRevision);
        };
        let is_same = entry.digest.as_ref() == Some(&row.digest)
            && row.said_digest.as_ref().is_none_or(|said| *said == row.digest);
        (!is_same).then_some(HandEdit::Document)
    }

    /// The number for the next revision of `subject`: no number is used twice.
    pub fn next_version(&self, subject: &Subject) -> u64 {
        let current = self.rows.get(subject).map_or(0, |row| row.version);
        let last = self.history.get(subject).and_then(|known| known.keys().next_back());
        current.max(last.copied().unwrap_or(0)).saturating_add(1)
    }

    /// The revisions of `subject` whose document has this digest, the last one first.
    pub fn revisions_with<'a>(
        &'a self,
        subject: &Subject,
        digest: &'a str,
    ) -> impl Iterator<Item = u64> + 'a {
        let known = self.history.get(subject).into_iter().flatten().rev();
        known
            .filter(move |(_, entry)| entry.digest.as_deref() == Some(digest))
            .map(|(version, _)| *version)
    }

    /// The revisions of `subject`, the last one first, and who made each.
    pub fn revisions(&self, subject: &Subject) -> impl Iterator<Item = (u64, &RevisionNote)> {
        let known = self.history.get(subject).into_iter().flatten().rev();
        known.map(|(version, entry)| (*version, &entry.note))
    }
}
