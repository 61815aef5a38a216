//! Why documents decide an access as they do: how each of their statements stands to it.
//!
//! [`explain`] gives the answer of [`decide`](super::decide()), and for each statement that does not
//! apply every reason why not. [`suggest`] gives the least that would have to change. The property
//! tests `an_explanation_says_what_was_decided` and `suggestions_work_and_let_nothing_else_pass` hold
//! both to that.

mod change;
mod pattern;
mod suggest;

use std::fmt;

pub use self::change::{Change, KeyChange, Suggestion};
pub use self::pattern::{ClaimFault, Divergence, PatternMiss};
pub use self::suggest::suggest;

use super::action::Actions;
use super::condition::ClauseStanding;
use super::context::Context;
use super::decide::{Access, Decision, StatementPlace, Target, decide};
use super::document::{Effect, PolicyDocument, Resources, Statement};

/// From this distance on, a statement is about something else, and not a near miss.
const FAR: u32 = 100;

/// A decision, and how every statement stands to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The answer, the same as [`decide`](super::decide())'s.
    pub decision: Decision,
    /// Every statement, in the order of the documents.
    pub statements: Vec<StatementStanding>,
}

/// How one statement stands to an access.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatementStanding {
    /// Where it stands.
    pub place: StatementPlace,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// What it did.
    pub standing: Standing,
    /// The pattern of its `Resource` that matches; `None` if it has no such list, or none does.
    pub pattern: Option<String>,
    /// The clauses of its condition that are met.
    pub met: Vec<ClauseStanding>,
}

/// What a statement did about an access.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It applies, and is among those that decided.
    Decided,
    /// It does not apply, for all of these reasons; at least one.
    Missed(Vec<Miss>),
    /// It applies and would have allowed, had no Deny outranked it.
    Outranked,
}

/// One reason why a statement does not apply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Miss {
    /// It is about other actions: none of these, or, of a `NotAction`, all but these.
    Action {
        /// The patterns as they are written.
        patterns: Vec<String>,
        /// Whether they stand in a `NotAction`.
        excepted: bool,
    },
    /// A clause of its `Condition` is not met.
    Clause(ClauseStanding),
    /// None of the patterns of its `Resource` matches; this one came closest.
    Resource(PatternMiss),
    /// Its `NotResource` names the method or page, by this pattern.
    NotResource {
        /// The pattern.
        pattern: String,
    },
}

/// Explains what the documents together say of `access`.
pub fn explain<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument, IntoIter: Clone>,
    access: &Access<'_>,
) -> Explanation {
    let documents = documents.into_iter();
    let decision = decide(documents.clone(), access).decision;
    let mut statements = Vec::new();
    for (document, content) in documents.enumerate() {
        for (index, statement) in content.statements().iter().enumerate() {
            let misses = misses(statement, access);
            let outranked = statement.effect == Effect::Allow && decision != Decision::Allow;
            let standing = match (misses.is_empty(), outranked) {
                (false, _) => Standing::Missed(misses),
                (true, true) => Standing::Outranked,
                (true, false) => Standing::Decided,
            };
            let place = StatementPlace { document, statement: index, sid: statement.sid.clone() };
            let (effect, claims) = (statement.effect, access.context);
            let pattern = match &statement.resources {
                Resources::Only(patterns) => patterns
                    .iter()
                    .find(|pattern| pattern.matches(access.resource, effect, claims))
                    .map(|pattern| pattern.as_str().to_owned()),
                Resources::Except(_) => None,
            };
            let mut met = statement.condition.standing(claims);
            met.retain(|clause| clause.is_met);
            statements.push(StatementStanding { place, effect, standing, pattern, met });
        }
    }
    Explanation { decision, statements }
}

impl Explanation {
    /// The statements that decided: the Denies that applied, or else the Allows.
    pub fn decided(&self) -> impl Iterator<Item = &StatementStanding> {
        self.statements.iter().filter(|one| one.standing == Standing::Decided)
    }

