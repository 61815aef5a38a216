//! IAM's wildcards: `*` is any run of characters, the empty one too, and `?` exactly one.
//!
//! A slash has no meaning and both wildcards cross it. A character is a Unicode scalar value.
//! Source: [IAM JSON policy elements: Resource][resource]. The property test
//! `the_matcher_agrees_with_a_reference` holds the matcher to a ten-line definition.
//!
//! [resource]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html

use std::fmt;

/// A text with wildcards.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Glob {
    text: String,
}

impl Glob {
    /// Every text is a glob.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The glob as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` matches.
    ///
    /// Time is at most the product of both lengths, whatever the pattern.
    pub fn matches(&self, text: &str) -> bool {
        glob_matches(&self.text, text)
    }

    /// The same language in its canonical spelling: one `*` at most in a run of wildcards, and
    /// the `?`s before it.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut text = String::with_capacity(self.text.len());
        let mut star = false;
        for character in self.text.chars() {
            match character {
                '*' => star = true,
                '?' => text.push('?'),
                _ => {
                    if std::mem::take(&mut star) {
                        text.push('*');
                    }
                    text.push(character);
                }
            }
        }
        if star {
            text.push('*');
        }
        Self { text }
    }

    /// Whether every text that `other` matches is matched by this glob too.
    ///
    /// Exact if this glob has no `?`; otherwise `false` may only mean that it was not seen.
    ///
    /// Why one text is enough without `?`: take `other` itself for a text, in which `*` and `?` are
    /// letters that this glob can match with a `*` only. If it matches that text, each of them lies
    /// in one of its `*`, and so would whatever the wildcard matches in its place.
    pub fn includes(&self, other: &Self) -> bool {
        glob_includes(&self.text, &other.text)
    }

    /// What must follow `prefix` for the whole to match: the union of the globs returned.
    ///
    /// Empty if nothing that begins with `prefix` matches.
    pub fn after(&self, prefix: &str) -> Vec<Self> {
        let pattern: Vec<char> = self.text.chars().collect();
        // The positions of the pattern that the letters so far can have led to.
        let mut positions = vec![0];
        for letter in prefix.chars() {
            let mut next = Vec::with_capacity(positions.len() + 1);
            for &position in &positions {
                step(&pattern, position, letter, &mut next);
            }
            next.sort_unstable();
            next.dedup();
            positions = next;
        }
        let rest = |position: &usize| pattern.iter().skip(*position).collect::<String>();
        positions.iter().map(|position| Self { text: rest(position) }).collect()
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Adds where the pattern stands after `letter`, from `position`.
///
/// A `*` is left only by matching what follows it, so that `x*` after `x` leaves `*` and not also
/// the empty text, which it holds.
fn step(pattern: &[char], mut position: usize, letter: char, next: &mut Vec<usize>) {
    while pattern.get(position) == Some(&'*') {
        next.push(position);
        position += 1;
    }
    if pattern.get(position).is_some_and(|&wanted| wanted == '?' || wanted == letter) {
        next.push(position + 1);
    }
}

/// [`Glob::matches`] for a pattern that is put together as it is needed.
///
/// Greedy matching with a return to the last star only: whatever an earlier star would take
/// instead, the last one can take as well.
///
/// Works on bytes. No letter of UTF-8 begins inside another, so a star may stop anywhere: only
/// `?` has to look for a boundary.
pub(super) fn glob_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(b'?') => width(byte),
            Some(&wanted) if wanted == byte => 1,
            Some(_) | None => 0,
        };
        if step > 0 {
            p += 1;
            t += step;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            p = after;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|&byte| byte == b'*'))
}

/// [`Glob::includes`] for patterns that are put together as they are needed.
pub(super) fn glob_includes(wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    let seen_to_include =
        if wide.contains('?') { !narrow.contains(['*', '?']) } else { wide.contains('*') };
    seen_to_include && glob_matches(wide, narrow)
}

/// The length of the UTF-8 sequence that `first` begins, in bytes; 0 if it begins none.
fn width(first: u8) -> usize {
    match first {
        0x00..=0x7F => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        0x80..=0xBF => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! matching {
        ($($name:ident: $pattern:literal, $text:literal => $want:literal;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!(Glob::new($pattern).matches($text), $want);
            }
        )*};
    }

    matching! {
        a_star_matches_nothing_at_all: "GET/*", "GET/" => true;
        a_star_crosses_slashes: "GET/*/x", "GET/a/b/c/x" => true;
        a_star_crosses_line_ends: "a*b", "a\nb" => true;
        a_star_tries_later_ends: "*ab*ab", "abxabyab" => true;
        two_stars_are_as_one: "a**b", "ab" => true;
        a_question_mark_is_one_letter: "a?c", "abc" => true;
        a_question_mark_is_not_none: "a?c", "ac" => false;
        a_question_mark_is_one_letter_beyond_ascii: "a?c", "a\u{1F600}c" => true;
        a_question_mark_after_a_star_meets_a_boundary: "*??", "\u{1F600}" => false;
        the_whole_text_must_match: "GET/a", "GET/ab" => false;
        case_matters: "GET/a", "get/a" => false;
        an_empty_pattern_matches_the_empty_text: "", "" => true;
        an_empty_pattern_matches_nothing_else: "", "a" => false;
        a_dot_is_a_dot: "a.c", "abc" => false;
    }

    #[test]
    fn hostile_patterns_take_no_exponential_time() {
        let pattern = Glob::new(format!("{}b", "*a".repeat(250)));
        assert!(!pattern.matches(&"a".repeat(1600)));
    }

    #[test]
    fn runs_of_wildcards_have_one_spelling() {
        for (text, want) in [("a**b", "a*b"), ("a*?*b", "a?*b"), ("*?*?", "??*"), ("ab", "ab")] {
            assert_eq!(Glob::new(text).normalized().as_str(), want);
        }
    }

    #[test]
    fn inclusion_is_found_where_it_holds_and_only_there() {
        let includes = |wide: &str, narrow: &str| Glob::new(wide).includes(&Glob::new(narrow));
        for (wide, narrow) in
            [("*", "a*b"), ("a*", "a*b*"), ("*a*", "ba?"), ("a*c", "a?c"), ("a?", "ab")]
        {
            assert!(includes(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in
            [("a*b", "*"), ("a*b*", "a*"), ("GET/*", "*/x"), ("?*", "*a*"), ("a", "a*")]
        {
            assert!(!includes(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn what_follows_a_prefix_is_every_way_to_go_on() {
        let after = |pattern: &str, prefix: &str| {
            let rests = Glob::new(pattern).after(prefix);
            rests.iter().map(|rest| rest.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(after("a1/prod/GET/x", "a1/prod/"), ["GET/x"]);
        assert_eq!(after("*/GET/x", "a1/prod/"), ["*/GET/x", "GET/x"]);
        assert_eq!(after("a?/*", "a1/prod/"), ["*"]);
        assert_eq!(after("a1/prod*", "a1/prod/"), ["*"]);
        assert_eq!(after("a2/*", "a1/prod/"), Vec::<String>::new());
    }
}
