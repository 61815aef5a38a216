//! What a lint has looked at and found, with places in the text.

use std::path::{Path, PathBuf};

use gatepost_core::analysis::{
    Finding, Level, LintSettings, Trap, Witness, WitnessTarget, lint, lint_together,
};
use gatepost_core::json::{Json, JsonError};
use gatepost_core::policy::{Fault, Rule};
use gatepost_store::FileFault;
use serde_json::{Value, json};

use super::input::Input;
use super::locate::{Position, Region, region, span};

/// Every file, in the order they were looked at.
#[derive(Debug)]
pub(super) struct Report {
    /// How many files were looked for policy documents.
    pub(super) looked_at: usize,
    /// These, and the file of the routes if something is wrong with them.
    pub(super) files: Vec<FileReport>,
}

/// One file.
#[derive(Debug)]
pub(super) struct FileReport {
    pub(super) path: PathBuf,
    pub(super) findings: Vec<Found>,
}

/// Something that was found in a file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) pointer: String,
    pub(super) rule: RuleId,
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) example: Option<Witness>,
    /// Where it stands; nothing if the file cannot be read.
    pub(super) region: Option<Region>,
    /// What stands there, without the blanks between.
    pub(super) source: String,
}

/// Which rule was broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RuleId {
    /// One without which there is no document.
    Fault(&'static str),
    /// A trap in a document.
    Trap(Trap),
}

impl RuleId {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fault(id) => id,
            Self::Trap(trap) => trap.as_str(),
        }
    }

    /// How much it matters as a rule.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Fault(_) => Level::Error,
            Self::Trap(trap) => trap.level(),
        }
    }
}

impl Report {
    /// Looks at every file, and at all of them together.
    pub(super) fn new(
        inputs: &[Input],
        routes: Option<&Path>,
        allowed: &[Trap],
        settings: &LintSettings,
    ) -> Self {
        let mut files: Vec<FileReport> =
            inputs.iter().map(|input| FileReport::new(input, settings)).collect();
        let (mut numbers, mut documents) = (Vec::new(), Vec::new());
        for (number, input) in inputs.iter().enumerate() {
            if let Ok((subject, document)) = &input.policy {
                let path = input.path.display();
                let name = subject.as_ref().map_or_else(|| path.to_string(), ToString::to_string);
                numbers.push(number);
                documents.push((name, document));
            }
        }
        let documents: Vec<_> =
            documents.iter().map(|(name, document)| (name.as_str(), *document)).collect();
        let mut of_routes = Vec::new();
        for shared in lint_together(&documents, settings) {
            // What several documents come to is told of the first of them; what none allows, of the
            // routes.
            let first = shared.documents.first().and_then(|at| numbers.get(*at));
            let file = first.and_then(|number| files.get_mut(*number));
            let findings = file.map_or(&mut of_routes, |file| &mut file.findings);
            findings.push(Found::from(shared.finding));
        }
        if let Some(path) = routes {
            files.push(FileReport { path: path.to_owned(), findings: of_routes });
        }
        for file in &mut files {
            file.findings.retain(|found| match found.rule {
                RuleId::Fault(_) => true,
                RuleId::Trap(trap) => !allowed.contains(&trap),
            });
        }
        for (file, input) in files.iter_mut().zip(inputs) {
            file.place(input);
        }
        Self { looked_at: inputs.len(), files }
    }

    /// Every finding, with its file.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Path, &Found)> {
        self.files
            .iter()
            .flat_map(|file| file.findings.iter().map(move |found| (file.path.as_path(), found)))
    }

    /// How many findings are of this level.
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings().filter(|(_, found)| found.level == level).count()
    }

    /// One line for programs.
    pub(super) fn to_json(&self) -> Value {
        let findings = self.findings().map(|(file, found)| {
            let mut json = json!({
                "file": file.display().to_string(),
                "pointer": found.pointer,
                "rule": found.rule.as_str(),
                "level": found.level.as_str(),
                "message": found.message,
                "line": found.region.map(|region| region.start.line),
                "column": found.region.map(|region| region.start.column),
            });
            if let (Value::Object(members), Some(example)) = (&mut json, &found.example) {
                members.insert("example".to_owned(), example_json(example));
            }
            json
        });
        json!({ "files": self.looked_at, "findings": findings.collect::<Vec<_>>() })
    }
}

impl FileReport {
    /// Looks at a file that is a policy document, or is none.
    fn new(input: &Input, settings: &LintSettings) -> Self {
        let findings = match &input.policy {
            Ok((_, document)) => lint(document, settings).into_iter().map(Found::from).collect(),
            Err(fault) => faults(fault),
        };
        Self { path: input.path.clone(), findings }
    }

    /// Gives every finding its place in the text. A file that is gone by now, or was not to be read,
    /// has none.
    fn place(&mut self, input: &Input) {
        let is_text = matches!(input.policy, Ok(_) | Err(FileFault::Document(_)));
        if self.findings.is_empty() || !is_text {
            return;
        }
        if let Ok(text) = std::fs::read(&input.path) {
            for found in &mut self.findings {
                found.place(&text);
            }
        }
    }
}

impl Found {
    fn fault(pointer: &str, rule: &'static str, message: String) -> Self {
        Self {
            pointer: pointer.to_owned(),
            rule: RuleId::Fault(rule),
            level: Level::Error,
            message,
            example: None,
            region: None,
            source: String::new(),
        }
    }

