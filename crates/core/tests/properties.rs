//! Laws of the policy engine, on generated documents and requests.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the environment says how many cases")]

mod random_cases;

use gatepost_core::gateway::{MethodArn, VERBS};
use gatepost_core::policy::{
    Access, BoundPolicy, Change, Context, Decision, Glob, PolicyDocument, PolicyIndex, Standing,
    Suggestion, Target, decide, explain, merge, suggest,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use random_cases::cases;

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

/// What `*` and `?` mean, in ten lines.
fn reference(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => reference(rest, text),
        (Some(('*', rest)), Some((_, after))) => reference(rest, text) || reference(pattern, after),
        (Some(('?', rest)), Some((_, after))) => reference(rest, after),
        (Some((wanted, rest)), Some((found, after))) => wanted == found && reference(rest, after),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn path() -> impl Strategy<Value = String> {
    "([ab:é\u{1F600}\n*?%]{0,2}/?){0,4}"
}

fn path_pattern() -> impl Strategy<Value = String> {
    "([ab*?]{0,2}/?){0,4}"
}

fn verb() -> impl Strategy<Value = &'static str> {
    select(&VERBS[..])
}

fn resource() -> impl Strategy<Value = String> {
    let verb_or_star = prop_oneof![verb().prop_map(str::to_owned), Just("*".to_owned())];
    prop_oneof![
        6 => (verb_or_star, path_pattern()).prop_map(|(verb, path)| format!("{verb}/{path}")),
        1 => Just("*".to_owned()),
        1 => Just("page/*".to_owned()),
        1 => Just("arn:aws:execute-api:*".to_owned()),
        1 => Just("GET/${token:sub}/*".to_owned()),
        4 => (select(&["eu-west-1", "*", "us-*"][..]), "[ab1/*?]{1,6}", path_pattern()).prop_map(
            |(region, start, path)| format!("arn:aws:execute-api:{region}:*:{start}{path}")
        ),
        2 => path_pattern().prop_map(|path| format!("{STAGE}/{path}")),
    ]
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    let operators = select(
        &[
            "StringEquals",
            "StringNotLike",
            "StringLikeIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotEquals",
        ][..],
    );
    let clause =
        (operators, select(&["aws:a", "aws:B"][..]), subsequence(vec!["x", "y", "z"], 1..3))
            .prop_map(|(operator, key, values)| json!({ operator: { key: values } }));
    prop::option::weighted(0.3, clause)
}

fn statement() -> impl Strategy<Value = Value> {
    let action =
        select(&["execute-api:Invoke", "EXECUTE-API:*", "*", "execute-api:ManageConnections"][..]);
    let resources = prop::collection::vec(resource(), 1..4);
    (any::<(bool, bool, bool)>(), action, resources, condition()).prop_map(
        |((deny, not_action, not_resource), action, resources, condition)| {
            let mut statement = json!({ "Effect": if deny { "Deny" } else { "Allow" } });
            statement[if not_action { "NotAction" } else { "Action" }] = json!(action);
            let plain = !resources.iter().any(|resource| resource.contains("${"));
            let member = if not_resource && plain { "NotResource" } else { "Resource" };
            statement[member] = json!(resources);
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn document() -> impl Strategy<Value = PolicyDocument> {
    prop::collection::vec(statement(), 0..5).prop_map(|statements| {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        PolicyDocument::parse(text.as_bytes()).unwrap()
    })
}

fn documents() -> impl Strategy<Value = Vec<PolicyDocument>> {
    prop::collection::vec(document(), 0..4)
}

fn method() -> impl Strategy<Value = MethodArn> {
    prop_oneof![
        9 => (verb(), path()).prop_map(|(verb, path)| format!("{STAGE}/{verb}/{path}")),
        1 => Just(format!("{STAGE}/$connect")),
    ]
    .prop_map(|text| text.parse().unwrap())
}

fn context() -> impl Strategy<Value = Context> {
    let values = prop::collection::vec(select(&["x", "y", "w"][..]), 0..3);
    let sub = prop::option::of(select(&["a", "b", "*", ""][..]));
    (values, any::<bool>(), sub).prop_map(|(values, b, sub)| {
        let mut context = Context::new();
        context.insert("aws:a", values.into_iter().map(str::to_owned).collect::<Vec<_>>());
        if b {
            context.insert("AWS:b", "y");
        }
        if let Some(sub) = sub {
            context.insert("token:sub", sub);
        }
        context
    })
}

fn answer<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument>,
    method: &MethodArn,
    context: &Context,
) -> Decision {
    let access = Access { action: "execute-api:Invoke", resource: method.into(), context };
    decide(documents, &access).decision
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(4_000), ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_agrees_with_a_reference(pattern in "[aé*?\u{1F600}]{0,8}", text in "[abé\u{1F600}]{0,8}") {
        let want = reference(&chars(&pattern), &chars(&text));
        prop_assert_eq!(Glob::new(pattern.as_str()).matches(&text), want);
        prop_assert_eq!(Glob::new(pattern.as_str()).normalized().matches(&text), want);
    }

    #[test]
    fn inclusion_is_never_claimed_where_a_text_contradicts_it(
        wide in "[ab*?]{0,6}", narrow in "[ab*?]{0,6}", text in "[abc]{0,6}",
    ) {
        let (wide, narrow) = (Glob::new(wide), Glob::new(narrow));
        if wide.includes(&narrow) && narrow.matches(&text) {
            prop_assert!(wide.matches(&text));
        }
    }

    #[test]
    fn what_follows_a_prefix_is_exactly_what_the_pattern_allows_there(
        pattern in "[ab*?]{0,6}", prefix in "[ab]{0,4}", rest in "[ab]{0,4}",
    ) {
        let pattern = Glob::new(pattern);
        let after = pattern.after(&prefix).iter().any(|glob| glob.matches(&rest));
        prop_assert_eq!(after, pattern.matches(&format!("{prefix}{rest}")));
    }

    #[test]
    fn documents_print_as_they_are_read(document in document()) {
        let text = document.to_string();
        prop_assert_eq!(PolicyDocument::parse(text.as_bytes()).unwrap(), document);
    }

    #[test]
    fn merge_agrees_with_its_parts(
        documents in documents(), method in method(), context in context(),
    ) {
        let merged = merge(&documents);
        prop_assert_eq!(answer([&merged], &method, &context), answer(&documents, &method, &context));
        prop_assert_eq!(merge(documents.iter().rev()).to_string(), merged.to_string());
        prop_assert_eq!(merge([&merged]), merged);
    }

    #[test]
    fn an_index_says_what_its_documents_say(
        documents in documents(), methods in prop::collection::vec(method(), 1..8),
        page in path(), context in context(),
    ) {
        let index = PolicyIndex::new(documents.clone());
        let targets = methods.iter().map(Target::from).chain([Target::Page(&page)]);
        for resource in targets {
            for action in ["execute-api:Invoke", "gatepost:ViewPage"] {
                let access = Access { action, resource, context: &context };
                prop_assert_eq!(index.decide(&access), decide(&documents, &access));
            }
        }
    }

    #[test]
    fn globs_are_said_to_meet_where_a_text_matches_both(
        one in "[ab*?]{0,5}", two in "[ab*?]{0,5}",
    ) {
        let (one, two) = (Glob::new(one), Glob::new(two));
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..10 {
            last.retain(|text| !one.after(text).is_empty() && !two.after(text).is_empty());
            last = last.iter().flat_map(|text| ["a", "b"].map(|letter| text.clone() + letter)).collect();
            texts.extend(last.clone());
        }
        let meet = texts.iter().any(|text| one.matches(text) && two.matches(text));
        prop_assert_eq!(one.meets(&two), meet);
    }

    #[test]
    fn a_bound_policy_agrees_with_its_parts(
        documents in documents(), methods in prop::collection::vec(method(), 1..8), context in context(),
    ) {
        let stage = methods[0].stage_arn();
        let bound = BoundPolicy::build(&documents, stage, &context).unwrap();
        for method in &methods {
            let want = answer(&documents, method, &context);
            prop_assert_eq!(answer([bound.as_document()], method, &context), want);
            let one = bound.clone().for_method(method);
            prop_assert_eq!(answer([one.as_document()], method, &context), want);
        }
        let denied = BoundPolicy::deny_all(stage);
        prop_assert_eq!(answer([denied.as_document()], &methods[0], &context), Decision::ExplicitDeny);
    }

    #[test]
    fn a_bound_policy_is_literal_up_to_the_stage(documents in documents(), context in context()) {
        let stage = STAGE.parse().unwrap();
        let bound = BoundPolicy::build(&documents, &stage, &context).unwrap();
        for statement in bound.as_document().statements() {
            for pattern in statement.resources().patterns() {
                prop_assert!(pattern.as_str().starts_with(&format!("{STAGE}/")), "{}", pattern);
                prop_assert!(!pattern.as_str().contains("${"), "{}", pattern);
            }
        }
    }

    #[test]
    fn another_deny_never_allows_more(
        documents in documents(), more in document(), method in method(), context in context(),
    ) {
        let denies = more.to_string().replace("\"Allow\"", "\"Deny\"");
        let denies = PolicyDocument::parse(denies.as_bytes()).unwrap();
        let before = answer(&documents, &method, &context);
        let after = answer(documents.iter().chain([&denies]), &method, &context);
        prop_assert!(after == before || after == Decision::ExplicitDeny);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[{}\\[\\]\":,a-zA-Z*$/0-9 ]{0,60}") {
        let _ = PolicyDocument::parse(text.as_bytes());
    }
}

/// Whether the suggestion may only concern the one method: it takes no wildcard away, brings no
/// other document and changes nothing about the request.
fn names_one_method(suggestion: &Suggestion) -> bool {
    suggestion.changes().iter().all(|change| match change {
        Change::AddResource { .. }
        | Change::AddStatement { .. }
        | Change::ExceptResource { .. }
        | Change::SpareVerb { .. } => true,
        Change::RemoveResources { names_one, .. } | Change::RemoveStatement { names_one, .. } => {
            *names_one
        }
        Change::AddAction { .. } | Change::Join { .. } | Change::Request { .. } => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(1_000), ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_says_what_was_decided(
        documents in documents(), method in method(), context in context(),
    ) {
        let resource = (&method).into();
        let call = Access { action: "execute-api:Invoke", resource, context: &context };
        let verdict = decide(&documents, &call);
        let explanation = explain(&documents, &call);
        prop_assert_eq!(explanation.decision, verdict.decision);
        let decided: Vec<_> = explanation.decided().map(|one| one.place.clone()).collect();
        prop_assert_eq!(decided, verdict.statements);
        for one in &explanation.statements {
            if let Standing::Missed(misses) = &one.standing {
                prop_assert!(!misses.is_empty());
            }
        }
    }

    #[test]
    fn suggestions_work_and_let_nothing_else_pass(
        documents in documents(), others in documents(), method in method(), another in method(),
        context in context(),
    ) {
        let own: Vec<&PolicyDocument> = documents.iter().collect();
        let others: Vec<&PolicyDocument> = others.iter().collect();
        let resource = (&method).into();
        let call = Access { action: "execute-api:Invoke", resource, context: &context };
        let suggestions = suggest(&own, &others, &call);
        if decide(own.iter().copied(), &call).decision == Decision::Allow {
            prop_assert_eq!(&suggestions, &[]);
        }
        for suggestion in &suggestions {
            let (changed, said) = suggestion.applied(&own, &others, &context);
            prop_assert_eq!(answer(&changed, &method, &said), Decision::Allow, "{:?}", suggestion);
            for document in &changed {
                prop_assert!(PolicyDocument::parse(document.to_string().as_bytes()).is_ok());
            }
            if another != method && names_one_method(suggestion) {
                let before = answer(own.iter().copied(), &another, &context);
                prop_assert_eq!(answer(&changed, &another, &context), before, "{:?}", suggestion);
            }
        }
    }
}
