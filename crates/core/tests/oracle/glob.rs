//! Wildcards: `*` is any run of characters, none included; `?` is exactly one.
//!
//! No character is special to them, neither `/` nor a line break, and a character is a Unicode
//! scalar. Source: IAM user guide, `reference_policies_elements_resource`.

/// Whether `pattern` matches the whole of `text`.
///
/// After each pattern character, `reached[n]` says whether the pattern so far can match exactly
/// the first `n` characters of the text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for wanted in pattern.chars() {
        if wanted == '*' {
            for n in 1..=text.len() {
                reached[n] |= reached[n - 1];
            }
        } else {
            for n in (1..=text.len()).rev() {
                reached[n] = reached[n - 1] && (wanted == '?' || wanted == text[n - 1]);
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}
