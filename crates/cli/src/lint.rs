//! Faults and traps in policy documents, with their places: for `gatepost lint` and for the explorer.

mod api;
pub(crate) mod files;
pub(crate) mod fix;
pub(crate) mod pages;
mod report;
pub(crate) mod sarif;
mod source;

use gatepost_core::analysis::{LintSettings, SharedFinding, Trap, lint, lint_together};
use gatepost_core::policy::PolicyDocument;

pub(crate) use self::api::Api;
pub(crate) use self::files::PolicyFile;
pub(crate) use self::report::{Entry, Report};
pub(crate) use self::source::Source;

/// Looks for the traps that `looks_for` asks for, and for every fault.
pub(crate) fn look(
    files: &[PolicyFile],
    api: Option<&Api>,
    settings: &LintSettings,
    looks_for: impl Fn(Trap) -> bool,
) -> Report {
    let mut report = Report { files: files.len(), ..Report::default() };
    let mut readable: Vec<(String, &PolicyFile, &PolicyDocument)> = Vec::new();
    for file in files {
        match &file.policy {
            Ok(document) => {
                for finding in lint(document, settings) {
                    if looks_for(finding.rule) {
                        report.add_trap(file, document, finding);
                    }
                }
                readable.push((file.name(), file, document));
            }
            Err(fault) => report.add_fault(file, fault),
        }
    }
    let named: Vec<(&str, &PolicyDocument)> =
        readable.iter().map(|(name, _, document)| (name.as_str(), *document)).collect();
    for SharedFinding { finding, documents, route } in lint_together(&named, settings) {
        if !looks_for(finding.rule) {
            continue;
        }
        if let (Some(api), Some(route)) = (api, route) {
            report.add_shared(&api.path, api.spot(route), finding);
        } else if let Some((_, file, _)) = documents.first().and_then(|at| readable.get(*at)) {
            report.add_shared(&file.path, file.source.spot("", false), finding);
        }
    }
    report.sort();
    report
}
