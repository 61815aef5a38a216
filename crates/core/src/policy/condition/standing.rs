//! Whether the clauses of a condition are met, and what a request would have to say to meet them.

use std::collections::BTreeSet;
use std::fmt;

use super::super::context::Context;
use super::operand::Operand;
use super::operator::Quantifier;
use super::{Clause, Condition};

/// A clause of a condition, and what a request says to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClauseStanding {
    /// The operator, such as `IpAddress`.
    pub operator: String,
    /// The key, such as `aws:SourceIp`.
    pub key: String,
    /// The values of the condition.
    pub wanted: Vec<String>,
    /// The request's; `None` if it has no such key.
    pub found: Option<Vec<String>>,
    /// Whether that is as the clause wants it.
    pub is_met: bool,
}

impl fmt::Display for ClauseStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operator, key, wanted, found, is_met } = self;
        let quoted = |texts: &[String]| {
            let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
            texts.join(", ")
        };
        let wants = if *is_met { "is met: it wants" } else { "wants" };
        write!(f, "its condition `{operator}` {wants} `{key}` ")?;
        match (operator.as_str(), wanted.first().map(|one| one.eq_ignore_ascii_case("true"))) {
            ("Null", Some(true)) => f.write_str("to be absent")?,
            ("Null", _) => f.write_str("to be there")?,
            _ => write!(f, "{}", quoted(wanted))?,
        }
        match found {
            None => f.write_str("; the request has no such key"),
            Some(found) => write!(f, "; the request has {}", quoted(found)),
        }
    }
}

/// What a request would say of one key; `None`: nothing.
pub(in crate::policy) type Said = (String, Option<String>);

impl Condition {
    /// Every clause, and what `context` says to it.
    pub(in crate::policy) fn standing(&self, context: &Context) -> Vec<ClauseStanding> {
        let standing = |clause: &Clause| {
            let found = context.all(&clause.lookup);
            ClauseStanding {
                operator: clause.operator.to_string(),
                key: clause.key.clone(),
                wanted: clause.values.clone(),
                found: found.map(<[String]>::to_vec),
                is_met: clause.holds(found),
            }
        };
        self.clauses.iter().map(standing).collect()
    }

    /// What the request would have to say instead to meet the clauses it does not; `None` if no
    /// such values are found. Found are values that stand in the condition, or just beside them.
    pub(in crate::policy) fn to_meet(&self, context: &Context) -> Option<Vec<Said>> {
        let unmet = self.clauses.iter().filter(|one| !one.holds(context.all(&one.lookup)));
        let keys: BTreeSet<(&str, &str)> =
            unmet.map(|one| (one.lookup.as_str(), one.key.as_str())).collect();
        let mut said: Vec<Said> = Vec::new();
        let mut last = None;
        for (lookup, key) in keys {
            if last == Some(lookup) {
                continue;
            }
            last = Some(lookup);
            let of_key = || self.clauses.iter().filter(|clause| clause.lookup == lookup);
            let value = of_key()
                .flat_map(Clause::candidates)
                .find(|value| of_key().all(|clause| clause.holds_for(value.as_ref())))?;
            said.push((key.to_owned(), value));
        }
        Some(said)
    }

    /// What the request would have to say of one key so that the condition does not hold.
    pub(in crate::policy) fn to_avoid(&self) -> Option<Said> {
        self.clauses.iter().find_map(|clause| {
            // A value rather than silence: most keys are not the caller's to leave out.
            let mut values: Vec<_> = clause.candidates();
            values.sort_by_key(Option::is_none);
            let value = values.into_iter().find(|value| !clause.holds_for(value.as_ref()))?;
            Some((clause.key.clone(), value))
        })
    }
}

impl Clause {
    fn holds_for(&self, value: Option<&String>) -> bool {
        self.holds(value.map(std::slice::from_ref))
    }

