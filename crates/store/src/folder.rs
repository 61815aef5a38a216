//! Policy documents in a folder of files, as people keep them under version control.
//!
//! `groups/movies-group.json` holds the document of the group `movies-group`; `users`, `clients`
//! and `scopes` stand beside it. Files that are hidden or are not called `.json` are nobody's, and
//! so is anything beside those four folders: `policies/` also has tests and routes.

mod file_name;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gatepost_core::policy::{DocumentError, PolicyDocument};
use gatepost_core::subject::{Subject, SubjectKind};
use tokio::time::Instant;

use crate::policy_store::{PolicyStore, StoreError, StoredPolicy};

pub use self::file_name::{FileNameError, policy_path};

/// The documents of a folder, read as a whole.
#[derive(Debug)]
pub struct FolderStore {
    root: PathBuf,
    documents: RwLock<BTreeMap<Subject, Arc<PolicyDocument>>>,
}

impl FolderStore {
    /// Reads the folder.
    ///
    /// # Errors
    ///
    /// [`FolderError`] if the folder cannot be read, or any file in it is faulty: all of them.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let root = root.into();
        let documents = RwLock::new(documents(&root)?);
        Ok(Self { root, documents })
    }

    /// Reads the folder again.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); then the store goes on with what it had.
    pub fn reload(&self) -> Result<(), FolderError> {
        let documents = documents(&self.root)?;
        *self.documents.write().unwrap_or_else(PoisonError::into_inner) = documents;
        Ok(())
    }

    /// Reads every policy file of a folder, in the order of their paths, and leaves it to the
    /// caller what to do about the faulty ones.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unreadable`] if the folder, or one of the four in it, cannot be listed. Those
    /// four may be missing.
    pub fn load(root: &Path) -> Result<Vec<FileOutcome>, FolderError> {
        // So that a mistyped path is not an empty folder.
        list(root)?;
        let mut outcomes = Vec::new();
        for kind in SubjectKind::ALL {
            let folder = root.join(file_name::folder_of(kind));
            match list(&folder) {
                Ok(paths) => outcomes.extend(
                    paths
                        .into_iter()
                        .filter(|path| is_policy_file(path))
                        .map(|path| FileOutcome { policy: read(kind, &path), path }),
                ),
                Err(FolderError::Unreadable { source, .. })
                    if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        outcomes.sort_by(|one, other| one.path.cmp(&other.path));
        refuse_repeats(&mut outcomes);
        Ok(outcomes)
    }
}

impl PolicyStore for FolderStore {
    async fn read(
        &self,
        subjects: &[Subject],
        _deadline: Instant,
    ) -> Result<Vec<StoredPolicy>, StoreError> {
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        let subjects: BTreeSet<&Subject> = subjects.iter().collect();
        let found = subjects.into_iter().filter_map(|subject| {
            let document = Arc::clone(documents.get(subject)?);
            Some(StoredPolicy { subject: subject.clone(), version: 0, document })
        });
        Ok(found.collect())
    }
}

/// What came of reading one policy file.
#[derive(Debug)]
pub struct FileOutcome {
    /// The file, below the folder's path as it was given.
    pub path: PathBuf,
    /// Whose document it holds, and the document.
    pub policy: Result<(Subject, PolicyDocument), FileFault>,
}

/// Why a file is no policy file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// What it holds is not a policy document.
    #[error(transparent)]
    Document(#[from] DocumentError),

    /// Its name is not that of a subject.
    #[error(transparent)]
    Name(#[from] FileNameError),

    /// A folder, or something else that cannot simply be read.
    #[error("not a file")]
    NotAFile,

    /// Another file is about the same subject.
    #[error("`{}` is about the same subject", other.display())]
    Repeated {
        /// The other file.
        other: PathBuf,
    },

    /// Longer than a document may be.
    #[error("the file is {bytes} bytes, over the limit of {max}", max = PolicyDocument::MAX_BYTES)]
    TooLarge {
        /// The length of the file, in bytes.
        bytes: u64,
    },

    /// The operating system would not let it be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// Why a folder is not a store.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There are faulty files.
    #[error("{}", .0.iter().map(line).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<(PathBuf, FileFault)>),

    /// A folder cannot be listed.
    #[error("cannot read the folder `{}`", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn line((path, fault): &(PathBuf, FileFault)) -> String {
    format!("`{}`: {fault}", path.display())
}

/// All documents of a folder, if none is faulty.
fn documents(root: &Path) -> Result<BTreeMap<Subject, Arc<PolicyDocument>>, FolderError> {
    let mut documents = BTreeMap::new();
    let mut faults = Vec::new();
    for FileOutcome { path, policy } in FolderStore::load(root)? {
        match policy {
            Ok((subject, document)) => {
                documents.insert(subject, Arc::new(document));
            }
            Err(fault) => faults.push((path, fault)),
        }
    }
    if faults.is_empty() { Ok(documents) } else { Err(FolderError::Faults(faults)) }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Unreadable { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect()
}

fn is_policy_file(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !is_hidden && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn read(kind: SubjectKind, path: &Path) -> Result<(Subject, PolicyDocument), FileFault> {
    let stem = path.file_stem().and_then(OsStr::to_str).ok_or(FileNameError::NotUtf8)?;
    let subject = file_name::subject_of(kind, stem)?;
    // Looked at before it is opened, because opening a pipe would wait for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(FileFault::NotAFile);
    }
    let limit = PolicyDocument::MAX_BYTES as u64;
    if metadata.len() > limit {
        return Err(FileFault::TooLarge { bytes: metadata.len() });
    }
    let mut text = Vec::new();
    // One byte more than allowed, for the parser to refuse if the file has grown since.
    File::open(path)?.take(limit + 1).read_to_end(&mut text)?;
    Ok((subject, PolicyDocument::parse(&text)?))
}

/// Turns every file about a subject that has two into a fault, since which of them is meant, or
/// whether both are, is not for us to guess.
fn refuse_repeats(outcomes: &mut [FileOutcome]) {
    let mut paths: BTreeMap<Subject, Vec<PathBuf>> = BTreeMap::new();
    for FileOutcome { path, policy } in outcomes.iter() {
        if let Ok((subject, _)) = policy {
            paths.entry(subject.clone()).or_default().push(path.clone());
        }
    }
    for FileOutcome { path, policy } in outcomes {
        let Ok((subject, _)) = policy else { continue };
        let others = paths.get(subject).into_iter().flatten();
        if let Some(other) = others.into_iter().find(|other| *other != path) {
            *policy = Err(FileFault::Repeated { other: other.clone() });
        }
    }
}
