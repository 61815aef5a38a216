//! Looking for traps: documents that can be read and do not mean what their author thinks.
//!
//! Each kind of trap has a file of its own. Whatever is claimed of a document is asked of the engine,
//! and a request that is shown was decided before it is returned. What the engine could not find out
//! is no finding: a lint that cries wolf is switched off.

mod arn;
mod condition;
mod cover;
mod encoding;
mod nothing;
mod path;
mod probe;
mod routes;
mod size;
mod subject;
mod wording;

pub use self::size::answer_bytes;
use self::subject::Subject;
use super::diff::Scope;
use super::finding::Finding;
use crate::gateway::{PathTemplate, StageArn};
use crate::policy::PolicyDocument;

/// What a lint may take for granted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LintSettings {
    /// The stage that sizes are told for; [`TYPICAL_STAGE`](super::TYPICAL_STAGE) without it.
    pub stage: Option<StageArn>,
    /// How many bytes a merged answer may have.
    pub max_policy_bytes: usize,
    /// The routes of the API; `None` if they are not known.
    pub routes: Option<Vec<ApiRoute>>,
    /// How many states one question to the engine may walk before it is given up.
    pub max_states: usize,
}

impl Default for LintSettings {
    /// A typical stage, the default budget of the authorizer, and no routes.
    fn default() -> Self {
        Self { stage: None, max_policy_bytes: 8_192, routes: None, max_states: 5_000 }
    }
}

impl LintSettings {
    /// What questions are asked about: every API and stage.
    fn scope(&self) -> Scope {
        Scope { stage: None, max_states: self.max_states, moved: true }
    }
}

/// A route of the API that documents are about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiRoute {
    /// The verbs it takes: all of [`VERBS`](crate::gateway::VERBS) for `ANY`.
    pub verbs: Vec<&'static str>,
    /// Its path.
    pub template: PathTemplate,
    /// Whether policy documents decide who may call it.
    pub guarded: bool,
}

/// A trap that several documents, or none, have made.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedFinding {
    /// What was found; the pointer is empty.
    pub finding: Finding,
    /// The documents that it takes, by their number, counted from 0.
    pub documents: Vec<usize>,
    /// The route that it is about, by its number in [`LintSettings::routes`].
    pub route: Option<usize>,
}

/// The traps in `document`, in the order of their places.
///
/// The places are those of the document with a list wherever one may stand: `/Statement/0/Resource/0`
/// is a lone statement's lone resource too.
pub fn lint(document: &PolicyDocument, settings: &LintSettings) -> Vec<Finding> {
    let subject = Subject::new(document, settings);
    let mut found = Vec::new();
    arn::look(&subject, &mut found);
    path::look(&subject, &mut found);
    nothing::look(&subject, &mut found);
    cover::look(&subject, &mut found);
    condition::look(&subject, &mut found);
    encoding::look(&subject, &mut found);
    size::look(&subject, &mut found);
    routes::look(&subject, &mut found);
    found.sort_by(|one, next| {
        (place(&one.pointer), one.rule).cmp(&(place(&next.pointer), next.rule))
    });
    found
}

/// The traps of `documents`, each with a name, that none of them has alone: what they come to
/// together, and what all of them leave out.
pub fn lint_together(
    documents: &[(&str, &PolicyDocument)],
    settings: &LintSettings,
) -> Vec<SharedFinding> {
    let mut found = size::look_together(documents, settings);
    found.extend(routes::look_together(documents, settings));
    found
}

/// A pointer's parts, numbers as such, for an order that people expect.
fn place(pointer: &str) -> Vec<(Option<usize>, &str)> {
    pointer.split('/').map(|token| (token.parse().ok(), token)).collect()
}
