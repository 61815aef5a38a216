//! The documents of a policies folder, by subject.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{FileOutcome, FolderStore, policy_path};

/// All of a folder, none of it at fault.
#[derive(Debug)]
pub(crate) struct Documents {
    root: PathBuf,
    by_subject: BTreeMap<Subject, Held>,
}

/// A document and its file.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    pub(crate) document: PolicyDocument,
}

impl Documents {
    /// Reads the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be read, has no documents, or any file is at fault: an answer without a
    /// document that may hold a Deny would be worth nothing.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        let mut by_subject = BTreeMap::new();
        let mut faults = Vec::new();
        for FileOutcome { path, policy } in FolderStore::load(root)? {
            match policy {
                Ok((subject, document)) => {
                    by_subject.insert(subject, Held { path, document });
                }
                Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            }
        }
        ensure!(faults.is_empty(), "mend these first:\n{}", faults.join("\n"));
        ensure!(
            !by_subject.is_empty(),
            "no policies in `{}`: put one in groups/NAME.json, or name another folder with \
             `--policies`",
            root.display()
        );
        Ok(Self { root: root.to_owned(), by_subject })
    }

    /// These documents, as if each stood at its path.
    pub(crate) fn of(
        root: &Path,
        held: impl IntoIterator<Item = (Subject, PathBuf, PolicyDocument)>,
    ) -> Self {
        let held = held.into_iter();
        let by_subject = held.map(|(subject, path, document)| (subject, Held { path, document }));
        Self { root: root.to_owned(), by_subject: by_subject.collect() }
    }

    /// The document of `subject`.
    pub(crate) fn get(&self, subject: &Subject) -> Option<&Held> {
        self.by_subject.get(subject)
    }

    /// Every document, in the order of the subjects.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Subject, &Held)> {
        self.by_subject.iter()
    }

    /// Where the document of `subject` belongs, if it has none yet.
    pub(crate) fn path_for(&self, subject: &Subject) -> PathBuf {
        policy_path(&self.root, subject)
    }
}
