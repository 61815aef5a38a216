//! Who gains and who loses what between two sets of documents, exactly.
//!
//! Every path is looked at, not samples: the walk ends when no text is left that could tell the two
//! sides apart. Each difference comes with a shortest request, and each request was decided on both
//! sides before it is returned. Conditions and claims are looked for too; where no request could be
//! found that meets them and none could be ruled out, or the walk was over its budget, the answer
//! says that it is not complete.
//!
//! Not part of the model: the 1,600 bytes that a method ARN may have, and that the condition keys
//! of a request depend on each other (`aws:CurrentTime` and `aws:EpochTime`).

use std::collections::BTreeMap;
use std::fmt;

use super::language::Universe;
use super::rules::{Rules, Sides};
use super::search::Search;
use super::witness::{Guard, Witness};
use crate::gateway::StageArn;
use crate::policy::{Decision, PolicyDocument, Shape, Verdict};

/// What calls of a method may ask for.
pub(super) const METHOD_ACTIONS: [&str; 3] =
    ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:ManageConnections"];
/// What is asked for when a page is opened.
pub(super) const PAGE_ACTIONS: [&str; 1] = ["gatepost:ViewPage"];

/// How far an analysis looks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scope {
    /// Methods of this API and stage only; of every one without it.
    pub stage: Option<StageArn>,
    /// How many states a walk may have before it gives up.
    pub max_states: usize,
    /// Whether a difference between an implicit and an explicit deny is one.
    pub moved: bool,
}

impl Default for Scope {
    fn default() -> Self {
        Self { stage: None, max_states: 200_000, moved: false }
    }
}

/// What differs between two sets of documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// One for each kind, verb and pattern that makes a difference, by kind and then shortest first.
    pub changes: Vec<Change>,
    /// Why there may be more; `None` if there are no others.
    pub unknown: Option<Unknown>,
}

/// A difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// In which direction.
    pub kind: ChangeKind,
    /// A shortest request that shows it.
    pub witness: Witness,
    /// Other actions that differ in the same way.
    pub also: Vec<&'static str>,
    /// The conditions it depends on, if it does.
    pub when: Option<Guard>,
    /// What the documents before say to the witness.
    pub before: Verdict,
    /// What those after say to it.
    pub after: Verdict,
}

/// The direction of a difference.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ChangeKind {
    /// Allowed after and not before.
    Gained,
    /// Allowed before and not after.
    Lost,
    /// Denied on both sides, by a statement on one and by the absence of any on the other.
    Moved,
}

impl ChangeKind {
    /// `gained`, `lost` or `moved`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
            Self::Moved => "moved",
        }
    }

    pub(super) fn of(before: Decision, after: Decision) -> Option<Self> {
        match (before, after) {
            (Decision::Allow, Decision::Allow)
            | (Decision::ExplicitDeny, Decision::ExplicitDeny)
            | (Decision::ImplicitDeny, Decision::ImplicitDeny) => None,
            (_, Decision::Allow) => Some(Self::Gained),
            (Decision::Allow, _) => Some(Self::Lost),
            (Decision::ExplicitDeny, Decision::ImplicitDeny)
            | (Decision::ImplicitDeny, Decision::ExplicitDeny) => Some(Self::Moved),
        }
    }
}

/// Why an answer is not complete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// The patterns are so many and so entangled that the walk ended before it had seen all.
    OverBudget {
        /// How many states it may have.
        max_states: usize,
    },
    /// Something may differ on conditions or claims for which no request could be found.
    Undecided,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverBudget { max_states } => {
                write!(f, "the patterns are too entangled: over the budget of {max_states} states")
            }
            Self::Undecided => f.write_str(
                "there may be a difference on conditions or claims for which no request was found",
            ),
        }
    }
}

