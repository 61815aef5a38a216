//! Why a token is refused: one variant, and one stable code, for each reason.

use super::UnverifiedToken;
use super::claims::MAX_SUBJECT_BYTES;
use super::header::MAX_KEY_ID_BYTES;

/// Why a token is refused.
///
/// No variant has a field, so that nothing a caller sent can reach a log by way of an error.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// The header asks for a symmetric algorithm, as a forger does who signs with the public key as
    /// the secret.
    #[error("the header asks for a symmetric algorithm")]
    AlgorithmHmac,

    /// `alg` is not a string.
    #[error("header member `alg` is not a string")]
    AlgorithmMalformed,

    /// `alg` is not the one algorithm of the key.
    #[error("header member `alg` is not the algorithm of the key")]
    AlgorithmMismatch,

    /// There is no `alg`.
    #[error("header member `alg` is missing")]
    AlgorithmMissing,

    /// `alg` is `none`: the token claims to need no signature.
    #[error("the header asks for no signature")]
    AlgorithmNone,

    /// `alg` is not among the algorithms accepted from this issuer.
    #[error("the algorithm is not accepted from this issuer")]
    AlgorithmNotAllowed,

    /// `alg` is no name of a supported algorithm.
    #[error("the algorithm is not supported")]
    AlgorithmUnsupported,

    /// `aud` is neither a string nor a list of strings.
    #[error("claim `aud` is neither a string nor a list of strings")]
    AudienceMalformed,

    /// `aud` does not name us, or an ID token names others too.
    #[error("claim `aud` names another audience")]
    AudienceMismatch,

    /// There is no `aud` (nor `client_id`, where that would do).
    #[error("claim `aud` is missing")]
    AudienceMissing,

    /// `client_id` is not a string, or is empty.
    #[error("claim `client_id` is not a string of 1 byte or more")]
    ClientIdMalformed,

    /// `client_id` is not one of ours.
    #[error("claim `client_id` names another client")]
    ClientIdMismatch,

    /// There is no `client_id`, in an access token that must be one of RFC 9068.
    #[error("claim `client_id` is missing")]
    ClientIdMissing,

    /// `zip` is present; it belongs to encryption.
    #[error("the header says the token is compressed")]
    Compressed,

    /// `crit` is present: the token needs an extension to be understood, and we have none.
    #[error("the header names critical extensions")]
    CriticalExtension,

    /// `jku`, `jwk`, `x5c` or `x5u` is present: the token brings the key to trust it by.
    #[error("the header brings a key or its address")]
    EmbeddedKey,

    /// `enc` is present: an encrypted token (JWE).
    #[error("the header says the token is encrypted")]
    Encrypted,

    /// `exp` is in the past.
    #[error("the token has expired")]
    Expired,

    /// `exp` is not a whole number of seconds up to the year 9999.
    #[error("claim `exp` is not a number of seconds up to the year 9999")]
    ExpiryMalformed,

    /// There is no `exp`.
    #[error("claim `exp` is missing")]
    ExpiryMissing,

    /// The groups claim is not a list of strings that are not empty.
    #[error("the groups claim is not a list of names")]
    GroupsMalformed,

    /// The first part is not strict base64url.
    #[error("the header is not strict base64url")]
    HeaderNotBase64url,

    /// The header is not JSON, or nested too deeply.
    #[error("the header is not JSON")]
    HeaderNotJson,

    /// The header is JSON of another kind.
    #[error("the header is not a JSON object")]
    HeaderNotObject,

    /// The header has two members of one name.
    #[error("the header has two members of one name")]
    HeaderRepeatsMember,

    /// `iat` is not a whole number of seconds up to the year 9999.
    #[error("claim `iat` is not a number of seconds up to the year 9999")]
    IssuedAtMalformed,

    /// There is no `iat`, in an access token that must be one of RFC 9068.
    #[error("claim `iat` is missing")]
    IssuedAtMissing,

    /// `iss` is not a string.
    #[error("claim `iss` is not a string")]
    IssuerMalformed,

    /// `iss` is not the expected issuer.
    #[error("claim `iss` is not the expected issuer")]
    IssuerMismatch,

    /// There is no `iss`.
    #[error("claim `iss` is missing")]
    IssuerMissing,

    /// `jti` is not a string, or is empty.
    #[error("claim `jti` is not a string of 1 byte or more")]
    JtiMalformed,

    /// There is no `jti`, in an access token that must be one of RFC 9068.
    #[error("claim `jti` is missing")]
    JtiMissing,

    /// `kid` is not a string of 1 to 256 bytes.
    #[error("header member `kid` is not a string of 1 to {} bytes", MAX_KEY_ID_BYTES)]
    KeyIdMalformed,

    /// `kid` is not the id of the key.
    #[error("header member `kid` is not the id of the key")]
    KeyIdMismatch,

    /// There is no `kid`.
    #[error("header member `kid` is missing")]
    KeyIdMissing,

    /// The issuer's key set has no usable key of this `kid`.
    #[error("no usable key of the issuer has the key id")]
    KeyUnknown,

    /// `nbf` is not a whole number of seconds up to the year 9999.
    #[error("claim `nbf` is not a number of seconds up to the year 9999")]
    NotBeforeMalformed,

    /// Not three parts with dots between them.
    #[error("the token has not three parts")]
    NotThreeParts,

    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,

    /// `origin_jti` is not a string, or is empty.
    #[error("claim `origin_jti` is not a string of 1 byte or more")]
    OriginJtiMalformed,

    /// The second part is not strict base64url.
    #[error("the payload is not strict base64url")]
    PayloadNotBase64url,

    /// The payload is not JSON, or nested too deeply.
    #[error("the payload is not JSON")]
    PayloadNotJson,

    /// The payload is JSON of another kind.
    #[error("the payload is not a JSON object")]
    PayloadNotObject,

    /// The payload has two members of one name, at any depth.
    #[error("the payload has two members of one name")]
    PayloadRepeatsMember,

    /// A claim that is required of this issuer has a value of another type.
    #[error("a required claim is not of the type it must be")]
    RequiredClaimMalformed,

    /// A claim that is required of this issuer has none of the values that will do.
    #[error("a required claim has another value")]
    RequiredClaimMismatch,

    /// A claim that is required of this issuer is not there.
    #[error("a required claim is missing")]
    RequiredClaimMissing,

    /// `scope` is not a string.
    #[error("claim `scope` is not a string")]
    ScopeMalformed,

    /// The third part is empty.
    #[error("the signature is empty")]
    SignatureEmpty,

    /// The signature is not one of the header and payload by the key.
    #[error("the signature does not verify")]
    SignatureInvalid,

    /// The third part is not strict base64url.
    #[error("the signature is not strict base64url")]
    SignatureNotBase64url,

    /// `sub` is not a string of 1 to 255 bytes without control characters.
    #[error(
        "claim `sub` is not a string of 1 to {} bytes without control characters",
        MAX_SUBJECT_BYTES
    )]
    SubjectMalformed,

    /// There is no `sub`.
    #[error("claim `sub` is missing")]
    SubjectMissing,

    /// The type in the header says access token, `token_use` says another.
    #[error("claim `token_use` contradicts header member `typ`")]
    TokenUseContradiction,

    /// `token_use` is not a string.
    #[error("claim `token_use` is not a string")]
    TokenUseMalformed,

    /// `token_use` is not among the uses that are accepted.
    #[error("the token is for another use")]
    TokenUseMismatch,

    /// Neither `token_use` nor the type in the header says what the token is for.
    #[error("nothing says what the token is for")]
    TokenUseMissing,

    /// Longer than [`UnverifiedToken::MAX_BYTES`].
    #[error("the token is over the limit of {} bytes", UnverifiedToken::MAX_BYTES)]
    TooLong,

    /// `typ` is not a string.
    #[error("header member `typ` is not a string")]
    TypeMalformed,

    /// `typ` is not `at+jwt`, in an access token that must be one of RFC 9068.
    #[error("header member `typ` is not `at+jwt`")]
    TypeNotAccessToken,

    /// `typ` is that of another kind of token.
    #[error("header member `typ` is that of another kind of token")]
    TypeUnsupported,

    /// `b64` is present (RFC 7797).
    #[error("the header says the payload is not encoded")]
    UnencodedPayload,

    /// `username` or `cognito:username` is not a string.
    #[error("claim `username` or `cognito:username` is not a string")]
    UsernameMalformed,
}

