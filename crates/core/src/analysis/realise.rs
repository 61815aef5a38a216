//! Requests that meet some conditions and not others: what the values of their keys must be.
//!
//! Each key stands for itself. Of its values those are tried on either side of every edge that the
//! conditions draw: the bounds of numbers, dates and networks, and one text for every set of texts
//! and patterns that can match together. If none of them will do, no value does.

use std::collections::{BTreeMap, BTreeSet};

use super::automaton::{Automaton, Letters, Walk};
use crate::policy::{Clause, Condition, Context, Demand, Sample};

/// How many ways to break several conditions at once are looked at.
const MAX_WAYS: usize = 4_096;
/// How many states the walk over a key's patterns may have.
const MAX_STATES: usize = 4_000;

/// What came of looking for a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Realised {
    /// This one will do.
    Context(Context),
    /// There is none.
    Impossible,
    /// None was found, and there may be one.
    Unknown,
}

/// Finds the values of keys for which all of `met` hold and none of `unmet` does.
pub(super) fn realise(met: &[&Condition], unmet: &[&Condition]) -> Realised {
    let demanded: Vec<(&Clause, bool)> =
        met.iter().flat_map(|condition| condition.clauses()).map(|clause| (clause, true)).collect();
    let mut search = Search { ways: 0, doubtful: false };
    match search.break_each(unmet, demanded) {
        Some(context) => Realised::Context(context),
        None if search.doubtful => Realised::Unknown,
        None => Realised::Impossible,
    }
}

struct Search {
    ways: usize,
    /// Whether something was not looked at to its end.
    doubtful: bool,
}

