//! The tokens of the core's corpus, hostile and honest.

#[path = "../../../core/tests/tokens/keys.rs"]
pub(crate) mod keys;
#[path = "../../../core/tests/tokens/recipe.rs"]
pub(crate) mod recipe;
#[path = "../../../core/tests/tokens/tamper.rs"]
mod tamper;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use keys::{PUBLISHED, SigningKey};
use recipe::Recipe;

/// What every token of the corpus that can says besides, for a search to find.
const MARKS: [(&str, &str); 3] = [
    ("username", "username-that-is-secret"),
    ("email", "email-that-is-secret@example.com"),
    ("custom:tenant", "tenant-that-is-secret"),
];

/// Long after any test.
const YEAR_2100: u64 = 4_102_444_800;

/// How every token of the corpus is made, marked, and not expired unless that is what its case is
/// about.
pub(crate) fn corpus() -> Vec<Recipe> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/corpus/token");
    let mut recipes = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let mut recipe = case.get("token").cloned().unwrap_or_else(|| json!({}));
            mark(&mut recipe);
            recipes.push(serde_json::from_value(recipe).unwrap());
        }
    }
    assert!(recipes.len() > 150, "{} tokens", recipes.len());
    recipes
}

fn mark(recipe: &mut Value) {
    let payload = &mut recipe["payload"];
    if payload.is_null() {
        *payload = json!({});
    }
    let times = [("iat", json!(1)), ("exp", json!(YEAR_2100))];
    let marks = MARKS.map(|(name, value)| (name, json!(value)));
    for (name, value) in times.into_iter().chain(marks) {
        if payload.get(name).is_none() {
            payload[name] = value;
        }
    }
}

/// `GATEPOST_ISSUERS` for these tokens: every issuer that is expected, with its keys.
pub(crate) fn issuers(corpus: &[Recipe]) -> String {
    let keys: Vec<Value> = PUBLISHED
        .iter()
        .map(|(name, algorithm)| {
            let mut key = SigningKey::named(name).public_jwk();
            for (member, value) in [("kid", name), ("alg", algorithm), ("use", &"sig")] {
                key.insert(member.to_owned(), json!(value));
            }
            Value::Object(key)
        })
        .collect();
    let mut issuers = BTreeMap::new();
    for recipe in corpus {
        let expected = &recipe.base().ingredients().expected;
        let issuer = expected["issuer"].as_str().unwrap();
        let entry = json!({
            "issuer": issuer,
            "audience": expected["audience"],
            "token_use": ["access", "id"],
            "algorithms": ["RS256", "ES256", "ES384", "EdDSA"],
            "jwks": { "keys": keys },
        });
        issuers.insert(issuer.to_owned(), entry);
    }
    Value::Array(issuers.into_values().collect()).to_string()
}
