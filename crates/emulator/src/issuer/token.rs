//! The claims of a token, as a Cognito user pool writes them.
//!
//! Shapes: [access token] and [ID token] of the Cognito guide. The two differ in more than
//! `token_use`: an access token names its client in `client_id` and has no `aud`, an ID token has
//! `aud` and prefixes the user name with `cognito:`.
//!
//! [access token]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
//! [ID token]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gatepost_core::token::TokenUse;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Account, TOKEN_LIFETIME};

/// What a token is to say.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Who may use the token.
    pub bearer: Bearer,
    /// Access or ID token; a machine can only have the former.
    pub token_use: TokenUse,
    /// The client it is issued to.
    pub client_id: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// From `now` to the `exp` claim.
    pub lifetime: Duration,
    /// The `iat` claim.
    pub now: SystemTime,
    /// Claims to add, or to put in place of those of the same name; `null` takes a claim away.
    pub claims: Map<String, Value>,
}

impl TokenRequest {
    /// A token with the scope of Cognito's own sign-in API, good for [`TOKEN_LIFETIME`].
    pub fn new(
        token_use: TokenUse,
        bearer: Bearer,
        client_id: impl Into<String>,
        now: SystemTime,
    ) -> Self {
        Self {
            bearer,
            token_use,
            client_id: client_id.into(),
            scope: "aws.cognito.signin.user.admin".to_owned(),
            lifetime: TOKEN_LIFETIME,
            now,
            claims: Map::new(),
        }
    }
}

/// Who may use a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Bearer {
    /// The client itself, by the client-credentials grant.
    Machine,
    /// A user who has just signed in.
    NewSignIn(Account),
    /// A user who signed in before.
    SignedIn(SignIn),
}

/// One act of signing in, and what all tokens that come from it share.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignIn {
    /// Who signed in.
    pub account: Account,
    /// When.
    pub auth_time: SystemTime,
    /// The handle by which these tokens are revoked together.
    pub origin_jti: String,
    /// What Cognito calls the event in its logs.
    pub event_id: String,
}

impl SignIn {
    /// `account` signs in at the time `now`.
    pub fn new(account: Account, now: SystemTime) -> Self {
        Self {
            account,
            auth_time: now,
            origin_jti: Uuid::new_v4().to_string(),
            event_id: Uuid::new_v4().to_string(),
        }
    }
}

