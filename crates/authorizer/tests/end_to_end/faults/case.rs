//! What the files of faults hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use crate::world::Seen;
use crate::world::fault::Fault;

const UNAUTHORIZED: &str = r#"{"message":"Unauthorized"}"#;
const FAILED: &str = r#"{"message":null}"#;
const DENIED: &str =
    r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) at: At,
    pub(crate) cases: Vec<Case>,
}

/// Before what the fault is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    Keys,
    Store,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The fault in words.
    pub(crate) says: String,
    pub(crate) fault: Option<Fault>,
    /// How many requests meet it, or all.
    pub(crate) requests: Option<usize>,
    /// Whether it is there before the function is.
    #[serde(default)]
    pub(crate) cold: bool,
    /// What the issuer does with its keys beforehand.
    pub(crate) rotate: Option<Rotation>,
    #[serde(default)]
    pub(crate) token: TokenKind,
    /// Claims of the token that are times, in seconds from now.
    #[serde(default)]
    pub(crate) times: BTreeMap<String, i64>,
    pub(crate) want: Want,
    /// What the same call comes to when the fault is gone.
    #[serde(default)]
    pub(crate) then: Want,
    /// How long that may take; zero: the next call.
    #[serde(default)]
    pub(crate) within_seconds: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rotation {
    Published,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenKind {
    /// Of a caller who may.
    #[default]
    Alice,
    Expired,
    /// Signed before the issuer's keys were rotated.
    Old,
    /// Of a caller whom a second group forbids it.
    Suspended,
    /// Names a key that the issuer does not have.
    UnknownKey,
}

/// What a call comes to.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Want {
    /// 500, for this reason.
    Failure(String),
    /// What it comes to when all is well.
    #[default]
    Right,
    /// 401, for this reason.
    Unauthorized(String),
}

/// What a case came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) seen: Seen,
    pub(crate) took: Duration,
}

impl File {
    pub(crate) fn read(text: &str) -> Self {
        let file: Self = serde_json::from_str(text).unwrap();
        let names: BTreeSet<_> = file.cases.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), file.cases.len(), "every case has a name of its own");
        file
    }
}

impl Want {
    pub(crate) fn check(&self, token: TokenKind, seen: &Seen) -> Result<(), String> {
        let (status, body, outcome, reason) = match self {
            Self::Failure(reason) => (500, Some(FAILED), "failure", reason.as_str()),
            Self::Right if token == TokenKind::Suspended => {
                (403, Some(DENIED), "deny", "nothing_allowed")
            }
            Self::Right => (200, None, "policy", "granted"),
            Self::Unauthorized(reason) => {
                (401, Some(UNAUTHORIZED), "unauthorized", reason.as_str())
            }
        };
        let is_wanted = seen.status == status
            && body.is_none_or(|body| seen.body == body)
            && seen.line["outcome"] == outcome
            && seen.line["reason"] == reason;
        let Seen { status, body, line } = seen;
        if is_wanted { Ok(()) } else { Err(format!("wants {self:?}, got {status} {body} {line}")) }
    }
}
