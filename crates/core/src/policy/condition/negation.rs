//! Conditions that hold exactly where others do not.
//!
//! Exact means for every request: whether it has the key, has one value for it or several, and
//! whether those are of the operator's type. Where IAM's language has no such condition, there is
//! an error.

use super::operand::Operand;
use super::operator::{Comparison, Operator, Quantifier};
use super::{Clause, Condition};

impl Condition {
    /// Conditions of which at least one holds where this one does not, and none where it does. None
    /// at all if it always holds.
    ///
    /// # Errors
    ///
    /// A clause that has no exact opposite.
    pub(in crate::policy) fn negated(&self) -> Result<Vec<Self>, Clause> {
        // Not all of them: not the first, or not the second, …
        self.clauses.iter().map(Clause::negated).collect()
    }
}

impl Clause {
    fn negated(&self) -> Result<Condition, Self> {
        let Operator { quantifier, comparison, if_exists } = self.operator;
        let opposite = opposite(comparison).filter(|_| self.is_of_its_type());
        let opposite = opposite.ok_or_else(|| self.clone())?;
        let asks_every = self.asks_every_value();
        // `StringNotEquals` and its like ask every value without being told to.
        let says_itself = comparison.is_negated() != opposite.is_negated();
        let quantifier =
            if comparison == Comparison::Null || (quantifier == Quantifier::None && says_itself) {
                Quantifier::None
            } else if asks_every {
                Quantifier::ForAnyValue
            } else {
                Quantifier::ForAllValues
            };
        let (values, operands) = match self.loosest() {
            Some((value, operand)) => (vec![value.to_owned()], vec![operand.clone()]),
            None => (self.values.clone(), self.operands.clone()),
        };
        let (values, operands) = match operands.as_slice() {
            [Operand::Bool(value)] => (vec![(!value).to_string()], vec![Operand::Bool(!value)]),
            [Operand::Missing(value)] => {
                (vec![(!value).to_string()], vec![Operand::Missing(!value)])
            }
            _ => (values, operands),
        };
        let operator = Operator { quantifier, comparison: opposite, if_exists: false };
        let mut clauses = vec![Self { operator, values, operands, ..self.clone() }];
        // What asks every value is met by a key that is missing, as this clause is.
        if if_exists && !asks_every {
            clauses.push(self.presence(true));
        }
        clauses.sort_by(|one, two| one.order().cmp(&two.order()));
        Ok(Condition { clauses }.normalized().into_owned())
    }

    /// Whether all values of the key must be as the operator wants them, so that none will do too;
    /// otherwise one is enough, and needed.
    pub(super) fn asks_every_value(&self) -> bool {
        match self.operator.quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => false,
            Quantifier::None => self.operator.comparison.is_negated(),
        }
    }

    /// Whether the request has the key, or has it not.
    pub(super) fn presence(&self, is_there: bool) -> Self {
        let operator = Operator {
            quantifier: Quantifier::None,
            comparison: Comparison::Null,
            if_exists: false,
        };
        let values = vec![(!is_there).to_string()];
        Self { operator, values, operands: vec![Operand::Missing(!is_there)], ..self.clone() }
    }

    /// Whether no request can have a value for the key that is neither as the operator wants it nor
    /// as its opposite does: one of another type, such as a word where a number is wanted.
    ///
    /// Source: [global condition keys][keys], those of them that API Gateway itself writes.
    ///
    /// [keys]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    fn is_of_its_type(&self) -> bool {
        let keys: &[&str] = match self.operator.comparison {
            Comparison::Bool => &["aws:securetransport"],
            Comparison::DateGreaterThan
            | Comparison::DateGreaterThanEquals
            | Comparison::DateLessThan
            | Comparison::DateLessThanEquals => &["aws:currenttime", "aws:epochtime"],
            Comparison::NumericGreaterThan
            | Comparison::NumericGreaterThanEquals
            | Comparison::NumericLessThan
            | Comparison::NumericLessThanEquals => &["aws:epochtime"],
            Comparison::ArnEquals
            | Comparison::ArnLike
            | Comparison::ArnNotEquals
            | Comparison::ArnNotLike
            | Comparison::BinaryEquals
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
            | Comparison::StringNotLike => return true,
        };
        keys.contains(&self.lookup.as_str())
    }
}

