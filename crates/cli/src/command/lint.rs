//! `gatepost lint`: faults in policy documents, with their places.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_store::{FileFault, FileOutcome, FolderStore};
use serde_json::json;

use super::Format;
use crate::exit_status::ExitStatus;

/// Find faults in policy documents
///
/// Each finding names the file, the place in it as a JSON Pointer, and the rule. Exit status 1 if
/// there are any.
#[derive(clap::Args, Debug)]
pub(crate) struct LintArgs {
    /// Policy documents; folders with groups/, users/, clients/ or scopes/ of them; or other
    /// folders, where every `.json` file is one, and in those below
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl LintArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let mut report = Report::default();
        for path in &self.paths {
            report.add(path)?;
        }
        anyhow::ensure!(
            report.files > 0,
            "no `.json` files in {}: nothing was looked at",
            self.paths
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect::<Vec<_>>()
                .join(", ")
        );
        match self.format {
            Format::Text => report.write_text(stdout)?,
            Format::Json => report.write_json(stdout)?,
        }
        Ok(if report.findings.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }
}

/// What was looked at, and what was found.
#[derive(Default)]
struct Report {
    files: usize,
    findings: Vec<Finding>,
}

struct Finding {
    file: PathBuf,
    pointer: String,
    rule: &'static str,
    message: String,
}

impl Report {
    /// Looks at a document, or at every one in a folder. A folder of policies is read as a store
    /// is, so that what no store would take for a subject's document is a finding too.
    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        let cannot_read = || format!("cannot read `{}`", path.display());
        if !std::fs::metadata(path).with_context(cannot_read)?.is_dir() {
            let text = std::fs::read(path).with_context(cannot_read)?;
            self.files += 1;
            self.note(path, PolicyDocument::parse(&text).map_err(FileFault::from).err());
            return Ok(());
        }
        let store = FolderStore::load(path)?;
        if !store.is_empty() {
            for FileOutcome { path, policy } in store {
                self.files += 1;
                self.note(&path, policy.err());
            }
            return Ok(());
        }
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries: Vec<_> =
            entries.with_context(cannot_read)?.iter().map(std::fs::DirEntry::path).collect();
        entries.sort();
        for entry in entries {
            let hidden =
                entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let is_json =
                entry.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("json"));
            if !hidden && (entry.is_dir() || is_json) {
                self.add(&entry)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, file: &Path, fault: Option<FileFault>) {
        let mut push = |pointer: &str, rule, message| {
            let (file, pointer) = (file.to_owned(), pointer.to_owned());
            self.findings.push(Finding { file, pointer, rule, message });
        };
        let Some(fault) = fault else { return };
        let message = fault.to_string();
        match fault {
            FileFault::Document(error) => {
                for fault in error.faults() {
                    push(&fault.pointer, fault.rule.as_str(), fault.message.clone());
                }
            }
            FileFault::Name(_) => push("", "file-name", message),
            FileFault::NotAFile | FileFault::Unreadable(_) => push("", "unreadable", message),
            FileFault::Repeated { .. } => push("", "repeated-subject", message),
            FileFault::TooLarge { .. } => push("", "too-large", message),
        }
    }

    fn write_text(&self, stdout: &mut dyn Write) -> io::Result<()> {
        for Finding { file, pointer, rule, message } in &self.findings {
            let place = if pointer.is_empty() { String::new() } else { format!("`{pointer}` ") };
            writeln!(stdout, "{}: {place}{message} [{rule}]", file.display())?;
        }
        let files = counted(self.files, "file");
        match self.findings.len() {
            0 => writeln!(stdout, "{files}, no faults"),
            count => writeln!(stdout, "{files}, {}", counted(count, "fault")),
        }
    }

    fn write_json(&self, stdout: &mut dyn Write) -> io::Result<()> {
        let findings = self.findings.iter().map(|Finding { file, pointer, rule, message }| {
            let file = file.display().to_string();
            json!({ "file": file, "pointer": pointer, "rule": rule, "message": message })
        });
        let findings: Vec<_> = findings.collect();
        writeln!(stdout, "{}", json!({ "files": self.files, "findings": findings }))
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
