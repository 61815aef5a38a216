//! Denies for everything that a policy does not allow.
//!
//! For one action, take the Allows with the same condition together: those of the condition *i* are
//! about the methods *Rᵢ*, those without one about *A*. A request for a method outside *A* that is
//! in the *Rᵢ* of a set *M* of conditions, and in no other, is allowed exactly if one of *M* holds.
//! So for each set *S* of conditions there is a Deny of what is outside *A* and outside each *Rⱼ*
//! that is not of *S*, on the condition that none of *S* holds. With *S* = *M* it denies what is to
//! be denied; and what it applies to is in no *Rᵢ* but those of *S*, so nothing that is allowed.
//!
//! Sets that no method can have for its *M* are left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::action::{ActionPattern, Actions};
use super::super::condition::{Clause, Condition};
use super::super::document::{Effect, PolicyDocument, Resources, Statement, Version};
use super::super::merge::{self, Kept, Merger, Origin, Piece};
use super::super::resource::ResourcePattern;
use super::INVOKE;
use super::region::{List, Region, between};
use crate::gateway::StageArn;

/// The actions that API Gateway asks the policy of an authorizer about, in lower case and in order.
const ACTIONS: [&str; 2] = ["execute-api:invalidatecache", INVOKE];

/// How many Denies may be needed for one action.
const MAX_STATEMENTS: usize = 64;

/// What a policy does not allow cannot be denied exactly.
///
/// The language of policies has no words for it, or they would be too many. Nothing near to it is
/// taken in its place: a Deny of less would leave something open, a Deny of more would take away
/// what a document allows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExplicitError {
    /// A condition has no opposite.
    #[error(
        "no condition holds exactly where `{operator}` on `{key}`, the condition of an Allow, does not"
    )]
    NoOpposite {
        /// The operator, such as `BinaryEquals`.
        operator: String,
        /// The key, such as `aws:UserAgent`.
        key: String,
    },

    /// An Allow with `NotResource` is about a part of what another pattern matches.
    #[error("what Allows with `NotResource` and others leave to deny is no list of patterns")]
    NoList,

    /// The opposites of two conditions cannot stand in one.
    #[error("no condition can ask for two different things of `{key}` with `{operator}`")]
    NotTogether {
        /// The operator that both would need.
        operator: String,
        /// The key.
        key: String,
    },

    /// The conditions of too many Allows for the same methods.
    #[error("the conditions of the Allows are too many: more than {MAX_STATEMENTS} Denies")]
    TooManyStatements,
}

/// The Allows of one action that have the same condition.
struct Group<'a> {
    condition: &'a Condition,
    region: Region<'a>,
}

/// The document with a Deny for whatever it does not allow of `stage`; it is bound to that.
pub(super) fn explicit(
    document: &PolicyDocument,
    stage: &StageArn,
) -> Result<PolicyDocument, ExplicitError> {
    let prefix = format!("{}/", stage.as_str());
    let mut statements = document.statements.clone();
    for action in ACTIONS {
        for (list, condition) in denies(&document.statements, action, &prefix)? {
            let bound = |rests: Vec<&str>| {
                rests.into_iter().map(|rest| ResourcePattern::bound(stage, rest)).collect()
            };
            statements.push(Statement {
                resources: match list {
                    List::Only(rests) => Resources::Only(bound(rests)),
                    List::Except(rests) => Resources::Except(bound(rests)),
                },
                ..deny(action, condition, stage)
            });
        }
    }
    let document = PolicyDocument { version: Version::V2012, statements };
    Ok(merged(&document, stage, &prefix))
}

/// Denies everything in `stage` where `condition` holds.
pub(super) fn denies_where(condition: Condition, stage: &StageArn) -> Statement {
    let actions = ACTIONS.map(ActionPattern::exactly).to_vec();
    Statement { actions: Actions::Only(actions), ..deny(INVOKE, condition, stage) }
}

fn deny(action: &'static str, condition: Condition, stage: &StageArn) -> Statement {
    Statement {
        sid: None,
        effect: Effect::Deny,
        actions: Actions::Only(vec![ActionPattern::exactly(action)]),
        resources: Resources::Only(vec![ResourcePattern::whole_stage(stage)]),
        condition,
    }
}

