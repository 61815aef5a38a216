#![cfg(test)]
//! Runs every case in `tests/corpus/token/`: how a token is made, and what must come of it.
//!
//! To add a case, add to a file there, not to this one. A fixed bug gets a case named after what
//! went wrong.

mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use gatepost_core::token::{Claims, TokenError};
use serde_json::{Map, Value, json};

use tokens::{Case, Want, cases, verify};

#[test]
fn every_token_case_holds() {
    let failures: Vec<String> = cases().iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

/// What came of the case, if that is not what it wants.
fn failure(case: &Case) -> Option<String> {
    let name = &case.name;
    let token = case.token.make();
    let got = match case.key_set() {
        Err(error) => Want::KeySetRefused(error.reason().to_owned()),
        Ok(keys) => match verify(&token, &keys, &case.expected(), case.now()) {
            Err(error) => Want::Refused(error.reason().to_owned()),
            Ok(claims) => Want::Claims(told(&claims, &case.want)),
        },
    };
    (got != case.want).then(|| format!("{name}: got {got:?}"))
}

/// What the claims say of whatever is wanted.
fn told(claims: &Claims, want: &Want) -> Map<String, Value> {
    let wanted = if let Want::Claims(wanted) = want { wanted } else { &Map::new() };
    let expires_at = claims.expires_at().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let told = json!({
        "client_id": claims.client_id(),
        "expires_at": expires_at.as_secs(),
        "groups": claims.groups(),
        "issuer": claims.issuer(),
        "jti": claims.jti(),
        "machine": claims.is_machine(),
        "origin_jti": claims.origin_jti(),
        "scopes": claims.scopes().collect::<Vec<_>>(),
        "sub": claims.sub(),
        "token_use": claims.token_use().as_str(),
        "username": claims.username(),
    });
    wanted
        .keys()
        .map(String::as_str)
        .map(|name| match name.strip_prefix("text:") {
            Some(claim) => (name.to_owned(), json!(claims.text(claim))),
            None => (name.to_owned(), told.get(name).expect("a name claims have").clone()),
        })
        .collect()
}

#[test]
fn every_reason_to_refuse_a_token_has_a_case() {
    let met: BTreeSet<String> = cases()
        .into_iter()
        .filter_map(|case| if let Want::Refused(reason) = case.want { Some(reason) } else { None })
        .collect();
    let missing: Vec<_> = TokenError::ALL
        .into_iter()
        .filter(|error| {
            // The caller's slip, which the way through a key set makes impossible.
            *error != TokenError::KeyIdMismatch && !met.contains(error.reason())
        })
        .collect();
    assert_eq!(missing, []);
}

#[test]
fn names_are_unique() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn the_corpus_is_large_and_its_readme_counts_it() {
    let mut classes: BTreeMap<String, Count> = BTreeMap::new();
    let mut all = Count::default();
    for case in cases() {
        let (class, _) = case.name.split_once('/').unwrap();
        let class = classes.entry(class.to_owned()).or_default();
        for count in [class, &mut all] {
            match case.want {
                Want::Claims(_) => count.honest += 1,
                Want::KeySetRefused(_) | Want::Refused(_) => count.hostile += 1,
            }
        }
    }
    assert!(classes.len() >= 20 && all.hostile >= 400 && all.honest >= 50, "{all:?}");
    let mut rows: Vec<String> = classes
        .iter()
        .map(|(class, Count { hostile, honest })| format!("| `{class}` | {hostile} | {honest} |"))
        .collect();
    rows.push(format!("| all {} | {} | {} |", classes.len(), all.hostile, all.honest));
    let table = rows.join("\n");
    let readme = include_str!("corpus/token/README.md");
    assert!(readme.contains(&table), "the README must have these rows:\n{table}");
}

#[derive(Debug, Default)]
struct Count {
    hostile: usize,
    honest: usize,
}
