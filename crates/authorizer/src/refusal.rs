//! Every way a call can fail, and what the caller then sees: decided here and nowhere else.
//!
//! API Gateway makes 401 of an error whose message is exactly `Unauthorized`, and 500 of any
//! other. A failure of ours is never a policy, not even one that denies, since API Gateway would
//! cache it.
//!
//! Source: [what API Gateway does with the output][output].
//!
//! [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html

use gatepost_core::token::TokenError;
use gatepost_store::StoreError;

use crate::answer::AnswerError;
use crate::jwks::KeysUnavailable;
use crate::policy::PolicyError;
use crate::request::RequestError;
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
    Event(#[from] EventError),

    #[error(transparent)]
    Keys(#[from] KeysUnavailable),

    #[error(transparent)]
    Policy(#[from] PolicyError),

    #[error(transparent)]
    Request(#[from] RequestError),

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error(transparent)]
    Token(#[from] TokenError),
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
            | Self::Token(_) => Refusal::Unauthorized,
            Self::Answer(_)
            | Self::Event(_)
            | Self::Keys(_)
            | Self::Policy(_)
            | Self::Request(RequestError::MethodArn(_) | RequestError::UnknownType)
            | Self::Store(_) => Refusal::Failure(self.reason()),
        }
    }

    /// A code for logs and metrics that stays the same when the wording changes.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Answer(error) => error.reason(),
            Self::Event(_) => "malformed_event",
            Self::Keys(_) => "keys_unavailable",
            Self::Policy(error) => error.reason(),
            Self::Request(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Token(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use gatepost_core::gateway::MethodArnError;
    use gatepost_core::policy::{BindError, ExplicitError};

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
        let too_long = BindError { document: 0, statement: 0, sid: None, characters: 513 };
        let failures: [(AuthorizeError, &str); 8] = [
            (AnswerError::TooLarge { bytes: 2, max_bytes: 1 }.into(), "answer_too_large"),
            (PolicyError::from(too_long).into(), "resource_too_long"),
            (PolicyError::from(ExplicitError::NoList).into(), "deny_not_expressible"),
            (EventError::NotJson.into(), "malformed_event"),
            (KeysUnavailable::NeverFetched.into(), "keys_unavailable"),
            (RequestError::MethodArn(MethodArnError::WrongService).into(), "malformed_method_arn"),
            (RequestError::UnknownType.into(), "unknown_event_type"),
            (StoreError::Throttled.into(), "throttled"),
        ];
        for (error, reason) in failures {
            assert_eq!(error.refusal(), Refusal::Failure(reason), "{error}");
        }
    }
}
