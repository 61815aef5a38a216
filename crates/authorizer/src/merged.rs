//! Merged policies as they are returned, kept by what they were made of.
//!
//! Callers come in few kinds: whoever has the same groups gets the same policy. One is kept under
//! everything that it depends on: the very documents, the API and stage, the claims that the
//! documents name, and, where the settings make it matter, the called method and the token's end.
//! Nothing has to be thrown away when a document changes: the new one is another, and so is what is
//! made of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use gatepost_core::gateway::{MethodArn, StageArn};
use gatepost_core::policy::{BoundPolicy, PolicyDocument};
use gatepost_core::token::Claims;
use gatepost_store::StoredPolicy;
use serde_json::value::{RawValue, to_raw_value};

use crate::answer::AnswerError;
use crate::config::{Config, ExpiryCondition, Scope};
use crate::policy::policy_of;
use crate::refusal::AuthorizeError;

/// How many policies are kept. Callers bring their groups and claims with them, so there is a limit;
/// beyond it the memory starts again.
const MAX_KEPT: usize = 1_000;

/// How many bytes of text they may have together.
const MAX_BYTES: usize = 1024 * 1024;

/// A policy with its text.
pub(crate) struct Merged {
    pub(crate) policy: BoundPolicy,
    pub(crate) text: Box<RawValue>,
    /// SHA-256 of the text, in hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) allows_something: bool,
}

impl Merged {
    /// Writes the text of `policy`. Equal policies give equal bytes.
    ///
    /// # Errors
    ///
    /// [`AnswerError::NotJson`]
    pub(crate) fn new(policy: BoundPolicy) -> Result<Self, AnswerError> {
        let text = to_raw_value(&policy).map_err(|_| AnswerError::NotJson)?;
        let digest = hex::encode(digest(&SHA256, text.get().as_bytes()));
        let allows_something = policy.allows_something();
        Ok(Self { policy, text, digest, allows_something })
    }
}

/// The memory.
#[derive(Default)]
pub(crate) struct MergedPolicies(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    kept: HashMap<Parts, Variants>,
    count: usize,
    bytes: usize,
}

impl MergedPolicies {
    /// What [`policy_of`] makes of the same, from memory if it was made before.
    ///
    /// # Errors
    ///
    /// As [`policy_of`] and [`Merged::new`]. Errors are not kept.
    pub(crate) fn of(
        &self,
        policies: &[Arc<StoredPolicy>],
        claims: &Claims,
        method: &MethodArn,
        config: &Config,
    ) -> Result<Arc<Merged>, AuthorizeError> {
        let parts = Parts::of(policies, method.stage_arn());
        if let Some(variants) = self.memory().kept.get(&parts)
            && let Some(merged) =
                variants.merged.get(&Variant::of(variants, claims, method, config))
        {
            return Ok(Arc::clone(merged));
        }
        let merged = Arc::new(Merged::new(policy_of(policies, claims, method, config)?)?);
        let variant = |variants: &Variants| Variant::of(variants, claims, method, config);
        self.memory().keep(parts, policies, &merged, variant);
        Ok(merged)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn keep(
        &mut self,
        parts: Parts,
        policies: &[Arc<StoredPolicy>],
        merged: &Arc<Merged>,
        variant: impl FnOnce(&Variants) -> Variant,
    ) {
        let bytes = merged.text.get().len();
        // One that would never fit takes nothing else with it.
        if bytes > MAX_BYTES {
            return;
        }
        if self.count >= MAX_KEPT || self.bytes + bytes > MAX_BYTES {
            *self = Self::default();
        }
        let variants = match self.kept.entry(parts) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Variants::of(policies)),
        };
        if variants.merged.insert(variant(variants), Arc::clone(merged)).is_none() {
            self.count += 1;
            self.bytes += bytes;
        }
    }
}

/// What one policy was made of, as far as it is the same for every caller.
#[derive(Eq, Hash, PartialEq)]
struct Parts {
    documents: Vec<SameDocument>,
    stage: StageArn,
}

impl Parts {
    fn of(policies: &[Arc<StoredPolicy>], stage: &StageArn) -> Self {
        let documents =
            policies.iter().map(|policy| SameDocument(Arc::downgrade(&policy.document)));
        Self { documents: documents.collect(), stage: stage.clone() }
    }
}

/// A document, by where it lies. That place is not given to another while this lives; the document
/// itself may go.
struct SameDocument(Weak<PolicyDocument>);

impl Eq for SameDocument {}

impl PartialEq for SameDocument {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Hash for SameDocument {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ptr().hash(state);
    }
}

/// The policies that the same documents have become.
struct Variants {
    /// The claims that the documents name.
    claim_names: Vec<String>,
    merged: HashMap<Variant, Arc<Merged>>,
}

impl Variants {
    fn of(policies: &[Arc<StoredPolicy>]) -> Self {
        let mut claim_names: Vec<String> = policies
            .iter()
            .flat_map(|policy| policy.document.claim_names())
            .map(str::to_owned)
            .collect();
        claim_names.sort_unstable();
        claim_names.dedup();
        Self { claim_names, merged: HashMap::new() }
    }
}

/// What is not the same for every caller with these documents.
#[derive(Eq, Hash, PartialEq)]
struct Variant {
    /// The values of the claims that are named, in the order of the names.
    claims: Vec<Option<String>>,
    method: Option<MethodArn>,
    ends: Option<SystemTime>,
}

impl Variant {
    fn of(variants: &Variants, claims: &Claims, method: &MethodArn, config: &Config) -> Self {
        let value = |name: &String| claims.text(name).map(str::to_owned);
        Self {
            claims: variants.claim_names.iter().map(value).collect(),
            method: (config.scope == Scope::Method).then(|| method.clone()),
            ends: (config.expiry_condition == ExpiryCondition::On).then(|| claims.expires_at()),
        }
    }
}
