//! Reading JSON, whatever is made of it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{JsonError, pointer};

/// What a JSON value becomes.
pub(super) trait Value<'de>: Sized {
    /// What the name of a member becomes.
    type Name: AsRef<str> + From<Cow<'de, str>>;

    fn null() -> Self;
    fn boolean(value: bool) -> Self;
    fn number(value: Number) -> Self;
    fn text(value: Cow<'de, str>) -> Self;
    fn array(elements: Vec<Self>) -> Self;
    fn object(members: Vec<(Self::Name, Self)>) -> Self;
}

/// Reads one JSON text and nothing after it.
pub(super) fn parse<'de, V: Value<'de>>(text: &'de [u8]) -> Result<V, JsonError> {
    match std::str::from_utf8(text) {
        // Once for all is quicker than text by text.
        Ok(text) => parse_with(serde_json::Deserializer::from_str(text)),
        Err(_) => parse_with(serde_json::Deserializer::from_slice(text)),
    }
}

fn parse_with<'de, V: Value<'de>, R: serde_json::de::Read<'de>>(
    mut reader: serde_json::Deserializer<R>,
) -> Result<V, JsonError> {
    let (value, repeated) =
        read(&mut reader).and_then(|read| reader.end().map(|()| read)).map_err(|error| {
            JsonError::Syntax { line: error.line(), column: error.column(), reason: reason(&error) }
        })?;
    if repeated.is_empty() { Ok(value) } else { Err(JsonError::RepeatedMembers(repeated)) }
}

/// Reads a value, and the places of repeated members.
pub(super) fn read<'de, V: Value<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(V, Vec<String>), D::Error> {
    let mut repeated = Vec::new();
    let value = Reader::new(&mut repeated).deserialize(deserializer)?;
    Ok((value, repeated))
}

/// The reader's words without the place, which [`JsonError::Syntax`] has in fields of its own.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// Reads a value and notes repeated members as pointers, innermost name first; each level adds
/// its own name on the way out, so that a document without repeats pays nothing for them.
struct Reader<'r, V> {
    repeated: &'r mut Vec<String>,
    value: PhantomData<V>,
}

impl<'r, V> Reader<'r, V> {
    fn new(repeated: &'r mut Vec<String>) -> Self {
        Self { repeated, value: PhantomData }
    }
}

impl<'de, V: Value<'de>> DeserializeSeed<'de> for Reader<'_, V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: Value<'de>> Visitor<'de> for Reader<'_, V> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<V, E> {
        Ok(V::null())
    }

    fn visit_none<E>(self) -> Result<V, E> {
        Ok(V::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<V, E> {
        Ok(V::boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<V, E> {
        Ok(V::number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<V, E> {
        Ok(V::number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V, E> {
        Number::from_f64(value).map(V::number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<V, E> {
        Ok(V::text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<V, E> {
        Ok(V::text(Cow::Borrowed(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<V, E> {
        Ok(V::text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<V, A::Error> {
        let mut array = Vec::new();
        loop {
            let before = self.repeated.len();
            let reader = Reader::new(&mut *self.repeated);
            let Some(element) = elements.next_element_seed(reader)? else { break };
            prefix(self.repeated, before, array.len());
            array.push(element);
        }
        Ok(V::array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<V, A::Error> {
        let mut object: Vec<(V::Name, V)> = Vec::with_capacity(8);
        while let Some(Text(name)) = members.next_key()? {
            let name = V::Name::from(name);
            let before = self.repeated.len();
            let value = members.next_value_seed(Reader::new(&mut *self.repeated))?;
            prefix(self.repeated, before, name.as_ref());
            object.push((name, value));
        }
        note_repeated(&object, self.repeated);
        Ok(V::object(object))
    }
}

/// Adds the names that stand more than once, as pointers.
fn note_repeated<'de, V: Value<'de>>(object: &[(V::Name, V)], repeated: &mut Vec<String>) {
    // Most objects are small, and quicker to compare by pairs than to sort.
    let is_new = |index: usize, name: &str| {
        object.iter().take(index).all(|(other, _)| other.as_ref() != name)
    };
    let mut named = object.iter().enumerate();
    if object.len() <= 16 && named.all(|(index, (name, _))| is_new(index, name.as_ref())) {
        return;
    }
    let mut names: Vec<&str> = object.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    for (one, next) in names.iter().zip(names.iter().skip(1)) {
        if one == next {
            repeated.push(pointer("", one));
        }
    }
}

/// The name of a member, borrowed if it is written without escapes.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, value: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value)))
    }
}

/// Puts `token` before the pointers found since `before`.
fn prefix(repeated: &mut [String], before: usize, token: impl fmt::Display) {
    for found in repeated.iter_mut().skip(before) {
        *found = format!("{}{found}", pointer("", &token));
    }
}
