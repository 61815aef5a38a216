//! The ways in which the rules that apply to one text can turn out: which conditions and claims
//! must be as a rule wants them, and which must not.

use std::collections::BTreeSet;

use super::language::Claims;
use super::realise::{Realised, realise};
use super::rules::{Asked, Rule, Rules, Side};
use super::witness::Guard;
use crate::policy::{Condition, Context, Effect, ResourcePattern, Target, includes};

/// How many values for claims are tried on one text.
const MAX_CLAIMS: usize = 20_000;

/// The rules that apply to a text if their conditions and claims are as they want them.
#[derive(Debug)]
pub(super) struct Applicable<'r, 'a> {
    rules: &'r Rules<'a>,
    // In the order of their numbers.
    found: Vec<Guarded>,
}

/// A rule, and what else it asks.
#[derive(Clone, Debug)]
struct Guarded {
    rule: usize,
    atoms: Vec<Atom>,
}

/// Something that holds of a request or does not, whatever its text.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Atom {
    /// The claims are such that the pattern of that number matches.
    Claims(u32),
    /// The condition of that number holds.
    Condition(usize),
    /// A claim of the pattern of that number cannot be filled in.
    Unusable(u32),
}

/// Rules that must apply, and rules that must not.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub(super) applying: Vec<usize>,
    pub(super) not_applying: Vec<usize>,
}

impl<'r, 'a> Applicable<'r, 'a> {
    /// The rules about a text that the patterns of these numbers match.
    pub(super) fn new(rules: &'r Rules<'a>, accepted: &BTreeSet<u32>) -> Self {
        let mut numbers = BTreeSet::new();
        for number in accepted {
            numbers.extend(rules.pattern(*number).into_iter().flat_map(|one| &one.rules).copied());
        }
        for number in &rules.exceptions {
            let Some(Rule { asked: Asked::NoneOf(patterns), .. }) = rules.rule(*number) else {
                continue;
            };
            if patterns.iter().all(|pattern| !accepted.contains(pattern)) {
                numbers.insert(*number);
            }
        }
        let guarded = |number: usize| {
            let rule = rules.rule(number)?;
            let mut atoms = Vec::new();
            if let Asked::Pattern(pattern) = rule.asked
                && rules.claiming(rule).is_some()
            {
                atoms.push(if accepted.contains(&pattern) {
                    Atom::Claims(pattern)
                } else {
                    Atom::Unusable(pattern)
                });
            }
            atoms.extend(rule.condition.map(Atom::Condition));
            Some(Guarded { rule: number, atoms })
        };
        Self { rules, found: numbers.into_iter().filter_map(guarded).collect() }
    }

    /// Whether both sides have all of them.
    pub(super) fn are_common(&self) -> bool {
        self.found.iter().all(|one| self.rules.rule(one.rule).is_none_or(Rule::is_common))
    }

    /// The numbers of those of `effect` that `side` has.
    pub(super) fn of(&self, side: Side, effect: Effect) -> Vec<usize> {
        let is_wanted = |rule: &Rule| rule.effect == effect && rule.is_on(side);
        let wanted =
            self.found.iter().filter(|one| self.rules.rule(one.rule).is_some_and(is_wanted));
        wanted.map(|one| one.rule).collect()
    }

    /// Whether nothing in `goal` contradicts another part of it, conditions and claims being taken
    /// for independent of each other.
    pub(super) fn is_consistent(&self, goal: &Goal) -> bool {
        let mut true_atoms = BTreeSet::new();
        for rule in &goal.applying {
            true_atoms.extend(self.atoms(*rule).iter().copied());
        }
        if self.claims_contradict(&true_atoms) {
            return false;
        }
        // What a pattern matches by its claims, a pattern that includes it matches too.
        let implied: Vec<Atom> = self
            .found
            .iter()
            .flat_map(|one| &one.atoms)
            .filter(|wide| true_atoms.iter().any(|narrow| self.implies(*narrow, **wide)))
            .copied()
            .collect();
        true_atoms.extend(implied);
        let is_broken =
            |rule: &usize| self.atoms(*rule).iter().any(|atom| !true_atoms.contains(atom));
        goal.not_applying.iter().all(is_broken)
    }

    /// How many conditions `goal` names.
    pub(super) fn conditions_of(&self, goal: &Goal) -> usize {
        let distinct = |rules: &[usize]| {
            let conditions = rules.iter().filter_map(|rule| self.rules.rule(*rule)?.condition);
            conditions.collect::<BTreeSet<usize>>().len()
        };
        distinct(&goal.applying) + distinct(&goal.not_applying)
    }

    /// Looks for a request with `target` that reaches `goal`; `reaches` has the last word, and
    /// makes of its context what is returned.
    pub(super) fn realise<T>(
        &self,
        goal: &Goal,
        target: Target<'_>,
        reaches: impl Fn(Context) -> Option<T>,
    ) -> Reached<T> {
        let claiming = |rule: &usize| {
            let rule = self.rules.rule(*rule)?;
            Some((rule.effect, self.rules.claiming(rule)?))
        };
        let involved = goal.applying.iter().chain(&goal.not_applying).filter_map(claiming);
        let names: BTreeSet<&str> = involved.flat_map(|(_, pattern)| pattern.claims()).collect();
        let mut outcome = if names.is_empty() { Reached::Never } else { Reached::Unknown };
        for claims in claims_for(&names, target) {
            let matches = |rule: &usize| {
                claiming(rule)
                    .is_none_or(|(effect, pattern)| pattern.matches(target, effect, &claims))
            };
            if !goal.applying.iter().all(matches) {
                continue;
            }
            let left: Vec<usize> = goal.not_applying.iter().copied().filter(matches).collect();
            // A rule without a condition cannot be kept from applying.
            let Some(unmet) = self.all_conditions(&left) else { continue };
            match realise(&self.conditions(&goal.applying), &unmet) {
                Realised::Context(mut context) => {
                    for (key, values) in claims.iter() {
                        context.insert(key, values.first().map_or("", String::as_str));
                    }
                    if let Some(shown) = reaches(context) {
                        return Reached::By(shown, self.guard(&goal.applying, &left));
                    }
                    outcome = Reached::Unknown;
                }
                Realised::Impossible => {}
                Realised::Unknown => outcome = Reached::Unknown,
            }
        }
        outcome
    }

