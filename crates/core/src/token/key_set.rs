//! The public keys of an issuer: a JWK Set (RFC 7517 section 5).

use std::fmt;

use crate::json::{Json, JsonError};

use super::algorithm::KeyKind;
use super::{Algorithm, ExpectedToken, KeyFault, TokenError, UnverifiedToken, VerificationKey};

/// The public keys of an issuer that tokens can be verified with, at least one, by their ids.
///
/// Real sets hold other keys too, for encryption or for algorithms we do not have. They are
/// skipped, as RFC 7517 section 5 asks, and the reason is kept. Refused as a whole is a set with
/// two usable keys of one id, because a token could choose which, and one with private or
/// symmetric key material, because whoever can read the set can sign tokens.
#[derive(Clone, Debug)]
pub struct KeySet {
    // INVARIANT: not empty, and ids are unique.
    keys: Vec<VerificationKey>,
    skipped: Vec<SkippedKey>,
}

impl KeySet {
    /// The longest JWK Set, in bytes. The largest of the well-known issuers, which put a chain of
    /// certificates beside each key, are a third of it.
    pub const MAX_BYTES: usize = 131_072;

    /// The most keys in a set, usable or not. Issuers have a handful.
    pub const MAX_KEYS: usize = 100;

    /// Reads a JWK Set. Its RSA keys without `alg` are taken to be for RS256, as OpenID Connect
    /// has it where nothing else is agreed (Dynamic Client Registration 1.0 section 2).
    ///
    /// # Errors
    ///
    /// When the text is not a JWK Set, or none of its keys can be used, or it must not be trusted.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        Self::from_json(&json(text)?)
    }

    /// Reads a JWK Set of the expected issuer. Its RSA keys without `alg` are taken to be for the
    /// RSA algorithm that is accepted from this issuer; if that is not exactly one, they are
    /// skipped.
    ///
    /// # Errors
    ///
    /// As [`KeySet::parse`].
    pub fn parse_for(text: &[u8], expected: &ExpectedToken) -> Result<Self, KeySetError> {
        Self::from_json_for(&json(text)?, expected)
    }

    /// As [`KeySet::parse`], of JSON that has been read already.
    ///
    /// # Errors
    ///
    /// As [`KeySet::parse`].
    pub fn from_json(set: &Json) -> Result<Self, KeySetError> {
        Self::read(set, Some(Algorithm::Rs256))
    }

    /// As [`KeySet::parse_for`], of JSON that has been read already.
    ///
    /// # Errors
    ///
    /// As [`KeySet::parse`].
    pub fn from_json_for(set: &Json, expected: &ExpectedToken) -> Result<Self, KeySetError> {
        let mut accepted =
            expected.algorithms().iter().copied().filter(|one| one.key_kind() == KeyKind::Rsa);
        let first = accepted.next();
        Self::read(set, first.filter(|first| accepted.all(|other| other == *first)))
    }

    fn read(set: &Json, rsa_algorithm: Option<Algorithm>) -> Result<Self, KeySetError> {
        let entries = set.get("keys").and_then(Json::as_array).ok_or(KeySetError::NoKeys)?;
        if entries.len() > Self::MAX_KEYS {
            return Err(KeySetError::TooManyKeys { keys: entries.len() });
        }
        if let Some(index) = entries.iter().position(holds_private_material) {
            return Err(KeySetError::PrivateMaterial { index });
        }
        let mut keys: Vec<VerificationKey> = Vec::new();
        let mut skipped = Vec::new();
        for (index, jwk) in entries.iter().enumerate() {
            match VerificationKey::from_jwk(jwk, rsa_algorithm) {
                Ok(key) if keys.iter().any(|other| other.kid() == key.kid()) => {
                    return Err(KeySetError::RepeatedKeyId { index });
                }
                Ok(key) => keys.push(key),
                Err(fault) => {
                    let kid = jwk.get("kid").and_then(Json::as_str).map(str::to_owned);
                    skipped.push(SkippedKey { index, kid, fault });
                }
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey { skipped });
        }
        Ok(Self { keys, skipped })
    }

    /// The key with this id.
    pub fn get(&self, kid: &str) -> Option<&VerificationKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// The key that a token asks for.
    ///
    /// # Errors
    ///
    /// [`TokenError::KeyUnknown`].
    pub fn key_for(&self, token: &UnverifiedToken<'_>) -> Result<&VerificationKey, TokenError> {
        self.get(token.kid()).ok_or(TokenError::KeyUnknown)
    }

    /// How many keys can be used: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys that cannot be used, in the order of the set, with the reasons.
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }
}

