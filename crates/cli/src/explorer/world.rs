//! Everything that stands in a source at one time, and what follows from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use gatepost_core::analysis::Scope;
use gatepost_core::gateway::StageArn;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use http::StatusCode;

use super::fault::Fault;
use super::origin::digest;
use crate::explain::Documents;
use crate::matrix::{Columns, Known, Table};
use crate::routes::RouteList;
use crate::suite::{Run, Suite};

/// A subject's document.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// For people.
    pub(super) place: PathBuf,
    /// Where it is saved, if that is a file.
    pub(super) file: Option<PathBuf>,
    /// As it is written; of a table, in the one form that files are written in.
    pub(super) text: String,
    /// Changes with the text; of a table, with the row.
    pub(super) tag: String,
    /// The number of its revision, in a table.
    pub(super) version: Option<u64>,
    /// The text of what is tried in the shadow.
    pub(super) candidate: Option<String>,
    /// What it says, or why it is no document.
    pub(super) document: Result<PolicyDocument, String>,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            place: PathBuf::new(),
            file: None,
            text: String::new(),
            tag: String::new(),
            version: None,
            candidate: None,
            document: Ok(PolicyDocument::deny_all()),
        }
    }
}

/// What keeps a file or a row from being a document.
#[derive(Clone, Debug)]
pub(super) struct DocumentFault {
    /// Whose document it would be, if that can be told.
    pub(super) subject: Option<Subject>,
    /// Which file or row, and why.
    pub(super) line: String,
}

/// The routes, and the file they stand in.
#[derive(Debug)]
pub(super) struct RoutesFile {
    /// For people.
    pub(super) shown: PathBuf,
    pub(super) text: String,
    pub(super) list: RouteList,
}

/// What stands in a source beside its documents, or why it cannot be read.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) routes: Result<RoutesFile, String>,
    pub(super) suites: Result<Vec<Suite>, String>,
    /// Changes with any text of a suite.
    pub(super) tests: String,
}

/// What stands in a source.
#[derive(Debug)]
pub(super) struct World {
    /// Changes when anything does.
    pub(super) revision: String,
    /// For people.
    pub(super) root: PathBuf,
    pub(super) entries: BTreeMap<Subject, Entry>,
    faults: Vec<DocumentFault>,
    beside: Arc<Beside>,
    documents: Documents,
    /// What was found out of the same documents before.
    known: Known,
    table: OnceLock<Table>,
    run: OnceLock<Run>,
}

impl World {
    /// Puts it together.
    pub(super) fn new(
        root: PathBuf,
        entries: BTreeMap<Subject, Entry>,
        faults: Vec<DocumentFault>,
        beside: Beside,
    ) -> Self {
        let mut all = beside.tests.clone();
        let tags = entries.iter().map(|(subject, entry)| format!("{subject} {}", entry.tag));
        let of_routes = match &beside.routes {
            Ok(routes) => routes.text.clone(),
            Err(error) => error.clone(),
        };
        let lines = faults.iter().map(|fault| fault.line.clone());
        for part in tags.chain(lines).chain([of_routes]) {
            all.push_str(&digest(part.as_bytes()));
        }
        let revision = digest(all.as_bytes());
        Self::of(revision, root, entries, faults, Arc::new(beside))
    }

    fn of(
        revision: String,
        root: PathBuf,
        entries: BTreeMap<Subject, Entry>,
        faults: Vec<DocumentFault>,
        beside: Arc<Beside>,
    ) -> Self {
        let held = entries.iter().filter_map(|(subject, entry)| {
            let document = entry.document.as_ref().ok()?;
            Some((subject.clone(), entry.place.clone(), document.clone()))
        });
        let documents = Documents::of(&root, held);
        let (known, table, run) = (Known::default(), OnceLock::new(), OnceLock::new());
        Self { revision, root, entries, faults, beside, documents, known, table, run }
    }

    /// The same, where what was found out in `before` need not be found out again.
    #[must_use]
    pub(super) fn after(mut self, before: &Self) -> Self {
        let text = |world: &Self| world.beside.routes.as_ref().ok().map(|one| one.text.clone());
        if Arc::ptr_eq(&self.beside, &before.beside) || text(&self) == text(before) {
            self.known = before.table.get().map_or_else(|| before.known.clone(), Table::known);
        }
        self
    }

