//! Mending what can be mended without a decision, and saying what that means.
//!
//! Nothing is taken out on the word of a rule: an edit is kept if the exact difference between the
//! document before and after is none, for every request, stage and condition. Only a verb in lower
//! case is put in capitals though that makes its statement apply: who gains what is told.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use gatepost_core::analysis::{Diff, LintSettings, Scope, Trap, WitnessTarget, diff, lint};
use gatepost_core::gateway::VERBS;
use gatepost_core::json::Json;
use gatepost_core::policy::PolicyDocument;

use super::edit::{self, Edit, Promise};
use super::text::{counted, request};
use crate::visible::visible;

/// Mends the document in a file, and says what was done.
///
/// # Errors
///
/// When the file cannot be read or written; then it is as it was.
pub(super) fn fix(
    path: &Path,
    allowed: &[Trap],
    settings: &LintSettings,
    stderr: &mut dyn Write,
) -> anyhow::Result<()> {
    let name = path.display();
    let text = fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
    // Documents with faults are left alone; whoever looks next finds them.
    let Ok(before) = Json::parse(&text) else { return Ok(()) };
    let Ok(document) = PolicyDocument::from_json(&before) else { return Ok(()) };
    let mut mended = Mended { json: before, document: document.clone() };
    let mut done = Vec::new();
    while let Some((next, words)) = mended.next(allowed, settings) {
        mended = next;
        done.push(words);
    }
    if done.is_empty() {
        return Ok(());
    }
    let text = serde_json::to_string_pretty(&mended.json)? + "\n";
    let written = PolicyDocument::parse(text.as_bytes());
    anyhow::ensure!(
        written.is_ok_and(|written| written == mended.document),
        "`{name}` cannot be written with its fixes: it would be too large"
    );
    write(path, &text).with_context(|| format!("cannot write `{name}`"))?;
    writeln!(stderr, "{}: {}", visible(&name.to_string()), counted(done.len(), "fix"))?;
    for words in done {
        writeln!(stderr, "  {}", visible(&words))?;
    }
    tell(&difference(&document, &mended.document), stderr)
}

/// A document on its way.
struct Mended {
    json: Json,
    document: PolicyDocument,
}

impl Mended {
    /// The document after the first edit that keeps its promise, and what that was.
    // INVARIANT: every edit makes the document smaller, or a verb larger, so there is a last one.
    fn next(&self, allowed: &[Trap], settings: &LintSettings) -> Option<(Self, String)> {
        let mut stars = edit::of_stars(&self.json).into_iter();
        if let Some(next) = stars.find_map(|edit| self.try_out(edit)) {
            return Some(next);
        }
        let findings = lint(&self.document, settings);
        let findings = findings.iter().filter(|finding| !allowed.contains(&finding.rule));
        let mut edits = findings.filter_map(|finding| edit::for_finding(&self.json, finding));
        edits.find_map(|edit| self.try_out(edit))
    }

    fn try_out(&self, Edit { json, done, promise }: Edit) -> Option<(Self, String)> {
        let document = PolicyDocument::from_json(&json).ok()?;
        let kept = match promise {
            Promise::Spelling => true,
            Promise::SameMeaning => {
                let diff = difference(&self.document, &document);
                diff.changes.is_empty() && diff.unknown.is_none()
            }
        };
        kept.then_some((Self { json, document }, done))
    }
}

/// All that differs, for requests of any stage, and also from which Deny a denial comes.
fn difference(before: &PolicyDocument, after: &PolicyDocument) -> Diff {
    let scope = Scope { moved: true, ..Scope::default() };
    diff(&[before], &[after], &scope)
}

fn tell(diff: &Diff, stderr: &mut dyn Write) -> anyhow::Result<()> {
    let changes: Vec<_> =
        diff.changes.iter().filter(|change| can_be_called(&change.witness.target)).collect();
    for change in &changes {
        let when = change.when.as_ref().filter(|guard| !guard.is_empty());
        let when = when.map_or_else(String::new, |guard| format!(", {guard}"));
        let line = format!("{} {}{when}", change.kind.as_str(), request(&change.witness));
        writeln!(stderr, "  {}", visible(&line))?;
    }
    match &diff.unknown {
        Some(unknown) => writeln!(stderr, "  what else it means is unknown: {unknown}")?,
        None if changes.is_empty() => writeln!(stderr, "  means the same as before")?,
        None => {}
    }
    Ok(())
}

/// Whether API Gateway has the verb; what a document said of `get` was said to nobody.
fn can_be_called(target: &WitnessTarget) -> bool {
    match target {
        WitnessTarget::Method(method) => !method.has_path() || VERBS.contains(&method.verb()),
        WitnessTarget::Page(_) => true,
    }
}

/// Puts a file in the place of another at once, with the same permissions.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    // The file itself and not a link to it is what is replaced.
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    anyhow::ensure!(!permissions.readonly(), "the file is read-only");
    let folder = path.parent().context("the file is in no folder")?;
    // Hidden, and not called `.json`: whoever reads or watches the folder passes over it.
    let mut file =
        tempfile::Builder::new().prefix(".gatepost-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