/// The comparison that a value meets exactly if it does not meet this one, if it is of their type.
fn opposite(comparison: Comparison) -> Option<Comparison> {
    Some(match comparison {
        Comparison::ArnEquals => Comparison::ArnNotEquals,
        Comparison::ArnLike => Comparison::ArnNotLike,
        Comparison::ArnNotEquals => Comparison::ArnEquals,
        Comparison::ArnNotLike => Comparison::ArnLike,
        Comparison::BinaryEquals => return None,
        // Of the other value.
        Comparison::Bool => Comparison::Bool,
        Comparison::DateEquals => Comparison::DateNotEquals,
        Comparison::DateGreaterThan => Comparison::DateLessThanEquals,
        Comparison::DateGreaterThanEquals => Comparison::DateLessThan,
        Comparison::DateLessThan => Comparison::DateGreaterThanEquals,
        Comparison::DateLessThanEquals => Comparison::DateGreaterThan,
        Comparison::DateNotEquals => Comparison::DateEquals,
        Comparison::IpAddress => Comparison::NotIpAddress,
        Comparison::NotIpAddress => Comparison::IpAddress,
        // Of the other value.
        Comparison::Null => Comparison::Null,
        Comparison::NumericEquals => Comparison::NumericNotEquals,
        Comparison::NumericGreaterThan => Comparison::NumericLessThanEquals,
        Comparison::NumericGreaterThanEquals => Comparison::NumericLessThan,
        Comparison::NumericLessThan => Comparison::NumericGreaterThanEquals,
        Comparison::NumericLessThanEquals => Comparison::NumericGreaterThan,
        Comparison::NumericNotEquals => Comparison::NumericEquals,
        Comparison::StringEquals => Comparison::StringNotEquals,
        Comparison::StringEqualsIgnoreCase => Comparison::StringNotEqualsIgnoreCase,
        Comparison::StringLike => Comparison::StringNotLike,
        Comparison::StringNotEquals => Comparison::StringEquals,
        Comparison::StringNotEqualsIgnoreCase => Comparison::StringEqualsIgnoreCase,
        Comparison::StringNotLike => Comparison::StringLike,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::policy::{Context, PolicyDocument};

    pub(in crate::policy::condition) struct Family {
        pub(in crate::policy::condition) comparisons: &'static [&'static str],
        /// A key whose values are of the comparisons' type.
        pub(in crate::policy::condition) key: &'static str,
        /// Values for the condition.
        pub(in crate::policy::condition) wanted: &'static [&'static str],
        /// Values for the request.
        pub(in crate::policy::condition) found: &'static [&'static str],
    }

    pub(in crate::policy::condition) const FAMILIES: [Family; 8] = [
        Family {
            comparisons: &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
            key: "aws:SourceArn",
            wanted: &["arn:aws:sns:*:1:t", "arn:aws:s3:::b"],
            found: &["arn:aws:sns:eu:1:t", "arn:aws:s3:::b", "arn:aws:s3:::c", "no arn"],
        },
        Family {
            comparisons: &["Bool"],
            key: "aws:SecureTransport",
            wanted: &["true", "False"],
            found: &["true", "false"],
        },
        Family {
            comparisons: &["DateEquals", "DateNotEquals"],
            key: "aws:CurrentTime",
            wanted: &["2026", "2027-01-01"],
            found: &["2025-12-31T23:59:59.9Z", "2026-01-01", "2027-01-01T00:00:00Z", "today"],
        },
        Family {
            comparisons: &[
                "DateGreaterThan",
                "DateGreaterThanEquals",
                "DateLessThan",
                "DateLessThanEquals",
            ],
            key: "aws:CurrentTime",
            wanted: &["2026", "2027-01-01"],
            found: &[
                "2025-12-31T23:59:59.9Z",
                "2026-01-01",
                "2026-07-01",
                "2027-01-01T00:00:00Z",
                "2028",
            ],
        },
        Family {
            comparisons: &["IpAddress", "NotIpAddress"],
            key: "aws:SourceIp",
            wanted: &["10.0.0.0/8", "192.0.2.1"],
            found: &["10.1.1.1", "192.0.2.1", "192.0.2.2", "::1", "nowhere"],
        },
        Family {
            comparisons: &["NumericEquals", "NumericNotEquals"],
            key: "app:count",
            wanted: &["1", "2.50"],
            found: &["1", "1.0", "2.5", "3", "many"],
        },
        Family {
            comparisons: &[
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
            ],
            key: "aws:EpochTime",
            wanted: &["100", "9"],
            found: &["8", "9", "50", "100", "1e3"],
        },
        Family {
            comparisons: &[
                "StringEquals",
                "StringEqualsIgnoreCase",
                "StringLike",
                "StringNotEquals",
                "StringNotEqualsIgnoreCase",
                "StringNotLike",
            ],
            key: "aws:UserAgent",
            wanted: &["x", "Y*"],
            found: &["x", "X", "Y*", "Y1", "z", ""],
        },
    ];

    pub(in crate::policy::condition) fn condition(text: &str) -> Condition {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{text}}}}}"#
        );
        PolicyDocument::parse(document.as_bytes()).unwrap().statements()[0].condition().clone()
    }

    /// Every spelling of a comparison with the values.
    pub(in crate::policy::condition) fn spellings(
        comparison: &str,
        key: &str,
        values: &[&str],
    ) -> Vec<Condition> {
        let mut lists: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        if comparison != "Bool" {
            lists.push(format!("{values:?}"));
        }
        let mut conditions = Vec::new();
        for quantifier in ["", "ForAllValues:", "ForAnyValue:"] {
            for if_exists in ["", "IfExists"] {
                conditions.extend(lists.iter().map(|list| {
                    condition(&format!(
                        r#"{{"{quantifier}{comparison}{if_exists}":{{"{key}":{list}}}}}"#
                    ))
                }));
            }
        }
        conditions
    }

    /// Requests without the key, with one value of it, and with two.
    pub(in crate::policy::condition) fn contexts(key: &str, values: &[&str]) -> Vec<Context> {
        let mut lists: Vec<Vec<String>> = vec![Vec::new()];
        for one in values {
            lists.push(vec![(*one).to_owned()]);
            lists.extend(values.iter().map(|two| vec![(*one).to_owned(), (*two).to_owned()]));
        }
        let context = |list: Vec<String>| {
            let mut context = Context::new();
            context.insert(key, list);
            context
        };
        lists.into_iter().map(context).collect()
    }

    pub(in crate::policy::condition) fn json(conditions: &[Condition]) -> String {
        let texts: Vec<String> =
            conditions.iter().map(|one| serde_json::to_string(&one.to_json()).unwrap()).collect();
        texts.join(" or ")
    }

    #[test]
    fn every_operator_has_an_exact_opposite_or_none() {
        let mut seen = 0;
        for Family { comparisons, key, wanted, found } in FAMILIES {
            for comparison in comparisons {
                for one in spellings(comparison, key, wanted) {
                    let opposite = one.negated().unwrap();
                    for context in contexts(key, found) {
                        let holds = opposite.iter().any(|opposite| opposite.holds(&context));
                        let told = || (json(std::slice::from_ref(&one)), json(&opposite));
                        assert_eq!(holds, !one.holds(&context), "{:?} {context:?}", told());
                    }
                    seen += 1;
                }
            }
        }
        // Both values of `Bool`, and of 24 others one, the other, or both; with and without
        // `IfExists`, three quantifiers each.
        assert_eq!(seen, (2 + 24 * 3) * 2 * 3);
        for (text, opposite) in [("true", "false"), ("false", "true")] {
            let null = |value| condition(&format!(r#"{{"Null":{{"aws:Referer":"{value}"}}}}"#));
            assert_eq!(null(text).negated(), Ok(vec![null(opposite)]));
        }
        assert_eq!(Condition::default().negated(), Ok(Vec::new()));
    }

    #[test]
    fn the_end_of_a_time_is_the_opposite_of_the_time_before_it() {
        let end = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        let opposite = Condition::default().before(end).negated();
        assert_eq!(opposite, Ok(vec![Condition::not_before(end)]));
    }

    #[test]
    fn what_a_value_of_another_type_would_meet_neither_way_has_no_opposite() {
        for text in [
            r#"{"BinaryEquals":{"app:blob":"AA=="}}"#,
            r#"{"Bool":{"app:flag":"true"}}"#,
            r#"{"NumericLessThan":{"aws:UserAgent":"5"}}"#,
            r#"{"NumericLessThan":{"aws:CurrentTime":"5"}}"#,
            r#"{"DateGreaterThanEquals":{"aws:Referer":"2026"}}"#,
            r#"{"StringEquals":{"aws:Referer":"x"},"ForAllValues:Bool":{"aws:UserAgent":"true"}}"#,
        ] {
            assert!(condition(text).negated().is_err(), "{text}");
        }
    }
}
