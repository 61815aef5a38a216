//! Evaluating documents for one request, as IAM does: explicit deny, then allow, then nothing.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use super::context::Context;
use super::document::{Effect, PolicyDocument, Resources, Statement};
use crate::gateway::MethodArn;

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The action: `execute-api:Invoke` for every call of a method.
    pub action: &'a str,
    /// The method.
    pub resource: &'a MethodArn,
    /// What conditions may ask, and the claims under `token:…`.
    pub context: &'a Context,
}

/// The answer of an evaluation, all three values apart.
///
/// They must stay apart: where an API has a resource policy, API Gateway lets that decide an
/// implicit deny ([table A][tables]).
///
/// [tables]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// A statement allows and none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement applies.
    ImplicitDeny,
}

impl Decision {
    /// `allow`, `explicit_deny` or `implicit_deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A decision and the statements that made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// The Denies that applied, or else the Allows; none for an implicit deny.
    pub statements: Vec<StatementPlace>,
}

/// Where a statement stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatementPlace {
    /// Which document, counted from 0.
    pub document: usize,
    /// Which statement in it, counted from 0.
    pub statement: usize,
    /// The statement's own name, if it has one.
    pub sid: Option<String>,
}

/// Decides whether the documents together allow `access`.
pub fn decide<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument>,
    access: &Access<'_>,
) -> Verdict {
    let action = access.action.to_ascii_lowercase();
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    for (document, content) in documents.into_iter().enumerate() {
        for (index, statement) in content.statements().iter().enumerate() {
            if applies(statement, &action, access) {
                let sid = statement.sid.clone();
                let place = StatementPlace { document, statement: index, sid };
                match statement.effect {
                    Effect::Allow => allows.push(place),
                    Effect::Deny => denies.push(place),
                }
            }
        }
    }
    let (decision, statements) = match (denies.is_empty(), allows.is_empty()) {
        (false, _) => (Decision::ExplicitDeny, denies),
        (true, false) => (Decision::Allow, allows),
        (true, true) => (Decision::ImplicitDeny, Vec::new()),
    };
    Verdict { decision, statements }
}

/// Whether `statement` applies; `action` is the access's, in lower case.
fn applies(statement: &Statement, action: &str, access: &Access<'_>) -> bool {
    statement.actions.match_action(action)
        && names_method(statement, access.resource, access.context)
        && statement.condition.holds(access.context)
}

/// Whether `statement` is about `method`, be its action and condition what they may.
pub(super) fn names_method(statement: &Statement, method: &MethodArn, claims: &Context) -> bool {
    let matches = |patterns: &[super::ResourcePattern]| {
        patterns.iter().any(|pattern| pattern.matches(method, statement.effect, claims))
    };
    match &statement.resources {
        Resources::Only(patterns) => matches(patterns),
        Resources::Except(patterns) => !matches(patterns),
    }
}
