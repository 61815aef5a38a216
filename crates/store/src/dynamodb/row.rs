//! What can be read from a row, strictly.
//!
//! An attribute that is missing or of another type than we write, a value JSON has not, any fault
//! the policy parser finds: the row is unreadable, and that is an error.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::json::Json;
use gatepost_core::policy::{PolicyDocument, Rule};

use super::attribute;

/// A row, or the key of one, as the SDK has it.
pub(super) type Row = HashMap<String, AttributeValue>;

/// What is wrong with a row.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RowFault {
    /// The map is there but is no policy document.
    #[error("attribute `{attribute}` breaks {}", first(faults))]
    Document {
        /// Which attribute.
        attribute: &'static str,
        /// Every fault: its place, a JSON Pointer from the attribute, and the rule broken there.
        faults: Vec<(String, Rule)>,
    },

    /// The row has no such attribute.
    #[error("attribute `{attribute}` is missing")]
    Missing {
        /// Which attribute.
        attribute: &'static str,
    },

    /// The attribute, or a value in it, is of a type that cannot stand there.
    #[error("attribute `{attribute}`{}: {found}, and not {wanted}", place(pointer))]
    Type {
        /// Which attribute.
        attribute: &'static str,
        /// Where in it: a JSON Pointer, empty for the attribute itself.
        pointer: String,
        /// What stands there.
        found: &'static str,
        /// What could stand there.
        wanted: &'static str,
    },
}

impl RowFault {
    fn of_type(attribute: &'static str, value: &AttributeValue, wanted: &'static str) -> Self {
        Self::Type { attribute, pointer: String::new(), found: attribute::kind(value), wanted }
    }
}

/// The native map in an attribute.
pub(super) fn native_map(row: &Row, attribute: &'static str) -> Result<Json, RowFault> {
    let value = row.get(attribute).ok_or(RowFault::Missing { attribute })?;
    if !value.is_m() {
        return Err(RowFault::of_type(attribute, value, "a map"));
    }
    attribute::to_json(value).map_err(|fault| RowFault::Type {
        attribute,
        pointer: fault.pointer,
        found: fault.found,
        wanted: "a JSON value",
    })
}

/// The document that an attribute's value is.
pub(super) fn document(attribute: &'static str, json: &Json) -> Result<PolicyDocument, RowFault> {
    PolicyDocument::from_json(json).map_err(|error| RowFault::Document {
        attribute,
        faults: error.faults().iter().map(|fault| (fault.pointer.clone(), fault.rule)).collect(),
    })
}

/// A place in an attribute, which itself needs no naming.
fn place(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") }
}

/// The first fault in words, and how many follow.
fn first(faults: &[(String, Rule)]) -> String {
    match faults {
        [] => "no rule".to_owned(),
        [(pointer, rule)] => format!("{rule}{}", place(pointer)),
        [(pointer, rule), rest @ ..] => {
            format!("{rule}{}, the first of {} faults", place(pointer), rest.len() + 1)
        }
    }
}

/// The number of a row's revision, which every row of our own layout has.
pub(super) fn version(row: &Row) -> Result<u64, RowFault> {
    let attribute = "version";
    let value = row.get(attribute).ok_or(RowFault::Missing { attribute })?;
    value
        .as_n()
        .ok()
        .and_then(|digits| digits.parse().ok())
        .filter(|version| *version > 0)
        .ok_or_else(|| RowFault::of_type(attribute, value, "a whole number from 1"))
}

/// A text that may be absent, but not empty.
pub(super) fn text(row: &Row, attribute: &'static str) -> Result<Option<String>, RowFault> {
    let Some(value) = row.get(attribute) else { return Ok(None) };
    match value.as_s() {
        Ok(text) if !text.is_empty() => Ok(Some(text.clone())),
        Ok(_) | Err(_) => Err(RowFault::of_type(attribute, value, "a text")),
    }
}

/// The attribute `expires_at`: when something ends. May be absent.
pub(super) fn expires_at(row: &Row) -> Result<Option<SystemTime>, RowFault> {
    seconds(row, "expires_at")
}

