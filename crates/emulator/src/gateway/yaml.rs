//! The values of an OpenAPI document together with their places, so that every fault can say where it
//! is. What they mean is for readers to say.

use gatepost_core::json::pointer;
use serde_yaml_ng::{Mapping, Value};

use super::fault::{DefinitionFault, DefinitionNote, NoteKind};

/// A document that has been parsed and not yet been understood.
#[derive(Clone, Debug)]
pub struct YamlDocument {
    value: Value,
}

impl YamlDocument {
    /// Reads YAML, or JSON, which is what begins with a brace.
    ///
    /// # Errors
    ///
    /// A fault without a place if it is neither, or has a name twice in one mapping.
    pub fn parse(text: &str) -> Result<Self, DefinitionFault> {
        let fault = |message: String| DefinitionFault { pointer: String::new(), message };
        if text.trim_start().starts_with('{') {
            let value = serde_json::from_str(text);
            let value = value.map_err(|error| fault(format!("not JSON: {error}")))?;
            return Ok(Self { value });
        }
        let not_yaml = |error| fault(format!("not YAML: {error}"));
        let mut value: Value = serde_yaml_ng::from_str(text).map_err(not_yaml)?;
        value.apply_merge().map_err(not_yaml)?;
        Ok(Self { value })
    }

    /// A document that was made from another.
    pub(super) fn from_value(value: Value) -> Self {
        Self { value }
    }

    /// The value of the whole document.
    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// The whole document.
    pub fn root(&self) -> Place<'_> {
        Place { value: &self.value, pointer: String::new() }
    }
}

/// A value and the JSON Pointer to it.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Place<'a> {
    /// Where it is, as a JSON Pointer; empty for the whole document.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The value.
    #[cfg(test)]
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// The member `name`; `None` if it is absent, or if this is no mapping.
    pub fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.as_mapping()?.get(name)?;
        Some(Self { value, pointer: pointer(&self.pointer, name) })
    }

    /// The member `name`, which must be there.
    ///
    /// # Errors
    ///
    /// A fault in this place if it is not, or this is no mapping.
    pub fn require(&self, name: &str) -> Result<Self, DefinitionFault> {
        self.mapping()?;
        self.get(name).ok_or_else(|| self.fault(format!("`{name}` is missing")))
    }

    /// The members with their names, in the order written.
    ///
    /// # Errors
    ///
    /// A fault in this place if it is no mapping, or a name is not a string.
    pub fn members(&self) -> Result<Vec<(&'a str, Self)>, DefinitionFault> {
        let mut members = Vec::new();
        for (key, value) in self.mapping()? {
            let name = key.as_str().ok_or_else(|| {
                self.fault(format!("a key is {}; put it in quotes", kind_of(key)))
            })?;
            members.push((name, Self { value, pointer: pointer(&self.pointer, name) }));
        }
        Ok(members)
    }

    /// The elements of a list.
    ///
    /// # Errors
    ///
    /// A fault in this place if it is no list.
    pub fn elements(&self) -> Result<Vec<Self>, DefinitionFault> {
        let elements = self.value.as_sequence().ok_or_else(|| self.expected("a list"))?;
        let place = |(index, value)| Self { value, pointer: pointer(&self.pointer, index) };
        Ok(elements.iter().enumerate().map(place).collect())
    }

    /// The text of a string.
    ///
    /// # Errors
    ///
    /// A fault in this place if it is no string.
    pub fn text(&self) -> Result<&'a str, DefinitionFault> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    /// Whether it is the boolean `true`.
    pub fn is_true(&self) -> bool {
        self.value.as_bool() == Some(true)
    }

    /// A whole number that is not negative, written plainly or, as AWS's documentation has it, as a
    /// string.
    pub(super) fn number(&self) -> Result<u64, DefinitionFault> {
        self.value
            .as_u64()
            .or_else(|| self.value.as_str()?.parse().ok())
            .ok_or_else(|| self.expected("a whole number"))
    }

    /// A fault in this place.
    pub fn fault(&self, message: impl Into<String>) -> DefinitionFault {
        DefinitionFault { pointer: self.pointer.clone(), message: message.into() }
    }

    /// A note on this place.
    pub fn note(&self, kind: NoteKind, message: impl Into<String>) -> DefinitionNote {
        DefinitionNote { kind, pointer: self.pointer.clone(), message: message.into() }
    }

    fn mapping(&self) -> Result<&'a Mapping, DefinitionFault> {
        self.value.as_mapping().ok_or_else(|| self.expected("a mapping"))
    }

    fn expected(&self, want: &str) -> DefinitionFault {
        self.fault(format!("{}, expected {want}", kind_of(self.value)))
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
        Value::Tagged(_) => "a tagged value",
    }
}
