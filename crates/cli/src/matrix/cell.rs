//! One cell in words.

use gatepost_core::analysis::{RouteAccess, RouteDecision, RouteExample, WitnessTarget};
use gatepost_core::policy::{Decision, StatementPlace, Verdict};

use super::columns::Column;
use super::table::Row;

/// What a cell looks like: the decision, with the two kinds of deny apart.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    Allow,
    Partial,
    Conditional,
    /// Nothing allows it.
    Deny,
    /// A Deny denies it, wherever it is denied.
    ExplicitDeny,
    Unknown,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Allow,
        Self::Partial,
        Self::Conditional,
        Self::Deny,
        Self::ExplicitDeny,
        Self::Unknown,
    ];

    pub(crate) fn of(access: &RouteAccess) -> Self {
        match access.decision {
            RouteDecision::Allow => Self::Allow,
            RouteDecision::Conditional => Self::Conditional,
            RouteDecision::Deny if access.explicit => Self::ExplicitDeny,
            RouteDecision::Deny => Self::Deny,
            RouteDecision::Partial => Self::Partial,
            RouteDecision::Unknown => Self::Unknown,
        }
    }

    /// One word, and one more for the second kind of deny.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Partial => "partial",
            Self::Conditional => "conditional",
            Self::Deny => "deny",
            Self::ExplicitDeny => "explicit deny",
            Self::Unknown => "unknown",
        }
    }

    /// What the word means, for a legend.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Allow => "allowed, whatever the parameters",
            Self::Partial => "allowed for some values of a parameter",
            Self::Conditional => "allowed on a condition",
            Self::Deny => "not allowed by any statement",
            Self::ExplicitDeny => "denied by a statement",
            Self::Unknown => "could not be found out",
        }
    }

    /// Whether it takes a footnote to say when.
    pub(crate) fn has_note(self) -> bool {
        match self {
            Self::Partial | Self::Conditional | Self::Unknown => true,
            Self::Allow | Self::Deny | Self::ExplicitDeny => false,
        }
    }
}

/// The requests that show a cell, one sentence each.
pub(crate) fn examples(column: &Column, access: &RouteAccess) -> Vec<String> {
    let (allowed, denied) = (access.allowed.as_ref(), access.denied.as_ref());
    // Where only the API or the stage tells the two apart, the path alone would say nothing.
    let whole = match (allowed, denied) {
        (Some(one), Some(two)) => {
            one.witness.to_string() == two.witness.to_string()
                && one.witness.target != two.witness.target
        }
        _ => false,
    };
    let sentence = |example: &RouteExample| {
        let request = match &example.witness.target {
            WitnessTarget::Method(method) if whole => method.to_string(),
            WitnessTarget::Method(_) | WitnessTarget::Page(_) => example.witness.to_string(),
        };
        format!("{request} is {}{}", outcome(column, &example.verdict), circumstances(example))
    };
    let mut sentences: Vec<String> = allowed.into_iter().chain(denied).map(sentence).collect();
    sentences.extend(access.unknown.map(|unknown| unknown.to_string()));
    sentences
}

/// Why a cell is as it is, in a sentence that needs no context.
pub(crate) fn reason(row: &Row, column: &Column, access: &RouteAccess) -> String {
    let route = format!("{} {}", row.method, row.place);
    reason_of(&route, row.has_parameters() || row.verbs.len() > 1, column, access)
}

/// Why requests called `route`, which may be many, are decided as they are.
pub(crate) fn reason_of(
    route: &str,
    are_many: bool,
    column: &Column,
    access: &RouteAccess,
) -> String {
    let kind = Kind::of(access);
    let route = format!("{}, {route}", column.name);
    let verdict = match kind {
        Kind::Allow => access.allowed.as_ref(),
        Kind::Deny | Kind::ExplicitDeny => access.denied.as_ref(),
        Kind::Partial | Kind::Conditional | Kind::Unknown => None,
    };
    match verdict {
        Some(example) if are_many => {
            format!("{route}: {} ({} for one).", outcome(column, &example.verdict), example.witness)
        }
        Some(example) => format!("{route}: {}.", outcome(column, &example.verdict)),
        None if kind == Kind::Deny => format!("{route}: no request belongs to this route."),
        None => format!("{route}: {}. {}.", kind.meaning(), examples(column, access).join("; ")),
    }
}

/// `allowed by ReadMovies of group:movies-group`.
fn outcome(column: &Column, verdict: &Verdict) -> String {
    let statements: Vec<String> =
        verdict.statements.iter().map(|place| statement(column, place)).collect();
    match verdict.decision {
        Decision::Allow => format!("allowed by {}", statements.join(" and ")),
        Decision::ExplicitDeny => format!("denied by {}", statements.join(" and ")),
        Decision::ImplicitDeny => "allowed by no statement".to_owned(),
    }
}

fn statement(column: &Column, place: &StatementPlace) -> String {
    let document = column.document_of(place);
    match &place.sid {
        Some(sid) => format!("{sid} of {document}"),
        None => format!("statement {} of {document}", place.statement + 1),
    }
}

/// The conditions and claims that an example depends on.
fn circumstances(example: &RouteExample) -> String {
    let claims = example.witness.context.iter().filter(|(key, _)| key.starts_with("token:"));
    let claims: Vec<String> =
        claims.map(|(key, values)| format!("{key} = {}", values.join(", "))).collect();
    let mut text = String::new();
    if !claims.is_empty() {
        text.push_str(" with ");
        text.push_str(&claims.join(" and "));
    }
    if let Some(guard) = &example.when {
        text.push_str(", ");
        text.push_str(&guard.to_string());
    }
    text
}
