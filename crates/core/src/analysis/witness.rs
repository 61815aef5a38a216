//! A request that shows a finding.

use std::fmt;

use crate::gateway::MethodArn;
use crate::policy::{
    Access, Condition, Context, Effect, PolicyDocument, ResourcePattern, Target, Verdict, decide,
};

/// A request, with all that a decision about it depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The action: `execute-api:Invoke` for a call.
    pub action: &'static str,
    /// The method or page.
    pub target: WitnessTarget,
    /// The condition keys, and the claims under `token:…`, that the finding depends on. Every
    /// other is missing.
    pub context: Context,
}

impl Witness {
    /// What `documents` say to it.
    pub fn decide(&self, documents: &[&PolicyDocument]) -> Verdict {
        let (action, resource) = (self.action, self.target.as_target());
        let access = Access { action, resource, context: &self.context };
        decide(documents.iter().copied(), &access)
    }

    /// Whether `pattern`, in a statement of this effect, is about what it calls or opens.
    pub fn is_matched_by(&self, pattern: &ResourcePattern, effect: Effect) -> bool {
        pattern.matches(self.target.as_target(), effect, &self.context)
    }
}

/// `DELETE /movies/x`, or `page /admin`.
impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            WitnessTarget::Method(method) if method.has_path() => {
                write!(f, "{} /{}", method.verb(), method.path())
            }
            WitnessTarget::Method(method) => f.write_str(method.verb()),
            WitnessTarget::Page(page) => write!(f, "page /{page}"),
        }
    }
}

/// What a witness calls or opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WitnessTarget {
    /// A method.
    Method(MethodArn),
    /// A page, by its path without the leading slash.
    Page(String),
}

impl WitnessTarget {
    pub(super) fn as_target(&self) -> Target<'_> {
        match self {
            Self::Method(method) => Target::Method(method),
            Self::Page(page) => Target::Page(page),
        }
    }
}

/// The conditions that a finding depends on.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Guard {
    /// All of these must hold.
    pub holds: Vec<Condition>,
    /// None of these may hold.
    pub fails: Vec<Condition>,
}

impl Guard {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.fails.is_empty()
    }

    /// How many conditions it names.
    pub(super) fn len(&self) -> usize {
        self.holds.len() + self.fails.len()
    }
}

/// `only if {"IpAddress":…} and not {"Bool":…}`; nothing for an empty guard.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = self.holds.iter().map(|condition| condition.to_json().to_string());
        let fails = self.fails.iter().map(|condition| format!("not {}", condition.to_json()));
        let all: Vec<String> = holds.chain(fails).collect();
        if all.is_empty() { Ok(()) } else { write!(f, "only if {}", all.join(" and ")) }
    }
}