    /// Values that may meet the clause, or may not, its own first.
    fn candidates(&self) -> Vec<Option<String>> {
        let mut values = Vec::new();
        for (operand, text) in self.operands.iter().zip(&self.values) {
            match operand {
                Operand::Arn(_) | Operand::Like(_) => {
                    values.push(text.replace('*', "").replace('?', "x"));
                    values.push(text.replace(['*', '?'], "x"));
                }
                Operand::Bool(_) => values.extend(["true", "false"].map(str::to_owned)),
                Operand::Date(date) => {
                    values.extend([0, -1, 1].map(|seconds| date.shifted(seconds).to_string()));
                }
                Operand::Ip(network) => values.push(network.addr().to_string()),
                Operand::Missing(_) => {}
                Operand::Number(_) => {
                    values.push(text.clone());
                    let number = text.parse::<i64>().ok();
                    let beside = [-1, 1].map(|step| number?.checked_add(step));
                    values.extend(beside.into_iter().flatten().map(|number| number.to_string()));
                }
                Operand::Binary(_) | Operand::Insensitive(_) | Operand::Text(_) => {
                    values.push(text.clone());
                }
            }
        }
        // Addresses of documentation (RFC 5737, RFC 3849), and a text of no meaning.
        let others = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "x", "0"];
        values.extend(others.map(str::to_owned));
        let mut candidates: Vec<Option<String>> = values.into_iter().map(Some).collect();
        // Silence meets `ForAllValues` and every negation, which is seldom what is meant.
        let silence_first = self.operator.quantifier == Quantifier::None
            && matches!(self.operands.as_slice(), [Operand::Missing(true)]);
        candidates.insert(if silence_first { 0 } else { candidates.len() }, None);
        candidates
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
        PolicyDocument::parse(document.as_bytes()).unwrap().statements()[0].condition().clone()
    }

    macro_rules! meeting {
        ($($name:ident: $condition:literal => $key:literal $value:expr;)*) => {$(
            #[test]
            fn $name() {
                let value: Option<&str> = $value;
                let want = vec![($key.to_owned(), value.map(str::to_owned))];
                let mut context = Context::new();
                context.insert("aws:Referer", "here");
                assert_eq!(condition($condition).to_meet(&context), Some(want));
            }
        )*};
    }

    meeting! {
        an_address_of_the_range: r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"# => "aws:SourceIp" Some("203.0.113.0");
        a_text_as_wanted: r#"{"StringEquals":{"aws:UserAgent":["a","b"]}}"# => "aws:UserAgent" Some("a");
        a_text_without_the_star: r#"{"StringLike":{"aws:UserAgent":"curl/*"}}"# => "aws:UserAgent" Some("curl/");
        a_second_before: r#"{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"# => "aws:CurrentTime" Some("2025-12-31T23:59:59Z");
        a_moment_of_the_window: r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01"},"DateLessThan":{"aws:CurrentTime":"2026-02-01"}}"# => "aws:CurrentTime" Some("2026-01-01T00:00:01Z");
        a_greater_number: r#"{"NumericGreaterThan":{"aws:X":"5"}}"# => "aws:X" Some("6");
        another_text: r#"{"StringNotEquals":{"aws:Referer":"here"}}"# => "aws:Referer" Some("192.0.2.1");
        the_absence_of_a_key: r#"{"Null":{"aws:Referer":"true"}}"# => "aws:Referer" None;
        the_presence_of_a_key: r#"{"Null":{"aws:X":"false"}}"# => "aws:X" Some("192.0.2.1");
    }

    #[test]
    fn what_cannot_be_met_has_no_answer() {
        let text = r#"{"StringEquals":{"aws:X":"a"},"StringLike":{"aws:X":"b*"}}"#;
        assert_eq!(condition(text).to_meet(&Context::new()), None);
    }

    #[test]
    fn a_condition_is_avoided_by_one_key() {
        let text = r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
        let want = Some(("aws:SourceIp".to_owned(), Some("10.0.0.0".to_owned())));
        assert_eq!(condition(text).to_avoid(), want);
        assert_eq!(Condition::default().to_avoid(), None);
    }

    #[test]
    fn a_clause_tells_both_sides() {
        let text = r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Null":{"aws:X":"false"},
                       "StringNotEquals":{"aws:Y":"y"}}"#;
        let mut context = Context::new();
        context.insert("aws:SourceIp", "192.0.2.1");
        let told: Vec<String> =
            condition(text).standing(&context).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "its condition `IpAddress` wants `aws:SourceIp` `203.0.113.0/24`; the request has \
                 `192.0.2.1`",
                "its condition `Null` wants `aws:X` to be there; the request has no such key",
                "its condition `StringNotEquals` is met: it wants `aws:Y` `y`; the request has no \
                 such key",
            ]
        );
    }
}
