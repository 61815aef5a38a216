//! From documents to the one policy that is returned.

use std::sync::Arc;

use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{
    Access, BindError, BoundPolicy, Context, Decision, ExplicitError, PolicyDocument, decide,
};
use gatepost_core::token::Claims;
use gatepost_store::StoredPolicy;

use crate::config::{Config, ExpiryCondition, ImplicitDeny, Scope};

/// Merges the documents of `policies` into the policy of the caller whom `claims` are about.
///
/// It holds for every method of the API and stage of `method`, since API Gateway caches it for all
/// of them; or for `method` alone where the settings say so. Without a right left it is an explicit
/// Deny of the whole stage: beside a resource policy of the API, API Gateway would take the
/// absence of an Allow for consent. Where the settings say so, so is whatever else is not allowed.
///
/// # Errors
///
/// [`PolicyError`] if a resource is too long for API Gateway, or if what is not allowed cannot be
/// denied exactly.
pub(crate) fn policy_of(
    policies: &[Arc<StoredPolicy>],
    claims: &Claims,
    method: &MethodArn,
    config: &Config,
) -> Result<BoundPolicy, PolicyError> {
    let stage = method.stage_arn();
    let documents: Vec<&PolicyDocument> = policies.iter().map(|policy| &*policy.document).collect();
    let mut context = Context::new();
    for name in documents.iter().flat_map(|document| document.claim_names()) {
        if let Some(value) = claims.text(name) {
            context.insert(&format!("token:{name}"), value);
        }
    }
    let mut policy = BoundPolicy::build(documents, stage, &context)?;
    if config.scope == Scope::Method {
        policy = policy.for_method(method);
    }
    if !policy.allows_something() {
        policy = BoundPolicy::deny_all(stage);
    }
    // After `for_method`, which would take away Allows and leave nothing in their place: were the
    // answer cached against all advice, a resource policy would decide those methods.
    if config.implicit_deny == ImplicitDeny::Explicit {
        policy = policy.explicit()?;
    }
    // After `explicit`, which would otherwise have to tell apart whether each Allow has ended.
    Ok(match config.expiry_condition {
        ExpiryCondition::Off => policy,
        ExpiryCondition::On => policy.expiring(claims.expires_at()),
    })
}

/// Whether `policy` lets its caller call `method`, asked as API Gateway would ask it; `keys` are
/// what conditions may ask.
pub(crate) fn allows_call(policy: &BoundPolicy, method: &MethodArn, keys: &Context) -> bool {
    let access = Access { action: "execute-api:Invoke", resource: method.into(), context: keys };
    decide([policy.as_document()], &access).decision == Decision::Allow
}

/// Why there are documents but no policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum PolicyError {
    /// A resource is too long.
    #[error(transparent)]
    Bind(#[from] BindError),

    /// What is not allowed cannot be denied exactly.
    #[error(transparent)]
    Explicit(#[from] ExplicitError),
}

impl PolicyError {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Bind(_) => "resource_too_long",
            Self::Explicit(_) => "deny_not_expressible",
        }
    }
}
