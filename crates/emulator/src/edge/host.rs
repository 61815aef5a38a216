//! What the JavaScript of the runtime cannot do by itself: bytes, digests, the store, the log. Bytes
//! come and go as arrays of numbers.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rquickjs::function::Func;
use rquickjs::{Ctx, Object, Result};

use super::function::KeyValueStore;

/// Bits that the last character has too many are passed over, as Node.js does.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// What a function is lent for one call.
pub(super) struct Loan<'a> {
    pub(super) store: &'a KeyValueStore,
    pub(super) now: SystemTime,
    pub(super) log: &'a Rc<RefCell<Vec<String>>>,
}

/// The object that the runtime knows as `host`.
pub(super) fn object<'js>(ctx: &Ctx<'js>, loan: &Loan<'_>) -> Result<Object<'js>> {
    let (store, log) = (loan.store.clone(), Rc::clone(loan.log));
    let now = loan.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let host = Object::new(ctx.clone())?;
    // Whole milliseconds, as `Date.now()` has them: a double holds them for 285,000 years.
    host.set("now", u64::try_from(now).unwrap_or_default())?;
    host.set("log", Func::from(move |line: String| log.borrow_mut().push(line)))?;
    host.set("entry", Func::from(move |key: String| store.get(&key).cloned()))?;
    host.set("bytesOfText", Func::from(String::into_bytes))?;
    host.set("bytesOfBase64", Func::from(|text: String| bytes_of_base64(&text)))?;
    host.set("text", Func::from(|bytes: Vec<u8>| text(&bytes)))?;
    host.set("base64url", Func::from(|bytes: Vec<u8>| BASE64URL.encode(bytes)))?;
    host.set("sha256", Func::from(|bytes: Vec<u8>| sha256(&bytes)))?;
    host.set("hmacSha256", Func::from(|key: Vec<u8>, bytes: Vec<u8>| hmac_sha256(&key, &bytes)))?;
    Ok(host)
}

/// As forgiving as Node.js: up to the first `=`, in either alphabet, and of other characters nothing.
fn bytes_of_base64(text: &str) -> Vec<u8> {
    let known = text.bytes().take_while(|byte| *byte != b'=').filter_map(|byte| match byte {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b'-' | b'_' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    });
    let mut known: Vec<u8> = known.collect();
    // Six bits make no byte.
    if known.len() % 4 == 1 {
        known.pop();
    }
    BASE64URL.decode(known).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_owned()
}

fn hmac_sha256(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_owned()
}
