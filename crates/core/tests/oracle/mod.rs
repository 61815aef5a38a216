//! A second evaluator of policy documents, to hold the crate's own against.
//!
//! It was written from AWS's documentation and the project's description of a policy document,
//! without sight of `src/policy`, and shares no code with it. It is plain and slow where the crate
//! is quick: it interprets JSON as it stands, spells numbers out, counts days itself. It takes
//! documents to be valid and is meaningless for others.
//!
//! `documented` holds cases with answers known beforehand, `generator` makes cases without, and
//! `search` looks through those; `refused` holds what is no policy document.

pub(crate) mod arn;
pub(crate) mod condition;
pub(crate) mod date;
pub(crate) mod documented;
pub(crate) mod generator;
pub(crate) mod glob;
pub(crate) mod refused;
pub(crate) mod resource;
pub(crate) mod search;
pub(crate) mod shrink;
pub(crate) mod value;

use serde_json::{Value, json};

/// What policy documents say about one request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Answer {
    /// A statement allows it and none denies it.
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement speaks of it.
    ImplicitDeny,
}

/// A request and the documents to decide it by.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) documents: Vec<Value>,
    pub(crate) action: String,
    pub(crate) method_arn: String,
    pub(crate) context: Value,
}

impl Case {
    /// What the documents say about the request.
    pub(crate) fn answer(&self) -> Answer {
        decide(&self.documents, &self.action, &self.method_arn, &self.context)
    }

    /// All statements of all documents.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Value> {
        self.documents.iter().flat_map(statements)
    }

    /// The case as a line of input for `gatepost decide`.
    pub(crate) fn line(&self) -> String {
        let Self { documents, action, method_arn, context } = self;
        let line = json!({"documents": documents, "action": action, "resource": method_arn,
            "context": context});
        line.to_string()
    }
}

/// Decides `action` on `method_arn`: an explicit deny beats an allow, which beats silence.
///
/// `context` is an object of strings, numbers, booleans and arrays of these.
pub(crate) fn decide(
    documents: &[Value],
    action: &str,
    method_arn: &str,
    context: &Value,
) -> Answer {
    let effects: Vec<&str> = documents
        .iter()
        .flat_map(statements)
        .filter(|statement| applies(statement, action, method_arn, context))
        .map(|statement| text_of(&statement["Effect"]))
        .collect();
    if effects.contains(&"Deny") {
        Answer::ExplicitDeny
    } else if effects.contains(&"Allow") {
        Answer::Allow
    } else {
        Answer::ImplicitDeny
    }
}

/// Whether a statement speaks of the request.
fn applies(statement: &Value, action: &str, method_arn: &str, context: &Value) -> bool {
    let fits_action = || match (statement.get("Action"), statement.get("NotAction")) {
        (Some(listed), None) => any_action(listed, action),
        (None, Some(excluded)) => !any_action(excluded, action),
        _ => panic!("a statement has either `Action` or `NotAction`: {statement}"),
    };
    let denies = statement["Effect"] == "Deny";
    let fits_resource = || match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(listed), None) => any_resource(listed, denies, method_arn, context),
        (None, Some(excluded)) => !any_resource(excluded, denies, method_arn, context),
        _ => panic!("a statement has either `Resource` or `NotResource`: {statement}"),
    };
    let condition_holds = || match statement.get("Condition") {
        Some(block) => condition::holds(block, context),
        None => true,
    };
    fits_action() && fits_resource() && condition_holds()
}

/// Prefix and name of an action are case-insensitive, and a lone `*` is every action.
///
/// Source: IAM user guide, `reference_policies_elements_action`.
fn any_action(patterns: &Value, action: &str) -> bool {
    let action = action.to_lowercase();
    one_or_many(patterns)
        .iter()
        .any(|pattern| glob::matches(&text_of(pattern).to_lowercase(), &action))
}

fn any_resource(patterns: &Value, denies: bool, method_arn: &str, context: &Value) -> bool {
    one_or_many(patterns)
        .iter()
        .any(|pattern| resource::hits(text_of(pattern), denies, method_arn, context))
}

fn statements(document: &Value) -> &[Value] {
    one_or_many(&document["Statement"])
}

/// The policy grammar lets a list of one stand without its brackets.
pub(crate) fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The text of a value that must be a string.
pub(crate) fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a string was expected: {value}"))
}
