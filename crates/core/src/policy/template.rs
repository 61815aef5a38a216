//! Texts with claims in them: `users/${token:sub}/*`.
//!
//! Only verified claims are filled in, and only claims of a strict alphabet, so that a claim can
//! neither act as a wildcard nor cross a separator. Whatever else begins with `${` is refused when
//! a document is read: API Gateway does not document what it would put there.

use std::borrow::Cow;

use super::context::Context;
use super::document::{Effect, Rule};
use super::glob::glob_includes;

/// The longest claim that is filled in, in characters.
///
/// A `sub` is 36; the limit leaves room in the [512 characters][output] of a returned resource.
///
/// [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
const MAX_CLAIM_CHARACTERS: usize = 128;

/// A text with places for claims.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template {
    text: String,
    // INVARIANT: in order and apart; each holds a `${token:…}` of `text`.
    places: Vec<Place>,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part<'a> {
    /// A text with wildcards, be it empty.
    Glob(&'a str),
    /// The place of a claim, by its key in the context: `token:sub`.
    Claim(&'a str),
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    start: usize,
    end: usize,
    // INVARIANT: `token:` and the name of the claim, a key of the context.
    key: String,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find("${")) {
            let start = from + found;
            let inner = text.get(start + 2..).unwrap_or_default();
            let Some(length) = inner.find('}') else {
                return Err((Rule::InvalidVariable, "a `${` has no closing brace".to_owned()));
            };
            let variable = inner.get(..length).unwrap_or_default();
            let claim = variable.strip_prefix("token:").ok_or_else(|| {
                let message = "the only variables are claims, such as `${token:sub}`";
                (Rule::InvalidVariable, message.to_owned())
            })?;
            let word = |byte: u8| byte.is_ascii_alphanumeric() || b":_-.".contains(&byte);
            if claim.is_empty() || !claim.bytes().all(word) {
                let message = "the name of a claim must be letters, digits, `:`, `_`, `-` and `.`";
                return Err((Rule::InvalidVariable, message.to_owned()));
            }
            let end = start + 2 + length + 1;
            places.push(Place { start, end, key: variable.to_owned() });
            from = end;
        }
        Ok(Self { text: text.to_owned(), places })
    }

    /// A text in which nothing is filled in.
    pub(super) fn plain(text: String) -> Self {
        Self { text, places: Vec::new() }
    }

    /// Whether this matches whatever `other` matches, as globs and whatever the claims, as far as
    /// can be seen.
    pub(super) fn includes(&self, other: &Self) -> bool {
        if !self.places.is_empty() {
            return self.text == other.text;
        }
        if other.places.is_empty() {
            return glob_includes(&self.text, &other.text);
        }
        // A claim is at most any text: in a Deny it is that, in an Allow less.
        let mut widest = other.text.clone();
        for place in other.places.iter().rev() {
            widest.replace_range(place.start..place.end, "*");
        }
        glob_includes(&self.text, &widest)
    }

    /// The text in pieces, in their order.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::with_capacity(2 * self.places.len() + 1);
        let mut from = 0;
        for place in &self.places {
            parts.push(Part::Glob(self.text.get(from..place.start).unwrap_or_default()));
            parts.push(Part::Claim(&place.key));
            from = place.end;
        }
        parts.push(Part::Glob(self.text.get(from..).unwrap_or_default()));
        parts
    }

    /// The names of the claims it needs, without `token:`.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.key.strip_prefix("token:").unwrap_or(&place.key))
    }

    /// The text with the claims in place; `None` if it then matches nothing.
    ///
    /// A claim that is missing, or is not of the alphabet, cannot be allowed anything by its name:
    /// an Allow matches nothing. Nor may it slip out of a Deny: there it is any text, `*`.
    pub(super) fn fill(&self, effect: Effect, claims: &Context) -> Option<Cow<'_, str>> {
        if self.places.is_empty() {
            return Some(Cow::Borrowed(&self.text));
        }
        let mut filled = String::with_capacity(self.text.len());
        let mut from = 0;
        for place in &self.places {
            filled.push_str(self.text.get(from..place.start)?);
            match (claims.one(&place.key).filter(|claim| is_plain(claim)), effect) {
                (Some(claim), _) => filled.push_str(claim),
                (None, Effect::Allow) => return None,
                (None, Effect::Deny) => filled.push('*'),
            }
            from = place.end;
        }
        filled.push_str(self.text.get(from..)?);
        Some(Cow::Owned(filled))
    }
}

/// Letters that mean nothing in a pattern, a path or an ARN; and not `.` or `..` as a whole, which
/// a back end may take for a step upwards.
pub(super) fn is_plain(claim: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@+=-".contains(&byte);
    (1..=MAX_CLAIM_CHARACTERS).contains(&claim.len())
        && claim.bytes().all(plain)
        && claim.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, effect: Effect, sub: Option<&str>) -> Option<String> {
        let mut claims = Context::new();
        if let Some(sub) = sub {
            claims.insert("token:sub", sub);
        }
        Template::parse(text).unwrap().fill(effect, &claims).map(Cow::into_owned)
    }

    #[test]
    fn a_claim_is_put_in_its_place() {
        let filled = fill("users/${token:sub}/x/${token:sub}", Effect::Allow, Some("a-1"));
        assert_eq!(filled.as_deref(), Some("users/a-1/x/a-1"));
    }

    #[test]
    fn a_claim_that_could_act_as_a_pattern_allows_nothing_and_is_still_denied() {
        let long = "x".repeat(129);
        for claim in ["*", "a?", "a/b", "a:b", "", "..", "${token:sub}", "é", "a b", long.as_str()]
        {
            assert_eq!(fill("u/${token:sub}", Effect::Allow, Some(claim)), None, "{claim}");
            let denied = fill("u/${token:sub}", Effect::Deny, Some(claim));
            assert_eq!(denied.as_deref(), Some("u/*"), "{claim}");
        }
    }

    #[test]
    fn a_missing_claim_allows_nothing_and_is_still_denied() {
        assert_eq!(fill("u/${token:sub}/x", Effect::Allow, None), None);
        assert_eq!(fill("u/${token:sub}/x", Effect::Deny, None).as_deref(), Some("u/*/x"));
    }

    #[test]
    fn whatever_else_begins_like_a_variable_is_refused() {
        for text in
            ["${", "a${token:sub", "${}", "${*}", "${aws:username}", "${token:}", "${token: sub}"]
        {
            assert_eq!(Template::parse(text).unwrap_err().0, Rule::InvalidVariable, "{text}");
        }
    }
}
