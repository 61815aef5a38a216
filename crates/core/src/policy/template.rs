//! Texts with claims in them: `users/${token:sub}/*`.
//!
//! Only verified claims are filled in, and only claims of a strict alphabet, so that a claim can
//! neither act as a wildcard nor cross a separator. Whatever else begins with `${` is refused when
//! a document is read: API Gateway does not document what it would put there.

use std::borrow::Cow;
use std::ops::Range;

use super::context::Context;
use super::document::{Effect, Rule};

/// The longest claim that is filled in, in characters.
///
/// A `sub` is 36; the limit leaves room in the [512 characters][output] of a returned resource.
///
/// [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
const MAX_CLAIM_CHARACTERS: usize = 128;

/// A text with places for claims: a part of a longer one, which is where the places are counted.
#[derive(Clone, Debug)]
pub(super) struct Template<'a> {
    pub(super) whole: &'a str,
    pub(super) part: Range<usize>,
    // INVARIANT: in order, apart and within `part`.
    pub(super) places: &'a [Place],
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part<'a> {
    /// A text with wildcards, be it empty.
    Glob(&'a str),
    /// The place of a claim, by its key in the context: `token:sub`.
    Claim(&'a str),
}

/// Where a `${token:…}` stands in a text, in bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    start: usize,
    end: usize,
}

impl Place {
    /// The places in a text.
    pub(super) fn find_all(text: &str) -> Result<Box<[Self]>, (Rule, String)> {
        // Most texts have none. They are short, and a loop is quicker than a search for longer ones.
        if text.bytes().all(|byte| byte != b'$') {
            return Ok(Box::default());
        }
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
            places.push(Self { start, end });
            from = end;
        }
        Ok(places.into())
    }

    /// The key of the claim: `token:sub`.
    fn key<'a>(&self, whole: &'a str) -> &'a str {
        whole.get(self.start + "${".len()..self.end - "}".len()).unwrap_or_default()
    }
}

impl<'a> Template<'a> {
    /// As it was written.
    pub(super) fn as_str(&self) -> &'a str {
        self.slice(self.part.clone())
    }

    /// The text in pieces, in their order.
    pub(super) fn parts(&self) -> Vec<Part<'a>> {
        let mut parts = Vec::with_capacity(2 * self.places.len() + 1);
        let mut from = self.part.start;
        for place in self.places {
            parts.push(Part::Glob(self.slice(from..place.start)));
            parts.push(Part::Claim(place.key(self.whole)));
            from = place.end;
        }
        parts.push(Part::Glob(self.slice(from..self.part.end)));
        parts
    }

    /// The names of the claims it needs, without `token:`.
    pub(super) fn claims(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let whole = self.whole;
        self.places.iter().map(move |place| {
            let key = place.key(whole);
            key.strip_prefix("token:").unwrap_or(key)
        })
    }

    /// The text with the claims in place; `None` if it then matches nothing.
    ///
    /// A claim that is missing, or is not of the alphabet, cannot be allowed anything by its name:
    /// an Allow matches nothing. Nor may it slip out of a Deny: there it is any text, `*`.
    pub(super) fn fill(&self, effect: Effect, claims: &Context) -> Option<Cow<'a, str>> {
        self.with_claims(|key, filled| {
            match (claims.one(key).filter(|claim| is_plain(claim)), effect) {
                (Some(claim), _) => filled.push_str(claim),
                (None, Effect::Allow) => return None,
                (None, Effect::Deny) => filled.push('*'),
            }
            Some(())
        })
    }

    /// The text with each claim as a word of control characters, which no document has.
    ///
    /// If a glob of such atoms includes another, the templates do so whatever the claims: an atom
    /// is matched by itself or within a `*`, and so is any text, or `*`, that is put in for it.
    /// An Allow that matches nothing for want of a claim is included in anything.
    pub(super) fn atoms(&self) -> Cow<'a, str> {
        let atoms = self.with_claims(|key, text| {
            text.push('\u{1}');
            for byte in key.bytes() {
                text.extend([byte >> 4, byte & 0xF].map(|half| char::from(half + 0x10)));
            }
            text.push('\u{2}');
            Some(())
        });
        atoms.unwrap_or_default()
    }

    /// The text with whatever `put` puts in the place of the claim of a key.
    fn with_claims(&self, put: impl Fn(&str, &mut String) -> Option<()>) -> Option<Cow<'a, str>> {
        if self.places.is_empty() {
            return Some(Cow::Borrowed(self.as_str()));
        }
        let mut filled = String::with_capacity(2 * self.part.len());
        for part in self.parts() {
            match part {
                Part::Glob(text) => filled.push_str(text),
                Part::Claim(key) => put(key, &mut filled)?,
            }
        }
        Some(Cow::Owned(filled))
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.whole.get(range).unwrap_or_default()
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
        let places = Place::find_all(text).unwrap();
        let template = Template { whole: text, part: 0..text.len(), places: &places };
        template.fill(effect, &claims).map(Cow::into_owned)
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
            assert_eq!(Place::find_all(text).unwrap_err().0, Rule::InvalidVariable, "{text}");
        }
    }
}
