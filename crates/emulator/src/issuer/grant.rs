//! Authorization codes and refresh tokens: who may have tokens, and how often.
//!
//! A code is good for five minutes and one use; its second use ends what its first has given
//! ([RFC 6749], section 4.1.2). A refresh token is replaced with each use. One that has been
//! replaced already is in two hands: its family, all that came from one sign-in, ends at once
//! ([RFC 9700], section 4.14.2).
//!
//! [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//! [RFC 9700]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::expiring::Expiring;
use super::token::SignIn;
use super::{CryptoError, random};

const CODE_LIFETIME: Duration = Duration::from_mins(5);
/// From sign-in to the last refresh; Cognito's default.
const FAMILY_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// Every code and refresh token that is out. Nothing here implements `Debug`: it is all secret.
pub(super) struct Grants {
    codes: Expiring<Code, 1_000>,
    families: Expiring<Family, 10_000>,
}

/// What a user has granted a client by signing in.
#[derive(Clone)]
pub(super) struct Authorization {
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) sign_in: SignIn,
}

/// What ties a code to the request it answers.
pub(super) struct CodeBinding {
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
}

/// What a client presents with a code.
#[derive(Clone, Copy)]
pub(super) struct Redemption<'a> {
    pub(super) code: &'a str,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) code_verifier: &'a str,
}

/// An authorization, and the refresh token that keeps it up.
pub(super) struct Granted {
    pub(super) authorization: Authorization,
    pub(super) refresh_token: String,
}

enum Code {
    Fresh(Box<(Authorization, CodeBinding)>),
    // INVARIANT: `family` is the name of the family that the code has started, if it has.
    Spent { family: Option<String> },
}

/// The refresh tokens of one sign-in, of which only the newest is good.
///
/// Its text is `{name of the family}.{newest}`: an old one still finds its family.
struct Family {
    authorization: Authorization,
    newest: String,
}

impl Default for Grants {
    fn default() -> Self {
        Self { codes: Expiring::new(CODE_LIFETIME), families: Expiring::new(FAMILY_LIFETIME) }
    }
}

impl Grants {
    /// A code for what the user has granted.
    pub(super) fn issue_code(
        &mut self,
        authorization: Authorization,
        binding: CodeBinding,
        now: SystemTime,
    ) -> Result<String, CryptoError> {
        self.codes.insert(Code::Fresh(Box::new((authorization, binding))), now)
    }

    /// Takes a code in. Whatever comes of it, the code is spent.
    pub(super) fn redeem(
        &mut self,
        presented: Redemption<'_>,
        now: SystemTime,
    ) -> Result<Granted, GrantError> {
        let code = self.codes.get_mut(presented.code, now).ok_or(GrantError::UnknownCode)?;
        let (authorization, binding) = match std::mem::replace(code, Code::Spent { family: None }) {
            Code::Fresh(pending) => *pending,
            Code::Spent { family } => {
                if let Some(family) = family {
                    self.families.remove(&family);
                }
                return Err(GrantError::ReplayedCode);
            }
        };
        if authorization.client_id != presented.client_id {
            return Err(GrantError::OtherClient);
        }
        if binding.redirect_uri != presented.redirect_uri {
            return Err(GrantError::OtherRedirectUri);
        }
        if code_challenge(presented.code_verifier) != binding.code_challenge {
            return Err(GrantError::WrongVerifier);
        }
        let newest = random::secret()?;
        let family = Family { authorization: authorization.clone(), newest: newest.clone() };
        let name = self.families.insert(family, now)?;
        let refresh_token = format!("{name}.{newest}");
        *code = Code::Spent { family: Some(name) };
        Ok(Granted { authorization, refresh_token })
    }

    /// Replaces a refresh token.
    pub(super) fn refresh(
        &mut self,
        refresh_token: &str,
        client_id: &str,
        now: SystemTime,
    ) -> Result<Granted, GrantError> {
        let (name, presented) =
            refresh_token.split_once('.').ok_or(GrantError::UnknownRefreshToken)?;
        let family = self.families.get_mut(name, now).ok_or(GrantError::UnknownRefreshToken)?;
        if family.authorization.client_id != client_id {
            return Err(GrantError::OtherClient);
        }
        if verify_slices_are_equal(family.newest.as_bytes(), presented.as_bytes()).is_err() {
            self.families.remove(name);
            return Err(GrantError::ReplayedRefreshToken);
        }
        family.newest = random::secret()?;
        Ok(Granted {
            authorization: family.authorization.clone(),
            refresh_token: format!("{name}.{}", family.newest),
        })
    }

    /// Ends the family of a refresh token, old or new, if the client has it ([RFC 7009]).
    ///
    /// [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009#section-2.1
    pub(super) fn revoke(&mut self, refresh_token: &str, client_id: &str, now: SystemTime) {
        let (name, _) = refresh_token.split_once('.').unwrap_or((refresh_token, ""));
        let is_its_own = self
            .families
            .get_mut(name, now)
            .is_some_and(|family| family.authorization.client_id == client_id);
        if is_its_own {
            self.families.remove(name);
        }
    }
}

/// The S256 challenge of a verifier ([RFC 7636]).
///
/// [RFC 7636]: https://www.rfc-editor.org/rfc/rfc7636#section-4.2
pub(super) fn code_challenge(code_verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, code_verifier.as_bytes()))
}

/// Why a code or a refresh token gives no tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum GrantError {
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    #[error("it was issued to another client")]
    OtherClient,
    #[error("redirect_uri differs from the one of the authorization request")]
    OtherRedirectUri,
    #[error("the code has been used before; what it gave is revoked")]
    ReplayedCode,
    #[error("the refresh token has been replaced before; its sign-in is revoked")]
    ReplayedRefreshToken,
    #[error("the code is unknown or older than 5 minutes")]
    UnknownCode,
    #[error("the refresh token is unknown, expired or revoked")]
    UnknownRefreshToken,
    #[error("code_verifier does not match the code_challenge")]
    WrongVerifier,
}
