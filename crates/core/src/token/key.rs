//! One public key of an issuer, and the one algorithm it verifies.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents,
};

use crate::json::Json;

use super::algorithm::KeyKind;
use super::header::{Header, MAX_KEY_ID_BYTES};
use super::jws::decode;
use super::roca;
use super::verified::Verified;
use super::{Algorithm, TokenError};

/// A public key that signatures are verified with, under one id and by one algorithm.
#[derive(Clone)]
pub struct VerificationKey {
    kid: String,
    algorithm: Algorithm,
    // INVARIANT: parsed for `algorithm`, and verifies by no other.
    key: ParsedPublicKey,
    // INVARIANT: of this very key.
    verified: Arc<Verified>,
}

impl VerificationKey {
    /// Reads a JWK (RFC 7517). An RSA key without `alg` could serve six algorithms and gets
    /// `rsa_algorithm`; the other kinds of key leave no choice.
    pub(super) fn from_jwk(jwk: &Json, rsa_algorithm: Option<Algorithm>) -> Result<Self, KeyFault> {
        let kind = kind(jwk)?;
        refuse_other_purposes(jwk)?;
        let algorithm = algorithm(jwk, kind, rsa_algorithm)?;
        let kid = text(jwk, "kid")?.ok_or(KeyFault::NoKeyId)?;
        if !(1..=MAX_KEY_ID_BYTES).contains(&kid.len()) {
            return Err(KeyFault::Malformed { member: "kid" });
        }
        let key = match algorithm {
            Algorithm::Rs256 => rsa_key(jwk, &signature::RSA_PKCS1_2048_8192_SHA256)?,
            Algorithm::Rs384 => rsa_key(jwk, &signature::RSA_PKCS1_2048_8192_SHA384)?,
            Algorithm::Rs512 => rsa_key(jwk, &signature::RSA_PKCS1_2048_8192_SHA512)?,
            Algorithm::Ps256 => rsa_key(jwk, &signature::RSA_PSS_2048_8192_SHA256)?,
            Algorithm::Ps384 => rsa_key(jwk, &signature::RSA_PSS_2048_8192_SHA384)?,
            Algorithm::Ps512 => rsa_key(jwk, &signature::RSA_PSS_2048_8192_SHA512)?,
            Algorithm::Es256 => ec_key(jwk, &signature::ECDSA_P256_SHA256_FIXED, 32)?,
            Algorithm::Es384 => ec_key(jwk, &signature::ECDSA_P384_SHA384_FIXED, 48)?,
            Algorithm::EdDsa => ed25519_key(jwk)?,
        };
        Ok(Self { kid: kid.to_owned(), algorithm, key, verified: Arc::default() })
    }

    /// The id that tokens name the key by. 1 to 256 bytes.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm the key is used with (RFC 8725 section 3.1).
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies a signature over a JWS whose header is `header`: it must ask for this key, and for
    /// the key's algorithm.
    pub(super) fn verify(
        &self,
        header: &Header,
        signing_input: &str,
        signature: &[u8],
    ) -> Result<(), TokenError> {
        if header.key_id != self.kid {
            return Err(TokenError::KeyIdMismatch);
        }
        if header.algorithm != self.algorithm {
            return Err(TokenError::AlgorithmMismatch);
        }
        let message = signing_input.as_bytes();
        let verifies =
            self.verified.or_verify(message, signature, || self.verifies(message, signature));
        if verifies { Ok(()) } else { Err(TokenError::SignatureInvalid) }
    }

    /// Whether `signature` is one of `message` by this key and its algorithm.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Why a key of a set is not used.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum KeyFault {
    /// An RSA key has no `alg`, and the issuer's algorithms have not exactly one for RSA.
    #[error("`alg` is missing and the issuer's algorithms do not settle it")]
    AlgorithmAmbiguous,

    /// `alg` is for another kind of key.
    #[error("`alg` is for another kind of key")]
    AlgorithmMismatch,

    /// `alg` is no name of a supported algorithm.
    #[error("`alg` is not a supported algorithm")]
    AlgorithmUnsupported,

    /// `crv` is no supported curve.
    #[error("`crv` is not a supported curve")]
    CurveUnsupported,

    /// The exponent of an RSA key is even, 1, or longer than AWS-LC accepts.
    #[error("the exponent is not an odd number of 2 to {MAX_EXPONENT_BITS} bits")]
    ExponentUnusable,

    /// `kty` is missing or no supported kind of key.
    #[error("`kty` is not a supported kind of key")]
    KindUnsupported,

