//! A plan in a file, to be applied as it is or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use gatepost_core::analysis::meet;
use gatepost_core::json::Json;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{Content, CurrentRow, TableState, digest_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::conflict::Conflict;
use super::{Intent, Plan, Wanted, enforced};
use crate::comparison::{Comparison, to_value};

/// What stands first in such a file.
pub(crate) const FORMAT: &str = "gatepost-plan-1";

/// A plan as it is written.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedPlan {
    pub(crate) format: String,
    pub(crate) table: String,
    pub(crate) source_revision: Option<String>,
    /// What speaks against it.
    pub(crate) refusals: Vec<String>,
    changes: BTreeMap<String, SavedChange>,
    /// Every row that it was judged by, whether it changes or not.
    rows: BTreeMap<String, SavedRow>,
    /// What it means, as `gatepost diff --format json` has it.
    meaning: Value,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct SavedRow {
    version: u64,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    candidate: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SavedChange {
    action: Action,
    /// Whether the row may be written over although it was edited by hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adopt: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Json>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Adopt,
    Candidate,
    Document,
    Promote,
    Remove,
}

impl SavedRow {
    fn of(row: &CurrentRow) -> Self {
        let candidate = row.candidate.as_ref().map(|read| match read {
            Ok(document) => digest_of(document),
            Err(_) => "unreadable".to_owned(),
        });
        Self { version: row.version, digest: row.digest.clone(), candidate }
    }
}

impl SavedPlan {
    /// The plan, what speaks against it, and what it means.
    ///
    /// # Errors
    ///
    /// When a document has no JSON text.
    pub(crate) fn new(
        plan: &Plan,
        refusals: Vec<String>,
        meaning: &[Comparison<'_>],
    ) -> anyhow::Result<Self> {
        let mut changes = BTreeMap::new();
        for (subject, row) in &plan.rows {
            let (action, document) = match &row.content {
                None | Some(Content::Adopted) => (Action::Adopt, None),
                Some(Content::Candidate(document)) => (Action::Candidate, Some(document)),
                Some(Content::Document(document)) => (Action::Document, Some(document)),
                Some(Content::Promoted) => (Action::Promote, None),
                Some(Content::Removed) => (Action::Remove, None),
            };
            let document = document
                .map(|document| Json::parse(document.to_string().as_bytes()))
                .transpose()?;
            let adopt = row.hand_edit.is_some();
            changes.insert(subject.to_string(), SavedChange { action, adopt, document });
        }
        let rows = plan.state.rows.iter();
        Ok(Self {
            format: FORMAT.to_owned(),
            table: plan.table.clone(),
            source_revision: plan.wanted.source_revision.clone(),
            refusals,
            changes,
            rows: rows.map(|(subject, row)| (subject.to_string(), SavedRow::of(row))).collect(),
            meaning: to_value(meaning)?,
        })
    }

    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// When it is none, or one that another program wrote.
    pub(crate) fn parse(text: &[u8]) -> anyhow::Result<Self> {
        let plan: Self = serde_json::from_slice(text).context("this is no plan")?;
        ensure!(plan.format == FORMAT, "a plan of the format `{}` is not read", plan.format);
        Ok(plan)
    }

    /// What is left to do of it; or where the table has moved on.
    ///
    /// A row that it changes may be as it was, or as an apply of the same plan has left it.
    ///
    /// # Errors
    ///
    /// When a document in it is none, or the history cannot be read.
    pub(crate) fn left(
        &self,
        state: &TableState,
        base_document: impl Fn(&Subject, u64) -> anyhow::Result<Option<Arc<PolicyDocument>>>,
        max_states: usize,
    ) -> anyhow::Result<Result<Wanted, Vec<Conflict>>> {
        let source_revision = self.source_revision.clone();
        let mut wanted = Wanted { source_revision, ..Wanted::default() };
        let mut conflicts = Vec::new();
        for (name, change) in &self.changes {
            let subject: Subject = name.parse().context("a plan's subject")?;
            let base = self.rows.get(name);
            let now = state.rows.get(&subject);
            let document = change
                .document
                .as_ref()
                .map(|json| PolicyDocument::from_json(json).map(Arc::new))
                .transpose()
                .with_context(|| format!("the document of `{name}`"))?;
            let intent = match (change.action, document) {
                (Action::Document, Some(document)) => Intent::Document(document),
                (Action::Candidate, Some(document)) => Intent::Candidate(document),
                (Action::Remove, None) => Intent::Removed,
                (Action::Promote, None) => Intent::Promoted,
                (Action::Adopt, None) => match now {
                    Some(row) => Intent::Document(Arc::new(enforced(row))),
                    None => Intent::Removed,
                },
                _ => anyhow::bail!("the change of `{name}` is not one that a plan can have"),
            };
            let is_as_it_was = base == now.map(SavedRow::of).as_ref();
            let is_ours = || -> anyhow::Result<bool> {
                let moved = now.map_or(0, |row| row.version) > base.map_or(0, |row| row.version);
                Ok(match (&intent, now) {
                    (Intent::Document(wanted), Some(row)) if moved => {
                        let is_adopted =
                            change.adopt && base.is_some_and(|base| base.digest == row.digest);
                        is_adopted || row.digest == digest_of(wanted) || {
                            let before = match base {
                                Some(base) => base_document(&subject, base.version)?,
                                None => None,
                            };
                            let before: Vec<&PolicyDocument> =
                                before.as_deref().into_iter().collect();
                            row.digest == digest_of(&meet(&before, &[wanted], max_states))
                        }
                    }
                    (Intent::Candidate(wanted), Some(row)) if moved => {
                        row.candidate.as_ref().is_some_and(|one| one.as_ref() == Ok(wanted))
                    }
                    (Intent::Promoted, Some(row)) if moved => {
                        base.and_then(|base| base.candidate.as_ref()) == Some(&row.digest)
                    }
                    (Intent::Removed, None) => true,
                    (Intent::Removed, Some(row)) if moved => {
                        let before = match base {
                            Some(base) => base_document(&subject, base.version)?,
                            None => None,
                        };
                        let before: Vec<&PolicyDocument> = before.as_deref().into_iter().collect();
                        row.digest == digest_of(&meet(&before, &[], max_states))
                    }
                    _ => false,
                })
            };
            let base_version = base.map(|row| row.version);
            if !is_as_it_was && !is_ours()? {
                conflicts.push(Conflict::new(&subject, base_version, state, intent.document()));
            } else if !(is_as_it_was || matches!(intent, Intent::Document(_) | Intent::Removed)) {
                // Done.
            } else {
                wanted.intents.insert(subject, (intent, "the plan".to_owned()));
            }
        }
        let names = self.rows.keys().cloned().chain(state.rows.keys().map(ToString::to_string));
        for name in names.collect::<std::collections::BTreeSet<String>>() {
            let subject: Subject = name.parse().context("a plan's subject")?;
            let (base, now) = (self.rows.get(&name), state.rows.get(&subject));
            if !self.changes.contains_key(&name) && base != now.map(SavedRow::of).as_ref() {
                let base = base.map(|row| row.version);
                // The plan would leave it as it is.
                let yours = now.map(|row| Arc::new(enforced(row)));
                conflicts.push(Conflict::new(&subject, base, state, yours));
            }
        }
        Ok(if conflicts.is_empty() { Ok(wanted) } else { Err(conflicts) })
    }
}