    fn atoms(&self, rule: usize) -> &[Atom] {
        let index = self.found.binary_search_by_key(&rule, |one| one.rule);
        index.ok().and_then(|index| self.found.get(index)).map_or(&[], |one| one.atoms.as_slice())
    }

    /// Whether a claim would have to be usable and unusable.
    fn claims_contradict(&self, atoms: &BTreeSet<Atom>) -> bool {
        let mut usable = BTreeSet::new();
        for atom in atoms {
            if let Atom::Claims(number) = *atom
                && !self.is_of_deny(number)
            {
                usable.extend(self.claims_of(number));
            }
        }
        atoms.iter().any(|atom| match *atom {
            Atom::Unusable(number) => self.claims_of(number).is_subset(&usable),
            Atom::Claims(_) | Atom::Condition(_) => false,
        })
    }

    /// Whether the pattern of that number has a reading for unusable claims too.
    fn is_of_deny(&self, number: u32) -> bool {
        let next = number.checked_add(1).and_then(|next| self.rules.pattern(next));
        next.is_some_and(|one| one.claims == Some(Claims::Unusable))
    }

    /// Whether `wide` holds wherever `narrow` does.
    fn implies(&self, narrow: Atom, wide: Atom) -> bool {
        let pattern = |number| self.rules.pattern(number).map(|one| one.pattern);
        match (narrow, wide) {
            // A Deny may match because a claim cannot be filled in, an Allow never does.
            (Atom::Claims(narrow), Atom::Claims(wide))
                if self.is_of_deny(wide) || !self.is_of_deny(narrow) =>
            {
                let (wide, narrow) = (pattern(wide), pattern(narrow));
                wide.zip(narrow).is_some_and(|(wide, narrow)| includes(wide, narrow))
            }
            // Of one claim that cannot be filled in, a Deny of a text that it may match is told.
            (Atom::Unusable(narrow), Atom::Claims(wide) | Atom::Unusable(wide)) => {
                let names = self.claims_of(narrow);
                self.is_of_deny(wide) && names.len() == 1 && names == self.claims_of(wide)
            }
            (Atom::Claims(_) | Atom::Condition(_) | Atom::Unusable(_), _) => false,
        }
    }

    /// The names of the claims in the pattern of that number.
    fn claims_of(&self, number: u32) -> BTreeSet<&str> {
        let pattern = self.rules.pattern(number).map(|one| one.pattern);
        pattern.into_iter().flat_map(ResourcePattern::claims).collect()
    }

    fn conditions(&self, rules: &[usize]) -> Vec<&'r Condition> {
        let condition = |rule: &usize| self.rules.condition(self.rules.rule(*rule)?);
        rules.iter().filter_map(condition).collect()
    }

    /// The condition of each of `rules`; `None` if one has none.
    fn all_conditions(&self, rules: &[usize]) -> Option<Vec<&'r Condition>> {
        let conditions = self.conditions(rules);
        (conditions.len() == rules.len()).then_some(conditions)
    }

    fn guard(&self, applying: &[usize], not_applying: &[usize]) -> Guard {
        let distinct = |rules: &[usize]| {
            let mut distinct: Vec<Condition> = Vec::new();
            for condition in self.conditions(rules) {
                if !distinct.contains(condition) {
                    distinct.push(condition.clone());
                }
            }
            distinct
        };
        Guard { holds: distinct(applying), fails: distinct(not_applying) }
    }
}

/// What came of looking for a request that reaches a goal.
#[derive(Clone, Debug)]
pub(super) enum Reached<T> {
    /// By this, on these conditions.
    By(T, Guard),
    /// None reaches it.
    Never,
    /// None was found, and there may be one.
    Unknown,
}

/// Values for the claims of these names: each text that could be meant in `target`, one that is not
/// in it, and none.
fn claims_for(names: &BTreeSet<&str>, target: Target<'_>) -> Vec<Context> {
    if names.is_empty() {
        return vec![Context::new()];
    }
    let text = match target {
        Target::Method(method) => method.as_str(),
        Target::Page(page) => page,
    };
    let mut values: BTreeSet<(usize, &str)> = BTreeSet::new();
    let is_claim = |letter: char| super::automaton::Letters::Claim.contains(letter);
    for run in text.split(|letter: char| !is_claim(letter)) {
        // Of one byte each, so that every index is a boundary.
        for start in 0..run.len() {
            for end in start + 1..=run.len() {
                values.extend(run.get(start..end).map(|value| (value.len(), value)));
            }
        }
    }
    let absent = format!("{}x", "x".repeat(text.len().min(100)));
    let mut contexts = vec![Context::new()];
    for name in names {
        let mut extended = Vec::new();
        for context in &contexts {
            for value in values.iter().map(|(_, value)| *value).chain([absent.as_str()]) {
                let mut context = context.clone();
                context.insert(&format!("token:{name}"), value);
                extended.push(context);
            }
            extended.push(context.clone());
            if extended.len() > MAX_CLAIMS {
                break;
            }
        }
        contexts = extended;
    }
    contexts
}
