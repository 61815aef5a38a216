//! `gatepost pull`: what is in a policy table, as files.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{FileOutcome, FolderStore, TableState, digest_of, policy_path, subject_at};

use super::show::canonical;
use crate::exit_status::ExitStatus;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::provenance::is_committed;
use crate::visible::visible;
use crate::whole_file;

/// Bring what is in a policy table into files
///
/// A file that has the document already keeps its bytes, and every other is written in one form, so
/// that what git shows is what changed. A file with an edit that was neither published nor committed
/// is left alone, and so are files of rows that are gone: both are told, with exit status 1 for
/// the former.
#[derive(clap::Args, Debug)]
pub(crate) struct PullArgs {
    /// The policies folder
    #[arg(value_name = "FOLDER", default_value = "policies")]
    folder: PathBuf,

    #[command(flatten)]
    table: TableArgs,

    /// Delete the files of rows that are gone
    #[arg(long)]
    prune: bool,

    /// Write over edits that were neither published nor committed
    #[arg(long)]
    overwrite: bool,
}

impl PullArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let state = table.read()?;
        let mut documents = BTreeMap::new();
        for (subject, row) in &state.rows {
            let of_row = || format!("the row of `{}`", visible(&subject.to_string()));
            let document = row.document.clone().with_context(of_row)?;
            documents.insert(subject.clone(), document.as_ref().clone());
        }
        let is_published = |subject: &Subject, document: &PolicyDocument| {
            is_known(&state, subject, &digest_of(document))
        };
        let FileChanges { written, kept, gone } =
            write_files(&self.folder, &documents, self.overwrite, is_published)?;
        for path in &written {
            writeln!(stdout, "written: {}", visible(&path.display().to_string()))?;
        }
        for path in &gone {
            let name = visible(&path.display().to_string());
            if self.prune && (self.overwrite || is_committed(path)) {
                std::fs::remove_file(path).with_context(|| format!("cannot delete `{name}`"))?;
                writeln!(stdout, "deleted: {name}")?;
            } else {
                writeln!(stdout, "has no row: {name}")?;
            }
        }
        for path in &kept {
            let name = visible(&path.display().to_string());
            writeln!(stdout, "left alone, with an edit of its own (--overwrite): {name}")?;
        }
        let (count, same) = (documents.len(), documents.len() - written.len() - kept.len());
        writeln!(stdout, "{count} rows, {same} as they were")?;
        Ok(if kept.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }
}

/// Whether a revision of the subject has the document.
fn is_known(state: &TableState, subject: &Subject, digest: &str) -> bool {
    state.revisions_with(subject, digest).next().is_some()
}

/// What became of files.
#[derive(Debug, Default)]
pub(super) struct FileChanges {
    pub(super) written: Vec<PathBuf>,
    /// Those with an edit that would be lost.
    pub(super) kept: Vec<PathBuf>,
    /// Those whose subject has no document.
    pub(super) gone: Vec<PathBuf>,
}

/// Makes the files of a folder hold `documents`. What stands in one that is to be written over must
/// be published or committed, unless `overwrite` says that it need not be.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(super) fn write_files(
    folder: &Path,
    documents: &BTreeMap<Subject, PolicyDocument>,
    overwrite: bool,
    is_published: impl Fn(&Subject, &PolicyDocument) -> bool,
) -> anyhow::Result<FileChanges> {
    let outcomes = if folder.is_dir() { FolderStore::load(folder)? } else { Vec::new() };
    let mut files: BTreeMap<Subject, (PathBuf, Option<PolicyDocument>)> = BTreeMap::new();
    for FileOutcome { path, policy } in outcomes {
        match (policy, subject_at(&path)) {
            (Ok((subject, document)), _) => drop(files.insert(subject, (path, Some(document)))),
            (Err(_), Some(Ok(subject))) => drop(files.insert(subject, (path, None))),
            (Err(_), Some(Err(_)) | None) => {}
        }
    }
    let mut outcome = FileChanges::default();
    for (subject, document) in documents {
        let found = files.remove(subject);
        let path = match &found {
            Some((_, Some(known))) if known == document => continue,
            Some((path, known)) => {
                let is_kept = known.as_ref().is_some_and(|known| is_published(subject, known))
                    || is_committed(path);
                if !overwrite && !is_kept {
                    outcome.kept.push(path.clone());
                    continue;
                }
                path.clone()
            }
            None => policy_path(folder, subject),
        };
        let text = canonical(document)?;
        whole_file::write(&path, &text)
            .with_context(|| format!("cannot write `{}`", visible(&path.display().to_string())))?;
        outcome.written.push(path);
    }
    outcome.gone = files.into_values().map(|(path, _)| path).collect();
    Ok(outcome)
}
