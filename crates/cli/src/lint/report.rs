//! What was found, file by file, and its forms for people and programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gatepost_core::analysis::{Finding, Level, TYPICAL_STAGE, Witness, WitnessTarget};
use gatepost_core::policy::{Decision, PolicyDocument};
use gatepost_store::FileFault;
use serde_json::{Value, json};

use super::files::PolicyFile;
use super::source::Spot;
use crate::counted::counted;
use crate::paint::Paint;
use crate::visible::visible;

/// Faults that are about the name of a member rather than its value, and a trap that is.
const ABOUT_NAMES: [&str; 7] = [
    "invalid-condition-key",
    "invalid-condition-operator",
    "repeated-condition-key",
    "repeated-member",
    "unknown-condition-key",
    "unknown-member",
    "unsupported-member",
];

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) files: usize,
    pub(crate) entries: Vec<Entry>,
}

/// A fault or a trap.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) file: PathBuf,
    pub(crate) spot: Spot,
    pub(crate) rule: &'static str,
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) example: Option<Example>,
    /// What stands at the place, so that the finding is known again when it moves.
    pub(crate) subject: String,
}

/// A request that shows a trap, and what the document says to it.
#[derive(Debug)]
pub(crate) struct Example {
    witness: Witness,
    decision: Decision,
}

impl Report {
    /// Adds what is wrong with a file that is no policy file.
    pub(crate) fn add_fault(&mut self, file: &PolicyFile, fault: &FileFault) {
        let message = fault.to_string();
        let mut push = |pointer: &str, rule: &'static str, message: String| {
            let spot = match syntax_error(&message).filter(|_| rule == "invalid-json") {
                Some((line, column)) => {
                    Spot { pointer: String::new(), line, column, end: (line, column) }
                }
                None => file.source.spot(pointer, ABOUT_NAMES.contains(&rule)),
            };
            let subject = file.source.value(pointer).to_owned();
            let (file, level) = (file.path.clone(), Level::Error);
            self.entries.push(Entry { file, spot, rule, level, message, example: None, subject });
        };
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

    /// Adds a trap in `document`, which is what the file holds.
    pub(crate) fn add_trap(
        &mut self,
        file: &PolicyFile,
        document: &PolicyDocument,
        finding: Finding,
    ) {
        let Finding { rule, level, pointer, message, example } = finding;
        let subject = if pointer.is_empty() { "" } else { file.source.value(&pointer) };
        let example = example.map(|witness| {
            let decision = witness.decide(&[document]).decision;
            Example { witness, decision }
        });
        self.entries.push(Entry {
            file: file.path.clone(),
            spot: file.source.spot(&pointer, ABOUT_NAMES.contains(&rule.as_str())),
            rule: rule.as_str(),
            level,
            message,
            example,
            subject: subject.to_owned(),
        });
    }

    /// Adds what several documents have made, or none: a request that it shows, none allows.
    pub(crate) fn add_shared(&mut self, file: &Path, spot: Spot, finding: Finding) {
        let Finding { rule, level, message, example, .. } = finding;
        let example = example.map(|witness| {
            let decision = witness.decide(&[]).decision;
            Example { witness, decision }
        });
        let (file, rule, subject) = (file.to_owned(), rule.as_str(), spot.pointer.clone());
        self.entries.push(Entry { file, spot, rule, level, message, example, subject });
    }

    /// Puts the entries of a file together, in the order of its text.
    pub(crate) fn sort(&mut self) {
        self.entries.sort_by(|one, next| {
            let key = |entry: &Entry| (entry.spot.line, entry.spot.column, entry.rule);
            one.file.cmp(&next.file).then_with(|| key(one).cmp(&key(next)))
        });
    }

    /// Whether there is more than notes.
    pub(crate) fn is_no(&self) -> bool {
        self.entries.iter().any(|entry| entry.level > Level::Note)
    }

    pub(crate) fn write_text(&self, stdout: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let (bold, dim) = (paint.strong, paint.faint);
        for of_file in self.entries.chunk_by(|one, next| one.file == next.file) {
            let Some(first) = of_file.first() else { continue };
            writeln!(stdout, "{bold}{}{bold:#}", visible(&first.file.display().to_string()))?;
            for entry in of_file {
                let Entry { spot, rule, level, example, .. } = entry;
                let place = format!("{}:{}", spot.line, spot.column);
                let color = match level {
                    Level::Error => paint.bad,
                    Level::Warning => paint.strong,
                    Level::Note => paint.faint,
                };
                let described = entry.described();
                writeln!(
                    stdout,
                    "  {place:<6} {color}{level}{color:#} {described} {dim}[{rule}]{dim:#}"
                )?;
                if let Some(example) = example {
                    writeln!(stdout, "         for example {}", example.sentence())?;
                }
            }
            writeln!(stdout)?;
        }
        writeln!(stdout, "{}", self.summary())
    }

