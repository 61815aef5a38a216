//! Policy documents in a folder of files, as people keep them under version control.
//!
//! `groups/movies-group.json` holds the document of the group `movies-group`; `users`, `clients`
//! and `scopes` stand beside it. Files that are hidden or are not called `.json` are nobody's, and
//! so is anything beside those four folders: `policies/` also has tests and routes.

mod file_name;
mod policy_file;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gatepost_core::policy::PolicyDocument;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::{Subject, SubjectKind};
use tokio::time::Instant;

use crate::policy_store::{PolicyStore, Rows, StoreError, StoredPolicy};

pub use self::file_name::{FileNameError, folder_of, policy_path, subject_at};
pub use self::policy_file::{FileFault, FileOutcome, read_policy_file, read_policy_files};

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
        let mut paths = Vec::new();
        for kind in SubjectKind::ALL {
            match list(&root.join(folder_of(kind))) {
                Ok(listed) => paths.extend(listed),
                Err(FolderError::Unreadable { source, .. })
                    if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read_policy_files(paths, read_policy_file))
    }
}

impl PolicyStore for FolderStore {
    /// A folder has no revocations.
    async fn read_rows(
        &self,
        subjects: &[Subject],
        _revocables: &[Revocable],
        _deadline: Instant,
    ) -> Result<Rows, StoreError> {
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        let subjects: BTreeSet<&Subject> = subjects.iter().collect();
        let found = subjects.into_iter().filter_map(|subject| {
            let document = Arc::clone(documents.get(subject)?);
            Some(StoredPolicy::new(subject.clone(), 0, document))
        });
        Ok(Rows { policies: found.collect(), revocations: Vec::new() })
    }
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