impl TokenError {
    /// Every reason, in the order of their names.
    pub const ALL: [Self; 63] = [
        Self::AlgorithmHmac,
        Self::AlgorithmMalformed,
        Self::AlgorithmMismatch,
        Self::AlgorithmMissing,
        Self::AlgorithmNone,
        Self::AlgorithmNotAllowed,
        Self::AlgorithmUnsupported,
        Self::AudienceMalformed,
        Self::AudienceMismatch,
        Self::AudienceMissing,
        Self::ClientIdMalformed,
        Self::ClientIdMismatch,
        Self::ClientIdMissing,
        Self::Compressed,
        Self::CriticalExtension,
        Self::EmbeddedKey,
        Self::Encrypted,
        Self::Expired,
        Self::ExpiryMalformed,
        Self::ExpiryMissing,
        Self::GroupsMalformed,
        Self::HeaderNotBase64url,
        Self::HeaderNotJson,
        Self::HeaderNotObject,
        Self::HeaderRepeatsMember,
        Self::IssuedAtMalformed,
        Self::IssuedAtMissing,
        Self::IssuerMalformed,
        Self::IssuerMismatch,
        Self::IssuerMissing,
        Self::JtiMalformed,
        Self::JtiMissing,
        Self::KeyIdMalformed,
        Self::KeyIdMismatch,
        Self::KeyIdMissing,
        Self::KeyUnknown,
        Self::NotBeforeMalformed,
        Self::NotThreeParts,
        Self::NotYetValid,
        Self::OriginJtiMalformed,
        Self::PayloadNotBase64url,
        Self::PayloadNotJson,
        Self::PayloadNotObject,
        Self::PayloadRepeatsMember,
        Self::RequiredClaimMalformed,
        Self::RequiredClaimMismatch,
        Self::RequiredClaimMissing,
        Self::ScopeMalformed,
        Self::SignatureEmpty,
        Self::SignatureInvalid,
        Self::SignatureNotBase64url,
        Self::SubjectMalformed,
        Self::SubjectMissing,
        Self::TokenUseContradiction,
        Self::TokenUseMalformed,
        Self::TokenUseMismatch,
        Self::TokenUseMissing,
        Self::TooLong,
        Self::TypeMalformed,
        Self::TypeNotAccessToken,
        Self::TypeUnsupported,
        Self::UnencodedPayload,
        Self::UsernameMalformed,
    ];