    fn summary(&self) -> String {
        let files = counted(self.files, "file");
        if self.entries.is_empty() {
            return format!("{files}, nothing found");
        }
        let gravest_first = [Level::Error, Level::Warning, Level::Note];
        let counts = gravest_first.into_iter().filter_map(|level| {
            let count = self.entries.iter().filter(|entry| entry.level == level).count();
            (count > 0).then(|| counted(count, level.as_str()))
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        let explained = gravest_first.into_iter().find_map(|level| {
            let has_page = |entry: &&Entry| super::pages::page(entry.rule).is_some();
            self.entries.iter().filter(|entry| entry.level == level).find(has_page)
        });
        let explain = explained
            .map(|entry| format!("; `gatepost lint --explain {}` says more", entry.rule))
            .unwrap_or_default();
        format!("{files}: {counts}{explain}")
    }

    pub(crate) fn write_json(&self, stdout: &mut dyn Write) -> io::Result<()> {
        let findings: Vec<Value> = self.entries.iter().map(Entry::to_json).collect();
        writeln!(stdout, "{}", json!({ "files": self.files, "findings": findings }))
    }
}

impl Entry {
    /// The finding where there is one line for it, with a place that editors open.
    pub(crate) fn line(&self) -> String {
        let Self { file, spot, .. } = self;
        let file = visible(&file.display().to_string());
        format!("{file}:{}:{}: {}", spot.line, spot.column, self.described())
    }

    /// What it is, and of what in the file.
    fn described(&self) -> String {
        match self.spot.pointer.as_str() {
            "" => self.message.clone(),
            pointer => format!("`{pointer}` {}", self.message),
        }
    }

    /// The finding for programs.
    pub(crate) fn to_json(&self) -> Value {
        let mut finding = json!({
            "file": self.file.display().to_string(),
            "line": self.spot.line,
            "column": self.spot.column,
            "pointer": self.spot.pointer,
            "rule": self.rule,
            "level": self.level.as_str(),
            "message": self.message,
        });
        if let (Some(example), Some(finding)) = (&self.example, finding.as_object_mut()) {
            finding.insert("example".to_owned(), example.to_json());
        }
        finding
    }
}

impl Example {
    /// `GET /movies/ is neither allowed nor denied`.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = self.witness.to_string();
        if let WitnessTarget::Method(method) = &self.witness.target {
            let stage = method.stage_arn().as_str();
            if stage != TYPICAL_STAGE {
                sentence = format!("{sentence} in {stage}");
            }
            if self.witness.action != "execute-api:Invoke" {
                sentence = format!("{sentence} for {}", self.witness.action);
            }
        }
        let context: Vec<String> =
            self.context().map(|(key, values)| format!("{key} {}", quoted(values))).collect();
        if !context.is_empty() {
            sentence = format!("{sentence} with {}", context.join(" and "));
        }
        let decision = match self.decision {
            Decision::Allow => "allowed",
            Decision::ExplicitDeny => "denied",
            Decision::ImplicitDeny => "neither allowed nor denied",
        };
        format!("{sentence} is {decision}")
    }

    fn to_json(&self) -> Value {
        let (kind, target) = match &self.witness.target {
            WitnessTarget::Method(method) => ("method_arn", method.as_str()),
            WitnessTarget::Page(page) => ("page", page.as_str()),
        };
        let context = self.context().map(|(key, values)| (key.to_owned(), json!(values)));
        json!({
            "request": self.witness.to_string(),
            kind: target,
            "action": self.witness.action,
            "context": context.collect::<serde_json::Map<_, _>>(),
            "decision": self.decision,
        })
    }

    /// The condition keys, and the claims that can be seen in the request.
    fn context(&self) -> impl Iterator<Item = (&str, &[String])> {
        let request = self.witness.to_string();
        self.witness.context.iter().filter(move |(key, values)| {
            !key.starts_with("token:") || values.iter().any(|value| request.contains(value))
        })
    }
}

/// Values as texts, an empty one too.
fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

/// The line and column in the message of a text that is no JSON.
fn syntax_error(message: &str) -> Option<(usize, usize)> {
    let (_, place) = message.split_once(" at line ")?;
    let (line, rest) = place.split_once(" column ")?;
    let column = rest.split(':').next()?;
    Some((line.parse().ok()?, column.parse::<usize>().ok()?.max(1)))
}
