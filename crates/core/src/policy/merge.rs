//! Folding a caller's policy documents into one.
//!
//! A merge never widens and never narrows: for any request, the merged document denies if one
//! input denies, allows if one input allows and none denies, and is otherwise an implicit deny.
//! The property test `merge_agrees_with_its_parts` holds us to that.
//!
//! Order is part of the contract: denies first, then by text. Equal inputs give equal bytes
//! whatever order the table returned them in, so logs and golden files can be compared.

use std::collections::BTreeMap;

use super::action::ActionPattern;
use super::document::{Actions, PolicyDocument, Resources, Statement, Version};
use super::resource::ResourcePattern;

/// Merges documents into one that decides every request as they do together.
///
/// Sids are dropped, since those of two documents can collide. Statements alike in everything but
/// their `Resource` become one, and a pattern within another of its list is left out.
pub fn merge<'a>(documents: impl IntoIterator<Item = &'a PolicyDocument>) -> PolicyDocument {
    let statements = documents.into_iter().flat_map(|document| document.statements.iter());
    merge_statements(statements.cloned())
}

pub(super) fn merge_statements(statements: impl IntoIterator<Item = Statement>) -> PolicyDocument {
    // By the text of all but the `Resource` list. Two `NotResource` lists cannot become one: what
    // lies outside either is more than what lies outside both.
    let mut alike: BTreeMap<String, Statement> = BTreeMap::new();
    for statement in statements {
        let mut statement = normalized(statement);
        let found = match &mut statement.resources {
            Resources::Only(patterns) => std::mem::take(patterns),
            Resources::Except(_) => Vec::new(),
        };
        let merged = alike.entry(text(&statement)).or_insert(statement);
        if let Resources::Only(patterns) = &mut merged.resources {
            patterns.extend(found);
        }
    }
    let mut statements: Vec<Statement> = alike.into_values().collect();
    for statement in &mut statements {
        if let Resources::Only(patterns) = &mut statement.resources {
            *patterns = reduced_resources(patterns);
        }
    }
    statements.sort_by_cached_key(|statement| (statement.effect, text(statement)));
    PolicyDocument { version: Version::V2012, statements }
}

/// The statement without its Sid, all lists in canonical form but that of `Resource`.
fn normalized(statement: Statement) -> Statement {
    let actions = match statement.actions {
        Actions::Only(patterns) => Actions::Only(reduced_actions(&patterns)),
        Actions::Except(patterns) => Actions::Except(reduced_actions(&patterns)),
    };
    let resources = match statement.resources {
        Resources::Only(patterns) => Resources::Only(patterns),
        Resources::Except(patterns) => Resources::Except(reduced_resources(&patterns)),
    };
    let condition = statement.condition.normalized();
    Statement { sid: None, effect: statement.effect, actions, resources, condition }
}

fn reduced_actions(patterns: &[ActionPattern]) -> Vec<ActionPattern> {
    let mut patterns: Vec<_> = patterns.iter().map(ActionPattern::normalized).collect();
    patterns.sort();
    patterns.dedup();
    maximal(&patterns, ActionPattern::as_str, ActionPattern::includes)
}

fn reduced_resources(patterns: &[ResourcePattern]) -> Vec<ResourcePattern> {
    let mut patterns: Vec<_> = patterns.iter().map(ResourcePattern::normalized).collect();
    patterns.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    patterns.dedup();
    maximal(&patterns, ResourcePattern::as_str, ResourcePattern::includes)
}

/// The patterns that no other one includes; of those that include each other, the first.
///
/// `patterns` are in the order of their texts. What a pattern includes begins as it does, up to its
/// first wildcard, and so stands together: most pairs are never looked at.
fn maximal<T: Clone>(patterns: &[T], text: fn(&T) -> &str, includes: fn(&T, &T) -> bool) -> Vec<T> {
    let mut within_another = vec![false; patterns.len()];
    for (index, wide) in patterns.iter().enumerate() {
        let Some((literal, _)) = text(wide).split_once(['*', '?', '$']) else { continue };
        let start = patterns.partition_point(|pattern| text(pattern) < literal);
        let candidates = patterns.iter().zip(&mut within_another).enumerate().skip(start);
        for (other, (pattern, within)) in candidates {
            if !text(pattern).starts_with(literal) {
                break;
            }
            let first_of_equals = index < other || !includes(pattern, wide);
            *within |= other != index && includes(wide, pattern) && first_of_equals;
        }
    }
    let kept = patterns.iter().zip(within_another).filter(|(_, within)| !within);
    kept.map(|(pattern, _)| pattern.clone()).collect()
}

/// The statement as JSON text; texts, and lists and maps of texts, always have one.
fn text(statement: &Statement) -> String {
    serde_json::to_string(statement).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(documents: &[&str]) -> String {
        let documents: Vec<_> = documents
            .iter()
            .map(|statements| {
                let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
                PolicyDocument::parse(text.as_bytes()).unwrap()
            })
            .collect();
        let forwards = merge(&documents).to_string();
        assert_eq!(forwards, merge(documents.iter().rev()).to_string(), "order matters");
        let statements = forwards.strip_prefix(r#"{"Version":"2012-10-17","Statement":["#);
        statements.and_then(|rest| rest.strip_suffix("]}")).unwrap().to_owned()
    }

    fn allow(resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":{resource}}}"#)
    }

    #[test]
    fn statements_alike_but_for_their_resources_become_one() {
        let merged = merged(&[&allow(r#""GET/b""#), &allow(r#"["GET/a","GET/b"]"#)]);
        assert_eq!(merged, allow(r#"["GET/a","GET/b"]"#));
    }

    #[test]
    fn a_pattern_within_another_is_left_out() {
        let merged = merged(&[&allow(r#"["GET/a/*","GET/a/b","GET/a/**"]"#), &allow(r#""*/a/c""#)]);
        assert_eq!(merged, allow(r#"["*/a/c","GET/a/*"]"#));
    }

    #[test]
    fn two_spellings_of_one_pattern_leave_one() {
        let merged = merged(&[&allow(r#"["arn:aws:execute-api:*:*:*","arn:aws:execute-api:*"]"#)]);
        assert_eq!(merged, allow(r#""arn:aws:execute-api:*""#));
    }

    #[test]
    fn denies_come_first_and_sids_are_dropped() {
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"GET/a"}"#;
        let named = r#"{"Sid":"A","Effect":"Deny","Action":"*","Resource":"GET/a"}"#;
        let merged = merged(&[&allow(r#""*""#), named, deny]);
        assert_eq!(merged, format!("{deny},{}", allow(r#""*""#)));
    }

    #[test]
    fn different_conditions_and_exceptions_stay_apart() {
        let statement =
            |rest: &str| format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke",{rest}}}"#);
        let parts = [
            statement(r#""NotResource":"GET/a""#),
            statement(r#""NotResource":"GET/b""#),
            statement(r#""Resource":"GET/a","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#),
            statement(r#""Resource":"GET/b""#),
        ];
        let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
        assert_eq!(merged(&texts), parts.join(","));
    }
}
