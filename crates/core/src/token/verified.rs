//! Signatures that a key has verified before.
//!
//! To verify a signature takes longer than all the rest of a call together, and clients send one token many
//! times. That a signature is one of a message by a key does not change, so it can be kept; and it is
//! the only thing that is. Which key a token is verified by, and what its claims say at the time of the
//! call, is asked each time. The memory is the key's own: a key that its issuer has withdrawn takes it
//! along.
//!
//! A digest of both is kept and nothing of either: to find another message or signature with the same digest is
//! what the signature algorithms rely on that nobody can.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

/// How many are kept. Only who has a key can add to them; beyond that the memory starts again.
const MAX_KEPT: usize = 1_000;

/// The memory of one key.
#[derive(Default)]
pub(super) struct Verified(Mutex<HashSet<Digest>>);

type Digest = [u8; 32];

impl Verified {
    /// Whether `signature` is one of `message`: as remembered, or else as `verify` says.
    pub(super) fn or_verify(
        &self,
        message: &[u8],
        signature: &[u8],
        verify: impl FnOnce() -> bool,
    ) -> bool {
        let Some(digest) = digest_of(message, signature) else { return verify() };
        // What panics while it is held leaves it whole.
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept().contains(&digest) {
            return true;
        }
        let verifies = verify();
        if verifies {
            let mut kept = kept();
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(digest);
        }
        verifies
    }
}

/// Of both, and of where one ends: their lengths come first.
fn digest_of(message: &[u8], signature: &[u8]) -> Option<Digest> {
    let mut context = Context::new(&SHA256);
    context.update(&message.len().to_le_bytes());
    context.update(message);
    context.update(signature);
    context.finish().as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it had to be verified, and what came of it.
    fn ask(verified: &Verified, message: &str, signature: &str, is_good: bool) -> (bool, bool) {
        let mut asked = false;
        let verifies = verified.or_verify(message.as_bytes(), signature.as_bytes(), || {
            asked = true;
            is_good
        });
        (asked, verifies)
    }

    #[test]
    fn a_signature_is_verified_once() {
        let verified = Verified::default();
        assert_eq!(ask(&verified, "a.b", "s", true), (true, true));
        assert_eq!(ask(&verified, "a.b", "s", false), (false, true));
    }

    #[test]
    fn what_did_not_verify_is_not_kept() {
        let verified = Verified::default();
        assert_eq!(ask(&verified, "a.b", "s", false), (true, false));
        assert_eq!(ask(&verified, "a.b", "s", true), (true, true));
    }

    #[test]
    fn anything_else_is_verified_anew() {
        let verified = Verified::default();
        assert_eq!(ask(&verified, "a.b", "s", true), (true, true));
        for (message, signature) in
            [("a.bs", ""), ("a.", "bs"), ("a.b", "t"), ("a.c", "s"), ("", "a.bs"), ("a.b", "")]
        {
            assert_eq!(ask(&verified, message, signature, false), (true, false));
        }
    }

    #[test]
    fn the_memory_has_a_bound() {
        let verified = Verified::default();
        for index in 0..=MAX_KEPT {
            ask(&verified, &index.to_string(), "s", true);
            assert!(verified.0.lock().unwrap().len() <= MAX_KEPT);
        }
        assert_eq!(verified.0.lock().unwrap().len(), 1, "a full memory starts again");
        assert_eq!(ask(&verified, "0", "s", false), (true, false));
    }
}