/// The claims of the token that `request` describes.
pub(super) fn claims(issuer: &str, request: &TokenRequest) -> Map<String, Value> {
    let issued_at = epoch_seconds(request.now);
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", issuer.into());
    set("iat", issued_at.into());
    set("exp", issued_at.saturating_add(request.lifetime.as_secs()).into());
    set("jti", Uuid::new_v4().to_string().into());
    set("token_use", request.token_use.to_string().into());
    match request.token_use {
        TokenUse::Access => {
            set("client_id", request.client_id.as_str().into());
            set("scope", request.scope.as_str().into());
            set("version", json!(2));
        }
        TokenUse::Id => {
            set("aud", request.client_id.as_str().into());
        }
    }
    match &request.bearer {
        Bearer::Machine => {
            set("sub", request.client_id.as_str().into());
            set("auth_time", issued_at.into());
        }
        Bearer::NewSignIn(account) => {
            let sign_in = SignIn::new(account.clone(), request.now);
            claims.extend(user_claims(request.token_use, &sign_in));
        }
        Bearer::SignedIn(sign_in) => claims.extend(user_claims(request.token_use, sign_in)),
    }
    for (name, value) in &request.claims {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn user_claims(token_use: TokenUse, sign_in: &SignIn) -> Map<String, Value> {
    let account = &sign_in.account;
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("sub", account.sub.as_str().into());
    set("auth_time", epoch_seconds(sign_in.auth_time).into());
    set("origin_jti", sign_in.origin_jti.as_str().into());
    set("event_id", sign_in.event_id.as_str().into());
    if !account.groups.is_empty() {
        set("cognito:groups", account.groups.as_slice().into());
    }
    match token_use {
        TokenUse::Access => {
            set("username", account.username.as_str().into());
        }
        TokenUse::Id => {
            set("cognito:username", account.username.as_str().into());
            set("email", account.email.as_str().into());
            set("email_verified", true.into());
        }
    }
    claims
}

/// `NumericDate` of [RFC 7519]; 0 for a time before 1970.
///
/// [RFC 7519]: https://www.rfc-editor.org/rfc/rfc7519#section-2
fn epoch_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn request(bearer: Bearer, token_use: TokenUse) -> TokenRequest {
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let scope = "openid email".to_owned();
        TokenRequest { scope, ..TokenRequest::new(token_use, bearer, "app", now) }
    }

    fn alice() -> Bearer {
        Bearer::SignedIn(SignIn {
            account: Account::new("alice", ["movies-group"]),
            auth_time: UNIX_EPOCH + Duration::from_secs(NOW - 60),
            origin_jti: "origin".to_owned(),
            event_id: "event".to_owned(),
        })
    }

    fn claims_without_jti(request: &TokenRequest) -> Value {
        let mut claims = claims("http://127.0.0.1:4000", request);
        assert!(claims.remove("jti").is_some_and(|jti| jti.as_str().unwrap().len() == 36));
        Value::Object(claims)
    }

    #[test]
    fn access_token_has_the_claims_of_cognito() {
        assert_eq!(
            claims_without_jti(&request(alice(), TokenUse::Access)),
            json!({
                "auth_time": NOW - 60,
                "client_id": "app",
                "cognito:groups": ["movies-group"],
                "event_id": "event",
                "exp": NOW + 3600,
                "iat": NOW,
                "iss": "http://127.0.0.1:4000",
                "origin_jti": "origin",
                "scope": "openid email",
                "sub": Account::new("alice", ["movies-group"]).sub,
                "token_use": "access",
                "username": "alice",
                "version": 2,
            })
        );
    }

    #[test]
    fn id_token_has_the_claims_of_cognito() {
        assert_eq!(
            claims_without_jti(&request(alice(), TokenUse::Id)),
            json!({
                "aud": "app",
                "auth_time": NOW - 60,
                "cognito:groups": ["movies-group"],
                "cognito:username": "alice",
                "email": "alice@example.com",
                "email_verified": true,
                "event_id": "event",
                "exp": NOW + 3600,
                "iat": NOW,
                "iss": "http://127.0.0.1:4000",
                "origin_jti": "origin",
                "sub": Account::new("alice", ["movies-group"]).sub,
                "token_use": "id",
            })
        );
    }

    #[test]
    fn machine_token_has_no_user() {
        assert_eq!(
            claims_without_jti(&request(Bearer::Machine, TokenUse::Access)),
            json!({
                "auth_time": NOW,
                "client_id": "app",
                "exp": NOW + 3600,
                "iat": NOW,
                "iss": "http://127.0.0.1:4000",
                "scope": "openid email",
                "sub": "app",
                "token_use": "access",
                "version": 2,
            })
        );
    }

    #[test]
    fn groups_claim_is_absent_for_a_user_without_groups() {
        let dave = Bearer::NewSignIn(Account::new("dave", Vec::<String>::new()));
        for token_use in [TokenUse::Access, TokenUse::Id] {
            let claims = claims_without_jti(&request(dave.clone(), token_use));
            assert_eq!(claims.get("cognito:groups"), None);
            assert_eq!(claims["auth_time"], NOW);
        }
    }

    #[test]
    fn claims_can_be_added_replaced_and_taken_away() {
        let mut request = request(alice(), TokenUse::Access);
        request.claims = json!({ "iss": "https://evil.example", "exp": null, "tenant": "a" })
            .as_object()
            .unwrap()
            .clone();
        let claims = claims_without_jti(&request);
        assert_eq!(claims["iss"], "https://evil.example");
        assert_eq!(claims.get("exp"), None);
        assert_eq!(claims["tenant"], "a");
    }
}
