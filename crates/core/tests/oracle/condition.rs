//! Condition blocks: which operator, which key, how many values.
//!
//! Source: IAM user guide, `reference_policies_elements_condition_operators` and
//! `reference_policies_condition-logic-multiple-context-keys-or-values`.

use serde_json::Value;

use super::{one_or_many, value};

/// Whether every operator of a block holds for every one of its keys.
pub(crate) fn holds(block: &Value, context: &Value) -> bool {
    tests(block).all(|(operator, key, wanted)| test_holds(operator, key, wanted, context))
}

/// The single tests of a block: operator, context key, policy values.
pub(crate) fn tests(block: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let operators = block.as_object().expect("a condition block is an object");
    operators.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().expect("an operator holds an object");
        keys.iter().map(move |(key, wanted)| (operator.as_str(), key.as_str(), wanted))
    })
}

/// Whether one operator holds for one key.
pub(crate) fn test_holds(operator: &str, key: &str, wanted: &Value, context: &Value) -> bool {
    let wanted: Vec<String> = one_or_many(wanted).iter().map(text).collect();
    let found: Vec<String> =
        find(context, key).map_or(&[][..], one_or_many).iter().map(text).collect();
    if operator == "Null" {
        return found.is_empty() == wanted[0].eq_ignore_ascii_case("true");
    }

    let (quantifier, operator) = match operator.split_once(':') {
        Some((quantifier, operator)) => (Some(quantifier), operator),
        None => (None, operator),
    };
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let negated = operator.contains("Not");
    let positive = operator.replacen("Not", "", 1);

    if found.is_empty() {
        return if_exists
            || match quantifier {
                Some("ForAllValues") => true,
                Some("ForAnyValue") => false,
                _ => negated,
            };
    }
    let any_wanted = |found: &String| wanted.iter().any(|one| value::fits(&positive, found, one));
    match (quantifier, negated) {
        (Some("ForAllValues"), false) => found.iter().all(any_wanted),
        (Some("ForAllValues") | None, true) => !found.iter().any(any_wanted),
        (Some("ForAnyValue") | None, false) => found.iter().any(any_wanted),
        (Some("ForAnyValue"), true) => !found.iter().all(any_wanted),
        (Some(other), _) => panic!("not a set operator: {other}"),
    }
}

/// The value of a context key; names of keys are case-insensitive.
pub(crate) fn find<'a>(context: &'a Value, key: &str) -> Option<&'a Value> {
    let members = context.as_object().expect("a context is an object");
    members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

/// Numbers and booleans may stand unquoted; they mean their text.
pub(crate) fn text(scalar: &Value) -> String {
    match scalar {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => scalar.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => panic!("not a scalar: {scalar}"),
    }
}
