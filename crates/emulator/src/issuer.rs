//! A token issuer for development, in the shape of an Amazon Cognito user pool.
//!
//! Real RS256 tokens with Cognito's claims, a real authorization-code flow with PKCE, a JWKS and
//! a discovery document, and a start page from which a newcomer signs in and calls the API. Only
//! the password is missing: whoever reaches the sign-in page may be whom he likes. Nothing here
//! may ever stand in front of anything that matters.
//!
//! What stays true all the same, because front ends learn from it: a code is sent to registered
//! addresses only, bound to its client and its PKCE challenge, and good for one use; a refresh
//! token is replaced with each use and its whole family ends when an old one turns up again; no
//! token is ever part of an address or of a log line.
//!
//! The time comes from a [`Clock`]; state is in memory and bounded, but for the signing keys,
//! which can live in a folder ([`SigningKeys::open`]).

mod account;
mod authorize;
mod client;
mod exchange;
mod expiring;
mod grant;
mod keys;
mod oauth_error;
mod origin;
mod page;
mod random;
mod server;
mod token;
mod user_info;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use gatepost_core::token::TokenUse;
use serde_json::{Map, Value, json};
use url::Url;

pub use account::{Account, demo_accounts};
pub use client::{Client, Flow, MACHINE_CLIENT, MACHINE_SECRET, WEB_CLIENT, demo_clients};
pub use keys::{KeyFileError, SigningKeys};
pub use page::{ApiListing, ListedMethod};
pub use token::{Bearer, SignIn, TokenRequest};

use crate::clock::Clock;

use grant::Grants;

/// How long access and ID tokens are good for unless a caller wants it otherwise: Cognito's own
/// default.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// What an issuer is made of.
#[derive(Debug)]
pub struct IssuerSettings {
    /// The `iss` claim and the address it is reached at: `http://127.0.0.1:4000`, no slash at the
    /// end. `http` or `https`, a host, perhaps a port, and nothing more.
    pub origin: String,
    /// Who can sign in at first.
    pub accounts: Vec<Account>,
    /// Which applications can ask for tokens; [`WEB_CLIENT`] is the start page's.
    pub clients: Vec<Client>,
    /// The API that the start page calls.
    pub api: ApiListing,
    /// How long access and ID tokens of the token endpoint are good for.
    pub token_lifetime: Duration,
    /// Where the time is read.
    pub clock: Clock,
}

impl IssuerSettings {
    /// The accounts and clients of the movies and shows example.
    pub fn demo(origin: impl Into<String>, api: ApiListing) -> Self {
        Self {
            origin: origin.into(),
            accounts: demo_accounts(),
            clients: demo_clients(),
            api,
            token_lifetime: TOKEN_LIFETIME,
            clock: Clock::system(),
        }
    }
}

/// The issuer: mints tokens and, with [`serve`](Self::serve) or [`router`](Self::router), lets
/// people sign in.
pub struct Issuer {
    settings: IssuerSettings,
    // Those of the settings at first.
    accounts: RwLock<Vec<Account>>,
    listed: RwLock<Vec<ListedMethod>>,
    keys: RwLock<KeyRing>,
    grants: Mutex<Grants>,
}

struct KeyRing {
    current: SigningKeys,
    /// Members of the JWKS that are still published and sign nothing any more.
    retired: Vec<Value>,
}

/// What happens to the keys that a rotation replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OldKeys {
    /// They stay in the JWKS: tokens signed with them remain good.
    Published,
    /// They leave the JWKS.
    Withdrawn,
}

impl Issuer {
    /// # Errors
    ///
    /// [`SettingsError`] for settings that contradict themselves.
    pub fn new(settings: IssuerSettings, keys: SigningKeys) -> Result<Self, SettingsError> {
        if !origin::is_web_origin(&settings.origin) {
            return Err(SettingsError::Origin);
        }
        if !Url::parse(&settings.api.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Err(SettingsError::Api);
        }
        require_distinct(&settings.accounts)?;
        let client_ids: BTreeSet<_> = settings.clients.iter().map(|one| &one.id).collect();
        if client_ids.len() < settings.clients.len() {
            return Err(SettingsError::RepeatedClient);
        }
        Ok(Self {
            accounts: RwLock::new(settings.accounts.clone()),
            listed: RwLock::new(settings.api.methods.clone()),
            settings,
            keys: RwLock::new(KeyRing { current: keys, retired: Vec::new() }),
            grants: Mutex::default(),
        })
    }