/// A key of a set that is not used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SkippedKey {
    /// Where it is in the set, from 0.
    pub index: usize,
    /// Its id, if it has one.
    pub kid: Option<String>,
    /// Why it is not used.
    pub fault: KeyFault,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}: {}", self.index, self.fault)
    }
}

/// Why a text is not a set of keys to trust.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeySetError {
    /// There is no list `keys`, so the text is another document.
    #[error("not a key set: no list `keys`")]
    NoKeys,

    /// No key of the set can be used.
    #[error("none of {} keys can be used{}", .skipped.len(), listed(.skipped))]
    NoUsableKey {
        /// The reason for each key.
        skipped: Vec<SkippedKey>,
    },

    /// Not JSON, or with repeated members.
    #[error("key set: {0}")]
    NotJson(JsonError),

    /// A key has private parts, or is symmetric.
    #[error("key {index} has private or symmetric key material")]
    PrivateMaterial {
        /// Where it is in the set, from 0.
        index: usize,
    },

    /// Two usable keys have one id.
    #[error("key {index} has the id of a key before it")]
    RepeatedKeyId {
        /// Where the later one is in the set, from 0.
        index: usize,
    },

    /// Longer than [`KeySet::MAX_BYTES`].
    #[error("key set is {bytes} bytes, over the limit of {max}", max = KeySet::MAX_BYTES)]
    TooLong {
        /// The length received, in bytes.
        bytes: usize,
    },

    /// More keys than [`KeySet::MAX_KEYS`].
    #[error("key set has {keys} keys, over the limit of {max}", max = KeySet::MAX_KEYS)]
    TooManyKeys {
        /// How many there are.
        keys: usize,
    },
}

impl KeySetError {
    /// The code of the error in logs and metrics. Codes are stable.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoKeys => "key_set_no_keys",
            Self::NoUsableKey { .. } => "key_set_no_usable_key",
            Self::NotJson(_) => "key_set_not_json",
            Self::PrivateMaterial { .. } => "key_set_private_material",
            Self::RepeatedKeyId { .. } => "key_set_repeated_key_id",
            Self::TooLong { .. } => "key_set_too_long",
            Self::TooManyKeys { .. } => "key_set_too_many_keys",
        }
    }
}

fn json(text: &[u8]) -> Result<Json, KeySetError> {
    if text.len() > KeySet::MAX_BYTES {
        return Err(KeySetError::TooLong { bytes: text.len() });
    }
    Json::parse(text).map_err(KeySetError::NotJson)
}

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
fn holds_private_material(jwk: &Json) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].into_iter().any(|name| jwk.get(name).is_some())
}

