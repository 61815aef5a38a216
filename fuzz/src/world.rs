//! Documents and requests of few letters, so that they meet often.

use arbitrary::{Result, Unstructured};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{Access, Context, Decision, PolicyDocument, decide};
use serde_json::{Value, json};

/// The API and stage of every request.
pub const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

/// Two sets of documents and a request.
#[derive(Debug)]
pub struct World {
    /// Up to three.
    pub documents: Vec<PolicyDocument>,
    /// Up to three.
    pub others: Vec<PolicyDocument>,
    /// What is called.
    pub method: MethodArn,
    /// What conditions may ask, and claims.
    pub context: Context,
}

impl World {
    /// The world that these bytes stand for; `None` if they end too early or make no document.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = &mut Unstructured::new(bytes);
        let context = context(bytes).ok()?;
        let method = method(bytes).ok()?;
        Some(Self { documents: documents(bytes)?, others: documents(bytes)?, method, context })
    }
}

/// What `documents` say to an invocation of `method`.
pub fn answer<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument>,
    method: &MethodArn,
    context: &Context,
) -> Decision {
    let access = Access { action: "execute-api:Invoke", resource: method.into(), context };
    decide(documents, &access).decision
}

fn documents(bytes: &mut Unstructured<'_>) -> Option<Vec<PolicyDocument>> {
    let count = bytes.int_in_range(0..=3).ok()?;
    (0..count)
        .map(|_| {
            let statements = (0..bytes.int_in_range(0..=3)?).map(|_| statement(bytes));
            let statements = statements.collect::<Result<Vec<_>>>()?;
            Ok(json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
        })
        .map(|text: Result<String>| PolicyDocument::parse(text.ok()?.as_bytes()).ok())
        .collect()
}

fn statement(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let mut statement = json!({ "Effect": *bytes.choose(&["Allow", "Deny"])? });
    let action = *bytes.choose(&["execute-api:Invoke", "execute-api:*", "*", "gatepost:ViewPage"])?;
    statement[if bytes.ratio(1, 8)? { "NotAction" } else { "Action" }] = json!(action);
    let resources = (0..bytes.int_in_range(1..=3)?).map(|_| resource(bytes));
    let resources = resources.collect::<Result<Vec<_>>>()?;
    let plain = !resources.iter().any(|resource| resource.contains("${"));
    let except = plain && bytes.ratio(1, 6)?;
    statement[if except { "NotResource" } else { "Resource" }] = json!(resources);
    if bytes.ratio(1, 4)? {
        let operator = *bytes.choose(&[
            "StringEquals",
            "StringNotLike",
            "StringLikeIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotEquals",
        ])?;
        let key = *bytes.choose(&["aws:a", "aws:b"])?;
        statement["Condition"] = json!({ operator: { key: *bytes.choose(&["x", "y", "*"])? } });
    }
    Ok(statement)
}

fn resource(bytes: &mut Unstructured<'_>) -> Result<String> {
    Ok(match bytes.int_in_range(0..=9)? {
        0 => "*".to_owned(),
        1 => "page/a*".to_owned(),
        2 => "GET/${token:sub}/*".to_owned(),
        3 => format!("arn:aws:execute-api:*:*:a1/{}*", letters(bytes, b"ab*?/", 4)?),
        4 => format!("{STAGE}/{}/{}", bytes.choose(&["GET", "*"])?, letters(bytes, b"ab*?/", 5)?),
        _ => format!("{}/{}", bytes.choose(&["GET", "POST", "*"])?, letters(bytes, b"ab*?/", 6)?),
    })
}

fn method(bytes: &mut Unstructured<'_>) -> Result<MethodArn> {
    let verb = *bytes.choose(&["GET", "POST", "DELETE"])?;
    let text = format!("{STAGE}/{verb}/{}", letters(bytes, b"ab/*", 6)?);
    Ok(text.parse().expect("a stage, a verb and a path make a method"))
}

fn context(bytes: &mut Unstructured<'_>) -> Result<Context> {
    let mut context = Context::new();
    for key in ["aws:a", "aws:b", "token:sub"] {
        let values = (0..bytes.int_in_range(0..=2)?).map(|_| bytes.choose(&["x", "y", "a"]));
        let values = values.map(|value| Ok((*value?).to_owned()));
        let values = values.collect::<Result<Vec<String>>>()?;
        match (key, values.as_slice()) {
            ("token:sub", []) => {}
            ("token:sub", [first, ..]) => context.insert(key, first.as_str()),
            (_, _) => context.insert(key, values),
        }
    }
    Ok(context)
}

fn letters(bytes: &mut Unstructured<'_>, of: &[u8], most: usize) -> Result<String> {
    let count = bytes.int_in_range(0..=most)?;
    (0..count).map(|_| bytes.choose(of).map(|letter| char::from(*letter))).collect()
}
