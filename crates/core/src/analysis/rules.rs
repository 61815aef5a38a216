//! Two sets of documents as rules about the texts of one universe, for one action.
//!
//! A statement comes apart into one rule for each of its patterns, which is what it means: any of
//! them will do. Rules that both sides have are one.

use std::collections::BTreeMap;

use super::automaton::{Automaton, Node};
use super::language::{Claims, Universe};
use crate::policy::{Condition, Effect, PolicyDocument, ResourcePattern, Resources};

/// The documents before and after a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) before: &'a [&'a PolicyDocument],
    pub(super) after: &'a [&'a PolicyDocument],
}

/// One of two sides.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Side {
    Before,
    After,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }
}

/// What a rule asks of a text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Asked {
    /// That the pattern of that number matches.
    Pattern(u32),
    /// That none of the patterns matches.
    NoneOf(Vec<u32>),
}

/// One effect on some texts, perhaps on a condition.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) effect: Effect,
    pub(super) asked: Asked,
    /// The number of its condition.
    pub(super) condition: Option<usize>,
    pub(super) is_before: bool,
    pub(super) is_after: bool,
}

impl Rule {
    pub(super) fn is_on(&self, side: Side) -> bool {
        match side {
            Side::Before => self.is_before,
            Side::After => self.is_after,
        }
    }

    /// Whether both sides have it.
    pub(super) fn is_common(&self) -> bool {
        self.is_before && self.is_after
    }
}

/// A pattern of some rule.
#[derive(Clone, Debug)]
pub(super) struct NumberedPattern<'a> {
    pub(super) pattern: &'a ResourcePattern,
    /// What stands in the places of its claims; `None` without any.
    pub(super) claims: Option<Claims>,
    /// Whether a rule asks for it that only one side has.
    pub(super) tells_apart: bool,
    /// The rules that ask for it.
    pub(super) rules: Vec<usize>,
}

/// The rules of both sides.
#[derive(Debug, Default)]
pub(super) struct Rules<'a> {
    pub(super) all: Vec<Rule>,
    pub(super) patterns: Vec<NumberedPattern<'a>>,
    pub(super) conditions: Vec<Condition>,
    /// The rules that ask for no pattern to match.
    pub(super) exceptions: Vec<usize>,
}

impl<'a> Rules<'a> {
    /// The rules about `action`, which is in lower case.
    pub(super) fn of(sides: Sides<'a>, action: &str) -> Self {
        let mut reader = Reader::default();
        for (side, documents) in [(Side::Before, sides.before), (Side::After, sides.after)] {
            for statement in documents.iter().flat_map(|document| document.statements()) {
                if statement.actions().match_action(action) {
                    reader.read(statement, side);
                }
            }
        }
        reader.finish()
    }

    /// Whether both sides have the same rules.
    pub(super) fn are_common(&self) -> bool {
        self.all.iter().all(Rule::is_common)
    }

    /// Adds every pattern to `automaton`, each under its number; returns where they begin.
    pub(super) fn add_to(&self, automaton: &mut Automaton, universe: &Universe) -> Vec<Node> {
        let mut starts = Vec::new();
        for (number, one) in (0..).zip(&self.patterns) {
            let claims = one.claims.unwrap_or(Claims::Usable);
            starts.extend(universe.add(automaton, one.pattern, claims, number));
        }
        starts
    }

    pub(super) fn rule(&self, number: usize) -> Option<&Rule> {
        self.all.get(number)
    }

    pub(super) fn pattern(&self, number: u32) -> Option<&NumberedPattern<'a>> {
        usize::try_from(number).ok().and_then(|index| self.patterns.get(index))
    }

    pub(super) fn condition(&self, rule: &Rule) -> Option<&Condition> {
        self.conditions.get(rule.condition?)
    }

    /// The pattern of a rule that matches only where a claim says so.
    pub(super) fn claiming(&self, rule: &Rule) -> Option<&'a ResourcePattern> {
        match rule.asked {
            Asked::Pattern(number) => {
                self.pattern(number).filter(|one| one.claims.is_some()).map(|one| one.pattern)
            }
            Asked::NoneOf(_) => None,
        }
    }
}

#[derive(Default)]
struct Reader<'a> {
    rules: Rules<'a>,
    by_meaning: BTreeMap<(Effect, Asked, Option<usize>), usize>,
    /// By the text, and the effect if there are claims to fill in for it.
    by_text: BTreeMap<(&'a str, Option<Effect>), u32>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, statement: &'a crate::policy::Statement, side: Side) {
        let effect = statement.effect();
        let condition = self.condition(statement.condition());
        match statement.resources() {
            Resources::Only(patterns) => {
                for pattern in patterns {
                    let asked = Asked::Pattern(self.pattern(pattern, effect));
                    self.rule(effect, asked, condition, side);
                }
            }
            Resources::Except(patterns) => {
                let mut numbers: Vec<u32> =
                    patterns.iter().map(|pattern| self.pattern(pattern, effect)).collect();
                numbers.sort_unstable();
                numbers.dedup();
                self.rule(effect, Asked::NoneOf(numbers), condition, side);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> Option<usize> {
        if condition.is_empty() {
            return None;
        }
        let condition = condition.normalized().into_owned();
        let conditions = &mut self.rules.conditions;
        let known = conditions.iter().position(|known| *known == condition);
        Some(known.unwrap_or_else(|| {
            conditions.push(condition);
            conditions.len() - 1
        }))
    }

    fn pattern(&mut self, pattern: &'a ResourcePattern, effect: Effect) -> u32 {
        let has_claims = pattern.claims().next().is_some();
        let patterns = &mut self.rules.patterns;
        *self.by_text.entry((pattern.as_str(), has_claims.then_some(effect))).or_insert_with(|| {
            let number = u32::try_from(patterns.len()).unwrap_or(u32::MAX);
            let mut push = |claims| {
                let (tells_apart, rules) = (false, Vec::new());
                patterns.push(NumberedPattern { pattern, claims, tells_apart, rules });
            };
            push(has_claims.then_some(Claims::Usable));
            if has_claims && effect == Effect::Deny {
                push(Some(Claims::Unusable));
            }
            number
        })
    }

    fn rule(&mut self, effect: Effect, asked: Asked, condition: Option<usize>, side: Side) {
        let rules = &mut self.rules.all;
        let number = *self.by_meaning.entry((effect, asked, condition)).or_insert_with_key(|key| {
            let (is_before, is_after) = (false, false);
            rules.push(Rule { effect, asked: key.1.clone(), condition, is_before, is_after });
            rules.len() - 1
        });
        if let Some(rule) = rules.get_mut(number) {
            match side {
                Side::Before => rule.is_before = true,
                Side::After => rule.is_after = true,
            }
        }
    }

    fn finish(self) -> Rules<'a> {
        let Rules { all, mut patterns, conditions, mut exceptions } = self.rules;
        for (number, rule) in all.iter().enumerate() {
            match &rule.asked {
                Asked::Pattern(pattern) => {
                    let first = usize::try_from(*pattern).unwrap_or(usize::MAX);
                    for (index, one) in patterns.iter_mut().enumerate().skip(first).take(2) {
                        // The reading for unusable claims stands behind the one for usable ones.
                        if index == first || one.claims == Some(Claims::Unusable) {
                            one.rules.push(number);
                            one.tells_apart |= !rule.is_common();
                        }
                    }
                }
                Asked::NoneOf(_) => exceptions.push(number),
            }
        }
        Rules { all, patterns, conditions, exceptions }
    }
}