    /// A member is missing or is not what it must be.
    #[error("`{member}` is missing or malformed")]
    Malformed {
        /// The name of the member.
        member: &'static str,
    },

    /// The modulus of an RSA key is even, too small to be safe or too large to be quick.
    #[error("the modulus is not an odd number of {MIN_MODULUS_BITS} to {MAX_MODULUS_BITS} bits")]
    ModulusUnusable,

    /// There is no `kid`, so no token can name the key.
    #[error("`kid` is missing")]
    NoKeyId,

    /// The entry is not an object.
    #[error("not an object")]
    NotAnObject,

    /// `use` or `key_ops` says that the key is for something else, such as encryption.
    #[error("`use` or `key_ops` has another purpose than verifying signatures")]
    OtherPurpose,

    /// The coordinates of an elliptic key are not those of a point on its curve.
    #[error("the coordinates are not those of a point on the curve")]
    PointUnusable,

    /// The modulus of an RSA key can be factored (CVE-2017-15361).
    #[error("the modulus has the fingerprint of a faulty generator (CVE-2017-15361)")]
    Roca,

    /// An Ed25519 point for which anyone can make signatures.
    #[error("the point has a small order")]
    SmallOrder,
}

impl KeyFault {
    /// The code of the fault in logs. Codes are stable.
    pub fn reason(self) -> &'static str {
        match self {
            Self::AlgorithmAmbiguous => "algorithm_ambiguous",
            Self::AlgorithmMismatch => "algorithm_mismatch",
            Self::AlgorithmUnsupported => "algorithm_unsupported",
            Self::CurveUnsupported => "curve_unsupported",
            Self::ExponentUnusable => "exponent_unusable",
            Self::KindUnsupported => "kind_unsupported",
            Self::Malformed { .. } => "malformed",
            Self::ModulusUnusable => "modulus_unusable",
            Self::NoKeyId => "no_key_id",
            Self::NotAnObject => "not_an_object",
            Self::OtherPurpose => "other_purpose",
            Self::PointUnusable => "point_unusable",
            Self::Roca => "roca",
            Self::SmallOrder => "small_order",
        }
    }
}

/// RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used".
const MIN_MODULUS_BITS: usize = 2048;

/// The most that AWS-LC's `RSA_PKCS1_2048_8192_*` and `RSA_PSS_2048_8192_*` verify.
const MAX_MODULUS_BITS: usize = 8192;

/// The most that AWS-LC's `RSA_check_key` accepts.
const MAX_EXPONENT_BITS: usize = 33;

/// The points of Ed25519 whose order is 1, 2, 4 or 8, with the sign bit clear: five encodings, and
/// two of the same points that are not canonical, which AWS-LC does not take on every machine.
///
/// It does verify with the five. RFC 8725 section 3.4 asks to look at such inputs.
const SMALL_ORDER: [[u8; 32]; 7] = [
    octets_of(0x00, 0x00, 0x00),
    octets_of(0x01, 0x00, 0x00),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    octets_of(0xec, 0xff, 0x7f),
    octets_of(0xed, 0xff, 0x7f),
    octets_of(0xee, 0xff, 0x7f),
];

/// 32 octets, the middle 30 of one value.
const fn octets_of(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut octets = [middle; 32];
    octets[0] = first;
    octets[31] = last;
    octets
}

fn kind(jwk: &Json) -> Result<KeyKind, KeyFault> {
    if jwk.as_object().is_none() {
        return Err(KeyFault::NotAnObject);
    }
    let curve = || text(jwk, "crv")?.ok_or(KeyFault::Malformed { member: "crv" });
    match text(jwk, "kty")? {
        Some("RSA") => Ok(KeyKind::Rsa),
        Some("EC") => match curve()? {
            "P-256" => Ok(KeyKind::P256),
            "P-384" => Ok(KeyKind::P384),
            _ => Err(KeyFault::CurveUnsupported),
        },
        Some("OKP") => match curve()? {
            "Ed25519" => Ok(KeyKind::Ed25519),
            _ => Err(KeyFault::CurveUnsupported),
        },
        _ => Err(KeyFault::KindUnsupported),
    }
}

