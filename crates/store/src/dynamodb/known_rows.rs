//! Rows that were read before, and what was made of them.
//!
//! Rows are read again and again and seldom change, and to compare one with what it was costs less than
//! to read it as a policy document. A row that is as before gives the very same document, which those
//! who keep things by document can rely on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gatepost_core::subject::Subject;

use super::layout::TableLayout;
use super::row::Row;
use super::row_size;
use crate::policy_store::{StoreError, StoredPolicy};

/// How many rows are kept. Callers bring their subjects with them, so there is a limit; beyond it
/// the memory starts again.
const MAX_KEPT: usize = 1_000;

/// How large they may be together, in bytes as DynamoDB counts them.
const MAX_BYTES: usize = 1024 * 1024;

/// The memory. Clones share it.
#[derive(Clone, Default)]
pub(super) struct KnownRows(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    rows: HashMap<Subject, (Row, StoredPolicy)>,
    bytes: usize,
}

impl KnownRows {
    /// What `layout` makes of the row of `subject`.
    ///
    /// # Errors
    ///
    /// As [`TableLayout::policy`]; what is faulty is not kept.
    pub(super) fn policy(
        &self,
        layout: TableLayout,
        subject: &Subject,
        row: &Row,
    ) -> Result<StoredPolicy, StoreError> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, policy)) = lock().rows.get(subject)
            && known == row
        {
            return Ok(policy.clone());
        }
        let policy = layout.policy(subject, row)?;
        lock().keep(subject, row, &policy);
        Ok(policy)
    }
}

impl Memory {
    fn keep(&mut self, subject: &Subject, row: &Row, policy: &StoredPolicy) {
        if let Some((before, _)) = self.rows.remove(subject) {
            self.bytes -= row_size::bytes(&before);
        }
        let bytes = row_size::bytes(row);
        // One that would never fit takes nothing else with it.
        if bytes > MAX_BYTES {
            return;
        }
        if self.rows.len() >= MAX_KEPT || self.bytes + bytes > MAX_BYTES {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.rows.insert(subject.clone(), (row.clone(), policy.clone()));
    }
}

/// Documents say who may do what, which is nobody's business in a log.
impl fmt::Debug for KnownRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownRows").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{L, M, N, S};

    use super::*;

    fn subject(name: &str) -> Subject {
        format!("group:{name}").parse().unwrap()
    }

    /// A row whose document allows one path.
    fn row(path: &str) -> Row {
        let text = |text: &str| S(text.to_owned());
        let statement: Row =
            [("Effect", "Allow"), ("Action", "execute-api:Invoke"), ("Resource", path)]
                .map(|(name, value)| (name.to_owned(), text(value)))
                .into();
        let document: Row = [
            ("Version".to_owned(), text("2012-10-17")),
            ("Statement".to_owned(), L(vec![M(statement)])),
        ]
        .into();
        [("version".to_owned(), N("1".to_owned())), ("document".to_owned(), M(document))].into()
    }

    fn read(known: &KnownRows, name: &str, path: &str) -> StoredPolicy {
        known.policy(TableLayout::Gatepost, &subject(name), &row(path)).unwrap()
    }

    #[test]
    fn a_row_that_is_as_before_gives_the_very_same_document_and_any_other_its_own() {
        let known = KnownRows::default();
        let first = read(&known, "a", "GET/a");
        assert!(Arc::ptr_eq(&first.document, &read(&known, "a", "GET/a").document));
        let changed = read(&known, "a", "GET/b");
        assert!(changed.document.to_string().contains("GET/b"));
        assert!(read(&known, "a", "GET/a").document.to_string().contains("GET/a"));
        assert_eq!(read(&known, "b", "GET/a").subject, subject("b"));
    }

    #[test]
    fn a_row_that_became_faulty_is_an_error_and_not_what_it_was() {
        let known = KnownRows::default();
        read(&known, "a", "GET/a");
        let mut faulty = row("GET/a");
        faulty.remove("version");
        assert!(known.policy(TableLayout::Gatepost, &subject("a"), &faulty).is_err());
    }

    #[test]
    fn the_memory_has_a_bound() {
        let known = KnownRows::default();
        let mut long = row("GET/a");
        long.insert("candidate".to_owned(), S("x".repeat(4_000)));
        for index in 0..MAX_KEPT + 10 {
            let row = if index % 2 == 0 { long.clone() } else { row("GET/a") };
            known.policy(TableLayout::Gatepost, &subject(&index.to_string()), &row).unwrap();
            let memory = known.0.lock().unwrap();
            let counted: usize = memory.rows.values().map(|(row, _)| row_size::bytes(row)).sum();
            assert_eq!(memory.bytes, counted);
            assert!(memory.rows.len() <= MAX_KEPT && memory.bytes <= MAX_BYTES);
        }
    }
}
