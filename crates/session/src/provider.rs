//! The provider, over the network: its discovery document, its token endpoint, its keys.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use form_urlencoded::Serializer;
use gatepost_authorizer::config::Issuer;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::jwks::{FetchError, KeySource, KeysUnavailable};
use gatepost_authorizer::url::SecureUrl;
use gatepost_core::json::Json;
use gatepost_core::secret::Secret;
use gatepost_core::token::{
    Claims, ExpectedToken, ExpectedTokenError, Leeway, TokenError, TokenProfile, TokenUse,
    UnverifiedToken,
};
use tokio::time::{Instant, timeout_at};

use crate::config::Client;
use crate::discovery::{Discovery, DiscoveryError};

/// How long one request to the provider may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a discovery document is used, as long as keys are.
const DISCOVERY_TTL: Duration = Duration::from_hours(1);

/// The age at which keys die even when the provider is down: the authorizer's default.
const KEYS_MAX_STALE: Duration = Duration::from_hours(24);

/// The largest answer of the token endpoint: three tokens, each as long as any may be, and room.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The provider that people sign in at.
pub(crate) struct Provider {
    https: HttpsClient,
    expected: ExpectedToken,
    expected_id: ExpectedToken,
    discovery_url: Option<SecureUrl>,
    keys: KeySource,
    // Never held across an await.
    discovered: Mutex<Option<(Arc<Discovery>, Instant)>>,
}

/// What a token endpoint gave.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: Secret<String>,
    pub(crate) id: Option<Secret<String>>,
    pub(crate) refresh: Option<Secret<String>>,
}

impl Provider {
    /// # Errors
    ///
    /// [`ExpectedTokenError`] if no ID token could ever be accepted.
    pub(crate) fn new(
        issuer: &Issuer,
        client: &Client,
        https: HttpsClient,
    ) -> Result<Self, ExpectedTokenError> {
        let expected = issuer.expected.clone();
        // An ID token comes from the token endpoint itself, so one without a mark is not in doubt.
        let profile = match expected.profile() {
            TokenProfile::Rfc9068 => TokenProfile::Rfc9068,
            TokenProfile::Marked | TokenProfile::UnmarkedAccess | TokenProfile::UnmarkedId => {
                TokenProfile::UnmarkedId
            }
        };
        let expected_id = ExpectedToken::new(expected.issuer(), [client.id.clone()])?
            .with_token_use([TokenUse::Id])?
            .with_profile(profile)
            .with_groups_claim(expected.groups_claim())?
            .with_algorithms(expected.algorithms().iter().copied())?
            .with_leeway(Leeway::try_from(expected.leeway())?);
        let discovery_url =
            format!("{}/.well-known/openid-configuration", expected.issuer().trim_end_matches('/'));
        Ok(Self {
            https,
            keys: KeySource::new(issuer, DISCOVERY_TTL, KEYS_MAX_STALE),
            discovery_url: discovery_url.parse().ok(),
            expected,
            expected_id,
            discovered: Mutex::default(),
        })
    }

    /// Who it is.
    pub(crate) fn issuer(&self) -> &str {
        self.expected.issuer()
    }

    /// Does ahead of the first request what it would otherwise wait for. What fails is logged.
    pub(crate) async fn warm_up(&self, now: SystemTime, deadline: Instant) {
        self.keys.warm_up(&self.https, now, deadline).await;
        if let Err(error) = self.discovery(deadline).await {
            tracing::warn!(reason = error.reason(), %error, "provider not reached");
        }
    }

