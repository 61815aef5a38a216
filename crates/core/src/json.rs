//! JSON as this crate reads it wherever a lenient reader would be a hole: policy documents, token
//! headers, claims and key sets.
//!
//! Two members of one name are an error in every object, compared after unescaping, so that
//! `"Effect"` and `"\u0045ffect"` cannot say different things to different readers. Order is kept.

mod borrowed;
mod reader;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap, Serializer};

pub(crate) use self::borrowed::{At, JsonRef};

/// A JSON value (RFC 8259) without repeated member names.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as the reader understood it.
    Number(serde_json::Number),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its members in the order they were written.
    // INVARIANT: names are unique.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON text and nothing after it.
    ///
    /// Nesting is limited to 128 levels.
    ///
    /// # Errors
    ///
    /// [`JsonError`] for text that is not JSON, and for repeated member names: all of them.
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        reader::parse(text)
    }

    /// The member `name` of an object; `None` for other values too.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// What kind of value this is, with its article, for messages: `a string`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// The reader for values that are already apart from their text, such as a table's native maps.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (value, repeated) = reader::read(deserializer)?;
        match repeated.first() {
            None => Ok(value),
            Some(pointer) => Err(D::Error::custom(format_args!("repeated member at `{pointer}`"))),
        }
    }
}

impl<'a> reader::Value<'a> for Json {
    type Name = String;

    fn null() -> Self {
        Self::Null
    }

    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }

    fn number(value: serde_json::Number) -> Self {
        Self::Number(value)
    }

    fn text(value: Cow<'a, str>) -> Self {
        Self::String(value.into_owned())
    }

    fn array(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }

    fn object(members: Vec<(String, Self)>) -> Self {
        Self::Object(members)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Compact JSON text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Why a text is not the JSON we accept.
///
/// Nothing of the text is repeated here, except the names of repeated members.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// Members that stand in their object more than once, as JSON Pointers (RFC 6901).
    #[error("repeated member at `{}`", .0.join("`, `"))]
    RepeatedMembers(Vec<String>),

    /// Not JSON, or nested too deeply.
    #[error("not JSON at line {line} column {column}: {reason}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// In the words of the reader, without the place.
        reason: String,
    },
}

/// Adds a member name or an index to a JSON Pointer, escaped as in RFC 6901 section 3.
pub fn pointer(parent: &str, token: impl fmt::Display) -> String {
    let token = token.to_string().replace('~', "~0").replace('/', "~1");
    format!("{parent}/{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repeated_member_is_named_by_its_pointer() {
        let text = br#"{"a":[{"b/c":1,"b/c":2}],"\u0061":3,"d":{"e":0,"f":0}}"#;
        let want = vec!["/a/0/b~1c".to_owned(), "/a".to_owned()];
        assert_eq!(Json::parse(text), Err(JsonError::RepeatedMembers(want)));
    }

    #[test]
    fn members_keep_their_order_and_print_as_they_were() {
        let text = r#"{"z":[1,-2,2.5,true,null],"a":{"b":"c\n"}}"#;
        assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn syntax_errors_say_where_and_not_what() {
        let error = Json::parse(b"{\"secret\": oops}").unwrap_err().to_string();
        assert_eq!(error, "not JSON at line 1 column 12: expected value");
    }

    #[test]
    fn a_second_value_is_refused() {
        assert!(Json::parse(b"{} {}").is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