    /// Lets others sign in from now on. Who has signed in keeps what was granted.
    ///
    /// # Errors
    ///
    /// [`SettingsError::RepeatedAccount`]; then nothing has changed.
    pub fn set_accounts(&self, accounts: Vec<Account>) -> Result<(), SettingsError> {
        require_distinct(&accounts)?;
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = accounts;
        Ok(())
    }

    /// Lists other methods on the start page from now on.
    pub fn list_methods(&self, methods: Vec<ListedMethod>) {
        *self.listed.write().unwrap_or_else(PoisonError::into_inner) = methods;
    }

    fn listed(&self) -> Vec<ListedMethod> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The `iss` claim.
    pub fn origin(&self) -> &str {
        &self.settings.origin
    }

    /// Who can sign in.
    pub fn accounts(&self) -> Vec<Account> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The account of that name.
    pub fn account(&self, username: &str) -> Option<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.iter().find(|account| account.username == username).cloned()
    }

    /// Mints the token that `request` describes.
    ///
    /// # Errors
    ///
    /// [`CryptoError`] when it cannot be signed.
    pub fn mint(&self, request: &TokenRequest) -> Result<String, CryptoError> {
        self.mint_claims(request.token_use, &token::claims(self.origin(), request))
    }

    /// Signs any `claims` with the key for tokens of that use.
    ///
    /// # Errors
    ///
    /// [`CryptoError`] when they cannot be signed.
    pub fn mint_claims(
        &self,
        token_use: TokenUse,
        claims: &Map<String, Value>,
    ) -> Result<String, CryptoError> {
        let ring = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        match token_use {
            TokenUse::Access => ring.current.access.sign(claims),
            TokenUse::Id => ring.current.id.sign(claims),
        }
    }

    /// Signs with new keys from now on. A folder of keys is not changed: the next start begins
    /// with the keys in it.
    ///
    /// # Errors
    ///
    /// [`CryptoError`] when no key can be made.
    pub fn rotate(&self, old_keys: OldKeys) -> Result<(), CryptoError> {
        let new = SigningKeys::generate()?;
        let mut ring = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        match old_keys {
            OldKeys::Published => {
                let replaced = ring.current.jwks();
                ring.retired.extend(replaced);
            }
            OldKeys::Withdrawn => ring.retired.clear(),
        }
        ring.current = new;
        Ok(())
    }

    /// The JWKS, as under `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        let ring = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = ring.current.jwks().into_iter().chain(ring.retired.clone()).collect();
        json!({ "keys": keys })
    }

    /// The discovery document, as under `/.well-known/openid-configuration`.
    pub fn discovery(&self) -> Value {
        let scopes: BTreeSet<_> =
            self.settings.clients.iter().flat_map(|client| &client.scopes).collect();
        let at = |path: &str| format!("{}{path}", self.origin());
        json!({
            "issuer": self.origin(),
            "authorization_endpoint": at("/oauth2/authorize"),
            "token_endpoint": at("/oauth2/token"),
            "userinfo_endpoint": at("/oauth2/userInfo"),
            "revocation_endpoint": at("/oauth2/revoke"),
            "end_session_endpoint": at("/logout"),
            "jwks_uri": at("/.well-known/jwks.json"),
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported":
                ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    fn client(&self, id: &str) -> Option<&Client> {
        self.settings.clients.iter().find(|client| client.id == id)
    }

    fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn require_distinct(accounts: &[Account]) -> Result<(), SettingsError> {
    let usernames: BTreeSet<_> = accounts.iter().map(|one| &one.username).collect();
    if usernames.len() < accounts.len() { Err(SettingsError::RepeatedAccount) } else { Ok(()) }
}

/// Without the codes and refresh tokens that are out.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What is wrong with the settings of an issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// The API's address cannot be called.
    #[error("the address of the API is no `http` or `https` address")]
    Api,
    /// The origin is no origin, or not written as browsers write it.
    #[error(
        "the issuer must be scheme, host and port, such as `http://127.0.0.1:3001`, without a slash at the end"
    )]
    Origin,
    /// Two accounts have one name.
    #[error("two accounts have the same user name")]
    RepeatedAccount,
    /// Two clients have one id.
    #[error("two clients have the same id")]
    RepeatedClient,
}

/// The cryptographic library could not make a key, a signature or random bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoError;

impl From<aws_lc_rs::error::Unspecified> for CryptoError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}
