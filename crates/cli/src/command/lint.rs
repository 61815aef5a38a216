//! `gatepost lint`: faults in policy documents, with their places.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::{Fault, PolicyDocument};
use serde_json::json;

use super::Format;
use crate::exit_status::ExitStatus;

/// Find faults in policy documents
///
/// Each finding names the file, the place in it as a JSON Pointer, and the rule. Exit status 1 if
/// there are any.
#[derive(clap::Args, Debug)]
pub(crate) struct LintArgs {
    /// Policy documents, or folders of them: every `.json` file in a folder and below it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl LintArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let mut files = Vec::new();
        for path in &self.paths {
            add_files(path, &mut files)?;
        }
        anyhow::ensure!(
            !files.is_empty(),
            "no `.json` files in {}: nothing was looked at",
            self.paths
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let mut findings = Vec::new();
        for file in &files {
            findings.extend(faults(file)?.into_iter().map(|fault| (file.as_path(), fault)));
        }
        match self.format {
            Format::Text => write_text(stdout, files.len(), &findings)?,
            Format::Json => write_json(stdout, files.len(), &findings)?,
        }
        Ok(if findings.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }
}

/// Adds `path`, or the documents below it in the order of their names.
fn add_files(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read `{}`", path.display());
    if !std::fs::metadata(path).with_context(cannot_read)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut entries: Vec<_> =
        entries.with_context(cannot_read)?.iter().map(std::fs::DirEntry::path).collect();
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let wanted = entry.is_dir() || entry.extension().is_some_and(|suffix| suffix == "json");
        if wanted && !hidden {
            add_files(&entry, files)?;
        }
    }
    Ok(())
}

fn faults(file: &Path) -> anyhow::Result<Vec<Fault>> {
    let text = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(match PolicyDocument::parse(&text) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().to_vec(),
    })
}

fn write_text(
    stdout: &mut dyn Write,
    files: usize,
    findings: &[(&Path, Fault)],
) -> std::io::Result<()> {
    for (file, fault) in findings {
        writeln!(stdout, "{}: {fault}", file.display())?;
    }
    let files = counted(files, "file");
    match findings.len() {
        0 => writeln!(stdout, "{files}, no faults"),
        count => writeln!(stdout, "{files}, {}", counted(count, "fault")),
    }
}

fn write_json(
    stdout: &mut dyn Write,
    files: usize,
    findings: &[(&Path, Fault)],
) -> std::io::Result<()> {
    let findings = findings.iter().map(|(file, fault)| {
        json!({
            "file": file.display().to_string(),
            "pointer": fault.pointer,
            "rule": fault.rule.as_str(),
            "message": fault.message,
        })
    });
    let report = json!({ "files": files, "findings": findings.collect::<Vec<_>>() });
    writeln!(stdout, "{report}")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
