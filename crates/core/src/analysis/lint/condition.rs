//! Conditions on keys that no request to an API with a Lambda authorizer has.

use super::subject::Subject;
use super::wording::nearest;
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::witness::Witness;
use crate::policy::{Clause, Effect, Statement};

/// Keys that are there for all types of authorization.
///
/// Source: [AWS condition keys that can be used in API Gateway resource policies][keys], the only
/// list there is. Those that it has for IAM authorization only are not there for a Lambda
/// authorizer.
///
/// [keys]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
const KEYS: [&str; 10] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:Referer",
    "aws:SecureTransport",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:UserAgent",
    "aws:VpcSourceIp",
];

/// Keys about the caller, who is nobody to IAM, in lower case.
const CALLER: [&str; 5] =
    ["aws:principal", "aws:userid", "aws:username", "cognito", "aws:federated"];

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for (index, statement) in subject.document.statements().iter().enumerate() {
        let effect = statement.effect();
        let unknown =
            statement.condition().clauses().iter().filter(|clause| {
                !KEYS.iter().any(|known| known.eq_ignore_ascii_case(clause.key()))
            });
        for clause in unknown {
            // The names of keys may have slashes: `aws:PrincipalTag/team`.
            let pointer = crate::json::pointer(
                &format!("/Statement/{index}/Condition/{}", clause.operator_name()),
                clause.key(),
            );
            // What the operator says of a key that is missing.
            let holds = clause.holds(None);
            let follows = match (holds, effect) {
                (true, Effect::Allow) => {
                    "this holds for everyone, and the Allow is not restricted by it"
                }
                (true, Effect::Deny) => {
                    "this holds for everyone, and the Deny is not restricted by it"
                }
                (false, Effect::Allow) => "this never holds, and the Allow never allows anything",
                (false, Effect::Deny) => "this never holds, and the Deny never denies anything",
            };
            let message = format!(
                "asks for a key that API Gateway does not provide, so that {follows}{}",
                advice(clause)
            );
            let example = example(subject, index, statement, holds);
            found.push(Finding::new(Trap::UnknownConditionKey, pointer, message, example));
        }
    }
}

fn advice(clause: &Clause) -> String {
    let key = clause.lookup();
    if CALLER.iter().any(|start| key.starts_with(start)) {
        ": for the caller, write claims such as `${token:sub}` in `Resource`".to_owned()
    } else if let Some(near) = nearest(key, KEYS) {
        format!(": write `{near}`")
    } else {
        String::new()
    }
}

/// A request without the key: one that the statement is about, and that shows what follows.
fn example(
    subject: &Subject<'_>,
    index: usize,
    statement: &Statement,
    holds: bool,
) -> Option<Witness> {
    let bare = subject.filled.statements().get(index)?.without_condition();
    let pattern = bare.resources().patterns().first()?;
    let witness = subject.sample(&bare, pattern)?;
    let alone = subject.document.with(vec![statement.clone()]);
    let applies = !witness.decide(&[&alone]).statements.is_empty();
    (applies == holds).then_some(witness)
}
