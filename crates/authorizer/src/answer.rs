//! What API Gateway is given: a policy, whom it is about, and what the back end may know.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use gatepost_core::secret::Secret;
use gatepost_core::token::Claims;
use serde::Serialize;

use crate::config::ContextClaim;
use crate::merged::Merged;
use crate::wire;

/// What an answer takes besides its policy, or more: so that its text is written without moving.
const BESIDE_POLICY_BYTES: usize = 1_024;

/// The text of an answer, and what the log says of it.
pub(crate) struct Answer {
    /// JSON.
    pub(crate) body: String,
    /// SHA-256 of the policy document as it stands in the answer, in hexadecimal digits.
    pub(crate) policy_digest: String,
}

/// The form of one answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form<'a> {
    /// The policy itself.
    Policy {
        /// The API key of the caller's usage plan, for APIs that take keys from their authorizer.
        usage_identifier_key: Option<&'a Secret<String>>,
    },
    /// Only whether the caller may call the method.
    Simple {
        /// Whether the policy allows it.
        is_authorized: bool,
    },
}

impl Answer {
    /// Writes the answer. Equal input gives equal bytes.
    ///
    /// The context holds, as strings, the claims of `context_claims` that the token has,
    /// `policy_digest`, and `expires_at`: the token's end in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] if the answer is longer than `max_bytes`. Nothing is left out to fit.
    pub(crate) fn write(
        policy: &Merged,
        form: Form<'_>,
        claims: &Claims,
        context_claims: &[ContextClaim],
        max_bytes: usize,
    ) -> Result<Self, AnswerError> {
        let mut context = wire::Context::with_capacity(context_claims.len() + 2);
        for claim in context_claims {
            if let Some(value) = value(claim, claims)? {
                context.push((claim.name(), value));
            }
        }
        context.push(("policy_digest", Cow::Borrowed(&policy.digest)));
        context.push(("expires_at", seconds(claims.expires_at()).to_string().into()));
        let body = match form {
            Form::Policy { usage_identifier_key } => {
                let response = wire::PolicyResponse {
                    principal_id: claims.sub(),
                    policy_document: &policy.text,
                    context,
                    usage_identifier_key: usage_identifier_key.map(|key| key.expose().as_str()),
                };
                json(&response, policy.text.get().len() + BESIDE_POLICY_BYTES)?
            }
            Form::Simple { is_authorized } => {
                json(&wire::SimpleResponse { is_authorized, context }, BESIDE_POLICY_BYTES)?
            }
        };
        let bytes = body.len();
        if bytes > max_bytes {
            return Err(AnswerError::TooLarge { bytes, max_bytes });
        }
        Ok(Self { body, policy_digest: policy.digest.clone() })
    }
}

/// The text of `value`, for which there is room.
fn json(value: &impl Serialize, room: usize) -> Result<String, AnswerError> {
    let mut text = Vec::with_capacity(room);
    serde_json::to_writer(&mut text, value).map_err(|_| AnswerError::NotJson)?;
    String::from_utf8(text).map_err(|_| AnswerError::NotJson)
}

/// Why there is a policy but no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The answer cannot be written as JSON.
    #[error("the answer cannot be written as JSON")]
    NotJson,

    /// The answer is over the budget.
    #[error("the answer is {bytes} bytes, over the budget of {max_bytes}")]
    TooLarge {
        /// Its length, in bytes.
        bytes: usize,
        /// The budget, in bytes.
        max_bytes: usize,
    },
}

impl AnswerError {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::NotJson => "answer_not_json",
            Self::TooLarge { .. } => "answer_too_large",
        }
    }
}

fn value<'a>(
    claim: &ContextClaim,
    claims: &'a Claims,
) -> Result<Option<Cow<'a, str>>, AnswerError> {
    let text = match claim {
        ContextClaim::ClientId => claims.client_id(),
        ContextClaim::Groups => {
            let groups = serde_json::to_string(claims.groups());
            return groups.map(|text| Some(text.into())).map_err(|_| AnswerError::NotJson);
        }
        ContextClaim::Scope => {
            let scopes: Vec<&str> = claims.scopes().collect();
            return Ok((!scopes.is_empty()).then(|| scopes.join(" ").into()));
        }
        ContextClaim::Sub => Some(claims.sub()),
        ContextClaim::Text(name) => claims.text(name),
        ContextClaim::Username => claims.username(),
    };
    Ok(text.map(Cow::Borrowed))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
