//! Every way a call can fail, and what the caller then sees: decided here and nowhere else.
//!
//! API Gateway makes 401 of an error whose message is exactly `Unauthorized`, and 500 of any
//! other. A failure of ours is never a policy, not even one that denies, since API Gateway would
//! cache it.
//!
//! Source: [what API Gateway does with the output][output].
//!
//! [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html

use gatepost_core::policy::BindError;
use gatepost_core::revocable::RevocableKind;
use gatepost_core::token::TokenError;
use gatepost_store::StoreError;

use crate::answer::AnswerError;
use crate::jwks::KeysUnavailable;
use crate::request::RequestError;
use crate::usage_plan::DifferentUsageKeys;
use crate::wire::EventError;

/// What a caller sees when there is no policy.
///
/// The text is what API Gateway is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Status 500: nobody can tell whether the caller may.
    #[error("Gatepost could not decide: {0}")]
    Failure(&'static str),

    /// Status 401: the request has no token that is accepted.
    #[error("Unauthorized")]
    Unauthorized,
}

/// Why there is no policy. Holds nothing of the token, the claims or the path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorizeError {
    #[error(transparent)]
    Answer(#[from] AnswerError),

    #[error(transparent)]
    Bind(#[from] BindError),

    #[error(transparent)]
    Event(#[from] EventError),

    #[error(transparent)]
    Keys(#[from] KeysUnavailable),

    #[error(transparent)]
    Request(#[from] RequestError),

    #[error("the {0} is revoked")]
    Revoked(RevocableKind),

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error(transparent)]
    Token(#[from] TokenError),

    #[error(transparent)]
    UsageKeys(#[from] DifferentUsageKeys),
}

impl AuthorizeError {
    /// What the caller sees. Without a `_` arm, so that no failure can be added without an answer
    /// to this question.
    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            Self::Request(
                RequestError::DifferentTokens
                | RequestError::MissingToken
                | RequestError::NotBearer
                | RequestError::RepeatedSource,
            )
            | Self::Revoked(_)
            | Self::Token(_) => Refusal::Unauthorized,
            Self::Answer(_)
            | Self::Bind(_)
            | Self::Event(_)
            | Self::Keys(_)
            | Self::Request(
                RequestError::MethodArn(_)
                | RequestError::SimpleImpossible
                | RequestError::UnknownEvent,
            )
            | Self::Store(_)
            | Self::UsageKeys(_) => Refusal::Failure(self.reason()),
        }
    }

    /// A code for logs and metrics that stays the same when the wording changes.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Answer(error) => error.reason(),
            Self::Bind(_) => "resource_too_long",
            Self::Event(_) => "malformed_event",
            Self::Keys(_) => "keys_unavailable",
            Self::Request(error) => error.reason(),
            Self::Revoked(RevocableKind::Session) => "revoked_session",
            Self::Revoked(RevocableKind::Token) => "revoked_token",
            Self::Revoked(RevocableKind::User) => "revoked_user",
            Self::Store(error) => error.reason(),
            Self::Token(error) => error.reason(),
            Self::UsageKeys(_) => "different_usage_keys",
        }
    }
}

#[cfg(test)]
mod tests {
    use gatepost_core::gateway::MethodArnError;

    use super::*;

    #[test]
    fn the_word_that_makes_a_401_stands_alone() {
        assert_eq!(Refusal::Unauthorized.to_string(), "Unauthorized");
        let failure = Refusal::Failure("throttled").to_string();
        assert_eq!(failure, "Gatepost could not decide: throttled");
    }

    #[test]
    fn faults_of_the_token_are_401_and_all_others_500() {
        for error in TokenError::ALL {
            assert_eq!(AuthorizeError::from(error).refusal(), Refusal::Unauthorized, "{error}");
        }
        for error in [
            RequestError::DifferentTokens,
            RequestError::MissingToken,
            RequestError::NotBearer,
            RequestError::RepeatedSource,
        ] {
            assert_eq!(AuthorizeError::from(error).refusal(), Refusal::Unauthorized);
        }
        for kind in RevocableKind::ALL {
            assert_eq!(AuthorizeError::Revoked(kind).refusal(), Refusal::Unauthorized);
        }
        let failures: [(AuthorizeError, &str); 9] = [
            (AnswerError::TooLarge { bytes: 2, max_bytes: 1 }.into(), "answer_too_large"),
            (
                BindError { document: 0, statement: 0, sid: None, characters: 513 }.into(),
                "resource_too_long",
            ),
            (EventError::NotJson.into(), "malformed_event"),
            (KeysUnavailable::NeverFetched.into(), "keys_unavailable"),
            (RequestError::MethodArn(MethodArnError::WrongService).into(), "malformed_method_arn"),
            (RequestError::UnknownEvent.into(), "unknown_event"),
            (RequestError::SimpleImpossible.into(), "simple_answer_impossible"),
            (StoreError::Throttled.into(), "throttled"),
            (DifferentUsageKeys.into(), "different_usage_keys"),
        ];
        for (error, reason) in failures {
            assert_eq!(error.refusal(), Refusal::Failure(reason), "{error}");
        }
    }
}
