//! Two people at once: what was there, what it has become, and what was wanted of it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use gatepost_core::analysis::Scope;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{CurrentRow, RevisionNote, TableState, digest_of};

use super::{Intent, Plan, enforced};
use crate::comparison::{Pair, Progress, compare, write_text};
use crate::policy_table::PolicyTable;
use crate::provenance::contains;
use crate::side::{Owner, Side, SideDocument};
use crate::visible::visible;

/// A row that is not what a change was made from.
#[derive(Clone, Debug)]
pub(crate) struct Conflict {
    pub(crate) subject: Subject,
    /// The version that the change was made from; `None` if the subject had no document.
    pub(crate) base: Option<u64>,
    /// What is there now.
    pub(crate) theirs: Option<CurrentRow>,
    /// Who made it what it is, as far as it is known.
    pub(crate) by: RevisionNote,
    /// What was wanted; `None` if it was to go.
    pub(crate) yours: Option<Arc<PolicyDocument>>,
}

/// How many conflicts are shown in full.
const MAX_SHOWN: usize = 10;

/// Writes the first conflicts, and how many follow.
///
/// # Errors
///
/// As [`Conflict::write`].
pub(crate) fn write_conflicts(
    conflicts: &[Conflict],
    table: &PolicyTable,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for conflict in conflicts.iter().take(MAX_SHOWN) {
        conflict.write(table, out)?;
    }
    match conflicts.len().saturating_sub(MAX_SHOWN) {
        0 => {}
        more => writeln!(out, "and {more} more")?,
    }
    Ok(())
}

impl Conflict {
    /// The conflict of a change that was made from `base`, and found `state`.
    pub(crate) fn new(
        subject: &Subject,
        base: Option<u64>,
        state: &TableState,
        yours: Option<Arc<PolicyDocument>>,
    ) -> Self {
        let theirs = state.rows.get(subject).cloned();
        let by = match &theirs {
            Some(row) => row.note.clone(),
            None => {
                state.revisions(subject).next().map(|(_, note)| note.clone()).unwrap_or_default()
            }
        };
        Self { subject: subject.clone(), base, theirs, by, yours }
    }

    /// Writes who did what, and both differences in meaning.
    ///
    /// # Errors
    ///
    /// When the history cannot be read, or nothing be written.
    fn write(&self, table: &PolicyTable, out: &mut dyn Write) -> anyhow::Result<()> {
        let base = match self.base {
            Some(version) => {
                let revisions = table.history(&self.subject)?;
                let revision = revisions.into_iter().find(|one| one.version == version);
                revision
                    .and_then(|one| one.document?.ok())
                    .map(|document| document.as_ref().clone())
            }
            None => None,
        };
        let theirs = self.theirs.as_ref().map(enforced);
        let yours = self.yours.as_deref().cloned();
        let at = |version: Option<u64>| {
            version.map_or_else(|| "no document".to_owned(), |version| format!("version {version}"))
        };
        let (from, now) = (at(self.base), at(self.theirs.as_ref().map(|row| row.version)));
        writeln!(
            out,
            "{}: made from {from}, and the table has {now} now{}",
            visible(&self.subject.to_string()),
            who(&self.by)
        )?;
        writeln!(out, "\nWhat they changed, {from} to {now}:\n")?;
        self.compare((base.clone(), &from), (theirs, &now), out)?;
        writeln!(out, "\nWhat you would change, {from} to yours:\n")?;
        self.compare((base, &from), (yours, "yours"), out)?;
        writeln!(out)?;
        Ok(())
    }

    fn compare(
        &self,
        before: (Option<PolicyDocument>, &str),
        after: (Option<PolicyDocument>, &str),
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let [before, after] = [before, after].map(|(document, place)| {
            let held = document.map(|document| {
                let owner = Owner::Subject(self.subject.clone());
                (owner, SideDocument { document, place: place.to_owned() })
            });
            Side { documents: held.into_iter().collect(), is_one_file: false }
        });
        let scope = Scope { moved: true, ..Scope::default() };
        match Pair::of_each(&before, &after) {
            Ok(pairs) => write_text(&compare(pairs, &scope, &mut Progress::Nobody), false, out),
            Err(_) => writeln!(out, "there is no document on either side"),
        }
    }
}

/// `, by X at T: why`
pub(crate) fn who(note: &RevisionNote) -> String {
    let part = |before: &str, text: &Option<String>| {
        text.as_ref().map_or_else(String::new, |text| format!("{before}{}", visible(text)))
    };
    [
        part(", by ", &note.updated_by),
        part(" at ", &note.updated_at),
        part(" from ", &note.source_revision),
        part(": ", &note.comment),
    ]
    .concat()
}

/// The changes that would undo what somebody else has done since the source was made.
///
/// By git, where the revision that the row was made from is known: then it must be in the past of
/// what is checked out. Elsewhere by the history: a document that is the one of an older revision
/// is nobody's edit.
pub(crate) fn behind(plan: &Plan, by: &str) -> Vec<Conflict> {
    let Some(folder) = plan.wanted.folder.as_deref() else { return Vec::new() };
    let head = plan.wanted.source_revision.as_deref();
    let head = head.map(|head| head.trim_end_matches("+dirty").to_owned());
    let mut asked: BTreeMap<String, Option<bool>> = BTreeMap::new();
    let mut is_in_past = |note: &RevisionNote| -> Option<bool> {
        let source = note.source_revision.as_ref()?;
        let ask = || contains(folder, head.as_deref()?, source);
        *asked.entry(source.clone()).or_insert_with(ask)
    };
    let mut conflicts = Vec::new();
    for (subject, row) in &plan.rows {
        let document = match plan.wanted.intents.get(subject) {
            Some((Intent::Document(document), _)) => Some(document),
            // A checkout that has not seen the row does not want it gone.
            Some((Intent::Removed, _)) => None,
            Some((Intent::Candidate(_) | Intent::Promoted, _)) | None => continue,
        };
        if row.content.is_none() || row.hand_edit.is_some() {
            continue;
        }
        let Some((last, note)) = plan.state.revisions(subject).next() else { continue };
        let older = document.map(|document| digest_of(document)).and_then(|digest| {
            plan.state.revisions_with(subject, &digest).find(|version| *version < last)
        });
        let base = match (is_in_past(note), older) {
            (Some(true), _) | (None, None) => continue,
            // One's own edit is not somebody else's.
            (None, Some(_)) if note.updated_by.as_deref() == Some(by) => continue,
            (Some(false) | None, Some(older)) => Some(older),
            (Some(false), None) => {
                let mut revisions = plan.state.revisions(subject);
                let seen = revisions.find(|(_, note)| is_in_past(note) == Some(true));
                seen.map(|(version, _)| version)
            }
        };
        conflicts.push(Conflict::new(subject, base, &plan.state, document.cloned()));
    }
    conflicts
}
