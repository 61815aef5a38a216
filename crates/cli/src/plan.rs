//! What is to become of the rows of a policy table, looked at before anything is written.

pub(crate) mod checks;
pub(crate) mod conflict;
pub(crate) mod input;
mod order;
pub(crate) mod saved;
pub(crate) mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use gatepost_core::analysis::{Direction, Scope};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{
    Change, Content, CurrentRow, HandEdit, NewRevision, TableState, TransactionError, digest_of,
    transactions,
};

use self::order::{Wish, order};
use crate::comparison::{Comparison, Pair, Progress, compare};
use crate::side::{Owner, Side, SideDocument};

/// What somebody wants of a subject's row.
#[derive(Clone, Debug)]
pub(crate) enum Intent {
    /// To have this document tried in the shadow.
    Candidate(Arc<PolicyDocument>),
    /// To have this document.
    Document(Arc<PolicyDocument>),
    /// To have its candidate for its document.
    Promoted,
    /// To be gone.
    Removed,
}

impl Intent {
    /// The document that is wanted, where it is given.
    fn document(&self) -> Option<Arc<PolicyDocument>> {
        match self {
            Self::Candidate(document) | Self::Document(document) => Some(Arc::clone(document)),
            Self::Promoted | Self::Removed => None,
        }
    }
}

/// What is wanted, and where it comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// By subject, with the place of the document.
    pub(crate) intents: BTreeMap<Subject, (Intent, String)>,
    /// The folder that the documents are in.
    pub(crate) folder: Option<PathBuf>,
    /// The folder that the tests are in.
    pub(crate) tests: Option<PathBuf>,
    /// The revision of the source that the documents are of.
    pub(crate) source_revision: Option<String>,
}

/// A plan: which rows would change, and what they and all others say then.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) table: String,
    pub(crate) state: TableState,
    pub(crate) wanted: Wanted,
    /// The subjects that change, and how.
    pub(crate) rows: BTreeMap<Subject, RowPlan>,
    /// How many rows are as they are wanted.
    pub(crate) unchanged: usize,
    /// Rows that nothing is wanted of.
    pub(crate) left_alone: Vec<Subject>,
    /// Candidates for subjects that have no document beside which they could be tried.
    pub(crate) without_document: Vec<Subject>,
    before: Side,
    after: Side,
}

/// What becomes of a row.
#[derive(Clone, Debug)]
pub(crate) struct RowPlan {
    /// `None` if it only becomes a revision, as it is.
    pub(crate) content: Option<Content>,
    /// How it was changed past its history.
    pub(crate) hand_edit: Option<HandEdit>,
}

