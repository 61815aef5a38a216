//! Random cases: a request, and documents made around it so that they often just match or miss.
//!
//! A case follows from a seed and a number alone. All documents are valid.

pub(crate) mod conditions;
pub(crate) mod patterns;
pub(crate) mod random;
pub(crate) mod request;
pub(crate) mod vocabulary;

use serde_json::{Map, Value, json};

use super::Case;
use random::Random;
use request::Method;

/// The case `number` of `seed`.
pub(crate) fn case(seed: u64, number: u64) -> Case {
    let random = &mut Random::of_case(seed, number);
    let method = Method::generate(random);
    let action = random.pick(&[
        "execute-api:Invoke",
        "execute-api:Invoke",
        "execute-api:Invoke",
        "execute-api:InvalidateCache",
        "execute-api:ManageConnections",
        "gatepost:ViewPage",
        "s3:GetObject",
    ]);
    let context = conditions::context(random);
    let count = random.between(1, 4);
    Case {
        documents: (0..count).map(|_| document(random, &method, action, &context)).collect(),
        action: action.to_owned(),
        method_arn: method.arn(),
        context,
    }
}

/// Other methods of the API and stage that a case calls, such as its documents speak of.
///
/// Each follows from one pattern alone, so that it stays when the rest of a case is left out.
pub(crate) fn siblings(case: &Case) -> Vec<String> {
    let called: Vec<&str> = case.method_arn.splitn(3, '/').collect();
    let named = case.documents.iter().flat_map(patterns::of).filter_map(|pattern| {
        let random = &mut Random::of_text(pattern);
        if random.percent(40) { patterns::example(random, pattern) } else { None }
    });
    ["GET/".to_owned(), "$connect".to_owned()]
        .into_iter()
        .chain(named)
        .map(|route| format!("{}/{}/{route}", called[0], called[1]))
        .collect()
}

fn document(random: &mut Random, method: &Method, action: &str, context: &Value) -> Value {
    let version = random.pick(&[Some("2012-10-17"), Some("2012-10-17"), Some("2008-10-17"), None]);
    let variables = version == Some("2012-10-17");
    let count = if random.percent(3) { 0 } else { random.between(1, 5) };
    let mut statements: Vec<Value> = Vec::new();
    for number in 0..count {
        let mut statement = statement(random, method, action, context, variables);
        if random.percent(30) {
            statement.insert("Sid".to_owned(), json!(format!("Statement{number}")));
        }
        statements.push(Value::Object(statement));
    }
    let mut document = Map::new();
    if let Some(version) = version {
        document.insert("Version".to_owned(), json!(version));
    }
    let bare = statements.len() == 1 && random.percent(50);
    let statements = if bare { statements.remove(0) } else { Value::Array(statements) };
    document.insert("Statement".to_owned(), statements);
    Value::Object(document)
}

fn statement(
    random: &mut Random,
    method: &Method,
    action: &str,
    context: &Value,
    variables: bool,
) -> Map<String, Value> {
    let mut statement = Map::new();
    let effect = if random.percent(24) { "Deny" } else { "Allow" };
    statement.insert("Effect".to_owned(), json!(effect));

    let member = if random.percent(12) { "NotAction" } else { "Action" };
    let actions = (0..random.between(1, 2)).map(|_| json!(patterns::action(random, action)));
    let actions = actions.collect();
    statement.insert(member.to_owned(), list(random, actions));

    let (member, variables) =
        if random.percent(15) { ("NotResource", false) } else { ("Resource", variables) };
    let count = if random.percent(70) { 1 } else { random.between(2, 4) };
    let resources = (0..count).map(|_| json!(patterns::resource(random, method, variables)));
    let resources = resources.collect();
    statement.insert(member.to_owned(), list(random, resources));

    if random.percent(45) {
        statement.insert("Condition".to_owned(), conditions::block(random, context));
    }
    statement
}

/// A list, or its one element without the brackets.
fn list(random: &mut Random, mut elements: Vec<Value>) -> Value {
    if elements.len() == 1 && random.percent(60) {
        elements.remove(0)
    } else {
        Value::Array(elements)
    }
}