/// Compares what the documents `before` say together with what those `after` say.
pub fn diff(before: &[&PolicyDocument], after: &[&PolicyDocument], scope: &Scope) -> Diff {
    let sides = Sides { before, after };
    let mut diff = Diff { changes: Vec::new(), unknown: None };
    for (universe, actions) in
        [(method_universe(sides, scope), &METHOD_ACTIONS[..]), (Universe::Pages, &PAGE_ACTIONS[..])]
    {
        let mut by_statements: BTreeMap<Vec<bool>, &'static str> = BTreeMap::new();
        for action in actions.iter().copied() {
            // Actions that the same statements are about differ in the same way.
            let lower = action.to_ascii_lowercase();
            let statements = about(sides, &lower);
            if let Some(first) = by_statements.get(&statements) {
                for change in diff.changes.iter_mut().filter(|one| one.witness.action == *first) {
                    change.also.push(action);
                }
                continue;
            }
            by_statements.insert(statements, action);
            let rules = Rules::of(sides, &lower);
            if rules.are_common() {
                continue;
            }
            let mut search = Search::new(sides, &rules, &universe, action, scope);
            search.run();
            diff.unknown = diff.unknown.or(search.unknown());
            diff.changes.extend(search.into_changes());
        }
    }
    let length = |change: &Change| change.witness.to_string().len();
    diff.changes.sort_by_key(|change| (change.kind, change.witness.action, length(change)));
    diff
}

/// All stages, or the one that is asked for; or one that stands for all, if none is told apart.
pub(super) fn method_universe(sides: Sides<'_>, scope: &Scope) -> Universe {
    if let Some(stage) = &scope.stage {
        return Universe::Stage(stage.clone());
    }
    let mut statements =
        sides.before.iter().chain(sides.after).flat_map(|document| document.statements());
    let names_stages = statements.any(|statement| {
        let patterns = statement.resources().patterns();
        patterns.iter().any(|pattern| matches!(pattern.shape(), Shape::Arn { .. }))
    });
    match example_stage() {
        Some(stage) if !names_stages => Universe::Stage(stage),
        Some(_) | None => Universe::AnyStage,
    }
}

/// A stage that stands for any, and is as long as most.
pub const TYPICAL_STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod";

pub(super) fn example_stage() -> Option<StageArn> {
    TYPICAL_STAGE.parse().ok()
}

