//! Folding a caller's policy documents into one.
//!
//! A merge never widens and never narrows: for any request, the merged document denies if one
//! input denies, allows if one input allows and none denies, and is otherwise an implicit deny.
//! The tests in `tests/merge.rs` hold us to that, text by text.
//!
//! It is as short as can be said: of patterns without `?`, those stay that no other one includes,
//! and no shorter list matches the same. Why pairs are enough: see [`Glob::includes`]. A Deny stays
//! even where nothing is allowed, since beside a resource policy of the API an explicit deny and
//! an implicit one are not the same.
//!
//! Order is part of the contract: denies first, then by actions, resources and conditions. Equal
//! inputs give equal bytes whatever order the table returned them in, so logs and golden files can
//! be compared.
//!
//! [`Glob::includes`]: super::Glob::includes

mod list;
mod merger;
mod piece;
mod report;

use std::borrow::Cow;
use std::cmp::Ordering;

pub(super) use self::list::Kept;
pub(super) use self::merger::Merger;
pub(super) use self::piece::Piece;
pub use self::report::{Dropped, Place, Reason};
pub(super) use self::report::{Observer, Origin, Report};
use super::document::{PolicyDocument, Resources, Statement, Version};
use super::resource::ResourcePattern;

/// Merges documents into one that decides every request as they do together.
///
/// Sids are dropped, since those of two documents can collide. Statements alike in everything but
/// their `Resource` become one, or in everything but their `Action`. What another statement of the
/// same effect includes is left out, and so is an Allow within a Deny, if the other's condition is
/// the same or absent. The routes of one path for each of the seven verbs become `*/path`.
pub fn merge<'a>(documents: impl IntoIterator<Item = &'a PolicyDocument>) -> PolicyDocument {
    let documents: Vec<_> = documents.into_iter().collect();
    merge_watched(&documents, &mut ())
}

/// [`merge`], and what it leaves out, in the order of the documents.
pub fn explain_merge<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument>,
) -> (PolicyDocument, Vec<Dropped>) {
    let documents: Vec<_> = documents.into_iter().collect();
    let mut report = Report::default();
    let merged = merge_watched(&documents, &mut report);
    (merged, report.finish(&documents))
}

/// Whether one pattern matches whatever another matches, with the same claims, as far as can be
/// seen; in a Deny also with claims that cannot be filled in.
pub(crate) fn includes(wide: &ResourcePattern, narrow: &ResourcePattern) -> bool {
    let origin = Origin { document: 0, statement: 0, pattern: None };
    Piece::written(wide, 0, origin).includes(&Piece::written(narrow, 0, origin))
}

fn merge_watched(documents: &[&PolicyDocument], observer: &mut impl Observer) -> PolicyDocument {
    let mut merger = Merger::new(documents, observer);
    for (document, content) in documents.iter().enumerate() {
        for (index, statement) in content.statements.iter().enumerate() {
            let origin = Origin { document, statement: index, pattern: None };
            let group = merger.group(
                statement.effect,
                Cow::Borrowed(&statement.actions),
                &statement.condition,
            );
            let patterns = (0..).zip(statement.resources.patterns());
            let pieces = patterns.map(|(index, pattern)| {
                Piece::written(pattern, group, Origin { pattern: Some(index), ..origin })
            });
            match &statement.resources {
                Resources::Only(_) => pieces.for_each(|piece| merger.take(piece)),
                Resources::Except(_) => merger.take_exceptions(group, origin, pieces.collect()),
            }
        }
    }
    let written = |origin: Origin| -> Option<&ResourcePattern> {
        let statement = documents.get(origin.document)?.statements.get(origin.statement)?;
        statement.resources.patterns().get(origin.pattern?)
    };
    let mut statements = merger.finish(|kept| {
        let pattern = written(kept.piece.origin)?.normalized();
        Some(if kept.every_verb { pattern.for_every_verb() } else { pattern })
    });
    for statement in &mut statements {
        let (Resources::Only(patterns) | Resources::Except(patterns)) = &mut statement.resources;
        // They come in the order of their paths, and so nearly in that of their texts.
        patterns.sort_by_cached_key(ResourcePattern::rank);
        patterns.sort_unstable_by(|one, two| one.as_str().cmp(two.as_str()));
    }
    document(statements)
}

/// The document of merged statements, in their order.
pub(super) fn document(mut statements: Vec<Statement>) -> PolicyDocument {
    statements.sort_by(order);
    PolicyDocument { version: Version::V2012, statements }
}

/// Nearly the order of their texts: one pattern comes before a list, for want of a `[`.
fn order(one: &Statement, two: &Statement) -> Ordering {
    let is_only = |statement: &Statement| matches!(statement.resources, Resources::Only(_));
    let [first, second] = [one, two].map(|statement| statement.resources.patterns());
    one.effect
        .cmp(&two.effect)
        .then_with(|| one.actions.cmp(&two.actions))
        .then_with(|| is_only(one).cmp(&is_only(two)))
        .then_with(|| (first.len() > 1).cmp(&(second.len() > 1)))
        .then_with(|| {
            let [one, two] =
                [first, second].map(|patterns| patterns.iter().map(ResourcePattern::as_str));
            one.cmp(two)
        })
        .then_with(|| one.condition.cmp(&two.condition))
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
        let secure = r#""Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
        let parts = [
            statement(&format!(r#""NotResource":"GET/a",{secure}"#)),
            statement(&format!(r#""NotResource":"GET/b",{secure}"#)),
            statement(r#""Resource":"GET/a""#),
            statement(r#""Resource":"GET/b","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#),
        ];
        let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
        assert_eq!(merged(&texts), parts.join(","));
    }
}
