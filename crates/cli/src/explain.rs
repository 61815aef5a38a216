//! What `gatepost explain` and a failed case of `gatepost test` have in common: who asks what of
//! which documents, and the answer in words.

mod caller;
mod documents;
mod log_line;
mod reasons;
mod report;
mod words;

pub(crate) use self::caller::{Caller, Party, RequestContext, no_claim, parse_time};
pub(crate) use self::documents::Documents;
pub(crate) use self::log_line::LogLine;
pub(crate) use self::report::{Report, applied};

use anyhow::{Context as _, bail, ensure};
use gatepost_core::gateway::{MethodArn, StageArn, VERBS};
use gatepost_core::policy::{Context, MethodCall};

/// One call of a method.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// In capitals.
    pub(crate) verb: &'static str,
    /// As a request has it, with its leading slash.
    pub(crate) path: String,
    arn: MethodArn,
}

impl Asked {
    /// The call of `verb`, in whatever capitals, on `path` of `stage`.
    ///
    /// # Errors
    ///
    /// When no request to an API can have them.
    pub(crate) fn new(stage: &StageArn, verb: &str, path: &str) -> anyhow::Result<Self> {
        let known = VERBS.into_iter().find(|known| known.eq_ignore_ascii_case(verb));
        let Some(known) = known else {
            bail!("`{verb}` is no verb of an API: write one of {}", VERBS.join(", "));
        };
        let Some(rest) = path.strip_prefix('/') else {
            bail!("the path `{path}` does not begin with a slash: write it as in `/movies/7`");
        };
        ensure!(
            !path.contains(['?', '#']),
            "the path `{path}` has a query or fragment: leave it out, no policy sees it"
        );
        ensure!(
            !path.contains(|character: char| character.is_whitespace() || character.is_control()),
            "the path has a space or a control character, which no request has: write a space `%20`"
        );
        let arn = format!("{stage}/{known}/{rest}").parse();
        let arn = arn.with_context(|| format!("nobody can ask for `{known} {path}`"))?;
        Ok(Self { verb: known, path: path.to_owned(), arn })
    }

    /// The access that a call of it is, with what `context` says.
    pub(crate) fn call<'a>(&'a self, context: &'a Context) -> MethodCall<'a> {
        MethodCall { action: "execute-api:Invoke", method: &self.arn, context }
    }

    pub(crate) fn arn(&self) -> &MethodArn {
        &self.arn
    }
}
