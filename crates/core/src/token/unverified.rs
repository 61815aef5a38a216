//! A token as it came, and the one way from it to claims.

use std::fmt;
use std::time::SystemTime;

use crate::json::Json;

use super::header::Header;
use super::jws::{CompactJws, Members, decode};
use super::{Algorithm, Claims, ExpectedToken, TokenError, VerificationKey};

/// A well-formed token that nobody has verified.
///
/// It tells only what is needed to find the key to verify it with. In particular it does not tell
/// its claims:
///
/// ```compile_fail,E0599
/// # use gatepost_core::token::{TokenError, UnverifiedToken};
/// let subject = UnverifiedToken::parse("e30.e30.e30")?.sub();
/// # Ok::<(), TokenError>(())
/// ```
pub struct UnverifiedToken<'a> {
    signing_input: &'a str,
    signature: Vec<u8>,
    header: Header,
    issuer: String,
    // Kept from the one reading that `iss` takes; nothing else looks into them before the
    // signature has been verified.
    claims: Members,
}

impl<'a> UnverifiedToken<'a> {
    /// The longest token, in bytes: what Amazon API Gateway takes as all headers of a request
    /// together. Longer ones are refused before anything is decoded.
    ///
    /// Source: [Amazon API Gateway quotas][quotas].
    ///
    /// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    pub const MAX_BYTES: usize = 10_240;

    /// Reads a compact JWS (RFC 7515 section 7.1) whose payload is a claims set with an issuer.
    ///
    /// The header and the payload are JSON objects without repeated members, nested at most 127
    /// levels deep.
    ///
    /// # Errors
    ///
    /// For any fault that can be seen without a key.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        let jws = CompactJws::parse(token)?;
        let header = Header::parse(jws.header)?;
        let mut claims = Members::of_payload(jws.payload)?;
        let issuer = match claims.take("iss") {
            None => return Err(TokenError::IssuerMissing),
            Some(Json::String(issuer)) => issuer,
            Some(_) => return Err(TokenError::IssuerMalformed),
        };
        if jws.signature.is_empty() {
            return Err(TokenError::SignatureEmpty);
        }
        let signature = decode(jws.signature).ok_or(TokenError::SignatureNotBase64url)?;
        Ok(Self { signing_input: jws.signing_input, signature, header, issuer, claims })
    }

    /// Who the token says issued it. Only to be looked up among the issuers that are trusted.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The id of the key the token asks to be verified with. Only to be looked up among the
    /// issuer's keys. 1 to 256 bytes.
    pub fn kid(&self) -> &str {
        &self.header.key_id
    }

    /// The algorithm the token says it is signed with. The one it is verified with is the key's.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Verifies the token by a key of the expected issuer, at the time `now`.
    ///
    /// The algorithm is the key's. The token must name the same, and it must be among those that
    /// are expected. The claims are not looked at until the signature has been verified; what is
    /// then asked of them is said at [`Claims`].
    ///
    /// # Errors
    ///
    /// When anything is not as expected. Then there are no claims.
    pub fn verify(
        self,
        key: &VerificationKey,
        expected: &ExpectedToken,
        now: SystemTime,
    ) -> Result<Claims, TokenError> {
        if self.issuer != expected.issuer() {
            return Err(TokenError::IssuerMismatch);
        }
        if !expected.algorithms().contains(&self.header.algorithm) {
            return Err(TokenError::AlgorithmNotAllowed);
        }
        key.verify(&self.header, self.signing_input, &self.signature)?;
        Claims::read(self.issuer, self.claims, self.header.token_type, expected, now)
    }
}

/// A token is a credential, so nothing of it is shown.
impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::super::KeySet;
    use super::*;

    fn token(header: &str, payload: &str, signature: &str) -> String {
        [header, payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    #[test]
    fn a_token_tells_what_its_key_is_found_by_and_shows_nothing() {
        let text = token(r#"{"alg":"ES256","kid":"k1"}"#, r#"{"sub":"x","iss":"i"}"#, "s");
        let token = UnverifiedToken::parse(&text).unwrap();
        assert_eq!((token.issuer(), token.kid(), token.algorithm()), ("i", "k1", Algorithm::Es256));
        assert_eq!(format!("{token:?}"), "UnverifiedToken { .. }");
    }

    #[test]
    fn an_issuer_is_a_text() {
        for (payload, want) in [
            ("{}", TokenError::IssuerMissing),
            (r#"{"iss":null}"#, TokenError::IssuerMalformed),
            (r#"{"iss":["i"]}"#, TokenError::IssuerMalformed),
        ] {
            let text = token(r#"{"alg":"RS256","kid":"k"}"#, payload, "s");
            assert_eq!(UnverifiedToken::parse(&text).err(), Some(want), "{payload}");
        }
    }

    #[test]
    fn a_key_of_another_id_is_not_tried() {
        let key = r#"{"kty":"OKP","crv":"Ed25519","kid":"other","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let keys = KeySet::parse(format!(r#"{{"keys":[{key}]}}"#).as_bytes()).unwrap();
        let expected = ExpectedToken::new("i", ["client"]).unwrap();
        let expected = expected.with_algorithms([Algorithm::EdDsa]).unwrap();
        let text = token(r#"{"alg":"EdDSA","kid":"k"}"#, r#"{"iss":"i"}"#, "s");
        let token = UnverifiedToken::parse(&text).unwrap();
        let got = token.verify(keys.get("other").unwrap(), &expected, SystemTime::UNIX_EPOCH);
        assert_eq!(got.err(), Some(TokenError::KeyIdMismatch));
    }
}
