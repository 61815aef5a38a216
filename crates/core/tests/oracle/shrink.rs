//! Making a failing case small enough to read.

use serde_json::Value;

use super::Case;

/// Leaves out what can be left out of a case while `fails` still says so.
///
/// It tries each member and element of the documents and the context in turn, until none can go.
/// `fails` must say no to documents that are not valid.
pub(crate) fn smallest(mut case: Case, fails: impl Fn(&Case) -> bool) -> Case {
    while let Some(smaller) = smaller(&case).into_iter().find(|smaller| fails(smaller)) {
        case = smaller;
    }
    case
}

/// The case with each one of its parts left out.
fn smaller(case: &Case) -> Vec<Case> {
    let documents = Value::Array(case.documents.clone());
    let fewer_documents = without_one(&documents)
        .into_iter()
        .map(|documents| Case { documents: documents.as_array().unwrap().clone(), ..case.clone() });
    let less_context =
        without_one(&case.context).into_iter().map(|context| Case { context, ..case.clone() });
    fewer_documents.chain(less_context).collect()
}

/// The value with each one of its members and elements left out, outer ones first.
fn without_one(value: &Value) -> Vec<Value> {
    let mut results = Vec::new();
    match value {
        Value::Array(elements) => {
            for index in 0..elements.len() {
                let mut rest = elements.clone();
                rest.remove(index);
                results.push(Value::Array(rest));
            }
            for (index, element) in elements.iter().enumerate() {
                for smaller in without_one(element) {
                    let mut changed = elements.clone();
                    changed[index] = smaller;
                    results.push(Value::Array(changed));
                }
            }
        }
        Value::Object(members) => {
            for name in members.keys() {
                let mut rest = members.clone();
                rest.remove(name);
                results.push(Value::Object(rest));
            }
            for (name, member) in members {
                for smaller in without_one(member) {
                    let mut changed = members.clone();
                    changed[name] = smaller;
                    results.push(Value::Object(changed));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    results
}
