//! Examples whose answers are known beforehand: from AWS's documentation or its plain words.
//!
//! Sources, in the IAM user guide unless said otherwise: `_elements_condition_operators`,
//! `_condition-logic-multiple-context-keys-or-values`, `_condition_examples-multi-valued-context-
//! keys`, `_elements_resource`, `_elements_action`, `_evaluation-logic`, `_variables`; route
//! patterns, pages and `${token:…}` are this project's own.

mod conditions;

use serde_json::{Value, json};

use super::Answer::{self, Allow, ExplicitDeny, ImplicitDeny};
use super::Case;
use conditions::CONDITIONS;

/// A case with its answer.
pub(crate) struct Example {
    /// What the example shows, for the message when it does not hold.
    pub(crate) name: String,
    pub(crate) case: Case,
    pub(crate) want: Answer,
}

/// All examples.
pub(crate) fn examples() -> Vec<Example> {
    let conditions = CONDITIONS.iter().map(condition_example);
    let resources = RESOURCES.iter().map(resource_example);
    let actions = ACTIONS.iter().map(action_example);
    let claims = CLAIMS.iter().flat_map(claim_examples);
    let decisions = DECISIONS.iter().map(decision_example);
    conditions.chain(resources).chain(actions).chain(claims).chain(decisions).collect()
}

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";
const MOVIES: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A caller without attributes invokes `GET /movies`.
fn invoke_movies(documents: Vec<Value>) -> Case {
    Case {
        documents,
        action: "execute-api:Invoke".to_owned(),
        method_arn: MOVIES.to_owned(),
        context: json!({}),
    }
}

fn allow_if(covers: bool) -> Answer {
    if covers { Allow } else { ImplicitDeny }
}

/// The condition of the only statement, an `Allow`; the context; whether the condition holds.
type ConditionExample = (&'static str, &'static str, bool);

fn condition_example((condition, context, holds): &ConditionExample) -> Example {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": parsed(condition)}]});
    Example {
        name: format!("{condition} with {context}"),
        case: Case { context: parsed(context), ..invoke_movies(vec![document]) },
        want: allow_if(*holds),
    }
}

/// The resource pattern of the only statement, an `Allow`; the method ARN; whether it is covered.
type ResourceExample = (&'static str, &'static str, bool);

fn resource_example((pattern, method_arn, covers): &ResourceExample) -> Example {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": pattern}});
    let method_arn = (*method_arn).to_owned();
    Example {
        name: format!("{pattern} over {method_arn}"),
        case: Case { method_arn, ..invoke_movies(vec![document]) },
        want: allow_if(*covers),
    }
}

/// The action pattern of the only statement, an `Allow`; the action; whether it is covered.
type ActionExample = (&'static str, &'static str, bool);

fn action_example((pattern, action, covers): &ActionExample) -> Example {
    let document = json!({"Statement": {"Effect": "Allow", "Action": pattern, "Resource": "*"}});
    let action = (*action).to_owned();
    Example {
        name: format!("{pattern} over {action}"),
        case: Case { action, ..invoke_movies(vec![document]) },
        want: allow_if(*covers),
    }
}

