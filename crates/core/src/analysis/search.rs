//! The walk for differences between two sides, for one action.

use std::collections::{BTreeMap, BTreeSet};

use super::automaton::{Automaton, Node, OverBudget, Walk};
use super::diff::{Change, ChangeKind, Scope, Unknown};
use super::language::Universe;
use super::outcomes::{Applicable, Goal, Reached};
use super::rules::{Rule, Rules, Side, Sides};
use super::witness::{Guard, Witness};
use crate::gateway::VERBS;
use crate::policy::Effect;

/// What a difference is told apart by: its direction, the number of its verb, and the rule that
/// makes it.
type Cause = (ChangeKind, u32, usize);

pub(super) struct Search<'s, 'a> {
    sides: Sides<'a>,
    rules: &'s Rules<'a>,
    universe: &'s Universe,
    action: &'static str,
    scope: &'s Scope,
    found: BTreeMap<Cause, Change>,
    undecided: BTreeSet<Cause>,
    over_budget: Option<Unknown>,
    /// What needs no further request to show it.
    shown: BTreeSet<(ChangeKind, usize)>,
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(
        sides: Sides<'a>,
        rules: &'s Rules<'a>,
        universe: &'s Universe,
        action: &'static str,
        scope: &'s Scope,
    ) -> Self {
        Self {
            sides,
            rules,
            universe,
            action,
            scope,
            found: BTreeMap::new(),
            undecided: BTreeSet::new(),
            over_budget: None,
            shown: BTreeSet::new(),
        }
    }

    /// Looks at the verbs that requests have, and then at what else a method ARN can name.
    pub(super) fn run(&mut self) {
        let first = u32::try_from(self.rules.patterns.len()).unwrap_or(u32::MAX);
        let verbs = match self.universe {
            Universe::AnyStage | Universe::Stage(_) => &VERBS[..],
            Universe::Pages => &VERBS[..1],
        };
        let walked = self.walk(|universe, automaton| {
            let each = (first..).zip(verbs);
            each.flat_map(|(number, verb)| universe.add_verb(automaton, verb, number)).collect()
        });
        let walked = walked.and_then(|()| {
            // What a verb has shown would only be shown again.
            self.shown = self.found.keys().map(|(kind, _, rule)| (*kind, *rule)).collect();
            self.walk(|universe, automaton| universe.add_every_verb(automaton, first))
        });
        if walked == Err(OverBudget) {
            let max_states = self.scope.max_states;
            self.over_budget = Some(Unknown::OverBudget { max_states });
        }
    }

    /// Why there may be differences that were not found.
    pub(super) fn unknown(&self) -> Option<Unknown> {
        let undecided = (!self.undecided.is_empty()).then_some(Unknown::Undecided);
        self.over_budget.or(undecided)
    }

    /// What was found.
    pub(super) fn into_changes(self) -> impl Iterator<Item = Change> {
        self.found.into_values()
    }

    fn walk(
        &mut self,
        add: impl FnOnce(&Universe, &mut Automaton) -> Vec<Node>,
    ) -> Result<(), OverBudget> {
        let mut automaton = Automaton::default();
        let mut starts = self.rules.add_to(&mut automaton, self.universe);
        starts.extend(add(self.universe, &mut automaton));
        let start = automaton.start(starts);
        let mut walk = Walk::new(&automaton, start, self.scope.max_states);
        while let Some((index, state)) = walk.next() {
            let accepted: BTreeSet<u32> = automaton.accepted(&state).collect();
            let verbs: Vec<u32> = self.verbs(&accepted).collect();
            if !verbs.is_empty() {
                let applicable = Applicable::new(self.rules, &accepted);
                if !applicable.are_common() {
                    let text = walk.text(index);
                    for verb in verbs {
                        self.look_at(&text, verb, &applicable);
                    }
                }
            }
            if self.may_differ_below(&automaton.alive(&state).collect()) {
                walk.go_on(index, &state)?;
            }
        }
        Ok(())
    }

    /// Those of `numbers` that are verbs.
    fn verbs(&self, numbers: &BTreeSet<u32>) -> impl Iterator<Item = u32> {
        let first = u32::try_from(self.rules.patterns.len()).unwrap_or(u32::MAX);
        numbers.range(first..).copied()
    }

    /// Whether a text that goes on can show a difference that is not found yet.
    fn may_differ_below(&self, alive: &BTreeSet<u32>) -> bool {
        let verbs: Vec<u32> = self.verbs(alive).collect();
        let is_open = |number: &usize| {
            self.rules.rule(*number).is_some_and(|rule| {
                kinds(rule, self.scope.moved).any(|kind| {
                    verbs.iter().any(|verb| !self.is_settled((kind, *verb, *number), rule))
                })
            })
        };
        let telling = alive.iter().filter_map(|number| self.rules.pattern(*number));
        telling.filter(|one| one.tells_apart).any(|one| one.rules.iter().any(is_open))
            || self.rules.exceptions.iter().any(is_open)
    }