/// A time in seconds since 1970, as DynamoDB's TTL has it. May be absent.
pub(super) fn seconds(row: &Row, attribute: &'static str) -> Result<Option<SystemTime>, RowFault> {
    let Some(value) = row.get(attribute) else { return Ok(None) };
    let seconds = value.as_n().ok().and_then(|digits| digits.parse().ok());
    seconds
        .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        .map(Some)
        .ok_or_else(|| RowFault::of_type(attribute, value, "a whole number of seconds"))
}

/// A whole number. May be absent.
pub(super) fn number(row: &Row, attribute: &'static str) -> Result<Option<u64>, RowFault> {
    let Some(value) = row.get(attribute) else { return Ok(None) };
    let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
    number.map(Some).ok_or_else(|| RowFault::of_type(attribute, value, "a whole number"))
}

/// A binary value. May be absent.
pub(super) fn bytes(row: &Row, attribute: &'static str) -> Result<Option<Vec<u8>>, RowFault> {
    let Some(value) = row.get(attribute) else { return Ok(None) };
    match value.as_b() {
        Ok(bytes) => Ok(Some(bytes.as_ref().to_vec())),
        Err(_) => Err(RowFault::of_type(attribute, value, "a binary value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(attribute: &str, value: AttributeValue) -> Row {
        HashMap::from([(attribute.to_owned(), value)])
    }

    #[test]
    fn a_missing_attribute_is_a_fault() {
        let error = native_map(&Row::new(), "document").unwrap_err();
        assert_eq!(error.to_string(), "attribute `document` is missing");
        assert_eq!(version(&Row::new()).unwrap_err().to_string(), "attribute `version` is missing");
    }

    #[test]
    fn a_document_in_a_text_is_not_a_map() {
        let row = one("document", AttributeValue::S("{\"Statement\":[]}".to_owned()));
        let error = native_map(&row, "document").unwrap_err();
        assert_eq!(error.to_string(), "attribute `document`: a string, and not a map");
    }

    #[test]
    fn only_whole_numbers_from_one_are_versions() {
        let number = |digits: &str| AttributeValue::N(digits.to_owned());
        assert_eq!(version(&one("version", number("18446744073709551615"))), Ok(u64::MAX));
        for value in ["0", "-1", "1.5", "18446744073709551616"].map(number) {
            let error = version(&one("version", value)).unwrap_err().to_string();
            assert_eq!(error, "attribute `version`: a number, and not a whole number from 1");
        }
        let error = version(&one("version", AttributeValue::S("1".to_owned()))).unwrap_err();
        let want = "attribute `version`: a string, and not a whole number from 1";
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn a_time_of_expiry_is_absent_or_whole_seconds() {
        let number = |digits: &str| one("expires_at", AttributeValue::N(digits.to_owned()));
        assert_eq!(expires_at(&Row::new()), Ok(None));
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_601);
        assert_eq!(expires_at(&number("1767225601")), Ok(Some(end)));
        for row in [
            number("-1"),
            number("1.5"),
            number("99999999999999999999"),
            one("expires_at", AttributeValue::S("1767225600".to_owned())),
            one("expires_at", AttributeValue::Null(true)),
        ] {
            assert!(expires_at(&row).is_err(), "{row:?}");
        }
    }

    #[test]
    fn a_text_is_absent_or_not_empty() {
        let text = |value| text(&one("key", value), "key");
        assert_eq!(super::text(&Row::new(), "key"), Ok(None));
        assert_eq!(text(AttributeValue::S("x".to_owned())), Ok(Some("x".to_owned())));
        assert!(text(AttributeValue::S(String::new())).is_err());
        assert!(text(AttributeValue::N("1".to_owned())).is_err());
    }

    #[test]
    fn of_many_faults_the_first_is_named() {
        let json = Json::parse(br#"{"Id":"x","Statement":[],"Extra":{"secret":1}}"#).unwrap();
        let error = document("policy", &json).unwrap_err().to_string();
        assert!(error.starts_with("attribute `policy` breaks "), "{error}");
        assert!(error.contains(", the first of "), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