/// The context; whether `GET/users/${token:sub}/x` covers `GET/users/alice/x` in an `Allow`, and
/// whether it does in a `Deny`.
type ClaimExample = (&'static str, bool, bool);

fn claim_examples((context, allows, denies): &ClaimExample) -> [Example; 2] {
    let asked = [("Allow", *allows, Allow), ("Deny", *denies, ExplicitDeny)];
    asked.map(|(effect, covers, answer)| {
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Action": "*", "Resource": "GET/users/${token:sub}/x"}]});
        let method_arn = format!("{STAGE}/GET/users/alice/x");
        let context = parsed(context);
        Example {
            name: format!("{effect} of a claim with {context}"),
            case: Case { method_arn, context, ..invoke_movies(vec![document]) },
            want: if covers { answer } else { ImplicitDeny },
        }
    })
}

/// What it shows; the statements of each document; the answer for a caller from 203.0.113.7.
type DecisionExample = (&'static str, &'static [&'static str], Answer);

fn decision_example((name, documents, want): &DecisionExample) -> Example {
    let documents =
        documents.iter().map(|statements| json!({"Statement": parsed(statements)})).collect();
    let context = json!({"aws:SourceIp": "203.0.113.7"});
    Example {
        name: (*name).to_owned(),
        case: Case { context, ..invoke_movies(documents) },
        want: *want,
    }
}

const DECISIONS: &[DecisionExample] = &[
    ("no document decides nothing", &[], ImplicitDeny),
    ("no statement decides nothing", &["[]"], ImplicitDeny),
    (
        "an allow of another path decides nothing",
        &[r#"{"Effect":"Allow","Action":"*","Resource":"GET/shows"}"#],
        ImplicitDeny,
    ),
    (
        "a deny of another path leaves an allow",
        &[r#"[{"Effect":"Allow","Action":"*","Resource":"*"},
              {"Effect":"Deny","Action":"*","Resource":"GET/shows"}]"#],
        Allow,
    ),
    (
        "a deny wins whatever the order",
        &[r#"[{"Effect":"Deny","Action":"*","Resource":"*/movies"},
              {"Effect":"Allow","Action":"*","Resource":"*"}]"#],
        ExplicitDeny,
    ),
    (
        "a deny of another document wins",
        &[
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"GET/mov*"}"#,
        ],
        ExplicitDeny,
    ),
    (
        "a deny without any allow is still explicit",
        &[r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#],
        ExplicitDeny,
    ),
    (
        "a deny whose condition is false does not count",
        &[r#"[{"Effect":"Allow","Action":"*","Resource":"*"},
              {"Effect":"Deny","Action":"*","Resource":"*",
               "Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]"#],
        Allow,
    ),
    (
        "the excluded resource is not allowed",
        &[r#"{"Effect":"Allow","Action":"*","NotResource":["GET/shows","GET/movies"]}"#],
        ImplicitDeny,
    ),
    (
        "any other resource is",
        &[r#"{"Effect":"Allow","Action":"*","NotResource":["GET/shows","GET/movies/*"]}"#],
        Allow,
    ),
    (
        "a deny of all but the listed leaves the listed alone",
        &[r#"[{"Effect":"Allow","Action":"*","Resource":"GET/movies"},
              {"Effect":"Deny","Action":"*","NotResource":"GET/movies"}]"#],
        Allow,
    ),
    (
        "excluding pages excludes no method",
        &[r#"{"Effect":"Deny","Action":"*","NotResource":"page/*"}"#],
        ExplicitDeny,
    ),
    (
        "the excluded action is not allowed",
        &[r#"{"Effect":"Allow","NotAction":["s3:*","execute-api:inv*"],"Resource":"*"}"#],
        ImplicitDeny,
    ),
    (
        "any other action is",
        &[r#"{"Effect":"Allow","NotAction":"execute-api:ManageConnections","Resource":"*"}"#],
        Allow,
    ),
    (
        "one pattern of several is enough",
        &[r#"{"Effect":"Allow","Action":["s3:*","execute-api:Invoke"],
              "Resource":["GET/shows","page/movies","GET/movies"]}"#],
        Allow,
    ),
];

const ACTIONS: &[ActionExample] = &[
    ("*", "execute-api:Invoke", true),
    ("*", "gatepost:ViewPage", true),
    ("execute-api:*", "execute-api:ManageConnections", true),
    ("execute-api:*", "gatepost:ViewPage", false),
    ("execute-api:Invoke", "execute-api:InvalidateCache", false),
    ("EXECUTE-API:iNVOKE", "execute-api:Invoke", true),
    ("execute-api:Inv*", "execute-api:InvalidateCache", true),
    ("execute-api:*Cache*", "execute-api:InvalidateCache", true),
    ("execute-api:Invok?", "execute-api:Invoke", true),
    ("execute-api:Invoke?", "execute-api:Invoke", false),
];

const RESOURCES: &[ResourceExample] = &[
    ("*", MOVIES, true),
    // The patterns of the API Gateway guide, "Control access for invoking an API".
    ("arn:aws:execute-api:*:*:*", MOVIES, true),
    ("arn:aws:execute-api:eu-west-1:*:*", MOVIES, true),
    ("arn:aws:execute-api:us-east-1:*:*", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:*:a1/*", MOVIES, true),
    ("arn:aws:execute-api:eu-west-1:*:a2/*", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:*:a1/prod/*", MOVIES, true),
    ("arn:aws:execute-api:eu-west-1:*:a1/test/*", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies", MOVIES, true),
    ("arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/Movies", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movie", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies/*", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:123456789012:a1/prod/get/movies", MOVIES, false),
    ("arn:aws-cn:execute-api:*:*:*", MOVIES, false),
    ("arn:aws*:execute-api:*:*:*", MOVIES, true),
    ("arn:aws:execute-api:??-west-?:12345678901?:a1/????/GET/mo?i*s", MOVIES, true),
    // A pattern that ends early.
    ("arn:aws:execute-api:*", MOVIES, true),
    ("arn:aws:execute-api:eu-*", MOVIES, true),
    ("arn:aws:execute-api:us-*", MOVIES, false),
    ("arn:aws:execute-api:eu-west-1:123456789012*", MOVIES, true),
    // `/` has no meaning to a wildcard: `*` crosses it, and may be empty.
    ("arn:aws:execute-api:*:*:*/movies", MOVIES, true),
    ("arn:aws:execute-api:*:*:a1/prod/*/movies", MOVIES, true),
    (
        "arn:aws:execute-api:*:*:a1/prod/*/business/op",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/admin/business/op",
        true,
    ),
    (
        "arn:aws:execute-api:*:*:a1/*/GET/test/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/1///test///object.jpg",
        false,
    ),
    (
        "arn:aws:execute-api:*:*:a1/*/test/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/1///test///object.jpg",
        true,
    ),
    (
        "arn:aws:execute-api:*:*:a1/prod/*/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/",
        true,
    ),
    (
        "arn:aws:execute-api:*:*:a1/prod/*/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/$connect",
        false,
    ),
    (
        "arn:aws:execute-api:*:*:a1/prod/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/$connect",
        true,
    ),
    // Fields are compared apart: a wildcard does not reach over a colon, the last field aside.
    (
        "arn:aws:execute-api:*:*:a1/prod/GET/x",
        "arn:aws:execute-api:eu-west-1:123456789012:b2/prod/GET/y:z:a1/prod/GET/x",
        false,
    ),
    (
        "arn:aws:execute-api:*:*:b2/*:a1/prod/GET/x",
        "arn:aws:execute-api:eu-west-1:123456789012:b2/prod/GET/y:z:a1/prod/GET/x",
        true,
    ),
    // Route patterns.
    ("GET/movies", MOVIES, true),
    ("GET/movies", "arn:aws-cn:execute-api:cn-north-1:111122223333:z9/test/GET/movies", true),
    ("POST/movies", MOVIES, false),
    ("*/movies", MOVIES, true),
    ("*/*", MOVIES, true),
    ("GET/", MOVIES, false),
    ("GET/", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/", true),
    ("GET/movies/*", MOVIES, false),
    ("GET/movies*", MOVIES, true),
    ("GET/movies/*", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies/", true),
    ("*/movies", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/admin/movies", false),
    ("GET/movies", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET//movies", false),
    ("GET/a:b:*", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/a:b:c/d", true),
    ("GET/?", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/🎬", true),
    ("GET/??", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/🎬", false),
    ("*/*", "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/$connect", false),
    // Pages are no methods.
    ("page/*", MOVIES, false),
    ("page/movies", "arn:aws:execute-api:eu-west-1:123456789012:page/movies/GET/", false),
];

const CLAIMS: &[ClaimExample] = &[
    (r#"{"token:sub":"alice"}"#, true, true),
    (r#"{"TOKEN:Sub":"alice"}"#, true, true),
    (r#"{"token:sub":"bob"}"#, false, false),
    ("{}", false, true),
    (r#"{"token:sub":""}"#, false, true),
    (r#"{"token:sub":"*"}"#, false, true),
    (r#"{"token:sub":"al?ce"}"#, false, true),
    (r#"{"token:sub":"alice/x"}"#, false, true),
    (r#"{"token:sub":".."}"#, false, true),
    (r#"{"token:sub":"bo b"}"#, false, true),
    (r#"{"token:sub":["alice","bob"]}"#, false, true),
];
