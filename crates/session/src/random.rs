//! Texts that nobody can guess.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::seal::SealError;

/// 32 random bytes in base64url, 43 characters: as much as RFC 7636 asks of a PKCE verifier.
///
/// # Errors
///
/// [`SealError`] if the cryptographic library fails.
pub(crate) fn text() -> Result<String, SealError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| SealError)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
