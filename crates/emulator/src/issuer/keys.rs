//! The keys tokens are signed with.
//!
//! Like a Cognito user pool an issuer has two RSA keys: one signs access tokens, the other ID
//! tokens. They can live in a folder, so that tokens outlive a restart and another process mints
//! tokens that a running issuer accepts.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::CryptoError;

/// The two keys of an issuer.
#[derive(Debug)]
pub struct SigningKeys {
    pub(super) access: SigningKey,
    pub(super) id: SigningKey,
}

impl SigningKeys {
    /// New keys that are gone with the process.
    ///
    /// # Errors
    ///
    /// [`CryptoError`] when no key can be made.
    pub fn generate() -> Result<Self, CryptoError> {
        Ok(Self { access: SigningKey::generate()?, id: SigningKey::generate()? })
    }

    /// The keys kept in `folder`, which is made, and they in it, when they are not there.
    ///
    /// Files: `access-token-key.pk8` and `id-token-key.pk8`, PKCS#8 in DER, readable by their
    /// owner only. Two processes that start at once end up with the same keys. A folder made here
    /// gets a `.gitignore`, so that no key is committed.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] naming the file.
    pub fn open(folder: &Path) -> Result<Self, KeyFileError> {
        make_folder(folder)
            .map_err(|error| KeyFileError::Write { path: folder.to_owned(), error })?;
        Ok(Self {
            access: SigningKey::open(&folder.join("access-token-key.pk8"))?,
            id: SigningKey::open(&folder.join("id-token-key.pk8"))?,
        })
    }

    /// The members of the JWKS.
    pub(super) fn jwks(&self) -> [Value; 2] {
        [self.access.jwk(), self.id.jwk()]
    }
}

/// One RSA key of 2048 bits, which signs with RS256.
pub(super) struct SigningKey {
    kid: String,
    public: PublicKeyComponents<Vec<u8>>,
    pair: KeyPair,
}

impl SigningKey {
    fn generate() -> Result<Self, CryptoError> {
        Ok(Self::new(KeyPair::generate(KeySize::Rsa2048)?))
    }

    /// The key is named by its thumbprint ([RFC 7638]), so that every process that reads its file
    /// names it alike.
    ///
    /// [RFC 7638]: https://www.rfc-editor.org/rfc/rfc7638
    fn new(pair: KeyPair) -> Self {
        let public = PublicKeyComponents::from(pair.public_key());
        let members = format!(
            r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
            BASE64_URL_SAFE_NO_PAD.encode(&public.e),
            BASE64_URL_SAFE_NO_PAD.encode(&public.n),
        );
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()));
        Self { kid, public, pair }
    }

    fn open(path: &Path) -> Result<Self, KeyFileError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(KeyFileError::Read { path: path.to_owned(), error }),
        };
        let pair = KeyPair::from_pkcs8(&bytes)
            .map_err(|_| KeyFileError::NoKey { path: path.to_owned() })?;
        Ok(Self::new(pair))
    }

    /// A compact JWS ([RFC 7515]) of `claims`. Its header has `alg` and `kid` only, as Cognito's.
    ///
    /// [RFC 7515]: https://www.rfc-editor.org/rfc/rfc7515#section-3.1
    pub(super) fn sign(&self, claims: &Map<String, Value>) -> Result<String, CryptoError> {
        let header = json!({ "alg": "RS256", "kid": self.kid }).to_string();
        let payload = Value::Object(claims.clone()).to_string();
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            token.as_bytes(),
            &mut signature,
        )?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn jwk(&self) -> Value {
        json!({
            "alg": "RS256",
            "e": BASE64_URL_SAFE_NO_PAD.encode(&self.public.e),
            "kid": self.kid,
            "kty": "RSA",
            "n": BASE64_URL_SAFE_NO_PAD.encode(&self.public.n),
            "use": "sig",
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Why the keys of a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// No key can be made.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The file holds something else.
    #[error("`{}` is no RSA private key; delete it and a new one is made", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The file or folder cannot be made.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(".gitignore"), "*\n")
}

/// Writes a new key to `path` unless another process has just done so, and gives what is there.
fn create(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(CryptoError::from)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(CryptoError::from)?;
    let place = || -> io::Result<Vec<u8>> {
        // A temporary file is readable by its owner only, from the moment it exists.
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(der.as_ref())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(der.as_ref().to_vec()),
            Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => std::fs::read(path),
            Err(lost) => Err(lost.error),
        }
    };
    place().map_err(|error| KeyFileError::Write { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_folder_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = SigningKeys::open(&state).unwrap();
        let second = SigningKeys::open(&state).unwrap();
        assert_eq!(first.jwks(), second.jwks());
        assert_ne!(first.access.kid, first.id.kid);
        assert_eq!(std::fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn processes_that_start_at_once_agree_on_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        let opened: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| SigningKeys::open(folder.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().jwks()).collect()
        });
        assert!(opened.iter().all(|jwks| *jwks == opened[0]));
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        SigningKeys::open(folder.path()).unwrap();
        for name in ["access-token-key.pk8", "id-token-key.pk8"] {
            let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn file_that_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id-token-key.pk8");
        std::fs::write(&path, "no key").unwrap();
        let error = SigningKeys::open(folder.path()).unwrap_err();
        assert!(matches!(&error, KeyFileError::NoKey { path: named } if *named == path), "{error}");
    }
}
