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
    /// The method, or the page.
    pub resource: Target<'a>,
    /// What conditions may ask, and the claims under `token:…`.
    pub context: &'a Context,
}

/// What is called or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target<'a> {
    /// A method of an API.
    Method(&'a MethodArn),
    /// A page of the site, by its path without the leading slash: `admin/users`. The action that
    /// goes with it is `gatepost:ViewPage`.
    Page(&'a str),
}

impl<'a> Target<'a> {
    /// The path of a call or page, without its leading slash.
    pub fn path(self) -> &'a str {
        match self {
            Self::Method(method) => method.path(),
            Self::Page(page) => page,
        }
    }
}

impl<'a> From<&'a MethodArn> for Target<'a> {
    fn from(method: &'a MethodArn) -> Self {
        Self::Method(method)
    }
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
    verdict(documents.into_iter().enumerate().flat_map(|(document, content)| {
        let statements = content.statements().iter().enumerate();
        let action = action.as_str();
        statements.filter_map(move |(index, statement)| {
            (applies(statement, action, access.context)
                && names(statement, access.resource, access.context))
            .then_some((document, index, statement))
        })
    }))
}

/// What follows from the statements that apply, each with its document's and its own place.
pub(super) fn verdict<'a>(
    applying: impl Iterator<Item = (usize, usize, &'a Statement)>,
) -> Verdict {
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    for (document, index, statement) in applying {
        let place = StatementPlace { document, statement: index, sid: statement.sid.clone() };
        match statement.effect {
            Effect::Allow => allows.push(place),
            Effect::Deny => denies.push(place),
        }
    }
    let (decision, statements) = match (denies.is_empty(), allows.is_empty()) {
        (false, _) => (Decision::ExplicitDeny, denies),
        (true, false) => (Decision::Allow, allows),
        (true, true) => (Decision::ImplicitDeny, Vec::new()),
    };
    Verdict { decision, statements }
}

/// Whether `statement` applies, if it is about the resource; `action` is in lower case.
pub(super) fn applies(statement: &Statement, action: &str, context: &Context) -> bool {
    statement.actions.match_action(action) && statement.condition.holds(context)
}

/// Whether `statement` is about `target`, be its action and condition what they may.
pub(super) fn names(statement: &Statement, target: Target<'_>, claims: &Context) -> bool {
    let matches = |patterns: &[super::ResourcePattern]| {
        patterns.iter().any(|pattern| pattern.matches(target, statement.effect, claims))
    };
    match &statement.resources {
        Resources::Only(patterns) => matches(patterns),
        Resources::Except(patterns) => !matches(patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one statement with the action and resources says of a page.
    fn page(members: &str, page: &str) -> Decision {
        let text =
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{members}}}}}"#);
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let mut context = Context::new();
        context.insert("token:sub", "u-1");
        let resource = Target::Page(page);
        let access = Access { action: "gatepost:ViewPage", resource, context: &context };
        decide([&document], &access).decision
    }

    #[test]
    fn pages_are_matched_by_page_patterns_and_by_nothing_about_methods() {
        let view = r#""Action":"gatepost:ViewPage""#;
        for (members, path, want) in [
            (r#""Resource":"page/admin/*""#, "admin/users", Decision::Allow),
            (r#""Resource":"page/admin/*""#, "admin", Decision::ImplicitDeny),
            (r#""Resource":"page/of/${token:sub}""#, "of/u-1", Decision::Allow),
            (r#""Resource":"page/of/${token:sub}""#, "of/u-2", Decision::ImplicitDeny),
            (r#""Resource":"*""#, "admin", Decision::Allow),
            (r#""NotResource":"page/admin""#, "admin", Decision::ImplicitDeny),
            (r#""NotResource":"GET/admin""#, "admin", Decision::Allow),
            (r#""Resource":["GET/*","arn:aws:execute-api:*"]"#, "GET/x", Decision::ImplicitDeny),
        ] {
            assert_eq!(page(&format!("{view},{members}"), path), want, "{members}");
        }
        let invoke = r#""Action":"execute-api:Invoke","Resource":"*""#;
        assert_eq!(page(invoke, "admin"), Decision::ImplicitDeny);
    }
}