/// What to deny of `action`, and on which condition.
fn denies<'a>(
    statements: &'a [Statement],
    action: &str,
    prefix: &str,
) -> Result<Vec<(List<'a>, Condition)>, ExplicitError> {
    let mut always = Region::default();
    let mut groups: BTreeMap<&Condition, Region<'a>> = BTreeMap::new();
    let allows = statements.iter().filter(|statement| statement.effect == Effect::Allow);
    for allow in allows.filter(|allow| allow.actions.match_action(action)) {
        let region = if allow.condition.is_empty() {
            &mut always
        } else {
            groups.entry(&allow.condition).or_default()
        };
        region.take(&allow.resources, prefix);
    }
    let groups = groups.into_iter().map(|(condition, region)| Group { condition, region });
    let groups: Vec<Group<'a>> = groups.filter(|group| !group.region.is_within(&always)).collect();

    let mut denies = Vec::new();
    for set in sets(&groups)? {
        let members = |wanted: bool| {
            let member = groups.iter().zip(&set).filter(move |(_, is_in)| **is_in == wanted);
            member.map(|(group, _)| group)
        };
        let inside: Vec<_> = members(true).map(|group| &group.region).collect();
        let outside: Vec<_> = members(false).map(|group| &group.region).chain([&always]).collect();
        let list = between(&inside, &outside).ok_or(ExplicitError::NoList)?;
        if list == List::Only(Vec::new()) {
            continue;
        }
        let mut none_holds = vec![Condition::default()];
        for group in members(true) {
            none_holds = but_not(&none_holds, group.condition)?;
        }
        denies.extend(none_holds.into_iter().map(|condition| (list.clone(), condition)));
        if denies.len() > MAX_STATEMENTS {
            return Err(ExplicitError::TooManyStatements);
        }
    }
    Ok(denies)
}

