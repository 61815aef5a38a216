//! Looking into a token without trusting it.

use std::io::{BufRead, Read};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_core::token::UnverifiedToken;
use serde_json::Value;

/// The token itself, or what standard input has if it is `-`; `Bearer ` before it is left out.
///
/// # Errors
///
/// When standard input cannot be read.
pub(crate) fn read_token(argument: String, stdin: &mut dyn BufRead) -> anyhow::Result<String> {
    let mut text = argument;
    if text == "-" {
        text.clear();
        let limit = u64::try_from(UnverifiedToken::MAX_BYTES)?.saturating_mul(2);
        stdin.take(limit).read_to_string(&mut text).context("cannot read the token")?;
    }
    let token = text.trim();
    let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
    anyhow::ensure!(!token.is_empty(), "the token is empty: is the variable set that holds it?");
    Ok(token.to_owned())
}

/// The claims a token makes, whether they are true or not.
///
/// # Errors
///
/// When it is not three parts of which the second is JSON in base64url.
pub(crate) fn claims_of(token: &str) -> anyhow::Result<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts.as_slice() else {
        anyhow::bail!("it has {} parts and not three", parts.len());
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).context("its payload is not base64url")?;
    serde_json::from_slice(&payload).context("its payload is not JSON")
}
