//! The keys that tokens are signed with. They are made when a test first asks for one, so that no
//! private key lies in the repository.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The keys the issuer publishes, where a case does not say otherwise, with the algorithm that
/// each is published for. Their names are their ids.
pub(crate) const PUBLISHED: [(&str, &str); 5] = [
    ("rsa", "RS256"),
    ("rsa-other", "RS256"),
    ("p256", "ES256"),
    ("p384", "ES384"),
    ("ed25519", "EdDSA"),
];

/// A pair of keys, by one of the names that corpus files use.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Which of its public forms a key is taken in for an HMAC secret.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PublicForm {
    Der,
    Jwk,
    Pem,
    Raw,
}

impl SigningKey {
    /// The key of this name, the same throughout a process.
    pub(crate) fn named(name: &str) -> &'static Self {
        static MADE: LazyLock<Mutex<HashMap<String, &'static SigningKey>>> =
            LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap();
        made.entry(name.to_owned()).or_insert_with(|| Box::leak(Box::new(Self::generate(name))))
    }

    fn generate(name: &str) -> Self {
        match name {
            "rsa" | "rsa-other" | "attacker-rsa" => {
                Self::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap())
            }
            "rsa-3072" => Self::Rsa(rsa::KeyPair::generate(KeySize::Rsa3072).unwrap()),
            "p256" | "attacker-p256" => Self::P256(
                EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ),
            "p384" => Self::P384(
                EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ),
            "ed25519" | "attacker-ed25519" => Self::Ed25519(Ed25519KeyPair::generate().unwrap()),
            _ => panic!("no key is named `{name}`"),
        }
    }

    /// Signs with a JWS algorithm that suits the key.
    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match (self, algorithm) {
            (Self::Rsa(key), _) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_SHA256,
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => panic!("{algorithm} is not for RSA"),
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
            (Self::P256(key), "ES256") | (Self::P384(key), "ES384") => {
                key.sign(&random, message).unwrap().as_ref().to_vec()
            }
            (Self::Ed25519(key), "EdDSA") => key.sign(message).as_ref().to_vec(),
            _ => panic!("{algorithm} is not for this key"),
        }
    }

    /// An HMAC with a public form of the key as its secret.
    pub(crate) fn confused_mac(
        &self,
        algorithm: &str,
        form: PublicForm,
        message: &[u8],
    ) -> Vec<u8> {
        let hash = match algorithm {
            "HS256" => hmac::HMAC_SHA256,
            "HS384" => hmac::HMAC_SHA384,
            "HS512" => hmac::HMAC_SHA512,
            _ => panic!("{algorithm} is no MAC"),
        };
        let secret = match form {
            PublicForm::Der => self.public_der(),
            PublicForm::Jwk => Value::Object(self.public_jwk()).to_string().into_bytes(),
            PublicForm::Pem => {
                let body = STANDARD.encode(self.public_der());
                let lines: Vec<&str> =
                    body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
                let lines = lines.join("\n");
                format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
                    .into_bytes()
            }
            PublicForm::Raw => self.public_octets(),
        };
        hmac::sign(&hmac::Key::new(hash, &secret), message).as_ref().to_vec()
    }

    /// The public key as a JWK without `kid`, `alg` or `use`.
    pub(crate) fn public_jwk(&self) -> Map<String, Value> {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let octets = self.public_octets();
        let jwk = match self {
            Self::Rsa(key) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({ "kty": "RSA", "n": text(&public.n), "e": text(&public.e) })
            }
            Self::P256(_) => {
                json!({ "kty": "EC", "crv": "P-256", "x": text(&octets[1..33]), "y": text(&octets[33..]) })
            }
            Self::P384(_) => {
                json!({ "kty": "EC", "crv": "P-384", "x": text(&octets[1..49]), "y": text(&octets[49..]) })
            }
            Self::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(&octets) }),
        };
        let Value::Object(jwk) = jwk else { panic!("a JWK is an object") };
        jwk
    }

    /// The modulus or the point.
    fn public_octets(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key()).n,
            Self::P256(key) | Self::P384(key) => key.public_key().as_ref().to_vec(),
            Self::Ed25519(key) => key.public_key().as_ref().to_vec(),
        }
    }

    fn public_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'static> = match self {
            Self::Rsa(key) => key.public_key().as_der().unwrap(),
            Self::P256(key) | Self::P384(key) => key.public_key().as_der().unwrap(),
            Self::Ed25519(key) => key.public_key().as_der().unwrap(),
        };
        der.as_ref().to_vec()
    }
}