/// The sets of groups that a method can be in, and in no other, as far as cannot be ruled out: for
/// each group whether it belongs to the set.
fn sets(groups: &[Group<'_>]) -> Result<Vec<Vec<bool>>, ExplicitError> {
    let mut sets = vec![Vec::new()];
    for (index, Group { region, .. }) in groups.iter().enumerate() {
        let earlier: Vec<_> = groups
            .iter()
            .take(index)
            .map(|Group { region: other, .. }| {
                (region.meets(other), region.is_within(other), other.is_within(region))
            })
            .collect();
        let can_be_in = |set: &[bool]| {
            let mut earlier = set.iter().zip(&earlier);
            earlier.all(|(is_in, (meets, is_within, _))| if *is_in { *meets } else { !is_within })
        };
        let can_be_out = |set: &[bool]| {
            set.iter().zip(&earlier).all(|(is_in, (_, _, includes))| !(*is_in && *includes))
        };
        let mut longer = Vec::with_capacity(sets.len() + 1);
        for set in sets {
            for (is_in, can_be) in [(false, can_be_out(&set)), (true, can_be_in(&set))] {
                if can_be {
                    longer.push([set.as_slice(), &[is_in]].concat());
                }
            }
        }
        if longer.len() > MAX_STATEMENTS {
            return Err(ExplicitError::TooManyStatements);
        }
        sets = longer;
    }
    Ok(sets)
}

/// Conditions of which one holds where one of `conditions` does and `refused` does not.
fn but_not(conditions: &[Condition], refused: &Condition) -> Result<Vec<Condition>, ExplicitError> {
    let refused = refused.negated().map_err(|clause: Clause| ExplicitError::NoOpposite {
        operator: clause.operator_name(),
        key: clause.key().to_owned(),
    })?;
    let mut both: Vec<Condition> = Vec::new();
    for (condition, opposite) in
        conditions.iter().flat_map(|one| refused.iter().map(move |two| (one, two)))
    {
        let whole = condition.and(opposite).map_err(|clause| ExplicitError::NotTogether {
            operator: clause.operator_name(),
            key: clause.key().to_owned(),
        })?;
        let Some(whole) = whole else { continue };
        // Where this one holds, another does anyway.
        if !both.iter().any(|known| whole.includes(known)) {
            both.retain(|known| !known.includes(&whole));
            both.push(whole);
        }
        if both.len() > MAX_STATEMENTS {
            return Err(ExplicitError::TooManyStatements);
        }
    }
    Ok(both)
}

/// The merge of a document that is bound to `stage`.
fn merged(document: &PolicyDocument, stage: &StageArn, prefix: &str) -> PolicyDocument {
    let mut nobody = ();
    let mut merger = Merger::new(&[document], &mut nobody);
    for (index, statement) in document.statements.iter().enumerate() {
        let origin = Origin { document: 0, statement: index, pattern: None };
        let actions = Cow::Borrowed(&statement.actions);
        let group = merger.group(statement.effect, actions, &statement.condition);
        let patterns = (0..).zip(statement.resources.patterns());
        let pieces = patterns.filter_map(|(index, pattern)| {
            let rest = pattern.as_str().strip_prefix(prefix)?;
            let origin = Origin { pattern: Some(index), ..origin };
            Some(Piece::bound(Cow::Borrowed(rest), group, origin))
        });
        match &statement.resources {
            Resources::Only(_) => pieces.for_each(|piece| merger.take(piece)),
            Resources::Except(_) => merger.take_exceptions(group, origin, pieces.collect()),
        }
    }
    let write = |kept: Kept<'_, '_>| Some(ResourcePattern::bound(stage, &kept.piece.key));
    merge::document(merger.finish(write))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{BoundPolicy, Context};

    const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

    /// The statements of the policy that is made explicit, the stage's ARN written `~`.
    fn made_explicit(statements: &[String]) -> Result<String, ExplicitError> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let policy =
            BoundPolicy::build([&document], &STAGE.parse().unwrap(), &Context::new()).unwrap();
        let text = policy.explicit()?.as_document().to_string().replace(STAGE, "~");
        let text = text.strip_prefix(r#"{"Version":"2012-10-17","Statement":["#).unwrap();
        Ok(text.strip_suffix("]}").unwrap().to_owned())
    }

    fn allow(rest: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke",{rest}}}"#)
    }

    fn allow_if(resource: &str, operator: &str, agent: &str) -> String {
        allow(&format!(
            r#""Resource":"{resource}","Condition":{{"{operator}":{{"aws:UserAgent":"{agent}"}}}}"#
        ))
    }

    #[test]
    fn what_is_not_allowed_becomes_a_deny() {
        let statements = [
            allow(r#""Resource":["GET/a","GET/b/*"]"#),
            allow_if("GET/c", "StringEquals", "x"),
            r#"{"Effect":"Deny","Action":"*","Resource":["GET/b/1","PUT/a"]}"#.to_owned(),
        ];
        let want = concat!(
            r#"{"Effect":"Deny","Action":"*","Resource":["~/GET/b/1","~/PUT/a"]},"#,
            r#"{"Effect":"Deny","Action":"execute-api:InvalidateCache","Resource":"~/*"},"#,
            r#"{"Effect":"Deny","Action":"execute-api:Invoke","NotResource":["~/GET/a","~/GET/b/*","~/GET/c"]},"#,
            r#"{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"~/GET/c","Condition":{"StringNotEquals":{"aws:UserAgent":"x"}}},"#,
            r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"~/GET/c","Condition":{"StringEquals":{"aws:UserAgent":"x"}}},"#,
            r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["~/GET/a","~/GET/b/*"]}"#,
        );
        assert_eq!(made_explicit(&statements).as_deref(), Ok(want));
    }

    #[test]
    fn where_nothing_is_allowed_all_is_denied() {
        let want = r#"{"Effect":"Deny","Action":["execute-api:InvalidateCache","execute-api:Invoke"],"Resource":"~/*"}"#;
        assert_eq!(made_explicit(&[]).as_deref(), Ok(want));
    }

    #[test]
    fn what_cannot_be_denied_exactly_is_an_error() {
        let one = made_explicit(&[allow_if("GET/a", "NumericLessThan", "5")]);
        assert!(matches!(one, Err(ExplicitError::NoOpposite { .. })), "{one:?}");

        let one = [allow(r#""NotResource":"GET/a/*""#), allow(r#""Resource":"GET/*/b""#)];
        assert_eq!(made_explicit(&one), Err(ExplicitError::NoList));

        let one =
            ["x", "y"].map(|agent| allow_if(&format!("GET/*{agent}*"), "StringNotEquals", agent));
        let one = made_explicit(&one);
        assert!(matches!(one, Err(ExplicitError::NotTogether { .. })), "{one:?}");

        // Each of them meets each other one.
        let many = ["a", "b", "c", "d", "e", "f", "g"];
        let many = many.map(|agent| allow_if(&format!("GET/*{agent}*"), "StringEquals", agent));
        assert_eq!(made_explicit(&many), Err(ExplicitError::TooManyStatements));
        let few = made_explicit(&many[..4]).unwrap();
        // A Deny for each set of four, and one of the other action.
        assert_eq!(few.matches(r#""Effect":"Deny""#).count(), 17, "{few}");
    }
}
