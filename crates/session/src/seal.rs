//! Sealing what a cookie or a row holds for this function only: AES-256-GCM, so that it can be neither read nor
//! changed, nor used for another purpose or beside another cookie.
//!
//! A sealed text is `KEY-ID.` and base64url of nonce, ciphertext and tag. The purpose, the key's id and
//! what the text is bound to are authenticated with it, each with its length before it, so that no two
//! of them can be taken for one another. Nonces are random; a session key is good for far more cookies
//! than the 2^32 at which that would become a risk, if it is changed now and then.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_core::secret::Secret;

use crate::keys::{SessionKey, SessionKeys};

/// What a sealed text is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// A login under way.
    Login,
    /// A refresh token in a cookie.
    Refresh,
    /// A refresh token in the row of a session.
    StoredRefresh,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Login => "gatepost-login-v1",
            Self::Refresh => "gatepost-refresh-v1",
            Self::StoredRefresh => "gatepost-stored-refresh-v1",
        }
    }
}

/// Seals `text` with the current key. It can be opened only with the same `bound_to`.
///
/// # Errors
///
/// [`SealError`] if the cryptographic library fails.
pub(crate) fn seal(
    keys: &SessionKeys,
    purpose: Purpose,
    bound_to: &[u8],
    text: Secret<&[u8]>,
) -> Result<String, SealError> {
    let key = keys.current().ok_or(SealError)?;
    let mut sealed = text.expose().to_vec();
    let aad = Aad::from(authenticated(purpose, key.id(), bound_to));
    let nonce = cipher(key)?.seal_in_place_append_tag(aad, &mut sealed).map_err(|_| SealError)?;
    let bytes = [&nonce.as_ref()[..], &sealed].concat();
    Ok(format!("{}.{}", key.id(), URL_SAFE_NO_PAD.encode(bytes)))
}

/// What was sealed; nothing if it was not sealed by us, for this, beside that.
pub(crate) fn open(
    keys: &SessionKeys,
    purpose: Purpose,
    bound_to: &[u8],
    sealed: &str,
) -> Option<Secret<Vec<u8>>> {
    // A key's id may have dots in it, and base64url has none.
    let (id, bytes) = sealed.rsplit_once('.')?;
    let key = keys.get(id)?;
    let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = sealed.to_vec();
    let aad = Aad::from(authenticated(purpose, id, bound_to));
    let text = cipher(key).ok()?.open_in_place(nonce, aad, &mut sealed).ok()?;
    Some(Secret::new(text.to_vec()))
}

/// The cryptographic library failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub(crate) struct SealError;

fn cipher(key: &SessionKey) -> Result<RandomizedNonceKey, SealError> {
    RandomizedNonceKey::new(&AES_256_GCM, key.seal_key().as_ref()).map_err(|_| SealError)
}

fn authenticated(purpose: Purpose, key_id: &str, bound_to: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [purpose.as_str().as_bytes(), key_id.as_bytes(), bound_to] {
        bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{NEW, OLD, keys};

    fn sealed(keys: &SessionKeys) -> String {
        seal(keys, Purpose::Refresh, b"cookie", Secret::new(b"token")).unwrap()
    }

    fn opened(keys: &SessionKeys, text: &str) -> Option<Vec<u8>> {
        open(keys, Purpose::Refresh, b"cookie", text).map(|text| text.expose().clone())
    }

    #[test]
    fn what_was_sealed_is_opened_and_looks_like_nothing() {
        let keys = keys(&[NEW]);
        let text = sealed(&keys);
        assert_eq!(opened(&keys, &text).as_deref(), Some(&b"token"[..]));
        assert!(text.starts_with("new."), "{text}");
        assert_ne!(text, sealed(&keys), "each has a nonce of its own");
    }

    #[test]
    fn a_key_that_was_current_opens_until_it_is_gone() {
        let text = sealed(&keys(&[OLD]));
        assert!(opened(&keys(&[NEW, OLD]), &text).is_some());
        assert!(opened(&keys(&[NEW]), &text).is_none());
    }

    #[test]
    fn nothing_can_be_changed() {
        let keys = keys(&[NEW, OLD]);
        let text = sealed(&keys);
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(bytes).unwrap();
            assert!(opened(&keys, &other).is_none(), "{index}");
        }
        for end in 0..text.len() {
            assert!(opened(&keys, text.get(..end).unwrap()).is_none(), "{end}");
        }
        let of_another_key = text.replace("new.", "old.");
        for other in ["", ".", "new.", "other.AAAA", &of_another_key, &format!("{text}A")] {
            assert!(opened(&keys, other).is_none(), "{other}");
        }
    }

    #[test]
    fn it_is_good_for_its_purpose_and_beside_its_cookie_only() {
        let keys = keys(&[NEW]);
        let text = sealed(&keys);
        assert!(open(&keys, Purpose::Login, b"cookie", &text).is_none());
        assert!(open(&keys, Purpose::StoredRefresh, b"cookie", &text).is_none());
        assert!(open(&keys, Purpose::Refresh, b"cookies", &text).is_none());
        assert!(open(&keys, Purpose::Refresh, b"", &text).is_none());
    }
}
