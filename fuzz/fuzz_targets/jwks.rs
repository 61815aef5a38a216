//! Every key of a set is taken or skipped for a reason, and what is taken is what it says it is.

#![no_main]

use gatepost_core::token::KeySet;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(set) = KeySet::parse(bytes) else { return };
    let json: Value = serde_json::from_slice(bytes).expect("JSON for others too");
    let keys = json["keys"].as_array().expect("keys");
    assert_eq!(set.len() + set.skipped().len(), keys.len());
    assert!(set.skipped().iter().all(|skipped| !skipped.fault.reason().is_empty()));
    let taken = keys.iter().enumerate().filter(|(index, _)| {
        !set.skipped().iter().any(|skipped| skipped.index == *index)
    });
    for (_, key) in taken {
        let kid = key["kid"].as_str().expect("an id");
        let found = set.get(kid).expect("a key is found by its id");
        assert_eq!(found.kid(), kid);
        assert!((1..=256).contains(&kid.len()));
        if let Some(name) = key.get("alg") {
            assert_eq!(name, found.algorithm().as_str());
        }
        assert!(key.get("use").is_none_or(|purpose| purpose == "sig"), "{key}");
        let operations = key.get("key_ops").and_then(Value::as_array);
        assert!(operations.is_none_or(|all| all.iter().any(|one| one == "verify")), "{key}");
        let family = key["kty"].as_str().expect("a kind");
        assert!(["RSA", "EC", "OKP"].contains(&family), "{key}");
    }
});