impl Plan {
    /// Compares what is wanted with what is there.
    pub(crate) fn new(table: String, state: TableState, wanted: Wanted) -> Self {
        let mut plan = Self {
            table,
            rows: BTreeMap::new(),
            unchanged: 0,
            left_alone: Vec::new(),
            without_document: Vec::new(),
            before: Side { documents: BTreeMap::new(), is_one_file: false },
            after: Side { documents: BTreeMap::new(), is_one_file: false },
            state,
            wanted,
        };
        for (subject, (intent, place)) in &plan.wanted.intents {
            let row = plan.state.rows.get(subject);
            let hand_edit = plan.state.hand_edit(subject);
            let content = match (content(intent, row), intent) {
                (Found::Content(content), _) => Some(content),
                (Found::Nothing, _) if hand_edit.is_some() => None,
                (Found::Nothing, _) => {
                    plan.unchanged += 1;
                    continue;
                }
                (Found::NoDocument, _) => {
                    plan.without_document.push(subject.clone());
                    continue;
                }
            };
            let owner = || Owner::Subject(subject.clone());
            if let Some(row) = row {
                let place = format!("dynamodb:{}, version {}", plan.table, row.version);
                let document = enforced(row);
                plan.before.documents.insert(owner(), SideDocument { document, place });
            }
            let after = content.as_ref().and_then(|content| document_of(content, row));
            if let Some(document) =
                after.or_else(|| content.is_none().then(|| row.map(enforced))?)
            {
                let place = place.clone();
                plan.after.documents.insert(owner(), SideDocument { document, place });
            }
            plan.rows.insert(subject.clone(), RowPlan { content, hand_edit });
        }
        let others = plan.state.rows.keys().filter(|one| !plan.wanted.intents.contains_key(one));
        plan.left_alone = others.cloned().collect();
        plan
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it is about what is tried in the shadow, so that nobody's rights change.
    pub(crate) fn is_of_candidates(&self) -> bool {
        let is_candidate = |row: &RowPlan| matches!(row.content, Some(Content::Candidate(_)));
        self.rows.values().any(is_candidate)
    }

    /// What each change means.
    pub(crate) fn comparisons<'a>(
        &'a self,
        scope: &'a Scope,
        progress: &mut Progress<'_>,
    ) -> anyhow::Result<Vec<Comparison<'a>>> {
        if self.before.documents.is_empty() && self.after.documents.is_empty() {
            return Ok(Vec::new());
        }
        Ok(compare(Pair::of_each(&self.before, &self.after)?, scope, progress))
    }

    /// The document that a row that changes would have.
    pub(crate) fn after(&self, subject: &Subject) -> Option<Arc<PolicyDocument>> {
        let held = self.after.documents.get(&Owner::Subject(subject.clone()))?;
        Some(Arc::new(held.document.clone()))
    }

    /// The documents that would be in force, by subject; those that cannot be read deny everything.
    pub(crate) fn outcome(&self) -> BTreeMap<Subject, (PolicyDocument, String)> {
        let place = format!("dynamodb:{}", self.table);
        let mut outcome: BTreeMap<Subject, (PolicyDocument, String)> = self
            .state
            .rows
            .iter()
            .map(|(subject, row)| (subject.clone(), (enforced(row), place.clone())))
            .collect();
        for subject in self.rows.keys() {
            match self.after.documents.get(&Owner::Subject(subject.clone())) {
                Some(SideDocument { document, place }) => {
                    outcome.insert(subject.clone(), (document.clone(), place.clone()));
                }
                None => drop(outcome.remove(subject)),
            }
        }
        outcome
    }

    /// The rows that were changed past their history, and would be written over.
    pub(crate) fn hand_edits(&self) -> impl Iterator<Item = (&Subject, HandEdit)> {
        let edits = self.rows.iter().filter(|(_, row)| row.content.is_some());
        edits.filter_map(|(subject, row)| Some((subject, row.hand_edit?)))
    }

    /// The changes to be written, in their order. Rows that were edited by hand are made revisions
    /// as they are before they are changed.
    ///
    /// # Errors
    ///
    /// [`TransactionError::Unwritable`] for a change that cannot be written.
    pub(crate) fn changes(
        &self,
        directions: &BTreeMap<String, Direction>,
        revision: &NewRevision<'_>,
        scope: &Scope,
    ) -> Result<Vec<Change>, TransactionError> {
        let mut adoptions = Vec::new();
        let mut wishes = Vec::new();
        for (subject, row) in &self.rows {
            let mut from = self.state.rows.get(subject).cloned();
            let mut version = self.state.next_version(subject);
            if let (Some(_), Some(row)) = (row.hand_edit, &from) {
                // The number it has, if no revision has it and no later one is there.
                let last = self.state.revisions(subject).next().map_or(0, |(last, _)| last);
                version = row.version.max(last.saturating_add(1));
                let adoption = Change {
                    subject: subject.clone(),
                    from: from.take(),
                    version,
                    content: Content::Adopted,
                    comment: Some("as it was found: edited past the history".to_owned()),
                };
                from = CurrentRow::after(&adoption, revision)?;
                version = version.saturating_add(1);
                adoptions.push(adoption);
            }
            let Some(content) = row.content.clone() else { continue };
            let direction = match &content {
                Content::Candidate(_) | Content::Adopted => Direction::Same,
                Content::Document(_) | Content::Promoted | Content::Removed => {
                    directions.get(&subject.to_string()).copied().unwrap_or(Direction::Same)
                }
            };
            wishes.push(Wish { subject: subject.clone(), from, version, content, direction });
        }
        let fits =
            |changes: &[Change]| Ok(transactions(&self.table, changes, revision)?.len() <= 1);
        adoptions.extend(order(wishes, revision, scope.max_states, fits)?);
        Ok(adoptions)
    }
}