/// RFC 7517 sections 4.2 and 4.3. A key that says nothing is for anything.
fn refuse_other_purposes(jwk: &Json) -> Result<(), KeyFault> {
    let by_use = text(jwk, "use")?.is_none_or(|purpose| purpose == "sig");
    let by_operation = match jwk.get("key_ops") {
        None => true,
        Some(Json::Array(operations)) => {
            operations.iter().any(|one| one.as_str() == Some("verify"))
        }
        Some(_) => return Err(KeyFault::Malformed { member: "key_ops" }),
    };
    if by_use && by_operation { Ok(()) } else { Err(KeyFault::OtherPurpose) }
}

fn algorithm(
    jwk: &Json,
    kind: KeyKind,
    rsa_algorithm: Option<Algorithm>,
) -> Result<Algorithm, KeyFault> {
    let Some(name) = text(jwk, "alg")? else {
        return match kind {
            KeyKind::Rsa => rsa_algorithm.ok_or(KeyFault::AlgorithmAmbiguous),
            KeyKind::P256 => Ok(Algorithm::Es256),
            KeyKind::P384 => Ok(Algorithm::Es384),
            KeyKind::Ed25519 => Ok(Algorithm::EdDsa),
        };
    };
    let algorithm: Algorithm = name.parse().map_err(|_| KeyFault::AlgorithmUnsupported)?;
    if algorithm.key_kind() == kind { Ok(algorithm) } else { Err(KeyFault::AlgorithmMismatch) }
}

/// RFC 7518 section 6.3.1.
fn rsa_key(jwk: &Json, algorithm: &'static RsaParameters) -> Result<ParsedPublicKey, KeyFault> {
    let modulus = unsigned(jwk, "n")?;
    if !is_odd(&modulus) || !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits(&modulus)) {
        return Err(KeyFault::ModulusUnusable);
    }
    if roca::has_fingerprint(&modulus) {
        return Err(KeyFault::Roca);
    }
    let exponent = unsigned(jwk, "e")?;
    if !is_odd(&exponent) || !(2..=MAX_EXPONENT_BITS).contains(&bits(&exponent)) {
        return Err(KeyFault::ExponentUnusable);
    }
    RsaPublicKeyComponents { n: modulus, e: exponent }
        .to_parsed_public_key(algorithm)
        .map_err(|_| KeyFault::ModulusUnusable)
}

/// RFC 7518 section 6.2.1. That the point is on its curve is for AWS-LC to see.
fn ec_key(
    jwk: &Json,
    algorithm: &'static EcdsaVerificationAlgorithm,
    coordinate_bytes: usize,
) -> Result<ParsedPublicKey, KeyFault> {
    let mut point = vec![0x04];
    for member in ["x", "y"] {
        let coordinate = octets(jwk, member)?;
        if coordinate.len() != coordinate_bytes {
            return Err(KeyFault::Malformed { member });
        }
        point.extend(coordinate);
    }
    ParsedPublicKey::new(algorithm, point).map_err(|_| KeyFault::PointUnusable)
}

/// RFC 8037 section 2.
fn ed25519_key(jwk: &Json) -> Result<ParsedPublicKey, KeyFault> {
    let point: [u8; 32] =
        octets(jwk, "x")?.try_into().map_err(|_| KeyFault::Malformed { member: "x" })?;
    let mut without_sign = point;
    if let Some(last) = without_sign.last_mut() {
        *last &= 0x7f;
    }
    if SMALL_ORDER.contains(&without_sign) {
        return Err(KeyFault::SmallOrder);
    }
    ParsedPublicKey::new(&signature::ED25519, point).map_err(|_| KeyFault::PointUnusable)
}

/// A positive number, big endian. Octets of zero in front, which RFC 7518 section 2 forbids and
/// section 6.3.1.1 says some write all the same, are dropped: they change nothing.
fn unsigned(jwk: &Json, member: &'static str) -> Result<Vec<u8>, KeyFault> {
    let mut number = octets(jwk, member)?;
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.drain(..zeros);
    if number.is_empty() { Err(KeyFault::Malformed { member }) } else { Ok(number) }
}

fn octets(jwk: &Json, member: &'static str) -> Result<Vec<u8>, KeyFault> {
    text(jwk, member)?.and_then(decode).ok_or(KeyFault::Malformed { member })
}

fn text<'a>(jwk: &'a Json, member: &'static str) -> Result<Option<&'a str>, KeyFault> {
    match jwk.get(member) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyFault::Malformed { member }),
    }
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last & 1 == 1)
}