impl Search {
    /// Breaks each of `unmet` at one of its clauses, and meets what is demanded.
    fn break_each<'a>(
        &mut self,
        unmet: &[&'a Condition],
        mut demanded: Vec<(&'a Clause, bool)>,
    ) -> Option<Context> {
        let Some((first, rest)) = unmet.split_first() else {
            return self.meet(&demanded);
        };
        for clause in first.clauses() {
            self.ways += 1;
            if self.ways > MAX_WAYS {
                self.doubtful = true;
                return None;
            }
            demanded.push((clause, false));
            if let Some(context) = self.break_each(rest, demanded.clone()) {
                return Some(context);
            }
            demanded.pop();
        }
        None
    }

    fn meet(&mut self, demanded: &[(&Clause, bool)]) -> Option<Context> {
        let mut keys: BTreeMap<&str, Vec<(&Clause, bool)>> = BTreeMap::new();
        for &(clause, holds) in demanded {
            keys.entry(clause.lookup()).or_default().push((clause, holds));
        }
        let mut context = Context::new();
        for demands in keys.values() {
            let values = self.values(demands)?;
            let key = demands.first().map_or("", |(clause, _)| clause.key());
            match <[String; 1]>::try_from(values) {
                Ok([value]) => context.insert(key, value),
                Err(values) => context.insert(key, values),
            }
        }
        Some(context)
    }

    /// Values of one key, none at all too, for which each clause holds or does not as is demanded.
    fn values(&mut self, demands: &[(&Clause, bool)]) -> Option<Vec<String>> {
        let is_met = |values: Option<&[String]>| {
            demands.iter().all(|(clause, holds)| clause.holds(values) == *holds)
        };
        let candidates = self.candidates(demands);
        if let Some(value) =
            candidates.iter().find(|value| is_met(Some(std::slice::from_ref(value))))
        {
            return Some(vec![value.clone()]);
        }
        if is_met(None) {
            return Some(Vec::new());
        }
        // Several values: each as all of them must be, and one for each that some must be.
        let wanted = |(clause, holds): &(&Clause, bool)| clause.demand(*holds);
        if demands.iter().any(|demand| wanted(demand) == Demand::Never) {
            return None;
        }
        let fits = |value: &&String| {
            demands.iter().all(|demand| match wanted(demand) {
                Demand::EveryValue(meets) => demand.0.meets(value) == meets,
                Demand::Always | Demand::Never | Demand::SomeValue(_) => true,
            })
        };
        let fitting: Vec<&String> = candidates.iter().filter(fits).collect();
        let mut values = BTreeSet::new();
        for demand in demands {
            if let Demand::SomeValue(meets) = wanted(demand) {
                let value = fitting.iter().find(|value| demand.0.meets(value) == meets)?;
                values.insert((*value).clone());
            }
        }
        let values: Vec<String> = values.into_iter().collect();
        (!values.is_empty() && is_met(Some(&values))).then_some(values)
    }

    fn candidates(&mut self, demands: &[(&Clause, bool)]) -> Vec<String> {
        let mut patterns = Vec::new();
        let mut values = Vec::new();
        for sample in demands.iter().flat_map(|(clause, _)| clause.samples()) {
            match sample {
                Sample::Arn(_) | Sample::Glob(_) | Sample::Text(_) => patterns.push(sample),
                Sample::Value(value) => values.push(value),
            }
        }
        if !patterns.is_empty() {
            values.extend(self.texts(&patterns));
        }
        // One value that no clause has heard of.
        values.push("x".to_owned());
        values
    }

    /// A shortest text for every set of `patterns` that match one together.
    fn texts(&mut self, patterns: &[Sample<'_>]) -> Vec<String> {
        let mut automaton = Automaton::default();
        let mut starts = Vec::new();
        for (number, pattern) in (1..).zip(patterns) {
            let end = automaton.begin(number);
            match pattern {
                Sample::Arn(fields) => {
                    let mut start = end;
                    for (index, field) in fields.iter().enumerate().rev() {
                        let letters = if index < 5 { Letters::NoColon } else { Letters::All };
                        start = automaton.glob(field.as_str(), letters, start);
                        if index > 0 {
                            start = automaton.text(":", start);
                        }
                    }
                    starts.push(start);
                }
                Sample::Glob(glob) => starts.push(automaton.glob(glob.as_str(), Letters::All, end)),
                Sample::Text(text) => starts.push(automaton.text(text, end)),
                Sample::Value(_) => {}
            }
        }
        let anything = automaton.begin(0);
        starts.push(automaton.run(Letters::All, anything));
        let mut walk = Walk::new(&automaton, automaton.start(starts), MAX_STATES);
        let mut sets = BTreeSet::new();
        let mut texts = Vec::new();
        while let Some((index, state)) = walk.next() {
            if sets.insert(automaton.accepted(&state).collect::<Vec<_>>()) {
                texts.push(walk.text(index));
            }
            if walk.go_on(index, &state).is_err() {
                self.doubtful = true;
                break;
            }
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyDocument;

    fn condition(text: &str) -> Condition {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{text}}}}}"#
        );
        let document = PolicyDocument::parse(document.as_bytes()).unwrap();
        document.statements()[0].condition().clone()
    }

    /// Whether a request is found; it is looked at whether it is what was asked for.
    fn is_found(met: &[&str], unmet: &[&str]) -> bool {
        let met: Vec<Condition> = met.iter().map(|text| condition(text)).collect();
        let unmet: Vec<Condition> = unmet.iter().map(|text| condition(text)).collect();
        match realise(&met.iter().collect::<Vec<_>>(), &unmet.iter().collect::<Vec<_>>()) {
            Realised::Context(context) => {
                assert!(met.iter().all(|condition| condition.holds(&context)), "{context:?}");
                assert!(!unmet.iter().any(|condition| condition.holds(&context)), "{context:?}");
                true
            }
            Realised::Impossible => false,
            Realised::Unknown => panic!("not known"),
        }
    }

    #[test]
    fn a_request_is_found_wherever_there_is_one() {
        for (met, unmet) in [
            (&[r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#][..], &[][..]),
            (&[], &[r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/2"]}}"#]),
            (
                &[r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#],
                &[r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/9","10.128.0.0/10"]}}"#],
            ),
            (
                &[
                    r#"{"StringLike":{"aws:UserAgent":"*a*"},"StringNotLike":{"aws:UserAgent":"a*"}}"#,
                ],
                &[r#"{"StringLike":{"aws:UserAgent":"*a"}}"#],
            ),
            (
                &[r#"{"Bool":{"aws:SecureTransport":"true"}}"#],
                &[r#"{"Null":{"aws:Referer":"true"}}"#],
            ),
            (
                &[r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"#],
                &[r#"{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-01T00:00:01Z"}}"#],
            ),
            (
                &[r#"{"NumericGreaterThan":{"x:n":"5"}}"#],
                &[r#"{"NumericGreaterThan":{"x:n":"5.1"}}"#],
            ),
            (
                &[
                    r#"{"ForAnyValue:StringEquals":{"x:k":"a"}}"#,
                    r#"{"ForAnyValue:StringEquals":{"x:k":"b"}}"#,
                ],
                &[r#"{"ForAllValues:StringEquals":{"x:k":["a","b"]}}"#],
            ),
            (
                &[r#"{"ArnLike":{"aws:SourceArn":"arn:aws:*:::x"}}"#],
                &[r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s*:::x"}}"#],
            ),
            (&[r#"{"StringEqualsIgnoreCase":{"x:k":"a"}}"#], &[r#"{"StringEquals":{"x:k":"a"}}"#]),
        ] {
            assert!(is_found(met, unmet), "{met:?} {unmet:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_found_to_be_impossible() {
        for (met, unmet) in [
            (
                &[r#"{"StringEquals":{"x:k":"a"}}"#, r#"{"StringNotEquals":{"x:k":"a"}}"#][..],
                &[][..],
            ),
            (
                &[r#"{"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}}"#],
                &[r#"{"IpAddress":{"AWS:sourceip":"10.0.0.0/8"}}"#],
            ),
            (&[r#"{"StringLike":{"x:k":"ab*"}}"#], &[r#"{"StringLike":{"x:k":"a*"}}"#]),
            (&[r#"{"Null":{"x:k":"true"}}"#, r#"{"StringEquals":{"x:k":"a"}}"#], &[]),
            (&[r#"{"NumericLessThan":{"x:n":"5"}}"#], &[r#"{"NumericLessThan":{"x:n":"5.0"}}"#]),
        ] {
            assert!(!is_found(met, unmet), "{met:?} {unmet:?}");
        }
    }
}
