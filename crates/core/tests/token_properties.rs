#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the environment says how many cases")]
//! What holds for every token and every key set, looked for with random ones.

mod random_cases;
mod tokens;

use std::sync::LazyLock;
use std::time::SystemTime;

use gatepost_core::token::{ExpectedToken, KeySet};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use tokens::recipe::Recipe;
use tokens::{Case, Want, cases, verify};

/// An accepted token of the corpus, with what it is accepted by.
struct Accepted {
    name: String,
    token: String,
    keys: KeySet,
    expected: ExpectedToken,
    now: SystemTime,
}

static ACCEPTED: LazyLock<Vec<Accepted>> = LazyLock::new(|| {
    let accepted = |case: &Case| matches!(case.want, Want::Claims(_));
    cases()
        .into_iter()
        .filter(accepted)
        .map(|case| Accepted {
            token: case.token.make(),
            keys: case.key_set().unwrap(),
            expected: case.expected(),
            now: case.now(),
            name: case.name,
        })
        .collect()
});

/// One change to a text of ASCII characters.
#[derive(Clone, Debug)]
enum Change {
    Delete(Index),
    Insert(Index, char),
    Repeat(Index, Index),
    Replace(Index, char),
    Swap(Index, Index),
}

impl Change {
    fn apply(&self, text: &mut Vec<char>) {
        if text.is_empty() {
            return;
        }
        let length = text.len();
        match self {
            Self::Delete(at) => drop(text.remove(at.index(length))),
            Self::Insert(at, character) => text.insert(at.index(length + 1), *character),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let part = text[from.min(to)..from.max(to)].to_vec();
                text.extend(part);
            }
            Self::Replace(at, character) => text[at.index(length)] = *character,
            Self::Swap(one, other) => text.swap(one.index(length), other.index(length)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let character = || {
        prop_oneof![
            8 => "[A-Za-z0-9_-]".prop_map(|text| text.chars().next().unwrap()),
            1 => select(vec!['.', '=', '+', '/', '\n', ' ', '\0', 'é']),
        ]
    };
    prop_oneof![
        any::<Index>().prop_map(Change::Delete),
        (any::<Index>(), character()).prop_map(|(at, to)| Change::Insert(at, to)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Repeat(from, to)),
        (any::<Index>(), character()).prop_map(|(at, to)| Change::Replace(at, to)),
        any::<(Index, Index)>().prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

/// Values that readers of claims stumble over, most of them plausible.
fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => ".{0,6}".prop_map(Value::from),
        5 => (1_767_225_590_u64..1_767_225_610).prop_map(Value::from),
        5 => select(vec![
            "1example23456789",
            "EdDSA",
            "JWT",
            "RS256",
            "access",
            "at+jwt",
            "dpop+jwt",
            "ed25519",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example",
            "https://issuer.example/",
            "id",
            "none",
        ])
        .prop_map(Value::from),
    ];
    plain.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => inner.clone(),
            1 => vec(inner.clone(), 0..4).prop_map(Value::from),
            1 => vec(("[a-z]{1,3}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Few members, so that one that is wrong often stands alone.
fn members(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let named = |members: Vec<(&str, Value)>| {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let size = prop_oneof![4 => 0..2_usize, 1 => 2..5_usize];
    size.prop_flat_map(move |size| vec((select(names), value()), size)).prop_map(named)
}

const HEADER: [&str; 8] = ["alg", "b64", "crit", "jwk", "kid", "other", "typ", "x5u"];
const CLAIMS: [&str; 12] = [
    "aud",
    "client_id",
    "cognito:groups",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "scope",
    "sub",
    "token_use",
    "username",
];
const JWK: [&str; 11] = ["alg", "crv", "d", "e", "key_ops", "kid", "kty", "n", "use", "x", "y"];

/// The cases are new in every run; a failure prints the smallest that was found.
fn random(usual: u32) -> ProptestConfig {
    let cases = random_cases::cases(usual);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(random(4_000))]

    #[test]
    fn signed_claims_are_accepted_only_as_expected(
        header in members(&HEADER),
        payload in members(&CLAIMS),
    ) {
        let honest = ACCEPTED.iter().find(|accepted| accepted.name == "honest/ed25519").unwrap();
        let mut signed_header = json!({ "alg": "EdDSA", "kid": "ed25519" });
        signed_header.as_object_mut().unwrap().extend(header.clone());
        let recipe: Recipe = serde_json::from_value(json!({
            "header": signed_header,
            "payload": payload,
            "signed": { "by": "ed25519", "as": "EdDSA" },
        }))
        .unwrap();
        if verify(&recipe.make(), &honest.keys, &honest.expected, honest.now).is_ok() {
            prop_assert!(is_as_expected(&header, &payload, &honest.expected, honest.now));
        }
    }
}

proptest! {
    #![proptest_config(random(1_000))]

    #[test]
    fn a_text_that_is_not_an_issuers_never_verifies(text in ".{0,200}|[A-Za-z0-9_.-]{0,200}") {
        let honest = &ACCEPTED[0];
        prop_assert!(verify(&text, &honest.keys, &honest.expected, honest.now).is_err());
    }

    #[test]
    fn a_changed_token_never_verifies(which in any::<Index>(), changes in vec(change(), 1..4)) {
        let honest = which.get(&ACCEPTED);
        let mut changed: Vec<char> = honest.token.chars().collect();
        for change in changes {
            change.apply(&mut changed);
        }
        let changed: String = changed.into_iter().collect();
        // A key that remembers the honest one must not take another for it.
        prop_assert!(verify(&honest.token, &honest.keys, &honest.expected, honest.now).is_ok());
        let verified = verify(&changed, &honest.keys, &honest.expected, honest.now);
        prop_assert_eq!(verified.is_ok(), changed == honest.token, "{}", honest.name);
    }

    #[test]
    fn key_sets_hold_only_keys_that_were_asked_for(keys in vec(members(&JWK), 0..4)) {
        let text = json!({ "keys": keys }).to_string();
        if let Ok(set) = KeySet::parse(text.as_bytes()) {
            prop_assert_eq!(set.len() + set.skipped().len(), keys.len());
        }
    }

    #[test]
    fn no_octets_are_too_strange_for_a_key_set(text in vec(any::<u8>(), 0..200)) {
        prop_assert!(KeySet::parse(&text).is_err());
    }
}

/// A second reading of what makes a token acceptable, of the members that were changed.
fn is_as_expected(
    header: &Map<String, Value>,
    payload: &Map<String, Value>,
    expected: &ExpectedToken,
    now: SystemTime,
) -> bool {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let ours = |value: &Value| expected.audience().iter().any(|name| value == name);
    header.iter().all(|(name, value)| match name.as_str() {
        "alg" => value == "EdDSA",
        "kid" => value == "ed25519",
        "typ" => value == "JWT" || value == "at+jwt",
        "other" => true,
        _ => false,
    }) && payload.iter().all(|(name, value)| match name.as_str() {
        "aud" => value.as_array().map_or(ours(value), |many| many.iter().any(ours)),
        "client_id" if payload.contains_key("aud") => is_name(value),
        "client_id" => ours(value),
        "cognito:groups" => value.as_array().is_some_and(|many| many.iter().all(Value::is_string)),
        "exp" => value.as_u64().is_some_and(|exp| exp > now),
        "iat" => value.is_u64(),
        "iss" => value == expected.issuer(),
        "nbf" => value.as_u64().is_some_and(|nbf| nbf <= now),
        "jti" | "sub" => is_name(value),
        "token_use" => value == "access",
        _ => value.is_string(),
    })
}

fn is_name(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}
