//! What is told of each request for a page: one record, without query or cookie.

use std::fmt;
use std::time::Duration;

use super::function::FunctionFault;

/// What became of one request for a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageRecord {
    /// The verb of the request.
    pub verb: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The status of the response.
    pub status: u16,
    /// How it came to that.
    pub outcome: PageOutcome,
    /// What the function said by `console.log`.
    pub log: Vec<String>,
    /// From the request's arrival to the response's head.
    pub duration: Duration,
}

/// How a request for a page came out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PageOutcome {
    /// The function has answered itself.
    Answered,
    /// The function has no answer, and nobody sees the page.
    Failed(FunctionFault),
    /// The page may be seen, and its file is not there.
    Missing {
        /// Where it would be in the folder.
        file: String,
    },
    /// Neither GET nor HEAD.
    NoMethod,
    /// The page.
    Page,
    /// The browser is sent elsewhere by the function.
    Redirected {
        /// Where to, without the query.
        to: String,
    },
}

/// `page`, `to /auth/login`, …
impl fmt::Display for PageOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("refused"),
            Self::Failed(fault) => fault.fmt(f),
            Self::Missing { file } => write!(f, "there is no file {}", file.escape_debug()),
            Self::NoMethod => f.write_str("pages are for GET and HEAD"),
            Self::Page => f.write_str("page"),
            Self::Redirected { to } => write!(f, "to {}", to.escape_debug()),
        }
    }
}
