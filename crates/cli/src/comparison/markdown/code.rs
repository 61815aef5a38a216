//! Text in a code span, whatever it is.

use std::fmt;

use crate::visible::visible;

/// A text as a code span.
///
/// Its fence is longer than any run of backticks in the text. In a cell of a table a pipe ends the
/// cell even in a code span; `\|` is a pipe there, but how a backslash before it counts is not
/// agreed upon, so that with backslashes about the pipe is spelt out.
pub(super) struct Code {
    text: String,
}

impl Code {
    pub(super) fn of(text: &str) -> Self {
        Self { text: visible(text) }
    }

    pub(super) fn in_cell(text: &str) -> Self {
        let text = visible(text);
        let pipe = if text.contains('\\') { r"\u{7c}" } else { r"\|" };
        Self { text: text.replace('|', pipe) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        let mut longest = 0;
        let mut run = 0;
        for character in text.chars() {
            run = if character == '`' { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        let fence = "`".repeat(longest + 1);
        // One space at both ends is not part of the text.
        let meets = |edge: char| matches!(edge, '`' | ' ');
        let space = if text.starts_with(meets) || text.ends_with(meets) { " " } else { "" };
        write!(f, "{fence}{space}{text}{space}{fence}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_ends_where_its_text_does() {
        for (text, want) in [
            ("GET/a", "`GET/a`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``", "``` a`` ```"),
            (" a", "`  a `"),
            ("@octocat <b>", "`@octocat <b>`"),
        ] {
            assert_eq!(Code::of(text).to_string(), want);
        }
        assert_eq!(Code::in_cell("a|b").to_string(), r"`a\|b`");
        assert_eq!(Code::in_cell(r"a\|b").to_string(), r"`a\\u{7c}b`");
    }
}
