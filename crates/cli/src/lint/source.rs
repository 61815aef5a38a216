//! A JSON text, and where each of its values stands in it.
//!
//! Findings name places as JSON Pointers; people and editors want lines and columns, and a repair
//! has to leave the rest of the text as it is. Parsers that keep positions (`jsonc-parser`,
//! `json-spanned-value`) read another language than JSON or build on `serde_json`'s private parts;
//! the text has been parsed strictly before it comes here, so that finding its tokens is all that is
//! left to do.

use std::ops::Range;

/// A JSON text.
#[derive(Debug)]
pub(crate) struct Source {
    text: String,
    /// `None` if the text is no JSON.
    root: Option<Node>,
}

/// A value in the text.
#[derive(Debug)]
pub(crate) struct Node {
    /// In bytes.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

/// What a value is made of.
#[derive(Debug)]
pub(crate) enum Kind {
    Scalar,
    Array(Vec<Node>),
    Object(Vec<Member>),
}

#[derive(Debug)]
pub(crate) struct Member {
    name: String,
    key: Range<usize>,
    value: Node,
}

/// Where something is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Spot {
    /// The pointer as it is in this text, in which a list may have been left out.
    pub(crate) pointer: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// In characters, counted from 1.
    pub(crate) column: usize,
    /// Where it ends, likewise; the character after it.
    pub(crate) end: (usize, usize),
}

impl Source {
    pub(crate) fn new(text: String) -> Self {
        let root = Reader { text: &text, at: 0 }.value();
        Self { text, root }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where `pointer` points; with `name`, at the name of the member rather than its value.
    ///
    /// An index of 0 may stand where the text has no list, for the thing itself. What is not there
    /// is looked for in what should have it.
    pub(crate) fn spot(&self, pointer: &str, name: bool) -> Spot {
        let Some(found) = self.find(pointer) else {
            return Spot { pointer: pointer.to_owned(), line: 1, column: 1, end: (1, 1) };
        };
        let span = found.key.filter(|_| name).unwrap_or_else(|| found.node.span.clone());
        let (line, column) = self.position(span.start);
        Spot { pointer: found.pointer, line, column, end: self.position(span.end) }
    }

    /// The text of what `pointer` points at.
    pub(crate) fn value(&self, pointer: &str) -> &str {
        self.find(pointer).and_then(|found| self.text.get(found.node.span.clone())).unwrap_or("")
    }

    /// The list that `pointer` points into, and the index in it; `None` if it is no element.
    pub(crate) fn element(&self, pointer: &str) -> Option<(&[Node], usize)> {
        let (list, index) = pointer.rsplit_once('/')?;
        let found = self.find(list).filter(|found| found.pointer == list)?;
        match &found.node.kind {
            Kind::Array(elements) => Some((elements, index.parse().ok()?)),
            Kind::Scalar | Kind::Object(_) => None,
        }
    }

    /// The place in the text of what `pointer` points at, in bytes.
    pub(crate) fn span(&self, pointer: &str) -> Option<Range<usize>> {
        self.find(pointer).map(|found| found.node.span.clone())
    }

    fn find(&self, pointer: &str) -> Option<Found<'_>> {
        let mut found = Found { node: self.root.as_ref()?, key: None, pointer: String::new() };
        for token in pointer.split('/').skip(1) {
            let name = token.replace("~1", "/").replace("~0", "~");
            let next = match &found.node.kind {
                Kind::Array(elements) => token
                    .parse()
                    .ok()
                    .and_then(|index: usize| elements.get(index))
                    .map(|node| (node, None)),
                // Of a member that is repeated, the last.
                Kind::Object(members) => members
                    .iter()
                    .rfind(|member| member.name == name)
                    .map(|member| (&member.value, Some(member.key.clone()))),
                Kind::Scalar => None,
            };
            match next {
                Some((node, key)) => {
                    found.pointer = format!("{}/{token}", found.pointer);
                    found = Found { node, key, ..found };
                }
                None if token == "0" && !matches!(found.node.kind, Kind::Array(_)) => {}
                None => return Some(Found { pointer: pointer.to_owned(), ..found }),
            }
        }
        Some(found)
    }

    /// The line and column of a byte, both counted from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

struct Found<'a> {
    node: &'a Node,
    key: Option<Range<usize>>,
    pointer: String,
}

/// Reads tokens; the depth is that of the strict parser, 128 levels.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Node> {
        self.space();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' => Kind::Object(self.object()?),
            b'[' => Kind::Array(self.array()?),
            b'"' => {
                self.string()?;
                Kind::Scalar
            }
            _ => {
                self.skip(|byte| !b",]}".contains(&byte) && !byte.is_ascii_whitespace());
                Kind::Scalar
            }
        };
        (self.at > start).then_some(Node { span: start..self.at, kind })
    }

    fn array(&mut self) -> Option<Vec<Node>> {
        let mut elements = Vec::new();
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(elements);
        }
        loop {
            elements.push(self.value()?);
            if self.take(b',').is_none() {
                return self.take(b']').map(|()| elements);
            }
        }
    }

    fn object(&mut self) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(members);
        }
        loop {
            self.space();
            let start = self.at;
            self.string()?;
            let key = start..self.at;
            let name = serde_json::from_str(self.text.get(key.clone())?).ok()?;
            self.take(b':')?;
            members.push(Member { name, key, value: self.value()? });
            if self.take(b',').is_none() {
                return self.take(b'}').map(|()| members);
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            self.skip(|byte| byte != b'"' && byte != b'\\');
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 2,
            }
        }
    }

    /// Takes `wanted`, after any space.
    fn take(&mut self, wanted: u8) -> Option<()> {
        self.space();
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn space(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace());
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"Statement\": {\n    \"Rés/ource\": [\"é\", \"\\\"]\"],\n    \"A\": 1, \"A\": -2.5e1\n  }\n}\n";

    fn place(pointer: &str) -> (String, usize, usize, String) {
        let source = Source::new(TEXT.to_owned());
        let spot = source.spot(pointer, false);
        (spot.pointer, spot.line, spot.column, source.value(pointer).to_owned())
    }

    #[test]
    fn every_value_has_its_place() {
        for (pointer, line, column, value) in [
            ("/Statement/Rés~1ource/0", 3, 19, "\"é\""),
            ("/Statement/Rés~1ource/1", 3, 24, "\"\\\"]\""),
            ("/Statement/A", 4, 18, "-2.5e1"),
        ] {
            assert_eq!(place(pointer), (pointer.to_owned(), line, column, value.to_owned()));
        }
        assert_eq!((place("").1, place("").2), (1, 1));
    }

    #[test]
    fn an_index_may_stand_where_there_is_no_list() {
        assert_eq!(place("/Statement/0/A/0").0, "/Statement/A");
        assert_eq!(place("/Statement/0/Rés~1ource/1").0, "/Statement/Rés~1ource/1");
    }

    #[test]
    fn the_name_of_a_member_has_a_place_too() {
        let spot = Source::new(TEXT.to_owned()).spot("/Statement/Rés~1ource", true);
        assert_eq!((spot.line, spot.column, spot.end), (3, 5, (3, 16)));
    }

    #[test]
    fn what_is_no_json_begins_at_the_beginning() {
        for text in ["", "{", "[1", "{\"a\"", "{\"a\":", "\"", "\"\\"] {
            let spot = Source::new(text.to_owned()).spot("/a", false);
            assert_eq!((spot.line, spot.column), (1, 1), "{text}");
        }
    }
}
