//! From documents to the one policy that is returned.

use std::sync::Arc;

use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{
    Access, BindError, BoundPolicy, Context, Decision, PolicyDocument, decide,
};
use gatepost_core::token::Claims;
use gatepost_store::StoredPolicy;

use crate::config::{ExpiryCondition, Scope};

/// Merges the documents of `policies` into the policy of the caller whom `claims` are about.
///
/// It holds for every method of the API and stage of `method`, since API Gateway caches it for all
/// of them; or for `method` alone where `scope` says so. Without a right left it is an explicit
/// Deny of the whole stage: beside a resource policy of the API, API Gateway would take the
/// absence of an Allow for consent.
///
/// # Errors
///
/// [`BindError`] if a resource is too long for API Gateway.
pub(crate) fn policy_of(
    policies: &[Arc<StoredPolicy>],
    claims: &Claims,
    method: &MethodArn,
    scope: Scope,
    expiry: ExpiryCondition,
) -> Result<BoundPolicy, BindError> {
    let stage = method.stage_arn();
    let documents: Vec<&PolicyDocument> = policies.iter().map(|policy| &*policy.document).collect();
    let mut context = Context::new();
    for name in documents.iter().flat_map(|document| document.claim_names()) {
        if let Some(value) = claims.text(name) {
            context.insert(&format!("token:{name}"), value);
        }
    }
    let mut policy = BoundPolicy::build(documents, stage, &context)?;
    if scope == Scope::Method {
        policy = policy.for_method(method);
    }
    if !policy.allows_something() {
        return Ok(BoundPolicy::deny_all(stage));
    }
    Ok(match expiry {
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