fn listed(skipped: &[SkippedKey]) -> String {
    skipped.iter().fold(String::new(), |text, key| text + "; " + &key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn ed25519(members: &str) -> String {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"{members}}}"#)
    }

    fn rsa(members: &str) -> String {
        let n = "_".repeat(341);
        format!(r#"{{"kty":"RSA","e":"AQAB","n":"{n}w"{members}}}"#)
    }

    fn set(keys: &[String]) -> Vec<u8> {
        format!(r#"{{"keys":[{}]}}"#, keys.join(",")).into_bytes()
    }

    fn expected(algorithms: &[Algorithm]) -> ExpectedToken {
        let expected = ExpectedToken::new("https://issuer.example", ["client"]).unwrap();
        expected.with_algorithms(algorithms.iter().copied()).unwrap()
    }

    #[test]
    fn keys_are_found_by_their_ids_and_skipped_ones_are_explained() {
        let keys = [ed25519(r#","kid":"a""#), ed25519(r#","kid":"b","use":"enc""#), "7".to_owned()];
        let keys = KeySet::parse(&set(&keys)).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys.get("a").map(VerificationKey::algorithm), Some(Algorithm::EdDsa));
        assert!(keys.get("b").is_none() && keys.get("").is_none());
        let skipped: Vec<_> = keys.skipped().iter().map(ToString::to_string).collect();
        let purpose = "key 1: `use` or `key_ops` has another purpose than verifying signatures";
        assert_eq!(skipped, [purpose, "key 2: not an object"]);
        assert_eq!(keys.skipped()[0].kid.as_deref(), Some("b"));
    }

    #[test]
    fn an_rsa_key_without_an_algorithm_takes_the_only_one_there_is() {
        use Algorithm::{Es256, Ps256, Ps384, Rs256};
        let text = set(&[rsa(r#","kid":"a""#), ed25519(r#","kid":"b""#)]);
        let algorithm = |keys: KeySet| keys.get("a").map(VerificationKey::algorithm);
        assert_eq!(algorithm(KeySet::parse(&text).unwrap()), Some(Rs256));
        for (accepted, want) in [
            (&[Ps384][..], Some(Ps384)),
            (&[Es256, Ps256, Ps256], Some(Ps256)),
            (&[Rs256, Ps256], None),
            (&[Es256], None),
        ] {
            let keys = KeySet::parse_for(&text, &expected(accepted)).unwrap();
            assert_eq!(keys.skipped().is_empty(), want.is_some());
            assert_eq!(algorithm(keys), want, "{accepted:?}");
        }
    }

    #[test]
    fn an_algorithm_of_the_key_stands_whatever_the_issuer_accepts() {
        let text = set(&[rsa(r#","kid":"a","alg":"RS512""#)]);
        let keys = KeySet::parse_for(&text, &expected(&[Algorithm::Ps256])).unwrap();
        assert_eq!(keys.get("a").map(VerificationKey::algorithm), Some(Algorithm::Rs512));
    }

    #[test]
    fn what_is_no_set_to_trust_is_refused_with_its_reason() {
        let key = ed25519(r#","kid":"a""#);
        let cases = [
            (b"".to_vec(), "key_set_not_json"),
            (br#"{"keys":[],"keys":[]}"#.to_vec(), "key_set_not_json"),
            (b"[]".to_vec(), "key_set_no_keys"),
            (b"{}".to_vec(), "key_set_no_keys"),
            (br#"{"keys":{}}"#.to_vec(), "key_set_no_keys"),
            (key.clone().into_bytes(), "key_set_no_keys"),
            (set(&[]), "key_set_no_usable_key"),
            (set(&[ed25519("")]), "key_set_no_usable_key"),
            (set(&[key.clone(), key.clone()]), "key_set_repeated_key_id"),
            (set(&[key.clone(), ed25519(r#","d":"AA""#)]), "key_set_private_material"),
            (set(&[key, r#"{"kty":"oct","k":"AA"}"#.to_owned()]), "key_set_private_material"),
            (vec![b' '; KeySet::MAX_BYTES + 1], "key_set_too_long"),
            (set(&vec!["0".to_owned(); KeySet::MAX_KEYS + 1]), "key_set_too_many_keys"),
        ];
        for (text, want) in cases {
            let got = KeySet::parse(&text).err().map(|error| error.reason());
            assert_eq!(got, Some(want), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_set_without_a_usable_key_says_why_for_each() {
        let error = KeySet::parse(&set(&[ed25519(""), "7".to_owned()])).unwrap_err();
        let want = "none of 2 keys can be used; key 0: `kid` is missing; key 1: not an object";
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn a_set_may_be_as_long_as_the_limit() {
        let mut text = set(&[ed25519(r#","kid":"a""#)]);
        text.resize(KeySet::MAX_BYTES, b' ');
        assert!(KeySet::parse(&text).is_ok());
    }
}
