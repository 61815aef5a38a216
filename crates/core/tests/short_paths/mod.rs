//! One stage, and every method of it whose path is short.

use gatepost_core::gateway::{MethodArn, StageArn};
use gatepost_core::policy::PolicyDocument;
use serde_json::{Value, json};

pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:1:a1/prod";

pub(crate) fn stage() -> StageArn {
    STAGE.parse().unwrap()
}

pub(crate) fn document(statements: &[Value]) -> PolicyDocument {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    PolicyDocument::parse(text.as_bytes()).unwrap()
}

/// Methods of two verbs whose paths are every text of up to so many letters of a small alphabet.
pub(crate) fn methods(letters: usize) -> Vec<MethodArn> {
    let mut paths = vec![String::new()];
    let mut last = paths.clone();
    for _ in 0..letters {
        last = last
            .iter()
            .flat_map(|path| ["a", "b", "/"].map(|letter| path.clone() + letter))
            .collect();
        paths.extend(last.clone());
    }
    let verbs = ["GET", "PUT"];
    let methods = paths.iter().flat_map(|path| verbs.map(|verb| format!("{STAGE}/{verb}/{path}")));
    methods.map(|text| text.parse().unwrap()).collect()
}
