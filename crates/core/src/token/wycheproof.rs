//! Project Wycheproof's test vectors: every one for an algorithm we have, through our reading of
//! keys and our verification.
//!
//! Its signatures are over bare messages and not over claims, so that
//! [`UnverifiedToken`](super::UnverifiedToken) would refuse them all for their payload; what
//! follows is its way up to there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use wycheproof_ng_ecdsa::TestName as Ecdsa;
use wycheproof_ng_eddsa::TestName as Eddsa;
use wycheproof_ng_kdf_jose::json_web::TestName as Jose;
use wycheproof_ng_rsa_signature::rsa_pkcs1_verify::TestName as Pkcs1;
use wycheproof_ng_rsa_signature::rsa_pss_verify::TestName as Pss;

use super::header::Header;
use super::jws::{CompactJws, decode};
use super::{Algorithm, KeySet};

/// The members that we need of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    /// Of raw signatures.
    public_key: Option<Value>,
    sha: Option<String>,
    mgf_sha: Option<String>,
    #[serde(rename = "sLen")]
    salt_bytes: Option<u64>,
    /// Of JWS: a JWK or a JWK Set, without its public part where it is symmetric.
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    comment: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    sig: String,
    jws: Option<Value>,
    result: Outcome,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// Some verifiers accept these; we do not.
    Acceptable,
    Invalid,
    Valid,
}

impl File {
    fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }
}

/// Valid JWS that we refuse, all of them, with the rule that is stricter.
const STRICTER: [(&str, &[u32], &str); 4] = [
    ("signature", &[1, 348, 352, 357, 358, 359, 372, 373, 376, 377], "no symmetric algorithms"),
    ("signature", &[346, 350], "a key has one algorithm: this one is for PS256, the JWS has PS384"),
    ("signature", &[347, 351], "no ES512"),
    ("key", &[2, 13, 14, 15], "no symmetric algorithms"),
];

#[test]
fn jws_and_jwk_vectors_are_decided_as_they_say_or_more_strictly() {
    for (name, file, count) in
        [("signature", Jose::JsonWebSignature, 401), ("key", Jose::JsonWebKey, 26)]
    {
        let mut counted = 0;
        for group in File::parse(file.json_data()).test_groups {
            let keys = key_set(group.public.or(group.private).unwrap());
            for vector in group.tests {
                let jws = vector.jws.unwrap();
                let jws = jws.as_str().map_or_else(|| jws.to_string(), str::to_owned);
                let stricter = STRICTER
                    .into_iter()
                    .any(|(file, ids, _)| file == name && ids.contains(&vector.tc_id));
                assert!(!stricter || vector.result == Outcome::Valid, "{name} {}", vector.tc_id);
                let want = vector.result == Outcome::Valid && !stricter;
                let got = keys.as_ref().is_some_and(|keys| jws_verifies(&jws, keys));
                assert_eq!(got, want, "{name} {}: {}", vector.tc_id, vector.comment);
                counted += 1;
            }
        }
        assert_eq!(counted, count, "{name}");
    }
}

/// One key, or a set of them.
fn key_set(jwk: Value) -> Option<KeySet> {
    let set = if jwk.get("keys").is_some() { jwk } else { json!({ "keys": [jwk] }) };
    KeySet::parse(set.to_string().as_bytes()).ok()
}

fn jws_verifies(jws: &str, keys: &KeySet) -> bool {
    let verify = || {
        let jws = CompactJws::parse(jws).ok()?;
        let header = Header::parse(jws.header).ok()?;
        decode(jws.payload)?;
        let signature = decode(jws.signature)?;
        let key = keys.get(&header.key_id)?;
        key.verify(&header, jws.signing_input, &signature).ok()
    };
    verify().is_some()
}

#[test]
fn ecdsa_vectors_are_decided_as_they_say() {
    decide(Ecdsa::EcdsaSecp256r1Sha256P1363.json_data(), "ES256", [173, 89]);
    decide(Ecdsa::EcdsaSecp384r1Sha384P1363.json_data(), "ES384", [193, 87]);
}

#[test]
fn ed25519_vectors_are_decided_as_they_say() {
    decide(Eddsa::Ed25519.json_data(), "EdDSA", [88, 63]);
}

#[test]
fn rsa_pkcs1_vectors_are_decided_as_they_say() {
    for (file, algorithm, count) in [
        (Pkcs1::Rsa2048Sha256, "RS256", [9, 250]),
        (Pkcs1::Rsa3072Sha256, "RS256", [8, 251]),
        (Pkcs1::Rsa4096Sha256, "RS256", [7, 251]),
        (Pkcs1::Rsa8192Sha256, "RS256", [7, 251]),
        (Pkcs1::Rsa2048Sha384, "RS384", [7, 251]),
        (Pkcs1::Rsa3072Sha384, "RS384", [7, 252]),
        (Pkcs1::Rsa4096Sha384, "RS384", [7, 252]),
        (Pkcs1::Rsa8192Sha384, "RS384", [7, 252]),
        (Pkcs1::Rsa2048Sha512, "RS512", [8, 251]),
        (Pkcs1::Rsa3072Sha512, "RS512", [8, 252]),
        (Pkcs1::Rsa4096Sha512, "RS512", [7, 252]),
        (Pkcs1::Rsa8192Sha512, "RS512", [7, 252]),
        // Other digests.
        (Pkcs1::Rsa2048Sha224, "RS256", [0, 7]),
        (Pkcs1::Rsa2048Sha512_256, "RS256", [0, 7]),
        (Pkcs1::Rsa2048Sha3_256, "RS256", [0, 7]),
    ] {
        decide(file.json_data(), algorithm, count);
    }
}

