//! Statements, patterns and actions that are about nothing.

use super::subject::Subject;
use super::wording::nearest;
use crate::analysis::diff::{METHOD_ACTIONS, PAGE_ACTIONS, diff};
use crate::analysis::finding::{Finding, Trap};
use crate::policy::{ActionPattern, Actions, Resources, Shape, Statement};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for (index, statement) in subject.document.statements().iter().enumerate() {
        let unknown = unknown_actions(index, statement);
        // The cause is told; what follows from it need not be.
        let (Actions::Only(actions) | Actions::Except(actions)) = statement.actions();
        let explained =
            matches!(statement.actions(), Actions::Only(_)) && unknown.len() == actions.len();
        found.extend(unknown);
        if explained {
            continue;
        }
        if is_nothing(subject, statement) {
            if !verbs_explain(found, index, statement) {
                let pointer = format!("/Statement/{index}");
                let message = format!("is about no method and no page: {}", why(statement));
                found.push(Finding::new(Trap::StatementAboutNothing, pointer, message, None));
            }
        } else {
            found.extend(patterns(index, statement));
        }
    }
}

/// Whether `statement` applies to nothing, or never.
pub(super) fn is_nothing(subject: &Subject<'_>, statement: &Statement) -> bool {
    let alone = subject.document.with(vec![statement.clone()]);
    let difference = diff(&[&alone], &[], &subject.scope);
    difference.unknown.is_none() && difference.changes.is_empty()
}

fn why(statement: &Statement) -> &'static str {
    let is_about = |actions: &[&str]| {
        actions.iter().any(|action| statement.actions().match_action(&action.to_ascii_lowercase()))
    };
    match statement.resources() {
        Resources::Except(patterns)
            if patterns.iter().any(|pattern| matches!(pattern.shape(), Shape::Any)) =>
        {
            "its `NotResource` leaves nothing"
        }
        Resources::Only(patterns) | Resources::Except(patterns) => {
            match (is_about(&METHOD_ACTIONS), is_about(&PAGE_ACTIONS)) {
                (false, false) => "its actions are none",
                (true, false)
                    if patterns.iter().all(|one| matches!(one.shape(), Shape::Page { .. })) =>
                {
                    "`page/…` goes with the action `gatepost:ViewPage`"
                }
                (false, true) => "`gatepost:ViewPage` goes with `page/…`",
                (true, _) => "its patterns match none, or its condition never holds",
            }
        }
    }
}

/// Whether each pattern of the statement was found to have a verb that no request has.
fn verbs_explain(found: &[Finding], index: usize, statement: &Statement) -> bool {
    let start = format!("/Statement/{index}/");
    let verbs = found.iter().filter(|finding| {
        finding.rule == Trap::VerbMatchesNothing && finding.pointer.starts_with(&start)
    });
    verbs.count() == statement.resources().patterns().len()
}

/// Patterns for pages beside actions on methods only, and the reverse.
fn patterns(index: usize, statement: &Statement) -> Vec<Finding> {
    let is_about = |actions: &[&str]| {
        actions.iter().any(|action| statement.actions().match_action(&action.to_ascii_lowercase()))
    };
    let (methods, pages) = (is_about(&METHOD_ACTIONS), is_about(&PAGE_ACTIONS));
    let member = match statement.resources() {
        Resources::Only(_) => "Resource",
        Resources::Except(_) => "NotResource",
    };
    let message = |shape: &Shape<'_>| match shape {
        Shape::Page { .. } if !pages => {
            Some("is about no page: `page/…` goes with the action `gatepost:ViewPage`")
        }
        Shape::Arn { .. } | Shape::Route { .. } if !methods => {
            Some("is about no method: `gatepost:ViewPage` goes with `page/…`")
        }
        Shape::Any | Shape::Arn { .. } | Shape::Page { .. } | Shape::Route { .. } => None,
    };
    let patterns = statement.resources().patterns().iter().enumerate();
    patterns
        .filter_map(|(place, pattern)| {
            let message = message(&pattern.shape())?;
            let pointer = format!("/Statement/{index}/{member}/{place}");
            Some(Finding::new(Trap::StatementAboutNothing, pointer, message, None))
        })
        .collect()
}

/// Actions that match none of those that are ever asked for.
fn unknown_actions(index: usize, statement: &Statement) -> Vec<Finding> {
    let (member, actions) = match statement.actions() {
        Actions::Only(actions) => ("Action", actions),
        Actions::Except(actions) => ("NotAction", actions),
    };
    let known = || METHOD_ACTIONS.into_iter().chain(PAGE_ACTIONS);
    let is_unknown =
        |action: &ActionPattern| !known().any(|known| action.matches(&known.to_ascii_lowercase()));
    let unknown = actions.iter().enumerate().filter(|(_, action)| is_unknown(action));
    unknown
        .map(|(place, action)| {
            let pointer = format!("/Statement/{index}/{member}/{place}");
            let what = format!("is `{action}`, which nobody ever asks for");
            let message = match nearest(action.as_str(), known()) {
                Some(near) => format!("{what}: write `{near}`"),
                None => format!("{what}: a call asks for `execute-api:Invoke`"),
            };
            Finding::new(Trap::UnknownAction, pointer, message, None)
        })
        .collect()
}
