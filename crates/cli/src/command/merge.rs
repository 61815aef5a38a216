//! `gatepost merge`: several documents folded into one, line by line.

use std::io::{BufRead, Write};

use gatepost_core::json::Json;
use gatepost_core::policy::{BoundPolicy, Dropped, Place, explain_merge, merge};

use super::question::{take_context, take_documents, take_method_arn};
use crate::exit_status::ExitStatus;
use crate::json_lines::{Answer, Input, Question, answer_each};

/// Merge policy documents into one that decides as they do together: JSON lines in and out
#[derive(clap::Args, Debug)]
#[command(after_long_help = LINES)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    input: Input,

    /// Also say what was left out, and why
    #[arg(long)]
    explain: bool,
}

const LINES: &str = r#"In:  {"id"?, "documents": [{…}], "method_arn"?, "context"?: {"token:sub": …}}

Out: {"id", "document": {…}, "bytes": n} or {"id", "error"}

With --explain, "dropped" too: [{"document", "statement", "sid"?, "pattern"?, "reason", "by"?}],
where "by" is {"document", "statement", "sid"?, "pattern"?} and documents and statements are
counted from 0. The reasons:
  about-nothing      it matches nothing: in the API and stage, if there is a method ARN
  actions-united     a statement with the same resources has its actions now
  cancelled-by-deny  an Allow wholly within a Deny
  repeat             the same stands elsewhere
  verbs-united       the routes of a path for each verb are one for `*` now
  within             another pattern or statement includes it

With a method ARN the document is bound to its API and stage, as the authorizer does, and
`context` gives the claims for `${token:…}`."#;

impl MergeArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let explain = self.explain;
        answer_each(&self.input, stdin, stdout, stderr, |question| answer(question, explain))
    }
}

fn answer(question: &mut Question, explain: bool) -> Result<Answer, String> {
    let documents = take_documents(question)?;
    let (document, dropped) = match take_method_arn(question, "method_arn")? {
        None if explain => explain_merge(&documents),
        None => (merge(&documents), Vec::new()),
        Some(method_arn) => {
            let (stage, context) = (method_arn.stage_arn(), take_context(question)?);
            let bound = if explain {
                BoundPolicy::explain(&documents, stage, &context)
            } else {
                BoundPolicy::build(&documents, stage, &context).map(|bound| (bound, Vec::new()))
            };
            let (bound, dropped) = bound.map_err(|error| error.to_string())?;
            (bound.as_document().clone(), dropped)
        }
    };
    let text = document.to_string();
    let json = Json::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer =
        vec![("document".to_owned(), json), ("bytes".to_owned(), Json::Number(text.len().into()))];
    if explain {
        let dropped = Json::Array(dropped.iter().map(dropped_json).collect());
        answer.push(("dropped".to_owned(), dropped));
    }
    Ok(answer)
}

fn dropped_json(dropped: &Dropped) -> Json {
    let mut members = place_members(&dropped.place);
    members.push(("reason".to_owned(), Json::String(dropped.reason.as_str().to_owned())));
    if let Some(by) = &dropped.by {
        members.push(("by".to_owned(), Json::Object(place_members(by))));
    }
    Json::Object(members)
}

fn place_members(place: &Place) -> Vec<(String, Json)> {
    let mut members = vec![
        ("document".to_owned(), Json::Number(place.document.into())),
        ("statement".to_owned(), Json::Number(place.statement.into())),
    ];
    for (name, text) in [("sid", &place.sid), ("pattern", &place.pattern)] {
        members.extend(text.clone().map(|text| (name.to_owned(), Json::String(text))));
    }
    members
}