    /// Whether nothing better is to be found for a cause: a difference on no condition, or on that
    /// of the rule itself.
    fn is_settled(&self, cause: Cause, rule: &Rule) -> bool {
        let best = |change: &Change| change.when.is_none() || rule.condition.is_some();
        self.shown.contains(&(cause.0, cause.2)) || self.found.get(&cause).is_some_and(best)
    }

    fn look_at(&mut self, text: &str, verb: u32, applicable: &Applicable<'_, 'a>) {
        let mut goals = goals(applicable, self.rules, self.scope.moved);
        goals.retain(|(_, goal)| applicable.is_consistent(goal));
        // Stable: among goals of as many conditions the first stays the first.
        goals.sort_by_cached_key(|(_, goal)| applicable.conditions_of(goal));
        for ((kind, rule), goal) in goals {
            let cause = (kind, verb, rule);
            let is_better = |known: &Change| {
                known.when.as_ref().map_or(0, Guard::len) > applicable.conditions_of(&goal)
            };
            if self.shown.contains(&(kind, rule))
                || self.found.get(&cause).is_some_and(|known| !is_better(known))
            {
                continue;
            }
            match self.change(kind, text, &goal, applicable) {
                Ok(Some(change)) => {
                    self.undecided.remove(&cause);
                    self.found.insert(cause, change);
                }
                Ok(None) => {}
                Err(Unknown::Undecided | Unknown::OverBudget { .. }) => {
                    if !self.found.contains_key(&cause) {
                        self.undecided.insert(cause);
                    }
                }
            }
        }
    }

    /// The change that `goal` makes to `text`, decided on both sides.
    fn change(
        &self,
        kind: ChangeKind,
        text: &str,
        goal: &Goal,
        applicable: &Applicable<'_, 'a>,
    ) -> Result<Option<Change>, Unknown> {
        let target = self.universe.target(text).ok_or(Unknown::Undecided)?;
        let reached = applicable.realise(goal, target.as_target(), |context| {
            let witness = Witness { action: self.action, target: target.clone(), context };
            let before = witness.decide(self.sides.before);
            let after = witness.decide(self.sides.after);
            let shows = ChangeKind::of(before.decision, after.decision) == Some(kind);
            shows.then_some((witness, before, after))
        });
        match reached {
            Reached::By((witness, before, after), guard) => {
                let when = (!guard.is_empty()).then_some(guard);
                Ok(Some(Change { kind, witness, also: Vec::new(), when, before, after }))
            }
            Reached::Never => Ok(None),
            Reached::Unknown => Err(Unknown::Undecided),
        }
    }
}

/// The differences that a rule which one side lacks can make.
fn kinds(rule: &Rule, moved: bool) -> impl Iterator<Item = ChangeKind> {
    let kind = match (rule.effect, rule.is_before, rule.is_after) {
        (_, true, true) | (_, false, false) => None,
        (Effect::Allow, false, true) | (Effect::Deny, true, false) => Some(ChangeKind::Gained),
        (Effect::Allow, true, false) | (Effect::Deny, false, true) => Some(ChangeKind::Lost),
    };
    let moves =
        (moved && kind.is_some() && rule.effect == Effect::Deny).then_some(ChangeKind::Moved);
    kind.into_iter().chain(moves)
}

/// Every way in which the two sides can differ, with the rule that makes the difference.
fn goals(
    applicable: &Applicable<'_, '_>,
    rules: &Rules<'_>,
    moved: bool,
) -> Vec<((ChangeKind, usize), Goal)> {
    let mut goals = Vec::new();
    let is_on = |number: usize, side| rules.rule(number).is_some_and(|rule| rule.is_on(side));
    for (kind, allowing) in [(ChangeKind::Gained, Side::After), (ChangeKind::Lost, Side::Before)] {
        let refusing = allowing.other();
        let (denies, refused_denies) =
            (applicable.of(allowing, Effect::Deny), applicable.of(refusing, Effect::Deny));
        for allow in applicable.of(allowing, Effect::Allow) {
            if !is_on(allow, refusing) {
                let others = applicable.of(refusing, Effect::Allow);
                let not_applying = denies.iter().copied().chain(others).collect();
                goals.push(((kind, allow), Goal { applying: vec![allow], not_applying }));
            }
            for deny in refused_denies.iter().copied().filter(|deny| !is_on(*deny, allowing)) {
                let applying = vec![allow, deny];
                goals.push(((kind, deny), Goal { applying, not_applying: denies.clone() }));
            }
        }
    }
    if moved {
        for side in [Side::Before, Side::After] {
            for deny in applicable.of(side, Effect::Deny) {
                if is_on(deny, side.other()) {
                    continue;
                }
                let effects = [Effect::Deny, Effect::Allow];
                let others = effects.map(|effect| applicable.of(side.other(), effect)).concat();
                // An Allow beside the Deny on its own side changes nothing.
                let goal = Goal { applying: vec![deny], not_applying: others };
                goals.push(((ChangeKind::Moved, deny), goal));
            }
        }
    }
    goals
}
