//! The files that are looked at, and what each of them holds.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_store::{FileFault, FileOutcome, FolderStore};

use super::source::Source;

/// A file that was looked at.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    pub(crate) path: PathBuf,
    pub(crate) source: Source,
    pub(crate) policy: Result<PolicyDocument, FileFault>,
}

impl PolicyFile {
    /// What the file is called where groups are named.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// What a store has made of a file, beside its text.
    pub(crate) fn reread(FileOutcome { path, policy }: FileOutcome) -> Self {
        // What cannot be read has been said.
        let source = source(std::fs::read(&path).unwrap_or_default());
        Self { source, path, policy: policy.map(|(_, document)| document) }
    }
}

/// Reads each of `paths`: a document, or every one in a folder.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<PolicyFile>> {
    let mut files = Vec::new();
    for path in paths {
        add(path, &mut files)?;
    }
    anyhow::ensure!(
        !files.is_empty(),
        "no `.json` files in {}: nothing was looked at",
        paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
    );
    Ok(files)
}

/// A folder of policies is read as a store is, so that what no store would take for a subject's
/// document is a finding too.
fn add(path: &Path, files: &mut Vec<PolicyFile>) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read `{}`", path.display());
    if !std::fs::metadata(path).with_context(cannot_read)?.is_dir() {
        let text = std::fs::read(path).with_context(cannot_read)?;
        let policy = PolicyDocument::parse(&text).map_err(FileFault::from);
        files.push(PolicyFile { path: path.to_owned(), source: source(text), policy });
        return Ok(());
    }
    let store = FolderStore::load(path)?;
    if !store.is_empty() {
        files.extend(store.into_iter().map(PolicyFile::reread));
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
            add(&entry, files)?;
        }
    }
    Ok(())
}

fn source(text: Vec<u8>) -> Source {
    Source::new(String::from_utf8(text).unwrap_or_default())
}
