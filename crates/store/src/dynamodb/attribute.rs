//! A table's native values, turned into the JSON the policy parser reads.
//!
//! Written here and not left to `serde_dynamo` because that turns sets into lists, keeps the
//! order of a hash map, and panics on a type it does not know, all of which an answer from the
//! network may not decide.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::json::{self, Json};

/// A value that no JSON text could have brought into the table.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct NotJson {
    /// Where it stands: a JSON Pointer, from the attribute.
    pub(super) pointer: String,
    /// What it is, with its article.
    pub(super) found: &'static str,
}

/// The value as JSON, with the members of objects in the order of their names: equal rows are
/// equal, whatever order they were sent in.
pub(super) fn to_json(value: &AttributeValue) -> Result<Json, NotJson> {
    match value {
        AttributeValue::Bool(value) => Ok(Json::Bool(*value)),
        AttributeValue::L(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| to_json(element).map_err(|fault| fault.under(index)))
            .collect::<Result<_, _>>()
            .map(Json::Array),
        AttributeValue::M(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            members
                .into_iter()
                .map(|(name, member)| match to_json(member) {
                    Ok(member) => Ok((name.clone(), member)),
                    Err(fault) => Err(fault.under(name)),
                })
                .collect::<Result<_, _>>()
                .map(Json::Object)
        }
        AttributeValue::N(digits) => match Json::parse(digits.as_bytes()) {
            Ok(number @ Json::Number(_)) => Ok(number),
            Ok(_) | Err(_) => Err(NotJson::found("a number out of range")),
        },
        AttributeValue::Null(_) => Ok(Json::Null),
        AttributeValue::S(text) => Ok(Json::String(text.clone())),
        AttributeValue::B(_)
        | AttributeValue::Bs(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Ss(_)
        | AttributeValue::Unknown { .. }
        | _ => Err(NotJson::found(kind(value))),
    }
}

/// What kind of value this is, with its article, for messages.
pub(super) fn kind(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::B(_) => "a binary value",
        AttributeValue::Bool(_) => "a boolean",
        AttributeValue::Bs(_) => "a binary set",
        AttributeValue::L(_) => "a list",
        AttributeValue::M(_) => "a map",
        AttributeValue::N(_) => "a number",
        AttributeValue::Ns(_) => "a number set",
        AttributeValue::Null(_) => "null",
        AttributeValue::S(_) => "a string",
        AttributeValue::Ss(_) => "a string set",
        AttributeValue::Unknown { .. } | _ => "a value of an unknown type",
    }
}

impl NotJson {
    fn found(found: &'static str) -> Self {
        Self { pointer: String::new(), found }
    }

    /// The same fault, seen from one level up.
    fn under(self, token: impl std::fmt::Display) -> Self {
        Self { pointer: json::pointer("", token) + &self.pointer, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    fn map<const N: usize>(members: [(&str, AttributeValue); N]) -> AttributeValue {
        AttributeValue::M(HashMap::from(members.map(|(name, value)| (name.to_owned(), value))))
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    #[test]
    fn every_kind_of_json_value_comes_through_in_the_order_of_names() {
        let value = map([
            ("z", AttributeValue::Null(true)),
            ("b", AttributeValue::L(vec![text("x"), AttributeValue::Bool(false)])),
            ("a", AttributeValue::N("-12.5".to_owned())),
            ("m", map([])),
            ("c", AttributeValue::N("18446744073709551615".to_owned())),
        ]);
        let want = r#"{"a":-12.5,"b":["x",false],"c":18446744073709551615,"m":{},"z":null}"#;
        assert_eq!(to_json(&value).unwrap().to_string(), want);
    }

    #[test]
    fn what_json_has_not_is_refused_with_its_place() {
        let blob = || Blob::new(b"x".as_slice());
        for (value, found) in [
            (AttributeValue::Ss(vec!["GET/a".to_owned()]), "a string set"),
            (AttributeValue::Ns(vec!["1".to_owned()]), "a number set"),
            (AttributeValue::Bs(vec![blob()]), "a binary set"),
            (AttributeValue::B(blob()), "a binary value"),
            (AttributeValue::N("1e999".to_owned()), "a number out of range"),
            (AttributeValue::N("NaN".to_owned()), "a number out of range"),
            (AttributeValue::N("[]".to_owned()), "a number out of range"),
        ] {
            let document = map([("Statement", AttributeValue::L(vec![map([("a/b", value)])]))]);
            let fault = NotJson { pointer: "/Statement/0/a~1b".to_owned(), found };
            assert_eq!(to_json(&document), Err(fault));
        }
    }
}
