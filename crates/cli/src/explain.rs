//! What `gatepost explain` and a failed case of `gatepost test` have in common: who asks what of
//! which documents, and the answer in words.

mod caller;
mod documents;
mod log_line;
mod page;
mod question;
mod reasons;
mod report;
mod words;

pub(crate) use self::caller::{Caller, Party, RequestContext, no_claim, parse_time};
pub(crate) use self::documents::Documents;
pub(crate) use self::log_line::LogLine;
pub(crate) use self::question::{Answer, Question, asked};
pub(crate) use self::report::{Report, applied};

use anyhow::{Context as _, bail, ensure};
use gatepost_core::gateway::{MethodArn, StageArn, VERBS};
use gatepost_core::policy::{Access, Context, Target};

use self::page::page_of;

/// What stands for the verb of a page.
const PAGE: &str = "page";

/// One call of a method, or the sight of one page.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// In capitals; `page` for a page.
    pub(crate) verb: &'static str,
    /// As a request has it, with its leading slash.
    pub(crate) path: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Method(MethodArn),
    /// As policies name it, without its leading slash.
    Page(String),
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
        Ok(Self { verb: known, path: path.to_owned(), what: What::Method(arn) })
    }

    /// The page at `path`, as a browser asks for it.
    ///
    /// # Errors
    ///
    /// When the function at the edge answers 400 to it.
    pub(crate) fn page(path: &str) -> anyhow::Result<Self> {
        let page = page_of(path).with_context(|| {
            format!(
                "no page has the address `{path}`, and the edge answers 400 to it: write it as in \
                 `/app/movies/`, in ASCII and with `%XX` for the rest, without query and without \
                 what can be written in another way, such as `//`, `/../` or `%2F`"
            )
        })?;
        Ok(Self { verb: PAGE, path: path.to_owned(), what: What::Page(page) })
    }

    /// What a suite calls a request: a verb and a path, or `page` and a path.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`page`](Self::page).
    pub(crate) fn request(stage: &StageArn, verb: &str, path: &str) -> anyhow::Result<Self> {
        if verb == PAGE { Self::page(path) } else { Self::new(stage, verb, path) }
    }

    /// The access that it is, with what `context` says.
    pub(crate) fn access<'a>(&'a self, context: &'a Context) -> Access<'a> {
        let (action, resource) = match &self.what {
            What::Method(arn) => ("execute-api:Invoke", Target::Method(arn)),
            What::Page(page) => ("gatepost:ViewPage", Target::Page(page)),
        };
        Access { action, resource, context }
    }

    /// The method, if it is no page.
    pub(crate) fn method(&self) -> Option<&MethodArn> {
        match &self.what {
            What::Method(arn) => Some(arn),
            What::Page(_) => None,
        }
    }
}
