//! Where statements stand in the text of a document, as an editor counts: in UTF-16 code units.

use serde_json::{Value, json};

use crate::lint::Source;

/// The places of statements in one text.
pub(super) struct Spans(Source);

impl Spans {
    pub(super) fn of(text: &str) -> Self {
        Self(Source::new(text.to_owned()))
    }

    /// Where the statement of that number stands, counted from 0.
    pub(super) fn statement(&self, number: usize) -> Option<(usize, usize)> {
        let span = self.0.span(&format!("/Statement/{number}"))?;
        let units = |at: usize| Some(self.0.text().get(..at)?.encode_utf16().count());
        Some((units(span.start)?, units(span.end)?))
    }

    /// The same for programs, in the document of `subject`.
    pub(super) fn place(&self, subject: &str, number: usize) -> Value {
        self.statement(number).map_or(
            Value::Null,
            |(from, to)| json!({ "subject": subject, "statement": number, "from": from, "to": to }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_utf_16_code_units() {
        let text = r#"{"é": "😀", "Statement": [{"a": 1}, {"b": 2}]}"#;
        let spans = Spans::of(text);
        let units: Vec<u16> = text.encode_utf16().collect();
        let (from, to) = spans.statement(1).unwrap();
        assert_eq!(String::from_utf16(&units[from..to]).unwrap(), r#"{"b": 2}"#);
        let (from, to) = Spans::of(r#"{"Statement": {}}"#).statement(0).unwrap();
        assert_eq!((from, to), (14, 16));
    }
}
