//! Where a command reads documents from: a folder, a file, a git revision or a table.
//!
//! Every kind is read to its end or not at all: a place that does not exist, a document that is
//! faulty or a row that cannot be read is an error, never a smaller side.

mod git;
mod source;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::{
    FileFault, FileOutcome, FolderStore, folder_of, read_policy_file, subject_at,
};

pub(crate) use self::source::Source;
use crate::visible::visible;

/// The documents of one source.
#[derive(Debug)]
pub(crate) struct Side {
    /// By whose they are.
    pub(crate) documents: BTreeMap<Owner, SideDocument>,
    /// Whether the source is one file, and not a place where documents are kept.
    pub(crate) is_one_file: bool,
}

/// Whose a document is.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Owner {
    /// A subject's, as the place of the document says.
    Subject(Subject),
    /// Nobody's: a file of this name, in no folder of subjects.
    File(String),
}

/// `group:movies-group`, `file:draft.json`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => subject.fmt(f),
            Self::File(name) => write!(f, "file:{name}"),
        }
    }
}

/// A document, and where it was found.
#[derive(Debug)]
pub(crate) struct SideDocument {
    pub(crate) document: PolicyDocument,
    /// For people: `policies/groups/a.json`, `git:main:policies/groups/a.json`, `dynamodb:NAME`.
    pub(crate) place: String,
}

impl Side {
    /// Reads everything there is.
    ///
    /// # Errors
    ///
    /// When there is no such place, it cannot be read, or any document in it is at fault: all of
    /// them, with their places.
    pub(crate) fn read(source: &Source) -> anyhow::Result<Self> {
        match source {
            Source::Path(path) => Self::of_files(read_path(path)?, ""),
            Source::Git { revision, path } => {
                let found = git::read(revision, path)
                    .with_context(|| format!("cannot read `{}`", visible(&source.to_string())))?;
                Self::of_files(found, &format!("git:{revision}:"))
            }
            Source::Table(name) => {
                let policies = table::read(name)
                    .with_context(|| format!("cannot read the table `{}`", visible(name)))?;
                let documents = policies.into_iter().map(|policy| {
                    let document = policy.document.as_ref().clone();
                    let place = source.to_string();
                    (Owner::Subject(policy.subject), SideDocument { document, place })
                });
                Ok(Self { documents: documents.collect(), is_one_file: false })
            }
        }
    }

    /// Writes the folder of policies `path` as it stood in a git revision to `into`.
    ///
    /// # Errors
    ///
    /// When there is no such folder, or it cannot be written.
    pub(crate) fn check_out(revision: &str, path: &str, into: &Path) -> anyhow::Result<()> {
        git::check_out(revision, path, into)
            .with_context(|| format!("cannot read `git:{}:{}`", visible(revision), visible(path)))
    }

    fn of_files(found: Found, prefix: &str) -> anyhow::Result<Self> {
        let mut documents = BTreeMap::new();
        let mut faults = Vec::new();
        let place = |path: &Path| format!("{prefix}{}", path.display());
        let mut fault = |path: &Path, fault: &FileFault| {
            let line = format!("`{}`: {fault}", place(path));
            faults.push(visible(&line));
        };
        let is_one_file = match found {
            Found::File { path, document } => {
                let owner = match subject_at(&path) {
                    Some(Ok(subject)) => Owner::Subject(subject),
                    Some(Err(_)) | None => {
                        Owner::File(path.file_name().unwrap_or_default().display().to_string())
                    }
                };
                match document {
                    Ok(document) => {
                        let place = place(&path);
                        documents.insert(owner, SideDocument { document, place });
                    }
                    Err(error) => fault(&path, &error),
                }
                true
            }
            Found::Folder(outcomes) => {
                for FileOutcome { path, policy } in outcomes {
                    match policy {
                        Ok((subject, document)) => {
                            let place = place(&path);
                            let document = SideDocument { document, place };
                            documents.insert(Owner::Subject(subject), document);
                        }
                        Err(error) => fault(&path, &error),
                    }
                }
                false
            }
        };
        anyhow::ensure!(faults.is_empty(), "mend these first:\n{}", faults.join("\n"));
        Ok(Self { documents, is_one_file })
    }
}

/// What there is where files are read from.
enum Found {
    /// One document.
    File { path: PathBuf, document: Result<PolicyDocument, FileFault> },
    /// A folder of policies.
    Folder(Vec<FileOutcome>),
}

fn read_path(path: &Path) -> anyhow::Result<Found> {
    let cannot_read = || format!("cannot read `{}`", visible(&path.display().to_string()));
    if !std::fs::metadata(path).with_context(cannot_read)?.is_dir() {
        let document = read_policy_file(path).and_then(|text| Ok(PolicyDocument::parse(&text)?));
        return Ok(Found::File { path: path.to_owned(), document });
    }
    let outcomes = FolderStore::load(path)?;
    let is_store = || SubjectKind::ALL.into_iter().any(|kind| path.join(folder_of(kind)).is_dir());
    if outcomes.is_empty() && !is_store() {
        return Err(no_store()).with_context(cannot_read);
    }
    Ok(Found::Folder(outcomes))
}

/// So that the wrong folder is not taken for one without documents.
fn no_store() -> anyhow::Error {
    let folders = SubjectKind::ALL.map(|kind| format!("{}/", folder_of(kind))).join(", ");
    anyhow::anyhow!("no folder of policies: it has none of {folders}")
}
