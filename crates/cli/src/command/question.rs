//! What the questions of `gatepost decide` and `gatepost merge` have in common.

use gatepost_core::gateway::MethodArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{Context, PolicyDocument};

use crate::json_lines::Question;

/// Takes `documents`, an array of policy documents.
///
/// # Errors
///
/// What is wrong, with the place counted from the line's own top.
pub(super) fn take_documents(question: &mut Question) -> Result<Vec<PolicyDocument>, String> {
    let documents = question.require("documents")?;
    let elements = documents
        .as_array()
        .ok_or_else(|| format!("`documents` must be an array, not {}", documents.kind()))?;
    let parse = |(index, element): (usize, &Json)| {
        PolicyDocument::from_json(element).map_err(|error| {
            let faults = error.faults().iter().map(|fault| {
                let place = format!("/documents/{index}{}", fault.pointer);
                format!("`{place}` {} [{}]", fault.message, fault.rule)
            });
            faults.collect::<Vec<_>>().join("; ")
        })
    };
    elements.iter().enumerate().map(parse).collect()
}

/// Takes a method ARN, if it is there.
pub(super) fn take_method_arn(
    question: &mut Question,
    name: &str,
) -> Result<Option<MethodArn>, String> {
    match question.take(name) {
        None => Ok(None),
        Some(Json::String(text)) => {
            text.parse().map(Some).map_err(|error| format!("`{name}`: {error}"))
        }
        Some(other) => Err(format!("`{name}` must be a string, not {}", other.kind())),
    }
}

/// Takes the request's context, empty if it is not there.
pub(super) fn take_context(question: &mut Question) -> Result<Context, String> {
    match question.take("context") {
        None => Ok(Context::new()),
        Some(json) => Context::from_json(&json).map_err(|error| error.to_string()),
    }
}