    /// The code of the reason in logs and metrics. Codes are stable.
    pub fn reason(self) -> &'static str {
        match self {
            Self::AlgorithmHmac => "algorithm_hmac",
            Self::AlgorithmMalformed => "algorithm_malformed",
            Self::AlgorithmMismatch => "algorithm_mismatch",
            Self::AlgorithmMissing => "algorithm_missing",
            Self::AlgorithmNone => "algorithm_none",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::AlgorithmUnsupported => "algorithm_unsupported",
            Self::AudienceMalformed => "audience_malformed",
            Self::AudienceMismatch => "audience_mismatch",
            Self::AudienceMissing => "audience_missing",
            Self::ClientIdMalformed => "client_id_malformed",
            Self::ClientIdMismatch => "client_id_mismatch",
            Self::ClientIdMissing => "client_id_missing",
            Self::Compressed => "compressed",
            Self::CriticalExtension => "critical_extension",
            Self::EmbeddedKey => "embedded_key",
            Self::Encrypted => "encrypted",
            Self::Expired => "expired",
            Self::ExpiryMalformed => "expiry_malformed",
            Self::ExpiryMissing => "expiry_missing",
            Self::GroupsMalformed => "groups_malformed",
            Self::HeaderNotBase64url => "header_not_base64url",
            Self::HeaderNotJson => "header_not_json",
            Self::HeaderNotObject => "header_not_object",
            Self::HeaderRepeatsMember => "header_repeats_member",
            Self::IssuedAtMalformed => "issued_at_malformed",
            Self::IssuedAtMissing => "issued_at_missing",
            Self::IssuerMalformed => "issuer_malformed",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::JtiMalformed => "jti_malformed",
            Self::JtiMissing => "jti_missing",
            Self::KeyIdMalformed => "key_id_malformed",
            Self::KeyIdMismatch => "key_id_mismatch",
            Self::KeyIdMissing => "key_id_missing",
            Self::KeyUnknown => "key_unknown",
            Self::NotBeforeMalformed => "not_before_malformed",
            Self::NotThreeParts => "not_three_parts",
            Self::NotYetValid => "not_yet_valid",
            Self::OriginJtiMalformed => "origin_jti_malformed",
            Self::PayloadNotBase64url => "payload_not_base64url",
            Self::PayloadNotJson => "payload_not_json",
            Self::PayloadNotObject => "payload_not_object",
            Self::PayloadRepeatsMember => "payload_repeats_member",
            Self::RequiredClaimMalformed => "required_claim_malformed",
            Self::RequiredClaimMismatch => "required_claim_mismatch",
            Self::RequiredClaimMissing => "required_claim_missing",
            Self::ScopeMalformed => "scope_malformed",
            Self::SignatureEmpty => "signature_empty",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureNotBase64url => "signature_not_base64url",
            Self::SubjectMalformed => "subject_malformed",
            Self::SubjectMissing => "subject_missing",
            Self::TokenUseContradiction => "token_use_contradiction",
            Self::TokenUseMalformed => "token_use_malformed",
            Self::TokenUseMismatch => "token_use_mismatch",
            Self::TokenUseMissing => "token_use_missing",
            Self::TooLong => "token_too_long",
            Self::TypeMalformed => "type_malformed",
            Self::TypeNotAccessToken => "type_not_access_token",
            Self::TypeUnsupported => "type_unsupported",
            Self::UnencodedPayload => "unencoded_payload",
            Self::UsernameMalformed => "username_malformed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_listed_once() {
        for (place, error) in TokenError::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, place, "{error:?}");
        }
        assert_eq!(TokenError::ALL.len(), TokenError::UsernameMalformed as usize + 1);
    }

    #[test]
    fn every_reason_has_its_own_code_in_snake_case() {
        let mut codes: Vec<_> = TokenError::ALL.into_iter().map(TokenError::reason).collect();
        for code in &codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TokenError::ALL.len());
    }
}
