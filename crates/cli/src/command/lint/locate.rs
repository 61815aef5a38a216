//! Where in a JSON text the value of a JSON Pointer (RFC 6901) stands.
//!
//! The readers that keep places either read another language (comments, commas at the end), or turn
//! the text into a tree of their own. Here the text was read already, by the reader that counts, so
//! skipping from value to value is all that is left to do.

use std::ops::Range;

/// A part of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Region {
    pub(super) start: Position,
    /// Behind the last character.
    pub(super) end: Position,
}

/// A place in a text; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// The place of a byte.
    fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }

    /// A line, and a column in bytes, as JSON readers count.
    pub(super) fn of_byte(text: &str, line: usize, column: usize) -> Self {
        let whole = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
        let before = whole.get(..column.saturating_sub(1)).unwrap_or(whole);
        Self { line, column: before.chars().count() + 1 }
    }
}

/// The part of `text` that [`span`] names.
pub(super) fn region(text: &str, span: &Range<usize>) -> Region {
    Region { start: Position::of(text, span.start), end: Position::of(text, span.end) }
}

/// The bytes of the value at `pointer`, or of the innermost value on the way to it that there is.
///
/// `text` must be JSON. A `0` may name what is not in a list: documents may have one statement or
/// one pattern in the place of a list. Of members with one name, the last is taken.
pub(super) fn span(text: &str, pointer: &str) -> Range<usize> {
    let scanner = Scanner { text };
    let mut at = scanner.skip_blank(0);
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let inner = match scanner.byte(at) {
            Some(b'{') => scanner.member(at, &name),
            Some(b'[') => scanner.element(at, &name),
            Some(_) | None => None,
        };
        match inner {
            Some(inner) => at = inner,
            None if name == "0" => {}
            None => break,
        }
    }
    at..scanner.value_end(at)
}

/// Walks over a text that is JSON; over any other it walks too, and ends.
struct Scanner<'a> {
    text: &'a str,
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip_blank(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(|byte| byte.is_ascii_whitespace()) {
            at += 1;
        }
        at
    }

    /// Behind the string whose first quote is at `at`.
    fn string_end(&self, mut at: usize) -> usize {
        loop {
            at += 1;
            match self.byte(at) {
                Some(b'\\') => at += 1,
                Some(b'"') => return at + 1,
                Some(_) => {}
                None => return self.text.len(),
            }
        }
    }

    /// Behind the value that begins at `at`.
    fn value_end(&self, mut at: usize) -> usize {
        let mut depth = 0_usize;
        loop {
            match self.byte(at) {
                Some(b'"') => at = self.string_end(at),
                Some(b'{' | b'[') => {
                    depth += 1;
                    at += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    at += 1;
                }
                Some(b',' | b':') => at += 1,
                Some(byte) if byte.is_ascii_whitespace() => at += 1,
                Some(_) => {
                    let is_inside =
                        |byte: u8| !byte.is_ascii_whitespace() && !b"{}[],:\"".contains(&byte);
                    at += 1;
                    while self.byte(at).is_some_and(is_inside) {
                        at += 1;
                    }
                }
                None => return self.text.len(),
            }
            if depth == 0 {
                return at;
            }
        }
    }

    /// Where the last member called `name` of the object at `at` has its value.
    fn member(&self, at: usize, name: &str) -> Option<usize> {
        let mut found = None;
        let mut at = self.skip_blank(at + 1);
        while self.byte(at) == Some(b'"') {
            let name_end = self.string_end(at);
            let written =
                self.text.get(at..name_end).and_then(|raw| serde_json::from_str(raw).ok());
            let value = self.skip_blank(self.skip_blank(name_end) + 1);
            if written.is_some_and(|written: String| written == name) {
                found = Some(value);
            }
            at = self.skip_blank(self.skip_blank(self.value_end(value)) + 1);
        }
        found
    }

    /// Where the element of the array at `at` with this index begins.
    fn element(&self, at: usize, index: &str) -> Option<usize> {
        let mut left: usize = index.parse().ok()?;
        let mut at = self.skip_blank(at + 1);
        loop {
            if matches!(self.byte(at), Some(b']') | None) {
                return None;
            }
            if left == 0 {
                return Some(at);
            }
            left -= 1;
            let end = self.skip_blank(self.value_end(at));
            at = if self.byte(end) == Some(b',') { self.skip_blank(end + 1) } else { end };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{
  "Version" : "2012-10-17",
  "Statement": [
    { "Sid": "A\"}", "Resource": ["GET/é", "GET/b"], "n": -1.5e3 },
    {"a/b~c": {"Resource": "GET/x"}, "\u0061": true,"a": [ ]}
  ]
}"#;

    fn found(text: &'static str, pointer: &str) -> &'static str {
        text.get(span(text, pointer)).unwrap()
    }

    #[test]
    fn a_value_is_found_by_its_pointer() {
        for (pointer, want) in [
            ("/Version", r#""2012-10-17""#),
            ("/Statement/0/Sid", r#""A\"}""#),
            ("/Statement/0/Resource/1", r#""GET/b""#),
            ("/Statement/0/n", "-1.5e3"),
            ("/Statement/1/a~1b~0c/Resource", r#""GET/x""#),
            ("/Statement/1/a", "[ ]"),
        ] {
            assert_eq!(found(DOCUMENT, pointer), want, "{pointer}");
        }
        assert_eq!(found(DOCUMENT, ""), DOCUMENT);
        assert_eq!(found(" 7 ", ""), "7");
    }

    #[test]
    fn one_that_is_not_in_a_list_is_its_first() {
        let text = r#"{"Statement":{"Resource":"GET/x"}}"#;
        assert_eq!(found(text, "/Statement/0/Resource/0"), r#""GET/x""#);
        assert_eq!(found(text, "/Statement/0"), r#"{"Resource":"GET/x"}"#);
    }

    #[test]
    fn what_is_not_there_is_its_innermost_parent() {
        assert_eq!(found(DOCUMENT, "/Statement/0/Resource/2"), r#"["GET/é", "GET/b"]"#);
        assert_eq!(found(DOCUMENT, "/Version/a/b"), r#""2012-10-17""#);
        assert_eq!(found(DOCUMENT, "/nowhere"), DOCUMENT);
    }

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let region = region(DOCUMENT, &span(DOCUMENT, "/Statement/0/Resource/1"));
        assert_eq!(region.start, Position { line: 4, column: 44 });
        assert_eq!(region.end, Position { line: 4, column: 51 });
        assert_eq!(Position::of_byte("a\né!", 2, 4), Position { line: 2, column: 3 });
        assert_eq!(Position::of_byte("", 1, 0), Position { line: 1, column: 1 });
    }

    #[test]
    fn text_that_is_no_json_is_walked_to_its_end() {
        for text in
            ["", "{", "[", "{\"", "{\"a\\", "[[,", "{\"a\":", "]", "\u{e9}", "[}", "{]", "[1 2"]
        {
            for pointer in ["", "/a", "/0", "/1", "/Statement/0"] {
                let span = span(text, pointer);
                assert!(text.get(span).is_some(), "{text} {pointer}");
            }
        }
    }
}