/// Which statements are about `action`.
fn about(sides: Sides<'_>, action: &str) -> Vec<bool> {
    let statements =
        sides.before.iter().chain(sides.after).flat_map(|document| document.statements());
    statements.map(|statement| statement.actions().match_action(action)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> PolicyDocument {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        PolicyDocument::parse(text.as_bytes()).unwrap()
    }

    fn allow(resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":{resource}}}"#)
    }

    fn deny(resource: &str) -> String {
        allow(resource).replace("Allow", "Deny")
    }

    /// One line for each change.
    fn changes(before: &str, after: &str) -> Vec<String> {
        let (before, after) = (document(before), document(after));
        let scope = Scope { moved: true, ..Scope::default() };
        let diff = diff(&[&before], &[&after], &scope);
        assert_eq!(diff.unknown, None);
        diff.changes
            .iter()
            .map(|change| {
                let when = change.when.as_ref().map_or(String::new(), |guard| format!(" {guard}"));
                format!("{} {}{when}", change.kind.as_str(), change.witness)
            })
            .collect()
    }

    #[test]
    fn one_star_more_is_six_verbs_more() {
        assert_eq!(
            changes(&allow(r#""GET/movies/*""#), &allow(r#""*/movies/*""#)),
            [
                "gained PUT /movies/",
                "gained HEAD /movies/",
                "gained POST /movies/",
                "gained PATCH /movies/",
                "gained DELETE /movies/",
                "gained OPTIONS /movies/"
            ]
        );
    }

    #[test]
    fn equal_meanings_differ_in_nothing() {
        for (before, after) in [
            (allow(r#"["GET/a/*","GET/a/b"]"#), allow(r#""GET/a/**""#)),
            (
                format!("{},{}", allow(r#""GET/a""#), allow(r#""GET/b""#)),
                allow(r#"["GET/b","GET/a"]"#),
            ),
            (allow(r#""GET/?*""#), allow(r#""GET/*?""#)),
            (format!("{},{}", deny(r#""GET/*""#), allow(r#""GET/a""#)), deny(r#""GET/*""#)),
            (
                allow(r#"["DELETE/x","GET/x","HEAD/x","OPTIONS/x","PATCH/x","POST/x","PUT/x"]"#),
                allow(r#""*/x""#),
            ),
        ] {
            assert_eq!(changes(&before, &after), Vec::<String>::new(), "{before} {after}");
        }
    }

    #[test]
    fn a_narrower_deny_gains_what_it_no_longer_covers() {
        let before = format!("{},{}", allow(r#""GET/*""#), deny(r#""GET/admin*""#));
        let after = format!("{},{}", allow(r#""GET/*""#), deny(r#""GET/admin/*""#));
        assert_eq!(changes(&before, &after), ["gained GET /admin"]);
        assert_eq!(changes(&after, &before), ["lost GET /admin"]);
    }

    #[test]
    fn an_arn_that_swallows_the_verb_is_seen_to() {
        let arn = r#""arn:aws:execute-api:us-east-1:123456789012:a1/prod/*/GET/x""#;
        let found = changes(&allow(r#""GET/x""#), &allow(arn));
        assert!(found.contains(&"gained DELETE /GET/x".to_owned()), "{found:?}");
        assert!(found.contains(&"lost GET /x".to_owned()), "{found:?}");
    }

    #[test]
    fn conditions_decide_where_they_do() {
        let at_home = r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"GET/a","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#;
        let secure = r#"{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"GET/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(
            changes("", at_home),
            [r#"gained GET /a only if {"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#]
        );
        assert_eq!(
            changes(&format!("{at_home},{secure}"), &format!("{},{secure}", allow(r#""GET/a""#))),
            [
                r#"gained GET /a only if not {"Bool":{"aws:SecureTransport":"false"}} and not {"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#
            ]
        );
        assert_eq!(
            changes(&allow(r#""GET/a""#), &format!("{},{secure}", allow(r#""GET/a""#))),
            [
                r#"lost GET /a only if {"Bool":{"aws:SecureTransport":"false"}}"#,
                r#"moved GET / only if {"Bool":{"aws:SecureTransport":"false"}}"#
            ]
        );
    }

    #[test]
    fn claims_are_found_that_show_a_difference() {
        let own = allow(r#""GET/u/${token:sub}/*""#);
        assert_eq!(changes(&own, &own), Vec::<String>::new());
        assert_eq!(changes("", &own), ["gained GET /u/x/"]);
        let but_admin = format!("{own},{}", deny(r#""GET/u/admin/*""#));
        assert!(changes(&own, &but_admin).contains(&"lost GET /u/admin/".to_owned()));
        // Where the Allow matches by its claim, the Deny of the same text does.
        let denied = deny(r#""GET/u/${token:sub}/*""#);
        assert_eq!(changes(&denied, &format!("{denied},{own}")), Vec::<String>::new());
        let wider = allow(r#""GET/u/*""#);
        assert!(changes(&wider, &format!("{wider},{denied}"))[0].starts_with("lost GET /u/"));
    }

    #[test]
    fn pages_and_other_actions_are_compared_too() {
        let page = r#"{"Effect":"Allow","Action":"gatepost:ViewPage","Resource":"page/admin/*"}"#;
        assert_eq!(changes("", page), ["gained page /admin/"]);
        let any = allow(r#""GET/a""#).replace("execute-api:Invoke", "*");
        let both = [&document(&allow(r#""GET/a""#)), &document(&any)]
            .map(|one| diff(&[], &[one], &Scope::default()));
        assert_eq!(both[0].changes.len(), 1);
        assert_eq!(both[1].changes[0].also.len(), 2);
        assert_eq!(changes(&allow(r#""GET/a""#), &any), ["gained GET /a"]);
    }

    #[test]
    fn not_resource_is_everything_else() {
        let but_a = r#"{"Effect":"Allow","Action":"execute-api:Invoke","NotResource":"GET/a"}"#;
        let found = changes(but_a, &allow(r#""*""#));
        assert_eq!(found, ["gained GET /a"]);
        let found = changes("", but_a);
        assert!(found.contains(&"gained GET /".to_owned()), "{found:?}");
        let connect = r#""arn:aws:execute-api:*:*:a1/prod/$connect""#;
        assert_eq!(changes("", &allow(connect)), ["gained $connect"]);
    }

    #[test]
    fn entangled_patterns_are_not_guessed_at() {
        let many: Vec<String> = ('a'..='t').map(|letter| format!(r#""GET/*{letter}*""#)).collect();
        let before = document(&allow(&format!("[{}]", many.join(","))));
        let after = document(&allow(&format!("[{}]", many[1..].join(","))));
        let scope = Scope { max_states: 500, ..Scope::default() };
        let diff = diff(&[&after], &[&after, &before], &scope);
        assert_eq!(diff.changes[0].witness.to_string(), "GET /a");
        let scope = Scope { max_states: 100, ..Scope::default() };
        let reversed = super::diff(&[&before], &[&after], &scope);
        assert!(reversed.unknown.is_some() || !reversed.changes.is_empty());
    }
}
