//! The JOSE header of a token: which key it asks for, and nothing that would choose the key.
//!
//! Members that a verifier may ignore are ignored (RFC 7515 section 4). Refused are those that
//! change how the rest is to be read (`crit`, `b64`, `enc`, `zip`), and those that bring a key
//! (`jwk`, `x5c`) or an address to fetch one from (`jku`, `x5u`). Nothing here would ever use the
//! latter, and ignoring them would be as safe for us; but no token of an issuer whose keys are
//! configured needs them, the back end behind us reads the same header and may be less careful
//! (RFC 8725 section 3.10), and an attempt is worth its own reason in a log.

use crate::json::Json;

use super::jws::Members;
use super::{Algorithm, AlgorithmError, TokenError};

/// The longest key id, in bytes. RFC 7515 has no limit; those of real issuers have up to 64.
pub(super) const MAX_KEY_ID_BYTES: usize = 256;

/// What is needed of a header.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: String,
    pub(super) token_type: TokenType,
}

/// What the header says the token is: `typ`, RFC 7515 section 4.1.9.
///
/// `application/` may stand before it, and the case does not matter, as with any media type.
/// Other values than these are other kinds of token (`logout+jwt`, `dpop+jwt`, `secevent+jwt`)
/// and must not pass for one of ours: RFC 8725 sections 3.11 and 3.12.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TokenType {
    /// `at+jwt`: an access token, RFC 9068 section 2.1.
    AccessToken,
    /// `JWT` or nothing. Amazon Cognito writes no `typ`.
    Unspecified,
}

impl Header {
    pub(super) fn parse(encoded: &str) -> Result<Self, TokenError> {
        let mut members = Members::of_header(encoded)?;
        let algorithm = algorithm(&members)?;
        refuse_what_changes_the_reading(&members)?;
        let token_type = token_type(&members)?;
        let key_id = match members.take("kid") {
            None => return Err(TokenError::KeyIdMissing),
            Some(Json::String(id)) if (1..=MAX_KEY_ID_BYTES).contains(&id.len()) => id,
            Some(_) => return Err(TokenError::KeyIdMalformed),
        };
        Ok(Self { algorithm, key_id, token_type })
    }
}

fn algorithm(members: &Members) -> Result<Algorithm, TokenError> {
    let name =
        members.text("alg", TokenError::AlgorithmMalformed)?.ok_or(TokenError::AlgorithmMissing)?;
    name.parse().map_err(|error| match error {
        AlgorithmError::Hmac => TokenError::AlgorithmHmac,
        AlgorithmError::None => TokenError::AlgorithmNone,
        AlgorithmError::Unsupported => TokenError::AlgorithmUnsupported,
    })
}

fn refuse_what_changes_the_reading(members: &Members) -> Result<(), TokenError> {
    let refused = [
        ("crit", TokenError::CriticalExtension),
        ("b64", TokenError::UnencodedPayload),
        ("enc", TokenError::Encrypted),
        ("zip", TokenError::Compressed),
        ("jku", TokenError::EmbeddedKey),
        ("jwk", TokenError::EmbeddedKey),
        ("x5c", TokenError::EmbeddedKey),
        ("x5u", TokenError::EmbeddedKey),
    ];
    match refused.into_iter().find(|(name, _)| members.has(name)) {
        None => Ok(()),
        Some((_, reason)) => Err(reason),
    }
}

fn token_type(members: &Members) -> Result<TokenType, TokenError> {
    let Some(written) = members.text("typ", TokenError::TypeMalformed)? else {
        return Ok(TokenType::Unspecified);
    };
    let subtype = match written.split_once('/') {
        None => written,
        Some((kind, subtype)) if kind.eq_ignore_ascii_case("application") => subtype,
        Some(_) => return Err(TokenError::TypeUnsupported),
    };
    if subtype.eq_ignore_ascii_case("JWT") {
        Ok(TokenType::Unspecified)
    } else if subtype.eq_ignore_ascii_case("at+jwt") {
        Ok(TokenType::AccessToken)
    } else {
        Err(TokenError::TypeUnsupported)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn parse(text: &str) -> Result<Header, TokenError> {
        Header::parse(&URL_SAFE_NO_PAD.encode(text))
    }

    #[test]
    fn the_key_and_the_algorithm_are_read_and_strangers_ignored() {
        let header = parse(r#"{"kid":"k1","alg":"PS384","x5t":"aGk","cty":"x","nonce":[]}"#);
        let header = header.ok().unwrap();
        assert_eq!((header.algorithm, header.key_id.as_str()), (Algorithm::Ps384, "k1"));
        assert_eq!(header.token_type, TokenType::Unspecified);
    }

    #[test]
    fn types_are_media_types_and_only_two_are_ours() {
        use TokenType::{AccessToken, Unspecified};
        let cases = [
            ("JWT", Ok(Unspecified)),
            ("jwt", Ok(Unspecified)),
            ("application/jwt", Ok(Unspecified)),
            ("at+jwt", Ok(AccessToken)),
            ("AT+JWT", Ok(AccessToken)),
            ("Application/at+JWT", Ok(AccessToken)),
            ("", Err(TokenError::TypeUnsupported)),
            ("JOSE", Err(TokenError::TypeUnsupported)),
            ("JWT ", Err(TokenError::TypeUnsupported)),
            ("text/jwt", Err(TokenError::TypeUnsupported)),
            ("application/application/jwt", Err(TokenError::TypeUnsupported)),
            ("dpop+jwt", Err(TokenError::TypeUnsupported)),
        ];
        for (typ, want) in cases {
            let got = parse(&format!(r#"{{"alg":"RS256","kid":"k","typ":"{typ}"}}"#));
            assert_eq!(got.map(|header| header.token_type), want, "{typ:?}");
        }
    }

    #[test]
    fn key_ids_have_1_to_256_bytes() {
        for (length, fits) in [(0, false), (1, true), (256, true), (257, false)] {
            let kid = "k".repeat(length);
            let got = parse(&format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#));
            assert_eq!(
                got.map(|_| ()),
                if fits { Ok(()) } else { Err(TokenError::KeyIdMalformed) }
            );
        }
    }
}
