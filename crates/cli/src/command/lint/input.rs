//! The files that are looked at.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{FileFault, FileOutcome, FolderStore};

/// A file, and what came of reading it.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    /// The document, and whose it is if the folder says so.
    pub(super) policy: Result<(Option<Subject>, PolicyDocument), FileFault>,
}

/// Every document of these files and folders.
///
/// # Errors
///
/// When one cannot be read, and when there is none.
pub(super) fn read_all(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        read(path, &mut inputs)?;
    }
    anyhow::ensure!(
        !inputs.is_empty(),
        "no `.json` files in {}: nothing was looked at",
        paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
    );
    Ok(inputs)
}

/// Reads a document, or every one in a folder. A folder of policies is read as a store is, so that
/// what no store would take for a subject's document is a finding too.
fn read(path: &Path, inputs: &mut Vec<Input>) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read `{}`", path.display());
    if !std::fs::metadata(path).with_context(cannot_read)?.is_dir() {
        let text = std::fs::read(path).with_context(cannot_read)?;
        let policy = PolicyDocument::parse(&text).map(|document| (None, document));
        inputs.push(Input { path: path.to_owned(), policy: policy.map_err(FileFault::from) });
        return Ok(());
    }
    let store = FolderStore::load(path)?;
    if !store.is_empty() {
        inputs.extend(store.into_iter().map(|FileOutcome { path, policy }| Input {
            path,
            policy: policy.map(|(subject, document)| (Some(subject), document)),
        }));
        return Ok(());
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries: Vec<_> =
        entries.with_context(cannot_read)?.iter().map(std::fs::DirEntry::path).collect();
    entries.sort();
    for entry in entries {
        let hidden =
            entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let is_json = entry.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("json"));
        if !hidden && (entry.is_dir() || is_json) {
            read(&entry, inputs)?;
        }
    }
    Ok(())
}
