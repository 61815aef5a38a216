//! Only what was signed is accepted: one change of a token, anywhere, and it is refused.
//!
//! In an input `{token}` stands for a good token and `{header}`, `{claims}`, `{signature}` for its
//! parts, so that the fuzzer can take tokens apart without having to guess a signature.

#![no_main]

use std::sync::LazyLock;

use gatepost_core::token::{Algorithm, ExpectedToken, KeySet, UnverifiedToken};
use gatepost_fuzz::{CLIENT, ISSUER, Signer};
use libfuzzer_sys::fuzz_target;

static TOKEN: LazyLock<String> = LazyLock::new(|| Signer::default().token());
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    KeySet::parse(Signer::default().jwks().to_string().as_bytes()).expect("a key set")
});
static EXPECTED: LazyLock<ExpectedToken> = LazyLock::new(|| {
    let expected = ExpectedToken::new(ISSUER, [CLIENT]).expect("an issuer");
    expected.with_algorithms([Algorithm::EdDsa]).expect("an algorithm")
});

fuzz_target!(|text: &str| {
    let mut text = text.replace("{token}", &TOKEN);
    for (name, part) in ["{header}", "{claims}", "{signature}"].into_iter().zip(TOKEN.split('.')) {
        text = text.replace(name, part);
    }
    let Ok(token) = UnverifiedToken::parse(&text) else {
        assert_ne!(text, *TOKEN);
        return;
    };
    let outcome = KEYS.key_for(&token).and_then(|key| token.verify(key, &EXPECTED, Signer::now()));
    assert_eq!(outcome.is_ok(), text == *TOKEN, "{text}");
});
