//! `gatepost merge`: several documents folded into one, line by line.

use std::io::{BufRead, Write};

use gatepost_core::json::Json;
use gatepost_core::policy::{BoundPolicy, merge};

use super::question::{take_context, take_documents, take_method_arn};
use crate::exit_status::ExitStatus;
use crate::json_lines::{Answer, Input, Question, answer_each};

/// Merge policy documents into one that decides as they do together: JSON lines in and out
#[derive(clap::Args, Debug)]
#[command(after_long_help = LINES)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    input: Input,
}

const LINES: &str = r#"In:  {"id"?, "documents": [{…}], "method_arn"?, "context"?: {"token:sub": …}}

Out: {"id", "document": {…}, "bytes": n} or {"id", "error"}

With a method ARN the document is bound to its API and stage, as the authorizer does, and
`context` gives the claims for `${token:…}`."#;

impl MergeArgs {
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
    let document = match take_method_arn(question, "method_arn")? {
        None => merge(&documents),
        Some(method_arn) => {
            let context = take_context(question)?;
            let bound = BoundPolicy::build(&documents, method_arn.stage_arn(), &context);
            bound.map_err(|error| error.to_string())?.as_document().clone()
        }
    };
    let text = document.to_string();
    let json = Json::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(vec![("document".to_owned(), json), ("bytes".to_owned(), Json::Number(text.len().into()))])
}
