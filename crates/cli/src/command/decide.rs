//! `gatepost decide`: what documents say to requests, line by line.

use std::io::{BufRead, Write};

use gatepost_core::gateway::MethodArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{Access, Context, PolicyDocument, decide};

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
    let access = Access { action: &action, resource: &resource, context: &context };
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

/// Takes `documents`, an array of policy documents.
///
/// # Errors
///
/// What is wrong, with the place counted from the line's own top.
pub(super) fn take_documents(question: &mut Question) -> Result<Vec<PolicyDocument>, String> {
    let documents = question.require("documents")?;
    let elements = documents
        .as_array()
        .ok_or_else(|| format!("`documents` must be an array, not {}", documents.kind()))?;
    let parse = |(index, element): (usize, &Json)| {
        PolicyDocument::from_json(element).map_err(|error| {
            let faults = error.faults().iter().map(|fault| {
                let place = format!("/documents/{index}{}", fault.pointer);
                format!("`{place}` {} [{}]", fault.message, fault.rule)
            });
            faults.collect::<Vec<_>>().join("; ")
        })
    };
    elements.iter().enumerate().map(parse).collect()
}

/// Takes a method ARN, if it is there.
pub(super) fn take_method_arn(
    question: &mut Question,
    name: &str,
) -> Result<Option<MethodArn>, String> {
    match question.take(name) {
        None => Ok(None),
        Some(Json::String(text)) => {
            text.parse().map(Some).map_err(|error| format!("`{name}`: {error}"))
        }
        Some(other) => Err(format!("`{name}` must be a string, not {}", other.kind())),
    }
}

/// Takes the request's context, empty if it is not there.
pub(super) fn take_context(question: &mut Question) -> Result<Context, String> {
    match question.take("context") {
        None => Ok(Context::new()),
        Some(json) => Context::from_json(&json).map_err(|error| error.to_string()),
    }
}