    /// The Allows that applied and were outranked by a Deny.
    pub fn outranked(&self) -> impl Iterator<Item = &StatementStanding> {
        self.statements.iter().filter(|one| one.standing == Standing::Outranked)
    }

    /// The statements with `effect` that came close to the access, the closest first.
    pub fn near_misses(&self, effect: Effect) -> Vec<&StatementStanding> {
        let of_effect = self.statements.iter().filter(|one| one.effect == effect);
        let mut near: Vec<_> = of_effect.filter(|one| one.distance() < FAR).collect();
        near.retain(|one| !one.misses().is_empty());
        near.sort_by_key(|one| one.distance());
        near
    }
}

impl StatementStanding {
    /// Why it does not apply; empty if it does.
    pub fn misses(&self) -> &[Miss] {
        if let Standing::Missed(misses) = &self.standing { misses } else { &[] }
    }

    /// Whether it misses by a hair: by its condition, or by how the path is spelt.
    pub fn is_close(&self) -> bool {
        let is_close = |miss: &Miss| match miss {
            Miss::Clause(_) => true,
            Miss::Resource(miss) => miss.divergence.distance() <= 1,
            Miss::Action { .. } | Miss::NotResource { .. } => false,
        };
        !self.misses().is_empty() && self.misses().iter().all(is_close)
    }

    fn distance(&self) -> u32 {
        self.misses().iter().map(Miss::distance).fold(0, u32::saturating_add)
    }
}

impl Miss {
    /// How far the statement is from the access in this respect.
    fn distance(&self) -> u32 {
        match self {
            Self::Clause(_) => 1,
            Self::Action { .. } | Self::NotResource { .. } => 2,
            Self::Resource(miss) => miss.divergence.distance(),
        }
    }
}

/// In words that follow the name of the statement.
impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action { patterns, excepted } => {
                let (only, patterns) = (if *excepted { "all but " } else { "" }, listed(patterns));
                write!(f, "it is about {only}the action {patterns}")
            }
            Self::Clause(miss) => miss.fmt(f),
            Self::Resource(miss) => miss.fmt(f),
            Self::NotResource { pattern } => {
                write!(f, "its `NotResource` takes the call out, by `{pattern}`")
            }
        }
    }
}

/// Every reason why `statement` does not apply; none if it does.
fn misses(statement: &Statement, access: &Access<'_>) -> Vec<Miss> {
    let mut misses = Vec::new();
    if !statement.actions.match_action(&access.action.to_ascii_lowercase()) {
        let (patterns, excepted) = match &statement.actions {
            Actions::Only(patterns) => (patterns, false),
            Actions::Except(patterns) => (patterns, true),
        };
        let patterns = patterns.iter().map(ToString::to_string).collect();
        misses.push(Miss::Action { patterns, excepted });
    }
    misses.extend(resource_miss(statement, access.resource, access.context));
    let clauses = statement.condition.standing(access.context).into_iter();
    misses.extend(clauses.filter(|clause| !clause.is_met).map(Miss::Clause));
    misses
}

fn resource_miss(statement: &Statement, target: Target<'_>, claims: &Context) -> Option<Miss> {
    let effect = statement.effect;
    let matching = statement
        .resources
        .patterns()
        .iter()
        .find(|pattern| pattern.matches(target, effect, claims));
    match (&statement.resources, matching) {
        (Resources::Only(_), Some(_)) | (Resources::Except(_), None) => None,
        (Resources::Only(patterns), None) => patterns
            .iter()
            .map(|pattern| PatternMiss::of(pattern, target, claims))
            .min_by_key(|miss| miss.divergence.distance())
            .map(Miss::Resource),
        (Resources::Except(_), Some(pattern)) => {
            Some(Miss::NotResource { pattern: pattern.as_str().to_owned() })
        }
    }
}

/// `` `a`, `b` or `c` ``
fn listed(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}