    /// Its addresses. A document that is old serves on while no newer one can be had.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if there is none.
    pub(crate) async fn discovery(
        &self,
        deadline: Instant,
    ) -> Result<Arc<Discovery>, ProviderError> {
        let kept = self.discovered().clone();
        if let Some((discovery, at)) = &kept
            && at.elapsed() < DISCOVERY_TTL
        {
            return Ok(Arc::clone(discovery));
        }
        let fetched = self.fetch_discovery(deadline).await;
        match (fetched, kept) {
            (Ok(discovery), _) => {
                let discovery = Arc::new(discovery);
                *self.discovered() = Some((Arc::clone(&discovery), Instant::now()));
                Ok(discovery)
            }
            (Err(error), Some((discovery, _))) => {
                tracing::warn!(reason = error.reason(), %error, "discovery document not renewed");
                Ok(discovery)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn fetch_discovery(&self, deadline: Instant) -> Result<Discovery, ProviderError> {
        let url = self.discovery_url.as_ref().ok_or(FetchError::Address)?;
        let body = timeout_at(limit(deadline), self.https.get(url, Discovery::MAX_BYTES))
            .await
            .map_err(|_| FetchError::TimedOut)??;
        Ok(Discovery::parse(&body, self.issuer())?)
    }

    /// Exchanges a code.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if no tokens came.
    pub(crate) async fn exchange(
        &self,
        client: &Client,
        code: Secret<&str>,
        verifier: Secret<&str>,
        redirect_uri: &str,
        deadline: Instant,
    ) -> Result<Tokens, ProviderError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        self.tokens(client, &form, deadline).await
    }

    /// Exchanges a refresh token.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if no tokens came.
    pub(crate) async fn refresh(
        &self,
        client: &Client,
        token: Secret<&str>,
        deadline: Instant,
    ) -> Result<Tokens, ProviderError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", *token.expose())];
        self.tokens(client, &form, deadline).await
    }

    /// Revokes a refresh token, if the provider can.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if it could not be told.
    pub(crate) async fn revoke(
        &self,
        client: &Client,
        token: Secret<&str>,
        deadline: Instant,
    ) -> Result<(), ProviderError> {
        let discovery = self.discovery(deadline).await?;
        let Some(url) = &discovery.revocation else { return Ok(()) };
        let form = [("token", *token.expose()), ("token_type_hint", "refresh_token")];
        match self.post(url, client, &form, deadline).await? {
            (200..=299, _) => Ok(()),
            (status, body) => Err(refusal(status, &body)),
        }
    }

    /// What an access token says, verified as the authorizer would.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is not good.
    pub(crate) async fn access_claims(
        &self,
        token: Secret<&str>,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Claims, VerifyError> {
        self.verify(token, &self.expected, now, deadline).await
    }

    /// What an ID token for this client says. Its nonce is for the caller to compare.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is not good.
    pub(crate) async fn id_claims(
        &self,
        token: Secret<&str>,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Claims, VerifyError> {
        self.verify(token, &self.expected_id, now, deadline).await
    }

    async fn verify(
        &self,
        token: Secret<&str>,
        expected: &ExpectedToken,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Claims, VerifyError> {
        let token = UnverifiedToken::parse(token.expose())?;
        if token.issuer() != expected.issuer() {
            return Err(TokenError::IssuerMismatch.into());
        }
        let keys = self.keys.keys_for(token.kid(), &self.https, now, deadline).await?;
        let key = keys.key_for(&token)?;
        Ok(token.verify(key, expected, now)?)
    }

    async fn tokens(
        &self,
        client: &Client,
        form: &[(&str, &str)],
        deadline: Instant,
    ) -> Result<Tokens, ProviderError> {
        let discovery = self.discovery(deadline).await?;
        match self.post(&discovery.token, client, form, deadline).await? {
            (200, body) => Tokens::parse(&body).ok_or(ProviderError::Garbled),
            (status, body) => Err(refusal(status, &body)),
        }
    }

    /// A confidential client authenticates by HTTP Basic, as Amazon Cognito has it: id and secret as
    /// they are. A public one only says who it is.
    async fn post(
        &self,
        url: &SecureUrl,
        client: &Client,
        form: &[(&str, &str)],
        deadline: Instant,
    ) -> Result<(u16, Bytes), ProviderError> {
        let form = Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("client_id", &client.id)
            .finish();
        let authorization = client.secret.as_ref().map(|secret| {
            let credentials = STANDARD.encode(format!("{}:{}", client.id, secret.expose()));
            Secret::new(format!("Basic {credentials}"))
        });
        let sent = self.https.post_form(url, authorization, Secret::new(form), MAX_ANSWER_BYTES);
        Ok(timeout_at(limit(deadline), sent).await.map_err(|_| FetchError::TimedOut)??)
    }

    fn discovered(&self) -> MutexGuard<'_, Option<(Arc<Discovery>, Instant)>> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.discovered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

impl Tokens {
    /// RFC 6749 section 5.1.
    fn parse(body: &[u8]) -> Option<Self> {
        let json = Json::parse(body).ok()?;
        let text = |name| json.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        let secret = |name| text(name).map(|text| Secret::new(text.to_owned()));
        let is_bearer = text("token_type")?.eq_ignore_ascii_case("bearer");
        is_bearer.then_some(())?;
        Some(Self {
            access: secret("access_token")?,
            id: secret("id_token"),
            refresh: secret("refresh_token"),
        })
    }
}

/// RFC 6749 section 5.2. Only codes of that list are told on: any other text is the provider's own.
fn refusal(status: u16, body: &[u8]) -> ProviderError {
    const CODES: [&str; 7] = [
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_token_type",
    ];
    let json = Json::parse(body).ok();
    let code = json.as_ref().and_then(|json| json.get("error")?.as_str());
    let code = CODES.into_iter().find(|known| Some(*known) == code);
    match code {
        Some(code) if (400..500).contains(&status) => ProviderError::Refused { code },
        _ => FetchError::Status { status }.into(),
    }
}

fn limit(deadline: Instant) -> Instant {
    deadline.min(Instant::now() + PATIENCE)
}

/// Why the provider gave nothing. Nothing that was sent to it, and no text of its own, is in here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ProviderError {
    /// Its discovery document cannot be used.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),

    /// There is no whole answer, or one of a status that says nothing.
    #[error("no answer of the provider: {0}")]
    Fetch(#[from] FetchError),

    /// The token endpoint says that all is well, and gives no tokens.
    #[error("the answer of the token endpoint cannot be understood")]
    Garbled,

    /// It does not want to.
    #[error("the provider refuses with `{code}`")]
    Refused {
        /// Of RFC 6749 section 5.2.
        code: &'static str,
    },
}

impl ProviderError {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Discovery(_) => "discovery_unusable",
            Self::Fetch(error) => error.reason(),
            Self::Garbled => "answer_garbled",
            Self::Refused { code } => code,
        }
    }
}

/// Why a token is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum VerifyError {
    /// There are no keys to verify it with.
    #[error(transparent)]
    Keys(#[from] KeysUnavailable),

    /// It is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
}
