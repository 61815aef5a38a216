//! Verifying tokens: the text of a JWT, the issuer's keys, what is expected, and the time in;
//! claims out.
//!
//! A token goes one way. [`UnverifiedToken::parse`] takes a compact JWS apart and refuses what can
//! be refused without a key. What remains tells three things, each only to be looked up among what
//! is trusted: its issuer, key id and algorithm. [`KeySet`] has the issuer's keys.
//! [`UnverifiedToken::verify`] then compares issuer and algorithm, verifies the signature, and only
//! after that looks at the claims. It is the one source of [`Claims`].
//!
//! Every limit and rule is written where it is applied; RFC 8725, the best current practices for
//! JWTs, is the list they were taken from. `tests/corpus/token/` has an attack for each, and each
//! [`TokenError`] has an attack there.
//!
//! # Examples
//!
//! ```no_run
//! use std::time::SystemTime;
//!
//! use gatepost_core::token::{Claims, ExpectedToken, KeySet, TokenError, UnverifiedToken};
//!
//! fn verify(
//!     token: &str,
//!     keys: &KeySet,
//!     expected: &ExpectedToken,
//!     now: SystemTime,
//! ) -> Result<Claims, TokenError> {
//!     let token = UnverifiedToken::parse(token)?;
//!     let key = keys.key_for(&token)?;
//!     token.verify(key, expected, now)
//! }
//! ```

mod algorithm;
mod claims;
mod error;
mod expected;
mod header;
mod jws;
mod key;
mod key_set;
mod profile;
mod required_claim;
mod roca;
mod unverified;
mod verified;
#[cfg(test)]
mod wycheproof;

pub use algorithm::{Algorithm, AlgorithmError};
pub use claims::Claims;
pub use error::TokenError;
pub use expected::{ExpectedToken, ExpectedTokenError, Leeway, TokenUse, TokenUseError};
pub use key::{KeyFault, VerificationKey};
pub use key_set::{KeySet, KeySetError, SkippedKey};
pub use profile::{TokenProfile, TokenProfileError};
pub use required_claim::{ClaimValue, RequiredClaim, RequiredClaimError};
pub use unverified::UnverifiedToken;
