//! Claims that the tokens of an issuer must have besides the usual ones, and the values that will
//! do.

use std::slice;

use crate::json::Json;

use super::TokenError;
use super::jws::Members;

/// A claim that every token of an issuer must have, with one of these values.
///
/// A claim that is a list must have one of the values in it. A value of a type that none of these
/// values has, in the claim or anywhere in its list, is malformed: `"true"` is not `true`, and
/// `null` is no absence.
///
/// # Examples
///
/// ```
/// use gatepost_core::token::{ClaimValue, RequiredClaim};
///
/// let tenant = RequiredClaim::new("custom:tenant", [ClaimValue::Text("blue".to_owned())])?;
/// assert_eq!(tenant.name(), "custom:tenant");
///
/// assert!(RequiredClaim::new("custom:tenant", []).is_err(), "no value is not any");
/// # Ok::<(), gatepost_core::token::RequiredClaimError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredClaim {
    // INVARIANT: not empty.
    name: String,
    // INVARIANT: at least one, none an empty text.
    values: Vec<ClaimValue>,
}

/// A value that a claim may have to have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClaimValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A number. A whole number and one with a fraction or an exponent are never equal, whatever
    /// they amount to: `1` is not `1.0`.
    Number(serde_json::Number),
    /// A text, compared byte for byte.
    Text(String),
}

impl RequiredClaim {
    /// # Errors
    ///
    /// When the name is empty or `iss`, there are no values, or one is an empty text.
    pub fn new(
        name: impl Into<String>,
        values: impl IntoIterator<Item = ClaimValue>,
    ) -> Result<Self, RequiredClaimError> {
        let (name, values) = (name.into(), values.into_iter().collect::<Vec<_>>());
        match name.as_str() {
            "" => return Err(RequiredClaimError::NoName),
            "iss" => return Err(RequiredClaimError::Issuer),
            _ => {}
        }
        if values.is_empty() || values.iter().any(ClaimValue::is_empty) {
            return Err(RequiredClaimError::NoValue);
        }
        Ok(Self { name, values })
    }

    /// The name of the claim. Never empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values that will do. Never empty.
    pub fn values(&self) -> &[ClaimValue] {
        &self.values
    }

    pub(super) fn compare(&self, claims: &Members) -> Result<(), TokenError> {
        let claim = claims.get(&self.name).ok_or(TokenError::RequiredClaimMissing)?;
        let said = claim.as_array().unwrap_or(slice::from_ref(claim));
        let some = |is: fn(&ClaimValue, &Json) -> bool, json| {
            self.values.iter().any(|value| is(value, json))
        };
        if !said.iter().all(|json| some(ClaimValue::has_type_of, json)) {
            return Err(TokenError::RequiredClaimMalformed);
        }
        let one_will_do = said.iter().any(|json| some(ClaimValue::is_value_of, json));
        if one_will_do { Ok(()) } else { Err(TokenError::RequiredClaimMismatch) }
    }
}

impl ClaimValue {
    /// The value that is written in JSON, unless it is `null`, a list or an object.
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Bool(value) => Some(Self::Boolean(*value)),
            Json::Number(value) => Some(Self::Number(value.clone())),
            Json::String(value) => Some(Self::Text(value.clone())),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    fn has_type_of(&self, json: &Json) -> bool {
        matches!(
            (self, json),
            (Self::Boolean(_), Json::Bool(_))
                | (Self::Number(_), Json::Number(_))
                | (Self::Text(_), Json::String(_))
        )
    }

    fn is_value_of(&self, json: &Json) -> bool {
        match (self, json) {
            (Self::Boolean(ours), Json::Bool(theirs)) => ours == theirs,
            (Self::Number(ours), Json::Number(theirs)) => ours == theirs,
            (Self::Text(ours), Json::String(theirs)) => ours == theirs,
            (Self::Boolean(_) | Self::Number(_) | Self::Text(_), _) => false,
        }
    }
}

/// Why a requirement would have required nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RequiredClaimError {
    /// `iss` is compared with the issuer, always.
    #[error("`iss` is compared with the issuer already")]
    Issuer,

    /// The claim has no name.
    #[error("the name of a required claim is empty")]
    NoName,

    /// No value is listed, or an empty text.
    #[error("no value is listed, or an empty one")]
    NoValue,
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn text(text: &str) -> ClaimValue {
        ClaimValue::Text(text.to_owned())
    }

    #[test]
    fn nothing_can_be_left_empty() {
        for (name, values, want) in [
            ("", vec![text("a")], RequiredClaimError::NoName),
            ("iss", vec![text("a")], RequiredClaimError::Issuer),
            ("a", vec![], RequiredClaimError::NoValue),
            ("a", vec![text("a"), text("")], RequiredClaimError::NoValue),
        ] {
            assert_eq!(RequiredClaim::new(name, values), Err(want), "{name:?}");
        }
    }

    #[test]
    fn a_claim_has_one_of_the_values_or_a_list_with_one() {
        const MALFORMED: Option<TokenError> = Some(TokenError::RequiredClaimMalformed);
        const MISMATCH: Option<TokenError> = Some(TokenError::RequiredClaimMismatch);
        const MISSING: Option<TokenError> = Some(TokenError::RequiredClaimMissing);
        let values = [text("one"), ClaimValue::Number(2.into()), ClaimValue::Boolean(true)];
        let mixed = RequiredClaim::new("c", values).unwrap();
        let texts = RequiredClaim::new("c", [text("one"), text("two")]).unwrap();
        let cases = [
            (r#"{"c":"one"}"#, None, None),
            (r#"{"c":["x","one"]}"#, None, None),
            (r#"{"c":2}"#, None, MALFORMED),
            (r#"{"c":true}"#, None, MALFORMED),
            (r#"{"c":[2,"x"]}"#, None, MALFORMED),
            (r#"{"c":["one",2]}"#, None, MALFORMED),
            (r#"{"c":2.0}"#, MISMATCH, MALFORMED),
            (r#"{"c":false}"#, MISMATCH, MALFORMED),
            (r#"{"c":"One"}"#, MISMATCH, MISMATCH),
            (r#"{"c":"one "}"#, MISMATCH, MISMATCH),
            (r#"{"c":[]}"#, MISMATCH, MISMATCH),
            (r#"{"c":null}"#, MALFORMED, MALFORMED),
            (r#"{"c":{"one":1}}"#, MALFORMED, MALFORMED),
            (r#"{"c":["one",null]}"#, MALFORMED, MALFORMED),
            (r#"{"c":[["one"]]}"#, MALFORMED, MALFORMED),
            ("{}", MISSING, MISSING),
        ];
        for (claims, of_mixed, of_texts) in cases {
            let members = Members::of_payload(&URL_SAFE_NO_PAD.encode(claims)).ok().unwrap();
            assert_eq!(mixed.compare(&members).err(), of_mixed, "{claims}");
            assert_eq!(texts.compare(&members).err(), of_texts, "{claims}");
        }
    }
}
