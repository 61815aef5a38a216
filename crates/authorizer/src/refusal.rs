//! Every way a call can fail, and what the caller then sees: decided here and nowhere else.
//!
//! API Gateway makes 401 of an error whose message is exactly `Unauthorized`, and 500 of any
//! other. A failure of ours is never a policy, not even one that denies, since API Gateway would
//! cache it.
//!
//! Source: [what API Gateway does with the output][output].
//!
//! [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html

use gatepost_core::revocable::RevocableKind;
use gatepost_core::token::TokenError;
use gatepost_store::StoreError;

use crate::answer::AnswerError;
use crate::jwks::KeysUnavailable;
use crate::policy::PolicyError;
use crate::request::RequestError;
use crate::sessions::SessionError;
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
    Event(#[from] EventError),

    #[error(transparent)]
    Keys(#[from] KeysUnavailable),

    #[error(transparent)]
    Policy(#[from] PolicyError),

    #[error(transparent)]
    Request(#[from] RequestError),

    #[error("the {0} is revoked")]
    Revoked(RevocableKind),

    #[error(transparent)]
    Session(#[from] SessionError),

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
                RequestError::CsrfTokenMismatch
                | RequestError::CsrfTokenMissing
                | RequestError::DifferentTokens
                | RequestError::MalformedSession
                | RequestError::MissingToken
                | RequestError::NotBearer
                | RequestError::RepeatedSource,
            )
            | Self::Revoked(_)
            | Self::Session(SessionError::None | SessionError::NotOpened)
            | Self::Token(_) => Refusal::Unauthorized,
            Self::Answer(_)
            | Self::Event(_)
            | Self::Keys(_)
            | Self::Policy(_)
            | Self::Request(
                RequestError::MethodArn(_)
                | RequestError::SimpleImpossible
                | RequestError::UnknownEvent,
            )
            | Self::Session(SessionError::Unavailable(_))
            | Self::Store(_)
            | Self::UsageKeys(_) => Refusal::Failure(self.reason()),
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
            Self::Revoked(RevocableKind::Session) => "revoked_session",
            Self::Revoked(RevocableKind::Token) => "revoked_token",
            Self::Revoked(RevocableKind::User) => "revoked_user",
            Self::Session(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Token(error) => error.reason(),
            Self::UsageKeys(_) => "different_usage_keys",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;
    use std::{env, fs};

    use gatepost_core::gateway::MethodArnError;
    use gatepost_core::policy::{BindError, ExplicitError};

    use super::*;

    /// One error of the store for each reason.
    fn store_errors() -> [StoreError; 12] {
        let (code, why) = (String::new, String::new);
        [
            StoreError::AccessDenied { code: code() },
            StoreError::Failing { status: 500 },
            StoreError::Garbled,
            StoreError::Refused { code: code(), status: 400 },
            StoreError::Row {
                kind: "group",
                fault: gatepost_store::RowFault::Missing { attribute: "document" },
            },
            StoreError::TableNotFound,
            StoreError::Throttled,
            StoreError::TimedOut,
            StoreError::UnaskedRow,
            StoreError::Unprocessed { asked: 2, unread: 1 },
            StoreError::Unreachable { why: why() },
            StoreError::Unsendable { why: why() },
        ]
    }

    fn too_long() -> BindError {
        BindError { document: 0, statement: 0, sid: None, characters: 513 }
    }

    /// What each reason means where the error's own words are about one case of it.
    fn meaning(error: &AuthorizeError) -> String {
        match error {
            AuthorizeError::Answer(AnswerError::TooLarge { .. }) => {
                "the answer is over `GATEPOST_MAX_POLICY_BYTES`, or over the 8 KB of a WebSocket API".to_owned()
            }
            AuthorizeError::Policy(PolicyError::Bind(_)) => {
                "a resource is over 512 characters once it is bound to the API".to_owned()
            }
            AuthorizeError::Policy(PolicyError::Explicit(_)) => {
                "with `GATEPOST_IMPLICIT_DENY=explicit`: what is not allowed cannot be denied exactly"
                    .to_owned()
            }
            AuthorizeError::Event(_) => "the event is not JSON, or a member of it malformed".to_owned(),
            AuthorizeError::Keys(_) => {
                "no key set may be used: none was fetched, the one at hand is too old, or it lacks the token's key and no newer one can be fetched".to_owned()
            }
            AuthorizeError::Request(RequestError::MethodArn(_)) => "the method ARN cannot be read".to_owned(),
            AuthorizeError::Session(SessionError::Unavailable(_)) => {
                "the table of sessions cannot be read; the words say why".to_owned()
            }
            AuthorizeError::Store(error) => match error {
                StoreError::AccessDenied { .. } => "the credentials are refused, or do not allow to read the table",
                StoreError::Failing { .. } => "the table's service failed on its side",
                StoreError::Garbled => "the table's answer cannot be understood",
                StoreError::Refused { .. } => "the table refused the request",
                StoreError::Row { .. } => "a row is there, but is no policy document or revocation",
                StoreError::TableNotFound => "there is no such table",
                StoreError::Throttled => "reads from the table are throttled",
                StoreError::TimedOut => "no answer from the table in time",
                StoreError::UnaskedRow => "the table's answer holds a row that was not asked for",
                StoreError::Unprocessed { .. } => "the table left a part of the rows unprocessed until the deadline",
                StoreError::Unreachable { .. } => "the table's service is unreachable",
                StoreError::Unsendable { .. } => "the request to the table could not be made",
            }
            .to_owned(),
            AuthorizeError::Answer(_)
            | AuthorizeError::Request(_)
            | AuthorizeError::Revoked(_)
            | AuthorizeError::Session(_)
            | AuthorizeError::Token(_)
            | AuthorizeError::UsageKeys(_) => error.to_string(),
        }
    }

    /// The list of reasons as the guide has it.
    fn list() -> String {
        let mut rows = vec![
            ("policy", "granted", "something is allowed".to_owned()),
            (
                "deny",
                "no_subjects",
                "the caller is in no group, nor anything else that counts".to_owned(),
            ),
            ("deny", "no_documents", "none of the caller's subjects has a document".to_owned()),
            ("deny", "nothing_allowed", "the documents allow no call of this API".to_owned()),
        ];
        let requests = [
            RequestError::CsrfTokenMismatch,
            RequestError::CsrfTokenMissing,
            RequestError::DifferentTokens,
            RequestError::MalformedSession,
            RequestError::MethodArn(MethodArnError::WrongService),
            RequestError::MissingToken,
            RequestError::NotBearer,
            RequestError::RepeatedSource,
            RequestError::SimpleImpossible,
            RequestError::UnknownEvent,
        ];
        let errors = [
            AnswerError::NotJson.into(),
            AnswerError::TooLarge { bytes: 2, max_bytes: 1 }.into(),
            PolicyError::from(too_long()).into(),
            PolicyError::from(ExplicitError::NoList).into(),
            EventError::NotJson.into(),
            KeysUnavailable::NeverFetched.into(),
            DifferentUsageKeys.into(),
            SessionError::None.into(),
            SessionError::NotOpened.into(),
            SessionError::Unavailable(StoreError::Throttled).into(),
        ];
        let errors = errors.into_iter().chain(requests.map(AuthorizeError::from));
        let errors = errors.chain(RevocableKind::ALL.map(AuthorizeError::Revoked));
        let errors = errors.chain(store_errors().map(AuthorizeError::from));
        let errors = errors.chain(TokenError::ALL.map(AuthorizeError::from));
        for error in errors {
            let outcome = match error.refusal() {
                Refusal::Failure(_) => "failure",
                Refusal::Unauthorized => "unauthorized",
            };
            rows.push((outcome, error.reason(), meaning(&error)));
        }
        rows[4..].sort_unstable();
        let mut text = "| outcome | reason | when |\n| --- | --- | --- |\n".to_owned();
        for (outcome, reason, meaning) in rows {
            writeln!(text, "| {outcome} | `{reason}` | {meaning} |").unwrap();
        }
        text
    }

    /// With `GATEPOST_WRITE_DOCS=1`, which `scripts/reference` sets, it is written into the guide.
    #[test]
    fn the_guide_has_every_reason() {
        const HEADING: &str = "## Reasons\n\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decision-log.md");
        let page = fs::read_to_string(&path).unwrap();
        let (before, listed) = page.split_once(HEADING).unwrap();
        if env::var_os("GATEPOST_WRITE_DOCS").is_some() {
            fs::write(&path, format!("{before}{HEADING}{}", list())).unwrap();
            return;
        }
        assert_eq!(listed, list(), "run scripts/reference");
    }

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
            RequestError::CsrfTokenMismatch,
            RequestError::CsrfTokenMissing,
            RequestError::DifferentTokens,
            RequestError::MalformedSession,
            RequestError::MissingToken,
            RequestError::NotBearer,
            RequestError::RepeatedSource,
        ] {
            assert_eq!(AuthorizeError::from(error).refusal(), Refusal::Unauthorized);
        }
        for error in [SessionError::None, SessionError::NotOpened] {
            assert_eq!(AuthorizeError::from(error).refusal(), Refusal::Unauthorized);
        }
        for kind in RevocableKind::ALL {
            assert_eq!(AuthorizeError::Revoked(kind).refusal(), Refusal::Unauthorized);
        }
        let failures: [(AuthorizeError, &str); 11] = [
            (AnswerError::TooLarge { bytes: 2, max_bytes: 1 }.into(), "answer_too_large"),
            (PolicyError::from(too_long()).into(), "resource_too_long"),
            (PolicyError::from(ExplicitError::NoList).into(), "deny_not_expressible"),
            (EventError::NotJson.into(), "malformed_event"),
            (KeysUnavailable::NeverFetched.into(), "keys_unavailable"),
            (RequestError::MethodArn(MethodArnError::WrongService).into(), "malformed_method_arn"),
            (RequestError::UnknownEvent.into(), "unknown_event"),
            (RequestError::SimpleImpossible.into(), "simple_answer_impossible"),
            (StoreError::Throttled.into(), "throttled"),
            (DifferentUsageKeys.into(), "different_usage_keys"),
            (SessionError::Unavailable(StoreError::Throttled).into(), "sessions_unavailable"),
        ];
        for (error, reason) in failures {
            assert_eq!(error.refusal(), Refusal::Failure(reason), "{error}");
        }
    }
}
