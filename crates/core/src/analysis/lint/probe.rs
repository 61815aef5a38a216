//! Questions about all requests: which is a shortest that these patterns match and those do not?

use std::collections::BTreeSet;

use crate::analysis::automaton::{Automaton, Node, OverBudget, Walk};
use crate::analysis::language::{Claims, Universe};
use crate::gateway::VERBS;
use crate::policy::{Effect, PolicyDocument, ResourcePattern, Resources};

/// Patterns, each with a number, and the texts that are asked about.
pub(super) struct Probe<'u> {
    universe: &'u Universe,
    automaton: Automaton,
    starts: Vec<Node>,
    next: u32,
}

/// A statement, by the numbers of its patterns.
pub(super) struct Numbered {
    pub(super) effect: Effect,
    numbers: Vec<u32>,
    excepts: bool,
}

impl Numbered {
    /// Whether the statement is about a text that the patterns of these numbers match.
    pub(super) fn applies(&self, accepted: &BTreeSet<u32>) -> bool {
        self.numbers.iter().any(|number| accepted.contains(number)) != self.excepts
    }
}

impl<'u> Probe<'u> {
    pub(super) fn new(universe: &'u Universe) -> Self {
        Self { universe, automaton: Automaton::default(), starts: Vec::new(), next: 0 }
    }

    /// Adds what `build` builds; returns its number.
    pub(super) fn add(
        &mut self,
        build: impl FnOnce(&Universe, &mut Automaton, u32) -> Vec<Node>,
    ) -> u32 {
        let number = self.next;
        self.next += 1;
        self.starts.extend(build(self.universe, &mut self.automaton, number));
        number
    }

    /// Adds a pattern; returns its number.
    pub(super) fn pattern(&mut self, pattern: &ResourcePattern) -> u32 {
        self.add(|universe, automaton, number| {
            universe.add(automaton, pattern, Claims::Usable, number)
        })
    }

    /// Adds every request of a method; returns the number.
    pub(super) fn every_request(&mut self) -> u32 {
        self.add(|universe, automaton, number| {
            let verbs = VERBS.into_iter();
            verbs.flat_map(|verb| universe.add_verb(automaton, verb, number)).collect()
        })
    }

    /// Adds the requests of `verbs` that a person would write down; returns the number.
    pub(super) fn pleasant(&mut self, verbs: &[&str]) -> u32 {
        self.add(|universe, automaton, number| universe.add_pleasant(automaton, verbs, number))
    }

    /// Adds the statements of `document` about `action` that apply whatever holds, without one
    /// pattern of one statement.
    pub(super) fn statements(
        &mut self,
        document: &PolicyDocument,
        action: &str,
        without: (usize, usize),
    ) -> Vec<Numbered> {
        let action = action.to_ascii_lowercase();
        let mut numbered = Vec::new();
        for (index, statement) in document.statements().iter().enumerate() {
            // What the statement asks whose pattern is left out, its other patterns ask as well.
            let applies = statement.condition().is_empty() || index == without.0;
            if !applies || !statement.actions().match_action(&action) {
                continue;
            }
            let patterns = statement.resources().patterns().iter().enumerate();
            let numbers = patterns
                .filter(|(place, _)| (index, *place) != without)
                .map(|(_, pattern)| self.pattern(pattern))
                .collect();
            let excepts = matches!(statement.resources(), Resources::Except(_));
            numbered.push(Numbered { effect: statement.effect(), numbers, excepts });
        }
        numbered
    }

    /// A shortest text that all of `needed` match, for which the numbers of all that match are as
    /// `wanted`; `None` if there is none, or if it would take more than `max_states` to know.
    pub(super) fn shortest(
        &self,
        needed: &[u32],
        max_states: usize,
        wanted: impl Fn(&BTreeSet<u32>) -> bool,
    ) -> Option<String> {
        self.walk(needed, max_states, wanted).ok().flatten()
    }

    /// Whether no text at all is matched by all of `needed`; false if it is not known.
    pub(super) fn is_empty(&self, needed: &[u32], max_states: usize) -> bool {
        matches!(self.walk(needed, max_states, |_| true), Ok(None))
    }

    fn walk(
        &self,
        needed: &[u32],
        max_states: usize,
        wanted: impl Fn(&BTreeSet<u32>) -> bool,
    ) -> Result<Option<String>, OverBudget> {
        let start = self.automaton.start(self.starts.iter().copied());
        let mut walk = Walk::new(&self.automaton, start, max_states);
        while let Some((index, state)) = walk.next() {
            let alive: BTreeSet<u32> = self.automaton.alive(&state).collect();
            if !needed.iter().all(|number| alive.contains(number)) {
                continue;
            }
            let accepted: BTreeSet<u32> = self.automaton.accepted(&state).collect();
            if needed.iter().all(|number| accepted.contains(number)) && wanted(&accepted) {
                return Ok(Some(self.universe.whole(&walk.text(index))));
            }
            walk.go_on(index, &state)?;
        }
        Ok(None)
    }
}
