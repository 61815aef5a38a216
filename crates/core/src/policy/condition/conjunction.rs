//! Two conditions as one that holds where both do.

use std::cmp::Ordering;

use super::operand::Operand;
use super::operator::Comparison;
use super::{Clause, Condition};

impl Condition {
    /// The condition that holds where this one and `other` do; `None` if they never do together.
    ///
    /// # Errors
    ///
    /// A clause of both that cannot be written in one condition with that of the other, since they
    /// have the same operator and key.
    pub(in crate::policy) fn and(&self, other: &Self) -> Result<Option<Self>, Clause> {
        let mut whole = self.clone();
        for clause in &other.clauses {
            if !whole.add(clause.clone())? {
                return Ok(None);
            }
        }
        whole.clauses.sort_by(|one, two| one.order().cmp(&two.order()));
        Ok(Some(whole.normalized().into_owned()))
    }

    /// Whether it asks for everything that `other` asks for.
    pub(in crate::policy) fn includes(&self, other: &Self) -> bool {
        other.clauses.iter().all(|clause| self.clauses.contains(clause))
    }

    /// Adds a clause; false if both can never be met.
    fn add(&mut self, clause: Clause) -> Result<bool, Clause> {
        let same =
            |known: &Clause| known.operator == clause.operator && known.lookup == clause.lookup;
        let Some(index) = self.clauses.iter().position(same) else {
            self.clauses.push(clause);
            return Ok(true);
        };
        let known = self.clauses.remove(index);
        match known.and(clause)? {
            // It may have become a clause of another operator, and that may stand here already.
            Some(both) if both.operator != known.operator => self.add(both),
            Some(both) => {
                self.clauses.push(both);
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl Clause {
    /// Of bounds, the value that lets most pass and so decides alone; `None` if the operator's
    /// values are no bounds.
    pub(super) fn loosest(&self) -> Option<(&str, &Operand)> {
        let side = bound_side(self.operator.comparison)?;
        let values = self.values.iter().map(String::as_str).zip(&self.operands);
        values.reduce(|one, two| if compare(two.1, one.1) == side { two } else { one })
    }

    /// One clause for this one and another of the same operator and key; `None` if they are never
    /// met together.
    ///
    /// # Errors
    ///
    /// The other one, if that cannot be said in one clause.
    fn and(&self, other: Self) -> Result<Option<Self>, Self> {
        let has =
            |one: &Self, two: &Self| two.values.iter().all(|value| one.values.contains(value));
        let (more, fewer) = (has(self, &other), has(&other, self));
        if more && fewer {
            return Ok(Some(other));
        }
        let comparison = self.operator.comparison;
        if let (Some(side), Some((_, one)), Some((_, two))) =
            (bound_side(comparison), self.loosest(), other.loosest())
        {
            // What the tighter bound lets pass, the other does too.
            return Ok(Some(if compare(one, two) == side { other } else { self.clone() }));
        }
        let asks_every = self.asks_every_value();
        if comparison == Comparison::Null {
            return Ok(None);
        }
        if comparison == Comparison::Bool && asks_every {
            // No value is both; no value at all is.
            return Ok(Some(self.presence(false)));
        }
        if comparison.is_negated() && asks_every {
            let values = [self.values.as_slice(), &other.values].concat();
            let operands = [self.operands.as_slice(), &other.operands].concat();
            return Ok(Some(Self { values, operands, ..other }));
        }
        // More values let more pass, or less if the operator is negated; and whatever the tighter
        // one lets pass, the other does too.
        match (more, fewer) {
            (false, false) => Err(other),
            (more, _) if more == comparison.is_negated() => Ok(Some(self.clone())),
            _ => Ok(Some(other)),
        }
    }
}

/// How the looser of two bounds compares to the other; `None` for what compares by other means.
fn bound_side(comparison: Comparison) -> Option<Ordering> {
    match comparison {
        Comparison::DateGreaterThan
        | Comparison::DateGreaterThanEquals
        | Comparison::NumericGreaterThan
        | Comparison::NumericGreaterThanEquals => Some(Ordering::Less),
        Comparison::DateLessThan
        | Comparison::DateLessThanEquals
        | Comparison::NumericLessThan
        | Comparison::NumericLessThanEquals => Some(Ordering::Greater),
        Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike
        | Comparison::BinaryEquals
        | Comparison::Bool
        | Comparison::DateEquals
        | Comparison::DateNotEquals
        | Comparison::IpAddress
        | Comparison::NotIpAddress
        | Comparison::Null
        | Comparison::NumericEquals
        | Comparison::NumericNotEquals
        | Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::StringNotEquals
        | Comparison::StringNotEqualsIgnoreCase
        | Comparison::StringNotLike => None,
    }
}

fn compare(one: &Operand, two: &Operand) -> Ordering {
    match (one, two) {
        (Operand::Date(one), Operand::Date(two)) => one.cmp(two),
        (Operand::Number(one), Operand::Number(two)) => one.cmp(two),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::super::negation::tests::{FAMILIES, Family, condition, contexts, json, spellings};
    use super::*;

    #[test]
    fn two_conditions_are_met_together_by_one_or_are_refused() {
        let (mut written, mut never, mut refused) = (0, 0, 0);
        for Family { comparisons, key, wanted, found } in FAMILIES {
            let mut all: Vec<Condition> = comparisons
                .iter()
                .flat_map(|comparison| spellings(comparison, key, wanted))
                .collect();
            for value in ["true", "false"] {
                all.push(condition(&format!(r#"{{"Null":{{"{key}":"{value}"}}}}"#)));
            }
            let contexts = contexts(key, found);
            for (one, two) in all.iter().flat_map(|one| all.iter().map(move |two| (one, two))) {
                let both = match one.and(two) {
                    Ok(Some(both)) => {
                        written += 1;
                        // It can be read.
                        assert_eq!(condition(&json(std::slice::from_ref(&both))), both);
                        vec![both]
                    }
                    Ok(None) => {
                        never += 1;
                        Vec::new()
                    }
                    Err(_) => {
                        refused += 1;
                        continue;
                    }
                };
                for context in &contexts {
                    let want = one.holds(context) && two.holds(context);
                    let holds = both.iter().any(|both| both.holds(context));
                    let told = || (json(&[one.clone(), two.clone()]), json(&both));
                    assert_eq!(holds, want, "{:?} {context:?}", told());
                }
            }
        }
        assert!(written > refused * 10 && never > 0 && refused > 0, "{written} {never} {refused}");
    }
}
