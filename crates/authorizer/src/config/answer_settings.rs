//! The settings that shape an answer.

use super::variables::Variables;

/// What one answer is valid for (`GATEPOST_SCOPE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Every method of the API, as API Gateway's result cache needs it.
    Api,
    /// The called method only; for authorizers without a result cache (TTL 0).
    Method,
}

/// The form of an answer (`GATEPOST_RESPONSE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Response {
    /// An IAM policy, which every front door takes.
    Policy,
    /// `isAuthorized`, for payload format 2.0 of HTTP APIs; about the called method only.
    Simple,
}

/// Whether an answer names the API key of the caller's usage plan
/// (`GATEPOST_USAGE_IDENTIFIER_KEY`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UsageIdentifierKey {
    /// It does not.
    Off,
    /// It does where a row of the caller has one, in `usage_identifier_key`.
    On,
}

/// Whether every Allow ends with the token (`GATEPOST_EXPIRY_CONDITION`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExpiryCondition {
    /// A cached answer can outlive the token by API Gateway's result TTL.
    Off,
    /// Every Allow is bounded by a condition on `aws:CurrentTime`.
    On,
}

/// What an answer says of what no document allows (`GATEPOST_IMPLICIT_DENY`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImplicitDeny {
    /// A Deny of it, for APIs whose resource policy would otherwise decide.
    Explicit,
    /// Nothing.
    Implicit,
}

/// A claim that the back end receives in `$context.authorizer`, under its own name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContextClaim {
    /// The client the token was issued to.
    ClientId,
    /// The groups, as the text of a JSON array: a group's name may hold any separator.
    Groups,
    /// The scopes, separated by single spaces.
    Scope,
    /// Whom the token is about.
    Sub,
    /// Another claim, by name; handed on only where it is a string.
    Text(String),
    /// The user's name.
    Username,
}

impl ContextClaim {
    /// The name in the setting and in `$context.authorizer`.
    pub fn name(&self) -> &str {
        match self {
            Self::ClientId => "client_id",
            Self::Groups => "groups",
            Self::Scope => "scope",
            Self::Sub => "sub",
            Self::Text(name) => name,
            Self::Username => "username",
        }
    }

    fn parse(name: &str) -> Result<Self, &'static str> {
        match name {
            "" => Err("lists an empty name"),
            "client_id" => Ok(Self::ClientId),
            "groups" => Ok(Self::Groups),
            "scope" => Ok(Self::Scope),
            "sub" => Ok(Self::Sub),
            "username" => Ok(Self::Username),
            "auth_time" | "exp" | "iat" | "nbf" => Err("lists a number: only texts are passed on"),
            "cognito:groups" | "cognito:roles" => {
                Err("lists a list: write `groups` for the groups")
            }
            name if RESERVED.contains(&name) => Err("lists a name that is reserved"),
            name => Ok(Self::Text(name.to_owned())),
        }
    }
}

/// Names that API Gateway or Gatepost gives values of their own.
///
/// Source: [Input to a Lambda proxy integration][input]; `claims` is the JWT authorizer's.
///
/// [input]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
const RESERVED: [&str; 5] =
    ["claims", "expires_at", "integrationLatency", "policy_digest", "principalId"];

/// Reads `GATEPOST_CONTEXT_CLAIMS`, which may be set to nothing.
pub(super) fn context_claims(vars: &mut Variables<'_>) -> Vec<ContextClaim> {
    const NAME: &str = "GATEPOST_CONTEXT_CLAIMS";
    if vars.raw(NAME).is_some_and(|value| value.is_empty()) {
        return Vec::new();
    }
    vars.list(NAME, "sub,username,client_id,scope,groups", ContextClaim::parse)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{config, fault_of};

    #[test]
    fn no_claim_at_all_is_a_choice() {
        assert_eq!(config(&[("GATEPOST_CONTEXT_CLAIMS", "")]).unwrap().context_claims, []);
    }

    #[test]
    fn reserved_empty_and_repeated_names_are_faults() {
        for value in [
            "principalId",
            "claims",
            "policy_digest",
            "expires_at",
            "exp",
            "cognito:groups",
            "sub,",
            "sub,sub",
        ] {
            let fault = fault_of("GATEPOST_CONTEXT_CLAIMS", value);
            assert!(fault.starts_with("`GATEPOST_CONTEXT_CLAIMS` lists "), "{value}: {fault}");
        }
    }
}