    fn place(&mut self, text: &[u8]) {
        let readable = String::from_utf8_lossy(text);
        if self.rule == RuleId::Fault(Rule::InvalidJson.as_str())
            && let Err(JsonError::Syntax { line, column, .. }) = Json::parse(text)
        {
            let start = Position::of_byte(&readable, line, column);
            self.region = Some(Region { start, end: start });
            return;
        }
        let span = span(&readable, &self.pointer);
        self.region = Some(region(&readable, &span));
        let source = readable.get(span).unwrap_or_default();
        self.source = Json::parse(source.as_bytes())
            .map_or_else(|_| source.to_owned(), |source| source.to_string());
    }

    /// The message, behind the pointer if there is one.
    pub(super) fn sentence(&self) -> String {
        if self.pointer.is_empty() {
            self.message.clone()
        } else {
            format!("`{}` {}", self.pointer, self.message)
        }
    }
}

impl From<Finding> for Found {
    fn from(Finding { rule, level, pointer, message, example }: Finding) -> Self {
        let rule = RuleId::Trap(rule);
        Self { pointer, rule, level, message, example, region: None, source: String::new() }
    }
}

/// What keeps a file from being a policy document.
fn faults(fault: &FileFault) -> Vec<Found> {
    let message = fault.to_string();
    let rule = match fault {
        FileFault::Document(error) => {
            let found = |Fault { pointer, rule, message }: &Fault| {
                Found::fault(pointer, rule.as_str(), message.clone())
            };
            return error.faults().iter().map(found).collect();
        }
        FileFault::Name(_) => "file-name",
        FileFault::NotAFile | FileFault::Unreadable(_) => "unreadable",
        FileFault::Repeated { .. } => "repeated-subject",
        FileFault::TooLarge { .. } => "too-large",
    };
    vec![Found::fault("", rule, message)]
}

/// A request, as its parts.
fn example_json(example: &Witness) -> Value {
    let mut json = match &example.target {
        WitnessTarget::Method(method) => json!({
            "action": example.action,
            "method": method.verb(),
            "path": method.has_path().then(|| format!("/{}", method.path())),
            "resource": method.as_str(),
        }),
        WitnessTarget::Page(page) => json!({
            "action": example.action,
            "method": null,
            "path": format!("/{page}"),
            "resource": format!("page/{page}"),
        }),
    };
    let context: serde_json::Map<String, Value> = example
        .context
        .iter()
        .map(|(key, values)| match values {
            [one] => (key.to_owned(), json!(one)),
            list => (key.to_owned(), json!(list)),
        })
        .collect();
    if let (Value::Object(members), false) = (&mut json, context.is_empty()) {
        members.insert("context".to_owned(), Value::Object(context));
    }
    json
}

#[cfg(test)]
pub(super) mod tests {
    use gatepost_core::policy::Context;

    use super::*;

    /// A trap and a fault in a file that is written as `path`, as a lint would have found them.
    pub(in super::super) fn by_hand(path: &str) -> Report {
        let text = br#"{ "Statement": [
  { "Resource": ["GET/a", "arn:aws:execute-api:*:*:a1/prod/*/x"] } ] }"#;
        let method = "arn:aws:execute-api:eu-west-1:1:a1/prod/DELETE/admin/GET/x".parse().unwrap();
        let mut context = Context::new();
        context.insert("aws:SourceIp", "192.0.2.1");
        let mut trap = Found::from(Finding {
            rule: Trap::StarSwallowsVerb,
            level: Level::Warning,
            pointer: "/Statement/0/Resource/1".to_owned(),
            message: "lets the star swallow a slash".to_owned(),
            example: Some(Witness {
                action: "execute-api:Invoke",
                target: WitnessTarget::Method(method),
                context,
            }),
        });
        let mut fault = Found::fault("/Statement/0", "missing-effect", "has no Effect".to_owned());
        let mut note = Found::from(Finding {
            rule: Trap::WildcardRegion,
            level: Level::Note,
            pointer: "/Statement/0/Resource/1".to_owned(),
            message: "is about every region".to_owned(),
            example: None,
        });
        for found in [&mut trap, &mut fault, &mut note] {
            found.place(text);
        }
        Report {
            looked_at: 2,
            files: vec![
                FileReport { path: path.into(), findings: vec![trap, fault, note] },
                FileReport { path: "clean.json".into(), findings: Vec::new() },
            ],
        }
    }

    #[test]
    fn programs_read_the_place_and_a_request() {
        let report = by_hand("a.json").to_json();
        assert_eq!(report["files"], 2);
        assert_eq!(
            report["findings"][0],
            json!({
                "file": "a.json",
                "pointer": "/Statement/0/Resource/1",
                "rule": "star-swallows-verb",
                "level": "warning",
                "message": "lets the star swallow a slash",
                "line": 2,
                "column": 27,
                "example": {
                    "action": "execute-api:Invoke",
                    "method": "DELETE",
                    "path": "/admin/GET/x",
                    "resource": "arn:aws:execute-api:eu-west-1:1:a1/prod/DELETE/admin/GET/x",
                    "context": { "aws:sourceip": "192.0.2.1" },
                },
            })
        );
        assert_eq!(report["findings"][1]["level"], "error");
        assert_eq!(report["findings"][1].get("example"), None);
    }

    #[test]
    fn text_that_is_no_json_has_the_place_where_it_stops_being_it() {
        let mut found = Found::fault("", "invalid-json", String::new());
        found.place("{\n\"é\": oops}".as_bytes());
        assert_eq!(found.region.unwrap().start, Position { line: 2, column: 6 });
    }
}