#[test]
fn rsa_pss_vectors_are_decided_as_they_say_and_have_our_parameters() {
    for (file, algorithm, count) in [
        (Pss::RsaPss2048Sha256Mgf1SaltLen32, "PS256", [63, 45]),
        (Pss::RsaPss3072Sha256Mgf1SaltLen32, "PS256", [63, 45]),
        (Pss::RsaPss4096Sha256Mgf1SaltLen32, "PS256", [63, 45]),
        (Pss::RsaPss2048Sha384Mgf1SaltLen48, "PS384", [95, 46]),
        (Pss::RsaPss4096Sha384Mgf1SaltLen48, "PS384", [95, 46]),
        (Pss::RsaPss4096Sha512Mgf1SaltLen64, "PS512", [132, 47]),
        // Other salts and digests; the last one has six salts for each pair of digests.
        (Pss::RsaPss2048Sha256Mgf1SaltLen0, "PS256", [0, 61]),
        (Pss::RsaPss2048Sha256Mgf1Sha1_20, "PS256", [0, 63]),
        (Pss::RsaPss4096Sha512Mgf1SaltLen32, "PS512", [0, 132]),
        (Pss::RsaPssmisc, "PS256", [1, 149]),
        (Pss::RsaPssmisc, "PS384", [1, 149]),
        (Pss::RsaPssmisc, "PS512", [1, 149]),
    ] {
        decide(file.json_data(), algorithm, count);
    }
}

/// Puts every signature of a file to its key. Accepted must be those that are valid and made with
/// the digests and the salt that the algorithm has, and no other: `count` of them and of the rest.
/// What is invalid for other digests or another salt is left out: it may well have ours.
fn decide(file: &str, algorithm: &str, count: [usize; 2]) {
    let algorithm: Algorithm = algorithm.parse().unwrap();
    let mut counted = [0, 0];
    for group in File::parse(file).test_groups {
        let ours = group.is_for(algorithm);
        let keys = key_set(jwk(group.public_key.as_ref().unwrap(), algorithm)).unwrap();
        let key = keys.get("k").unwrap();
        for vector in group.tests {
            if !ours && vector.result != Outcome::Valid {
                continue;
            }
            let want = ours && vector.result == Outcome::Valid;
            let got = key.verifies(&unhex(&vector.msg), &unhex(&vector.sig));
            assert_eq!(got, want, "{algorithm} {}: {}", vector.tc_id, vector.comment);
            counted[usize::from(!want)] += 1;
        }
    }
    assert_eq!(counted, count, "{algorithm}");
}

impl Group {
    fn is_for(&self, algorithm: Algorithm) -> bool {
        let (digest, salt_bytes) = match algorithm {
            Algorithm::EdDsa => return true,
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => ("SHA-256", 32),
            Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => ("SHA-384", 48),
            Algorithm::Rs512 | Algorithm::Ps512 => ("SHA-512", 64),
        };
        self.sha.as_deref() == Some(digest)
            && self.mgf_sha.as_deref().is_none_or(|mgf| mgf == digest)
            && self.salt_bytes.is_none_or(|bytes| bytes == salt_bytes)
    }
}

/// Wycheproof has JWKs for some keys only, so all are written from their numbers.
fn jwk(key: &Value, algorithm: Algorithm) -> Value {
    let octets = |name: &str| unhex(key[name].as_str().unwrap());
    let text = |octets: Vec<u8>| URL_SAFE_NO_PAD.encode(octets);
    let coordinate = |name, length| {
        let octets = octets(name);
        let number: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
        text([vec![0; length - number.len()], number].concat())
    };
    let mut jwk = match algorithm {
        Algorithm::EdDsa => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(octets("pk")) }),
        Algorithm::Es256 => json!({
            "kty": "EC", "crv": "P-256", "x": coordinate("wx", 32), "y": coordinate("wy", 32)
        }),
        Algorithm::Es384 => json!({
            "kty": "EC", "crv": "P-384", "x": coordinate("wx", 48), "y": coordinate("wy", 48)
        }),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => json!({
            "kty": "RSA", "n": text(octets("modulus")), "e": text(octets("publicExponent"))
        }),
    };
    jwk["kid"] = json!("k");
    jwk["alg"] = json!(algorithm.as_str());
    jwk
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
