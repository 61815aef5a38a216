//! IAM's wildcards: `*` is any run of characters, the empty one too, and `?` exactly one.
//!
//! A slash has no meaning and both wildcards cross it. A character is a Unicode scalar value.
//! Source: [IAM JSON policy elements: Resource][resource]. The property test
//! `the_matcher_agrees_with_a_reference` holds the matcher to a ten-line definition.
//!
//! [resource]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html

use std::borrow::Cow;
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
        Self { text: glob_normalized(&self.text).into_owned() }
    }

    /// Whether every text that `other` matches is matched by this glob too.
    ///
    /// Exact if this glob has no `?`; otherwise `false` may only mean that it was not seen.
    ///
    /// Why one text is enough without `?`: take `other` itself for a text, in which `*` and `?` are
    /// letters that this glob can match with a `*` only. If it matches that text, each of them lies
    /// in one of its `*`, and so would whatever the wildcard matches in its place.
    pub fn includes(&self, other: &Self) -> bool {
        glob_includes(&glob_normalized(&self.text), &glob_normalized(&other.text))
    }

    /// Whether some text matches this glob and `other`; exact.
    pub fn meets(&self, other: &Self) -> bool {
        globs_meet(&self.text, &other.text)
    }

    /// What must follow `prefix` for the whole to match: the union of the globs returned.
    ///
    /// Empty if nothing that begins with `prefix` matches.
    pub fn after(&self, prefix: &str) -> Vec<Self> {
        let rest = |at| self.text.get(at..).unwrap_or_default();
        glob_after(&self.text, prefix).into_iter().map(|at| Self::new(rest(at))).collect()
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// [`Glob::normalized`], which most patterns are already.
pub(super) fn glob_normalized(pattern: &str) -> Cow<'_, str> {
    let star = pattern.bytes().position(|byte| byte == b'*');
    let after_star = star.and_then(|star| pattern.as_bytes().get(star..));
    let in_order = |pair: &[u8]| !matches!(pair, b"**" | b"*?");
    if after_star.unwrap_or_default().windows(2).all(in_order) {
        return Cow::Borrowed(pattern);
    }
    let mut text = String::with_capacity(pattern.len());
    let mut star = false;
    for character in pattern.chars() {
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
    Cow::Owned(text)
}

/// [`Glob::after`], as the places in `pattern` where the rests begin, in bytes.
pub(super) fn glob_after(pattern: &str, prefix: &str) -> Vec<usize> {
    // The places that the letters so far can have led to.
    let mut places = vec![0];
    for letter in prefix.chars() {
        let mut next = Vec::with_capacity(places.len() + 1);
        for &place in &places {
            step(pattern, place, letter, &mut next);
        }
        next.sort_unstable();
        next.dedup();
        places = next;
    }
    places
}

/// Adds where the pattern stands after `letter`, from `place`.
///
/// A `*` is left only by matching what follows it, so that `x*` after `x` leaves `*` and not also
/// the empty text, which it holds.
fn step(pattern: &str, mut place: usize, letter: char, next: &mut Vec<usize>) {
    let mut rest = pattern.get(place..).unwrap_or_default();
    while let Some(after) = rest.strip_prefix('*') {
        next.push(place);
        place += 1;
        rest = after;
    }
    if let Some(wanted) = rest.chars().next().filter(|wanted| *wanted == '?' || *wanted == letter) {
        next.push(place + wanted.len_utf8());
    }
}

/// [`Glob::matches`] for a pattern that is put together as it is needed.
pub(super) fn glob_matches(pattern: &str, text: &str) -> bool {
    aligns(pattern, text, width)
}

/// Whether `pattern` matches `text`, where a `?` takes as many bytes as `one` says of the first of
/// them, and none is no match.
///
/// Greedy matching with a return to the last star only: whatever an earlier star would take
/// instead, the last one can take as well.
///
/// Works on bytes. No letter of UTF-8 begins inside another, so a star may stop anywhere: only
/// `?` has to look for a boundary.
fn aligns(pattern: &str, text: &str, one: impl Fn(u8) -> usize) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        let step = match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                if p == pattern.len() {
                    return true;
                }
                star = Some((p, t));
                continue;
            }
            Some(b'?') => one(byte),
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

/// [`Glob::includes`] for patterns that are normalized.
///
/// `narrow` is taken for a text, as is explained there. A `?` of `wide` takes a letter or a `?` of
/// it, but no `*`, and no control character: those stand for claims here (see `Template::atoms`),
/// which are no single letters.
pub(super) fn glob_includes(wide: &str, narrow: &str) -> bool {
    aligns(wide, narrow, |first| if first == b'*' || first < b' ' { 0 } else { width(first) })
}

/// [`Glob::meets`] for patterns that are put together as they are needed.
pub(super) fn globs_meet(one: &str, other: &str) -> bool {
    // Most pairs differ in a letter before any wildcard of either.
    for (a, b) in one.bytes().zip(other.bytes()) {
        if [a, b].iter().any(|byte| b"*?".contains(byte)) {
            break;
        }
        if a != b {
            return false;
        }
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // For each place in `other`: whether some text leads to it, and to the place in `one`.
    let mut reached = vec![false; other.len() + 1];
    set(&mut reached, 0);
    for at in 0..=one.len() {
        let mut next = vec![false; other.len() + 1];
        for place in 0..=other.len() {
            if reached.get(place) != Some(&true) {
                continue;
            }
            let pair = (one.get(at), other.get(place));
            if matches!(pair, (Some('*'), _) | (Some(_), Some('*'))) {
                set(&mut next, place);
            }
            if matches!(pair, (Some('*'), Some(_)) | (_, Some('*'))) {
                set(&mut reached, place + 1);
            }
            if let (Some(a), Some(b)) = pair
                && (a == b || *a == '?' || *b == '?')
            {
                set(&mut next, place + 1);
            }
        }
        if at < one.len() {
            reached = next;
        }
    }
    reached.last() == Some(&true)
}

fn set(reached: &mut [bool], place: usize) {
    if let Some(reached) = reached.get_mut(place) {
        *reached = true;
    }
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
        for (wide, narrow) in [
            ("*", "a*b"),
            ("a*", "a*b*"),
            ("*a*", "ba?"),
            ("a*c", "a?c"),
            ("a?", "ab"),
            ("?*", "a*"),
            ("*?", "?*"),
            ("?*", "??*b"),
            ("a?*", "a?b*"),
            ("?", "é"),
        ] {
            assert!(includes(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("a*b", "*"),
            ("a*b*", "a*"),
            ("GET/*", "*/x"),
            ("?*", "*a*"),
            ("a", "a*"),
            ("?", "*"),
            ("??*", "?*"),
            ("a?", "a*"),
        ] {
            assert!(!includes(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn globs_meet_where_one_text_matches_both() {
        let meet = |one: &str, other: &str| {
            let (one, other) = (Glob::new(one), Glob::new(other));
            assert_eq!(one.meets(&other), other.meets(&one));
            one.meets(&other)
        };
        for (one, other) in [("a*", "*b"), ("*", ""), ("a?c", "*b*"), ("é", "?"), ("a*b*c", "abc")]
        {
            assert!(meet(one, other), "{one} {other}");
        }
        for (one, other) in [("a*", "b*"), ("*a", "*b"), ("?", ""), ("??", "é"), ("a*b", "ac")] {
            assert!(!meet(one, other), "{one} {other}");
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
