//! The token corpus: what its files hold, and how a case is put to the crate.

pub(crate) mod keys;
pub(crate) mod recipe;
mod tamper;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use gatepost_core::json::Json;
use gatepost_core::token::{
    ClaimValue, Claims, ExpectedToken, KeySet, KeySetError, Leeway, RequiredClaim, TokenError,
    UnverifiedToken,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use keys::{PUBLISHED, SigningKey};
use recipe::{Recipe, expand, text_of};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    description: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// With the file before it: `alg-none/unsigned`.
    pub(crate) name: String,
    description: String,
    #[serde(default)]
    pub(crate) token: Recipe,
    keys: Option<Vec<Published>>,
    key_set_text: Option<Value>,
    #[serde(default)]
    expected: Map<String, Value>,
    #[serde(default = "new_year")]
    now: u64,
    pub(crate) want: Want,
    /// The reasons for the keys of the set that are not used, in order.
    skipped: Option<Vec<String>>,
}

/// What comes of a case.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Want {
    Claims(Map<String, Value>),
    KeySetRefused(String),
    Refused(String),
}

/// A key in the issuer's key set: one that is made, as it is published, or one that is written out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    key: Option<String>,
    #[serde(default)]
    with: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    issuer: String,
    audience: Vec<String>,
    token_use: Option<Vec<String>>,
    profile: Option<String>,
    #[serde(default)]
    required_claims: BTreeMap<String, Vec<Json>>,
    groups_claim: Option<String>,
    algorithms: Option<Vec<String>>,
    #[serde(default)]
    leeway_seconds: u64,
}

/// 2026-01-01T00:00:00Z
fn new_year() -> u64 {
    1_767_225_600
}

/// Every case of every file, named.
#[expect(clippy::disallowed_methods, reason = "the corpus is files")]
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/token");
    let mut cases = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let class = path.file_stem().unwrap().to_str().unwrap();
        let file: File = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{class}: {error}"));
        assert!(!file.description.is_empty() && !file.cases.is_empty(), "{class} says nothing");
        for mut case in file.cases {
            assert!(!case.description.is_empty(), "{class}/{} has no description", case.name);
            case.name = format!("{class}/{}", case.name);
            cases.push(case);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    cases
}

impl Case {
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.now)
    }

    pub(crate) fn key_set(&self) -> Result<KeySet, KeySetError> {
        let text = match (&self.key_set_text, &self.keys) {
            (Some(text), _) => text_of(text),
            (None, Some(keys)) => {
                json!({ "keys": keys.iter().map(Published::jwk).collect::<Vec<_>>() }).to_string()
            }
            (None, None) => {
                let key = |(name, algorithm)| published(name, algorithm);
                json!({ "keys": PUBLISHED.map(key) }).to_string()
            }
        };
        let keys = KeySet::parse_for(text.as_bytes(), &self.expected());
        if let (Ok(keys), Some(want)) = (&keys, &self.skipped) {
            let skipped: Vec<_> = keys.skipped().iter().map(|key| key.fault.reason()).collect();
            assert_eq!(skipped, *want, "{}: keys that are not used", self.name);
        }
        keys
    }

    pub(crate) fn expected(&self) -> ExpectedToken {
        let mut members = self.token.base().ingredients().expected.clone();
        members.extend(self.expected.clone());
        let expected: Expected = serde_json::from_value(Value::Object(members)).unwrap();
        let mut built = ExpectedToken::new(expected.issuer, expected.audience).unwrap();
        if let Some(uses) = expected.token_use {
            let uses = uses.iter().map(|text| text.parse().unwrap());
            built = built.with_token_use(uses).unwrap();
        }
        if let Some(profile) = expected.profile {
            built = built.with_profile(profile.parse().unwrap());
        }
        let required = expected.required_claims.iter().map(|(name, values)| {
            let values = values.iter().map(|value| ClaimValue::from_json(value).unwrap());
            RequiredClaim::new(name, values).unwrap()
        });
        built = built.with_required_claims(required);
        if let Some(name) = expected.groups_claim {
            built = built.with_groups_claim(name).unwrap();
        }
        if let Some(names) = expected.algorithms {
            let algorithms = names.iter().map(|name| name.parse().unwrap());
            built = built.with_algorithms(algorithms).unwrap();
        }
        let leeway = Duration::from_secs(expected.leeway_seconds);
        built.with_leeway(Leeway::try_from(leeway).unwrap())
    }
}

impl Published {
    fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            None => json!({}),
            Some(name) => {
                let usual = PUBLISHED.iter().find(|(known, _)| known == name);
                published(name, usual.map_or("RS256", |(_, algorithm)| *algorithm))
            }
        };
        for (member, value) in &self.with {
            jwk[member] = expand(value);
        }
        for member in &self.without {
            let removed = jwk.as_object_mut().unwrap().remove(member);
            assert!(removed.is_some(), "there is no `{member}` to leave out");
        }
        jwk
    }
}

fn published(name: &str, algorithm: &str) -> Value {
    let mut jwk = SigningKey::named(name).public_jwk();
    for (member, value) in [("kid", name), ("alg", algorithm), ("use", "sig")] {
        jwk.insert(member.to_owned(), json!(value));
    }
    Value::Object(jwk)
}

/// The whole way of a token.
pub(crate) fn verify(
    token: &str,
    keys: &KeySet,
    expected: &ExpectedToken,
    now: SystemTime,
) -> Result<Claims, TokenError> {
    let token = UnverifiedToken::parse(token)?;
    let key = keys.key_for(&token)?;
    token.verify(key, expected, now)
}
