//! The names of condition operators.

use std::fmt;

use super::super::document::Rule;

/// A condition operator: `ForAnyValue:StringLikeIfExists` and the like.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Operator {
    pub(super) quantifier: Quantifier,
    pub(super) comparison: Comparison,
    pub(super) if_exists: bool,
}

/// What is asked of a key with several values.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

/// The comparison at the heart of an operator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Comparison {
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    BinaryEquals,
    Bool,
    DateEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    DateLessThan,
    DateLessThanEquals,
    DateNotEquals,
    IpAddress,
    NotIpAddress,
    Null,
    NumericEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericNotEquals,
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    StringNotEquals,
    StringNotEqualsIgnoreCase,
    StringNotLike,
}

/// Every comparison with its name.
const NAMES: [(Comparison, &str); 27] = [
    (Comparison::ArnEquals, "ArnEquals"),
    (Comparison::ArnLike, "ArnLike"),
    (Comparison::ArnNotEquals, "ArnNotEquals"),
    (Comparison::ArnNotLike, "ArnNotLike"),
    (Comparison::BinaryEquals, "BinaryEquals"),
    (Comparison::Bool, "Bool"),
    (Comparison::DateEquals, "DateEquals"),
    (Comparison::DateGreaterThan, "DateGreaterThan"),
    (Comparison::DateGreaterThanEquals, "DateGreaterThanEquals"),
    (Comparison::DateLessThan, "DateLessThan"),
    (Comparison::DateLessThanEquals, "DateLessThanEquals"),
    (Comparison::DateNotEquals, "DateNotEquals"),
    (Comparison::IpAddress, "IpAddress"),
    (Comparison::NotIpAddress, "NotIpAddress"),
    (Comparison::Null, "Null"),
    (Comparison::NumericEquals, "NumericEquals"),
    (Comparison::NumericGreaterThan, "NumericGreaterThan"),
    (Comparison::NumericGreaterThanEquals, "NumericGreaterThanEquals"),
    (Comparison::NumericLessThan, "NumericLessThan"),
    (Comparison::NumericLessThanEquals, "NumericLessThanEquals"),
    (Comparison::NumericNotEquals, "NumericNotEquals"),
    (Comparison::StringEquals, "StringEquals"),
    (Comparison::StringEqualsIgnoreCase, "StringEqualsIgnoreCase"),
    (Comparison::StringLike, "StringLike"),
    (Comparison::StringNotEquals, "StringNotEquals"),
    (Comparison::StringNotEqualsIgnoreCase, "StringNotEqualsIgnoreCase"),
    (Comparison::StringNotLike, "StringNotLike"),
];

impl Operator {
    pub(super) const DATE_LESS_THAN: Self = Self {
        quantifier: Quantifier::None,
        comparison: Comparison::DateLessThan,
        if_exists: false,
    };
    pub(super) const FOR_ALL_VALUES_DATE_GREATER_THAN_EQUALS: Self = Self {
        quantifier: Quantifier::ForAllValues,
        comparison: Comparison::DateGreaterThanEquals,
        if_exists: false,
    };

    pub(super) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        let (quantifier, rest) = match text.split_once(':') {
            None => (Quantifier::None, text),
            Some(("ForAllValues", rest)) => (Quantifier::ForAllValues, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::ForAnyValue, rest),
            Some(_) => return Err(unknown(text)),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (comparison, _) =
            *NAMES.iter().find(|(_, known)| *known == name).ok_or_else(|| unknown(text))?;
        if comparison == Comparison::Null && (if_exists || quantifier != Quantifier::None) {
            let message = "`Null` asks whether the key exists and takes neither `IfExists` nor \
                           `ForAllValues` nor `ForAnyValue`";
            return Err((Rule::InvalidConditionOperator, message.to_owned()));
        }
        Ok(Self { quantifier, comparison, if_exists })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.quantifier {
            Quantifier::None => "",
            Quantifier::ForAllValues => "ForAllValues:",
            Quantifier::ForAnyValue => "ForAnyValue:",
        })?;
        let name = NAMES.iter().find(|(comparison, _)| *comparison == self.comparison);
        f.write_str(name.map_or("", |(_, name)| name))?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl Comparison {
    /// Whether it holds where none of its values matches.
    pub(super) fn is_negated(self) -> bool {
        match self {
            Self::ArnNotEquals
            | Self::ArnNotLike
            | Self::DateNotEquals
            | Self::NotIpAddress
            | Self::NumericNotEquals
            | Self::StringNotEquals
            | Self::StringNotEqualsIgnoreCase
            | Self::StringNotLike => true,
            Self::ArnEquals
            | Self::ArnLike
            | Self::BinaryEquals
            | Self::Bool
            | Self::DateEquals
            | Self::DateGreaterThan
            | Self::DateGreaterThanEquals
            | Self::DateLessThan
            | Self::DateLessThanEquals
            | Self::IpAddress
            | Self::Null
            | Self::NumericEquals
            | Self::NumericGreaterThan
            | Self::NumericGreaterThanEquals
            | Self::NumericLessThan
            | Self::NumericLessThanEquals
            | Self::StringEquals
            | Self::StringEqualsIgnoreCase
            | Self::StringLike => false,
        }
    }

    /// Whether a second value could only contradict the first.
    pub(super) fn takes_one_value(self) -> bool {
        matches!(self, Self::Bool | Self::Null)
    }
}

fn unknown(text: &str) -> (Rule, String) {
    let known = NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(text));
    let message = match known {
        Some((_, known)) => format!("no such condition operator: write `{known}`"),
        None => "no such condition operator".to_owned(),
    };
    (Rule::InvalidConditionOperator, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_reads_back_as_it_is_written() {
        for (_, name) in NAMES {
            assert_eq!(Operator::parse(name).unwrap().to_string(), name);
            if name != "Null" {
                let long = format!("ForAllValues:{name}IfExists");
                assert_eq!(Operator::parse(&long).unwrap().to_string(), long);
            }
        }
    }

    #[test]
    fn what_is_no_operator_is_refused() {
        for text in [
            "",
            "StringEqual",
            "stringequals",
            "IfExists",
            "StringEqualsIfExistsIfExists",
            "ForSomeValues:StringEquals",
            "ForAllValues:",
            "NullIfExists",
            "ForAnyValue:Null",
        ] {
            let error = Operator::parse(text).unwrap_err();
            assert_eq!(error.0, Rule::InvalidConditionOperator, "{text}");
        }
        assert!(Operator::parse("stringequals").unwrap_err().1.contains("write `StringEquals`"));
    }
}