    /// The same with other documents for some subjects; `None` takes one away.
    ///
    /// # Errors
    ///
    /// When a text is no document.
    pub(super) fn with(&self, drafts: &BTreeMap<Subject, Option<String>>) -> Result<Self, Fault> {
        let mut entries = self.entries.clone();
        for (subject, text) in drafts {
            let Some(text) = text else {
                entries.remove(subject);
                continue;
            };
            let document = PolicyDocument::parse(text.as_bytes()).map_err(|error| {
                let sentence = format!("the draft of `{subject}` is no document: {error}");
                Fault::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
                    .of(&format!("drafts.{subject}"))
            })?;
            let place = self.place_of(subject);
            let (text, document) = (text.clone(), Ok(document));
            entries.insert(subject.clone(), Entry { place, text, document, ..Entry::default() });
        }
        // What a draft stands for is no fault any more.
        let is_left = |fault: &&DocumentFault| {
            !fault.subject.as_ref().is_some_and(|subject| drafts.contains_key(subject))
        };
        let faults = self.faults.iter().filter(is_left).cloned().collect();
        let (revision, root) = (self.revision.clone(), self.root.clone());
        Ok(Self::of(revision, root, entries, faults, Arc::clone(&self.beside)).after(self))
    }

    /// The documents, none of which is at fault: an answer without one that may hold a Deny would be
    /// worth nothing.
    ///
    /// # Errors
    ///
    /// What to mend.
    pub(super) fn documents(&self) -> Result<&Documents, Fault> {
        if self.faults.is_empty() {
            return Ok(&self.documents);
        }
        let lines: Vec<&str> = self.faults().collect();
        Err(conflict(format!("mend these first:\n{}", lines.join("\n"))))
    }

    /// Where the document of a subject is, or belongs, for people.
    pub(super) fn place_of(&self, subject: &Subject) -> PathBuf {
        let known = self.entries.get(subject).map(|entry| entry.place.clone());
        known.unwrap_or_else(|| self.documents.path_for(subject))
    }

    /// What keeps files from being documents.
    pub(super) fn faults(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(|fault| fault.line.as_str())
    }

    /// The routes.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub(super) fn routes(&self) -> Result<&RoutesFile, Fault> {
        self.beside.routes.as_ref().map_err(|error| conflict(error.as_str()))
    }

    /// The suites; none where there are no files of them.
    ///
    /// # Errors
    ///
    /// When one is at fault.
    pub(super) fn suites(&self) -> Result<&[Suite], Fault> {
        match &self.beside.suites {
            Ok(suites) => Ok(suites),
            Err(error) => Err(conflict(error.as_str())),
        }
    }

    /// What comes of the suites.
    ///
    /// # Errors
    ///
    /// When a document or a suite is at fault.
    pub(super) fn run(&self) -> Result<&Run, Fault> {
        if let Some(run) = self.run.get() {
            return Ok(run);
        }
        let run = Run::new(self.documents()?, self.suites()?)?;
        Ok(self.run.get_or_init(|| run))
    }

    /// Every subject against every route.
    ///
    /// # Errors
    ///
    /// When a document is at fault, or the routes are not known.
    pub(super) fn table(&self, stage: Option<&StageArn>) -> Result<&Table, Fault> {
        let documents = self.documents()?;
        let routes = self.routes()?;
        Ok(self.table.get_or_init(|| {
            let columns = documents.iter().map(|(subject, held)| (subject, &held.document));
            let scope = Scope { stage: stage.cloned(), ..Scope::default() };
            let mut table =
                Table::new(Columns::of_each(columns), &routes.list, &scope, &self.known);
            table.policies = self.root.display().to_string();
            table.routes = routes.shown.display().to_string();
            table
        }))
    }
}

/// What stands there is at fault, and not what was asked for.
fn conflict(error: impl Into<String>) -> Fault {
    Fault::new(StatusCode::CONFLICT, error)
}