/// Which way the rights of each subject go.
pub(crate) fn directions(comparisons: &[Comparison<'_>]) -> BTreeMap<String, Direction> {
    let direction = |one: &Comparison<'_>| (one.pair.subject.clone(), Direction::of(&one.diff));
    comparisons.iter().map(direction).collect()
}

/// What is enforced of a row: a document that cannot be read fails every call.
pub(crate) fn enforced(row: &CurrentRow) -> PolicyDocument {
    row.document.as_deref().map_or_else(|_| PolicyDocument::deny_all(), Clone::clone)
}

enum Found {
    Content(Content),
    Nothing,
    NoDocument,
}

/// What is to be done to a row for an intent.
fn content(intent: &Intent, row: Option<&CurrentRow>) -> Found {
    let candidate = row.and_then(|row| row.candidate.as_ref());
    match (intent, row) {
        (Intent::Document(document), Some(row)) if row.digest == digest_of(document) => {
            Found::Nothing
        }
        (Intent::Document(document), _) => Found::Content(Content::Document(document.clone())),
        (Intent::Removed, Some(_)) => Found::Content(Content::Removed),
        (Intent::Removed, None) => Found::Nothing,
        (Intent::Candidate(_), None) => Found::NoDocument,
        (Intent::Candidate(document), Some(row)) => match candidate {
            Some(Ok(known)) if **known == **document => Found::Nothing,
            None if row.digest == digest_of(document) => Found::Nothing,
            Some(_) | None => Found::Content(Content::Candidate(document.clone())),
        },
        (Intent::Promoted, _) => match candidate {
            Some(Ok(_)) => Found::Content(Content::Promoted),
            Some(Err(_)) | None => Found::NoDocument,
        },
    }
}

/// The document that a row has, or is tried with, after a change.
fn document_of(content: &Content, row: Option<&CurrentRow>) -> Option<PolicyDocument> {
    match content {
        Content::Candidate(document) | Content::Document(document) => {
            Some(document.as_ref().clone())
        }
        Content::Promoted => row.and_then(|row| row.candidate.as_ref()?.as_deref().ok()).cloned(),
        Content::Adopted => row.map(enforced),
        Content::Removed => None,
    }
}

/// Documents of files as what is wanted; with `prune`, everything else in the table is to go.
pub(crate) fn wanted_of_side(
    side: Side,
    as_candidates: bool,
    gone: impl IntoIterator<Item = Subject>,
) -> anyhow::Result<BTreeMap<Subject, (Intent, String)>> {
    let mut intents = BTreeMap::new();
    for (owner, SideDocument { document, place }) in side.documents {
        let Owner::Subject(subject) = owner else {
            anyhow::bail!(
                "`{place}` is no subject's document: keep it in a folder such as groups/"
            );
        };
        let document = Arc::new(document);
        let intent =
            if as_candidates { Intent::Candidate(document) } else { Intent::Document(document) };
        intents.insert(subject, (intent, place));
    }
    let gone: BTreeSet<Subject> = gone.into_iter().collect();
    for subject in gone {
        intents.entry(subject).or_insert_with(|| (Intent::Removed, String::new()));
    }
    Ok(intents)
}
