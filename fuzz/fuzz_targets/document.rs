//! What is read as a document is JSON for another reader too, prints as something that reads as the
//! same document, and decides as it did.

#![no_main]

use gatepost_core::policy::{Context, PolicyDocument};
use gatepost_fuzz::{STAGE, answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = PolicyDocument::parse(bytes) else { return };
    let other = serde_json::from_slice::<serde_json::Value>(bytes).expect("JSON for others too");
    let printed = document.to_string();
    let again = PolicyDocument::parse(printed.as_bytes()).expect("what was printed can be read");
    assert_eq!(again, document);
    assert_eq!(again.to_string(), printed);
    let respelled = PolicyDocument::parse(other.to_string().as_bytes());
    assert_eq!(respelled.expect("the same JSON in another spelling"), document);
    for method in ["GET/movies", "DELETE/", "POST/a/b", "$connect"] {
        let method = format!("{STAGE}/{method}").parse().expect("a method");
        let context = Context::new();
        assert_eq!(answer([&document], &method, &context), answer([&again], &method, &context));
    }
});
