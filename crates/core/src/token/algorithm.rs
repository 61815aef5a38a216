//! The signature algorithms a token may be signed with.
//!
//! Only asymmetric ones exist here. A MAC algorithm has no name in this enum, so nothing can be
//! asked to verify one with a public key as its secret (RFC 8725 section 2.1).

use std::fmt;
use std::str::FromStr;

/// A JWS signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Algorithm {
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// `RS384`: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// `RS512`: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// `PS256`: RSASSA-PSS with SHA-256.
    Ps256,
    /// `PS384`: RSASSA-PSS with SHA-384.
    Ps384,
    /// `PS512`: RSASSA-PSS with SHA-512.
    Ps512,
    /// `ES256`: ECDSA on P-256 with SHA-256.
    Es256,
    /// `ES384`: ECDSA on P-384 with SHA-384.
    Es384,
    /// `EdDSA`: here always Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The registered name, as in a token's `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one kind of key that this algorithm works with.
    pub(super) fn key_kind(self) -> KeyKind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                KeyKind::Rsa
            }
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::EdDsa => KeyKind::Ed25519,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names are case-sensitive, as RFC 7515 section 4.1.1 has it.
impl FromStr for Algorithm {
    type Err = AlgorithmError;

    fn from_str(name: &str) -> Result<Self, AlgorithmError> {
        if let Some(algorithm) = Self::ALL.into_iter().find(|known| known.as_str() == name) {
            return Ok(algorithm);
        }
        // The refusals do look through other spellings, to call an attempt by its name.
        if name.eq_ignore_ascii_case("none") {
            return Err(AlgorithmError::None);
        }
        match name.get(..2) {
            Some(family) if family.eq_ignore_ascii_case("HS") => Err(AlgorithmError::Hmac),
            _ => Err(AlgorithmError::Unsupported),
        }
    }
}

/// Why a name is not that of an [`Algorithm`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlgorithmError {
    /// A symmetric algorithm, `HS256` or a relative: the verifier could sign tokens too.
    #[error("symmetric algorithms are not accepted")]
    Hmac,

    /// `none`, in any spelling: no signature at all.
    #[error("unsigned tokens are not accepted")]
    None,

    /// Any other name.
    #[error("unsupported algorithm")]
    Unsupported,
}

/// The kinds of key there are algorithms for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
    }

    #[test]
    fn what_is_not_accepted_is_called_by_its_name() {
        let cases = [
            ("none", AlgorithmError::None),
            ("nOnE", AlgorithmError::None),
            ("HS256", AlgorithmError::Hmac),
            ("hs1", AlgorithmError::Hmac),
            ("rs256", AlgorithmError::Unsupported),
            ("RS256 ", AlgorithmError::Unsupported),
            ("ES512", AlgorithmError::Unsupported),
            ("ES256K", AlgorithmError::Unsupported),
            ("RS1", AlgorithmError::Unsupported),
            ("H", AlgorithmError::Unsupported),
            ("\u{48}\u{fffd}", AlgorithmError::Unsupported),
            ("", AlgorithmError::Unsupported),
        ];
        for (name, want) in cases {
            assert_eq!(name.parse::<Algorithm>(), Err(want), "{name:?}");
        }
    }
}
