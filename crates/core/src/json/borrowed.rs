//! JSON that is read once and not kept: its texts stay where they were written.

use std::borrow::Cow;
use std::fmt;

use super::reader::{self, Value};
use super::{Json, JsonError};

/// A JSON value (RFC 8259) without repeated member names, as [`Json`] is, of borrowed texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JsonRef<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(Cow<'a, str>),
    Array(Vec<JsonRef<'a>>),
    Object(Vec<(Cow<'a, str>, JsonRef<'a>)>),
}

impl<'a> JsonRef<'a> {
    /// [`Json::parse`].
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        reader::parse(text)
    }

    /// [`Json::get`].
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// [`Json::as_object`].
    pub(crate) fn as_object(&self) -> Option<&[(Cow<'a, str>, Self)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// [`Json::as_str`].
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// [`Json::kind`].
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The elements of an array with their places, or the value as the only one.
    pub(crate) fn each<'j>(&'j self, at: &At<'_>, mut take: impl FnMut(&'j Self, &At<'_>)) {
        match self {
            Self::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    take(element, &At::Element(at, index));
                }
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Object(_) => {
                take(self, at);
            }
        }
    }
}

impl<'a> Value<'a> for JsonRef<'a> {
    type Name = Cow<'a, str>;

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
        Self::String(value)
    }

    fn array(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }

    fn object(members: Vec<(Cow<'a, str>, Self)>) -> Self {
        Self::Object(members)
    }
}

impl<'a> From<&'a Json> for JsonRef<'a> {
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(value) => Self::Number(value.clone()),
            Json::String(text) => Self::String(Cow::Borrowed(text)),
            Json::Array(elements) => Self::Array(elements.iter().map(Self::from).collect()),
            Json::Object(members) => {
                let member = |(name, value): &'a (String, Json)| {
                    (Cow::Borrowed(name.as_str()), Self::from(value))
                };
                Self::Object(members.iter().map(member).collect())
            }
        }
    }
}

/// Where a value stands, as a JSON Pointer (RFC 6901) that is put together only when it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    Top,
    Member(&'a At<'a>, &'a str),
    Element(&'a At<'a>, usize),
}

impl At<'_> {
    /// The pointer, control characters in the names of members escaped.
    pub(crate) fn escaped(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Member(parent, name) => super::pointer(&parent.escaped(), name.escape_debug()),
            Self::Element(parent, index) => super::pointer(&parent.escaped(), index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(parent, name) => f.write_str(&super::pointer(&parent.to_string(), name)),
            Self::Element(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}
