//! What an authorizer may answer, read as strictly as API Gateway reads it, or more.
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

/// The largest payload a Lambda function can return, in bytes.
///
/// Source: [Lambda
/// quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// An authorizer's answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) principal_id: String,
    pub(super) policy: PolicyDocument,
    /// Every value as the text the backend gets; `None` for `null`.
    pub(super) context: Vec<(String, Option<String>)>,
    /// The size of the payload this was read from.
    pub(super) bytes: usize,
}

impl Answer {
    /// Reads the payload of an invocation.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, AnswerError> {
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
        let principal_id = string(member(&answer, "principalId")?, "/principalId")?;
        let document = member(&answer, "policyDocument")?;
        require_arns(document)?;
        let policy = PolicyDocument::from_json(document)?;
        if let Some(key) = answer.get("usageIdentifierKey").filter(|key| **key != Json::Null) {
            string(key, "/usageIdentifierKey")?;
        }
        Ok(Self {
            principal_id,
            policy,
            context: context(answer.get("context"))?,
            bytes: payload.len(),
        })
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

fn context(context: Option<&Json>) -> Result<Vec<(String, Option<String>)>, AnswerError> {
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
    let text = |(key, value): &(String, Json)| {
        let text = match value {
            Json::Null => None,
            Json::Bool(value) => Some(value.to_string()),
            Json::Number(number) => Some(number.to_string()),
            Json::String(text) => Some(text.clone()),
            Json::Array(_) | Json::Object(_) => {
                return Err(AnswerError::ContextValue { key: key.clone(), got: value.kind() });
            }
        };
        Ok((key.clone(), text))
    };
    members.iter().map(text).collect()
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
