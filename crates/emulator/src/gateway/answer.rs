//! What an authorizer may answer, read as strictly as API Gateway reads it, or more: a policy, or the
//! simple answer of an HTTP API.
//!
//! Everything that is not a principal, a policy document and a flat context is an
//! `AuthorizerConfigurationException`, which a client sees as `500 {"message":null}`. AWS does not
//! say why; [`AnswerError`] does. Where AWS is not known to refuse (a resource that is no ARN, say)
//! we do: such an answer would grant nothing, or something nobody meant.
//!
//! Source: [Output from a Lambda authorizer][output].
//!
//! [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html

use gatepost_core::json::{Json, JsonError, pointer};
use gatepost_core::policy::{DocumentError, PolicyDocument, ResourcePattern};
use serde_json::Value;

use super::settings::PayloadFormat;

/// The largest payload a Lambda function can return, in bytes.
///
/// Source: [Lambda
/// quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// An authorizer's answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` in a simple answer.
    pub(super) principal_id: Option<String>,
    pub(super) grant: Grant,
    /// What the backend gets: texts or `null`, and in format 2.0 of an HTTP API any JSON.
    pub(super) context: Vec<(String, Value)>,
    /// The size of the payload this was read from.
    pub(super) bytes: usize,
}

/// What an answer lets through.
#[derive(Debug)]
pub(super) enum Grant {
    /// What the policy allows.
    Policy(PolicyDocument),
    /// Everything, or nothing.
    Simple(bool),
}

impl Answer {
    /// Reads the payload of an invocation, in the form that the event's format asks for.
    pub(super) fn parse(format: PayloadFormat, payload: &[u8]) -> Result<Self, AnswerError> {
        if payload.len() > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLarge { bytes: payload.len() });
        }
        let answer = Json::parse(payload)?;
        if answer.as_object().is_none() {
            return Err(AnswerError::WrongType {
                pointer: String::new(),
                want: "an object",
                got: answer.kind(),
            });
        }
        if format == PayloadFormat::Http2Simple {
            return Self::simple(&answer, payload.len());
        }
        let principal_id = string(member(&answer, "principalId")?, "/principalId")?;
        let document = member(&answer, "policyDocument")?;
        require_arns(document)?;
        let policy = PolicyDocument::from_json(document)?;
        if let Some(key) = answer.get("usageIdentifierKey").filter(|key| **key != Json::Null) {
            string(key, "/usageIdentifierKey")?;
        }
        Ok(Self {
            principal_id: Some(principal_id),
            grant: Grant::Policy(policy),
            context: context(format, answer.get("context"))?,
            bytes: payload.len(),
        })
    }

    /// Reads `{"isAuthorized": …, "context"?: {…}}`.
    fn simple(answer: &Json, bytes: usize) -> Result<Self, AnswerError> {
        let authorized = member(answer, "isAuthorized")?;
        let Json::Bool(authorized) = authorized else {
            return Err(AnswerError::WrongType {
                pointer: "/isAuthorized".to_owned(),
                want: "a boolean",
                got: authorized.kind(),
            });
        };
        Ok(Self {
            principal_id: None,
            grant: Grant::Simple(*authorized),
            context: context(PayloadFormat::Http2Simple, answer.get("context"))?,
            bytes,
        })
    }
}

/// The text that a header or a template shows of a context value; `None` for `null`.
pub(super) fn text_of_context(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// Why a payload is not an answer. Nothing of its values is repeated here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("`/context/{key}` is {got}; context values are strings, numbers and booleans only")]
    ContextValue { key: String, got: &'static str },

    #[error("the policy document is refused: {0}")]
    Document(#[from] DocumentError),

    #[error("the answer is refused: {0}")]
    Json(#[from] JsonError),

    #[error("the answer has no `{name}`")]
    Missing { name: &'static str },

    #[error("`{pointer}` is neither `*` nor an ARN; API Gateway knows no shorter resources")]
    NotArn { pointer: String },

    #[error("`{pointer}` has {chars} characters, over the limit of {max}", max = ResourcePattern::MAX_CHARACTERS)]
    ResourceTooLong { pointer: String, chars: usize },

    #[error("the answer is {bytes} bytes, over the limit of {MAX_ANSWER_BYTES}")]
    TooLarge { bytes: usize },

    #[error("`{pointer}` is {got}, expected {want}")]
    WrongType { pointer: String, want: &'static str, got: &'static str },
}

fn member<'a>(answer: &'a Json, name: &'static str) -> Result<&'a Json, AnswerError> {
    answer.get(name).filter(|value| **value != Json::Null).ok_or(AnswerError::Missing { name })
}

fn string(value: &Json, pointer: &str) -> Result<String, AnswerError> {
    value.as_str().map(ToOwned::to_owned).ok_or_else(|| AnswerError::WrongType {
        pointer: pointer.to_owned(),
        want: "a string",
        got: value.kind(),
    })
}

fn context(
    format: PayloadFormat,
    context: Option<&Json>,
) -> Result<Vec<(String, Value)>, AnswerError> {
    let members = match context {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Object(members)) => members,
        Some(other) => {
            return Err(AnswerError::WrongType {
                pointer: "/context".to_owned(),
                want: "an object",
                got: other.kind(),
            });
        }
    };
    let takes_any = matches!(format, PayloadFormat::Http2 | PayloadFormat::Http2Simple);
    let read = |(key, value): &(String, Json)| {
        let read = match value {
            Json::Null => Value::Null,
            Json::String(text) => Value::String(text.clone()),
            // Text that was JSON a moment ago.
            _ if takes_any => serde_json::from_str(&value.to_string()).unwrap_or_default(),
            Json::Bool(_) | Json::Number(_) => Value::String(value.to_string()),
            Json::Array(_) | Json::Object(_) => {
                return Err(AnswerError::ContextValue { key: key.clone(), got: value.kind() });
            }
        };
        Ok((key.clone(), read))
    };
    members.iter().map(read).collect()
}

/// A stored document may name routes in short (`GET/movies`); an answer to API Gateway may not.
fn require_arns(document: &Json) -> Result<(), AnswerError> {
    let place = pointer(&pointer("", "policyDocument"), "Statement");
    match document.get("Statement") {
        Some(Json::Array(statements)) => {
            for (index, statement) in statements.iter().enumerate() {
                require_arns_of(statement, &pointer(&place, index))?;
            }
            Ok(())
        }
        Some(statement) => require_arns_of(statement, &place),
        None => Ok(()),
    }
}

fn require_arns_of(statement: &Json, place: &str) -> Result<(), AnswerError> {
    for name in ["Resource", "NotResource"] {
        let place = pointer(place, name);
        match statement.get(name) {
            Some(Json::Array(resources)) => {
                for (index, resource) in resources.iter().enumerate() {
                    require_arn(resource, || pointer(&place, index))?;
                }
            }
            Some(resource) => require_arn(resource, || place.clone())?,
            None => {}
        }
    }
    Ok(())
}

/// What is no string is left to the document's own parser.
fn require_arn(resource: &Json, place: impl Fn() -> String) -> Result<(), AnswerError> {
    let Some(text) = resource.as_str() else { return Ok(()) };
    let chars = text.chars().count();
    if chars > ResourcePattern::MAX_CHARACTERS {
        return Err(AnswerError::ResourceTooLong { pointer: place(), chars });
    }
    if text != "*" && !text.starts_with("arn:") {
        return Err(AnswerError::NotArn { pointer: place() });
    }
    Ok(())
}
