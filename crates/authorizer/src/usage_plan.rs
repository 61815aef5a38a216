//! The API key of a caller's usage plan.

use std::sync::Arc;

use gatepost_core::secret::Secret;
use gatepost_store::StoredPolicy;

/// The key that the rows of a caller name; `None` if none does.
///
/// # Errors
///
/// [`DifferentUsageKeys`] if two rows name different ones: nothing says which plan would be right.
pub(crate) fn usage_identifier_key(
    policies: &[Arc<StoredPolicy>],
) -> Result<Option<&Secret<String>>, DifferentUsageKeys> {
    let mut keys = policies.iter().filter_map(|policy| policy.usage_identifier_key.as_ref());
    let Some(first) = keys.next() else { return Ok(None) };
    if keys.all(|key| key == first) { Ok(Some(first)) } else { Err(DifferentUsageKeys) }
}

/// Two rows of a caller name different keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("two rows of the caller name different keys of usage plans")]
pub(crate) struct DifferentUsageKeys;