/// The length of a big-endian number without zeros in front.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn key(jwk: &str) -> Result<VerificationKey, KeyFault> {
        VerificationKey::from_jwk(&Json::parse(jwk.as_bytes()).unwrap(), None)
    }

    /// Public keys and signatures as printed in RFC 7515 A.2 and A.3 and in RFC 8037 A.4.
    const PUBLISHED: [(&str, &str, &str); 3] = [
        (
            r#"{"kty":"RSA","alg":"RS256","kid":"A.2","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#,
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
        (
            r#"{"kty":"EC","crv":"P-256","kid":"A.3","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","kid":"A.4","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];

    #[test]
    fn published_signatures_verify_and_their_changed_likes_do_not() {
        for (jwk, message, signature) in PUBLISHED {
            let key = key(jwk).unwrap();
            let signature = decode(signature).unwrap();
            assert!(key.verifies(message.as_bytes(), &signature), "{key:?}");
            assert!(!key.verifies(b"another message", &signature), "{key:?}");
            for place in 0..signature.len() {
                let mut changed = signature.clone();
                changed[place] ^= 1;
                assert!(!key.verifies(message.as_bytes(), &changed), "{key:?}, octet {place}");
            }
        }
    }

    #[test]
    fn a_modulus_is_measured_without_zeros_in_front() {
        let rsa = |modulus: &[u8]| {
            let n = URL_SAFE_NO_PAD.encode(modulus);
            key(&format!(r#"{{"kty":"RSA","alg":"RS256","kid":"k","e":"AQAB","n":"{n}"}}"#))
        };
        let sized = |first: u8, bytes: usize| [&[first][..], &vec![0xff; bytes - 1]].concat();
        assert!(rsa(&sized(0x80, 256)).is_ok());
        assert!(rsa(&[&[0, 0][..], &sized(0x80, 256)].concat()).is_ok());
        assert!(rsa(&sized(0xff, 1024)).is_ok());
        let mut even = sized(0x80, 256);
        even[255] = 0xfe;
        for modulus in [sized(0x7f, 256), sized(0x00, 256), sized(0x01, 1025), even] {
            assert_eq!(rsa(&modulus).err(), Some(KeyFault::ModulusUnusable));
        }
        assert_eq!(rsa(&[0; 256]).err(), Some(KeyFault::Malformed { member: "n" }));
    }

    #[test]
    fn an_exponent_is_odd_and_of_2_to_33_bits() {
        let n = URL_SAFE_NO_PAD.encode([0xff; 256]);
        let rsa = |exponent: &[u8]| {
            let e = URL_SAFE_NO_PAD.encode(exponent);
            key(&format!(r#"{{"kty":"RSA","alg":"RS256","kid":"k","e":"{e}","n":"{n}"}}"#)).err()
        };
        for exponent in [&[3][..], &[1, 0, 1], &[1, 0xff, 0xff, 0xff, 0xff]] {
            assert_eq!(rsa(exponent), None, "{exponent:?}");
        }
        for exponent in [&[1][..], &[2], &[0, 1], &[1, 0, 0], &[2, 0, 0, 0, 1]] {
            assert_eq!(rsa(exponent), Some(KeyFault::ExponentUnusable), "{exponent:?}");
        }
    }

    /// With `R` the neutral point and `S` zero, the equation of RFC 8032 section 5.1.7 holds for
    /// one message in eight at least.
    #[test]
    fn anyone_could_sign_for_the_points_that_are_refused() {
        let mut forgery = vec![0; 64];
        forgery[0] = 1;
        let (canonical, _) = SMALL_ORDER.split_at(5);
        for point in canonical {
            let key = VerificationKey {
                kid: "weak".to_owned(),
                algorithm: Algorithm::EdDsa,
                key: ParsedPublicKey::new(&signature::ED25519, point).unwrap(),
                verified: Arc::default(),
            };
            assert!((0..=255).any(|message| key.verifies(&[message], &forgery)), "{point:x?}");
        }
    }

    #[test]
    fn points_of_small_order_are_refused_with_either_sign() {
        for mut point in SMALL_ORDER {
            for sign in [0x00, 0x80] {
                point[31] ^= sign;
                let x = URL_SAFE_NO_PAD.encode(point);
                let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"weak","x":"{x}"}}"#);
                assert_eq!(key(&jwk).err(), Some(KeyFault::SmallOrder), "{point:x?}");
            }
        }
    }

    #[test]
    fn a_point_that_is_not_on_its_curve_is_no_key() {
        let off = PUBLISHED[1].0.replace("x_FEzRu9", "x_FEzRu8");
        assert_eq!(key(&off).err(), Some(KeyFault::PointUnusable));
    }
}
