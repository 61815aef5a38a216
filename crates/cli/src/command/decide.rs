//! `gatepost decide`: what documents say to requests, line by line.

use std::io::{BufRead, Write};

use gatepost_core::json::Json;
use gatepost_core::policy::{Access, decide};

use super::question::{take_context, take_documents, take_method_arn};
use crate::exit_status::ExitStatus;
use crate::json_lines::{Answer, Input, Question, answer_each};

/// Decide requests against policy documents: JSON lines in, JSON lines out
#[derive(clap::Args, Debug)]
#[command(after_long_help = LINES)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    input: Input,
}

const LINES: &str = r#"In:  {"id"?, "documents": [{…}], "action"?, "resource": "arn:aws:execute-api:…", "context"?: {…}}

Out: {"id", "decision": "allow" | "explicit_deny" | "implicit_deny", "statements": [{"document",
"statement", "sid"?}]}, counted from 0, or {"id", "error"}"#;

impl DecideArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        answer_each(&self.input, stdin, stdout, stderr, answer)
    }
}

fn answer(question: &mut Question) -> Result<Answer, String> {
    let documents = take_documents(question)?;
    let resource = take_method_arn(question, "resource")?.ok_or("`resource` is missing")?;
    let context = take_context(question)?;
    let action = match question.take("action") {
        None => "execute-api:Invoke".to_owned(),
        Some(Json::String(action)) => action,
        Some(other) => return Err(format!("`action` must be a string, not {}", other.kind())),
    };
    let access = Access { action: &action, resource: (&resource).into(), context: &context };
    let verdict = decide(&documents, &access);
    let statements = verdict.statements.into_iter().map(|place| {
        let mut members = vec![
            ("document".to_owned(), Json::Number(place.document.into())),
            ("statement".to_owned(), Json::Number(place.statement.into())),
        ];
        members.extend(place.sid.map(|sid| ("sid".to_owned(), Json::String(sid))));
        Json::Object(members)
    });
    Ok(vec![
        ("decision".to_owned(), Json::String(verdict.decision.to_string())),
        ("statements".to_owned(), Json::Array(statements.collect())),
    ])
}
