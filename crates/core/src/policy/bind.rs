//! Binding documents to the API and stage that are being called.
//!
//! Whether IAM's wildcards stop at the colons of an ARN is documented in two ways. Bound patterns
//! are literal up to the stage, so that both readings agree, and what cannot match this API is
//! left out, so that answers are small. The property test `a_bound_policy_agrees_with_its_parts`
//! holds us to "exactly, for every method of the API and stage".

mod explicit;
mod region;

use std::borrow::Cow;
use std::time::SystemTime;

pub use self::explicit::ExplicitError;

use serde::ser::{Serialize, Serializer};

use super::action::{ActionPattern, Actions};
use super::condition::Condition;
use super::context::Context;
use super::decide::{Target, names};
use super::document::{Effect, PolicyDocument, Resources, Statement, Version};
use super::merge::{self, Dropped, Kept, Merger, Observer, Origin, Piece, Report};
use super::resource::ResourcePattern;
use crate::gateway::{MethodArn, StageArn};

/// The action of every call of a method, in lower case.
const INVOKE: &str = "execute-api:invoke";

/// A merged policy that holds for every method of one API and stage: what API Gateway is given.
///
/// Every resource in it is a full ARN, literal up to the stage and within
/// [`ResourcePattern::MAX_CHARACTERS`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundPolicy {
    document: PolicyDocument,
    stage: StageArn,
    /// Whether every call that is not allowed is explicitly denied.
    is_explicit: bool,
}

impl BoundPolicy {
    /// Merges `documents` and binds them to `stage`, with the claims of `context`
    /// (`token:sub` and the like) in their places.
    ///
    /// # Errors
    ///
    /// [`BindError`] if a bound pattern is longer than API Gateway takes.
    pub fn build<'a>(
        documents: impl IntoIterator<Item = &'a PolicyDocument>,
        stage: &StageArn,
        context: &Context,
    ) -> Result<Self, BindError> {
        let documents: Vec<_> = documents.into_iter().collect();
        Self::build_watched(&documents, stage, context, &mut ())
    }

    /// [`build`](Self::build), and what the merge leaves out, in the order of the documents.
    ///
    /// # Errors
    ///
    /// [`BindError`] if a bound pattern is longer than API Gateway takes.
    pub fn explain<'a>(
        documents: impl IntoIterator<Item = &'a PolicyDocument>,
        stage: &StageArn,
        context: &Context,
    ) -> Result<(Self, Vec<Dropped>), BindError> {
        let documents: Vec<_> = documents.into_iter().collect();
        let mut report = Report::default();
        let policy = Self::build_watched(&documents, stage, context, &mut report)?;
        Ok((policy, report.finish(&documents)))
    }

    fn build_watched(
        documents: &[&PolicyDocument],
        stage: &StageArn,
        context: &Context,
        observer: &mut impl Observer,
    ) -> Result<Self, BindError> {
        let mut merger = Merger::new(documents, observer);
        for (document, content) in documents.iter().enumerate() {
            for (index, statement) in content.statements.iter().enumerate() {
                let origin = Origin { document, statement: index, pattern: None };
                take(&mut merger, statement, origin, stage, context).map_err(|characters| {
                    let sid = statement.sid.clone();
                    BindError { document, statement: index, sid, characters }
                })?;
            }
        }
        let write = |kept: Kept<'_, '_>| Some(ResourcePattern::bound(stage, &kept.piece.key));
        let document = merge::document(merger.finish(write));
        Ok(Self { document, stage: stage.clone(), is_explicit: false })
    }

    /// Denies every method of `stage`.
    pub fn deny_all(stage: &StageArn) -> Self {
        let statement = Statement {
            sid: None,
            effect: Effect::Deny,
            actions: Actions::Only(vec![ActionPattern::exactly(INVOKE)]),
            resources: Resources::Only(vec![ResourcePattern::whole_stage(stage)]),
            condition: Condition::default(),
        };
        let document = PolicyDocument { version: Version::V2012, statements: vec![statement] };
        Self { document, stage: stage.clone(), is_explicit: false }
    }

    /// Whether any statement allows a call, be it on a condition. One that only allows, say, to
    /// invalidate a cache does not.
    pub fn allows_something(&self) -> bool {
        let allows = |statement: &Statement| {
            statement.effect == Effect::Allow && statement.actions.match_action(INVOKE)
        };
        self.document.statements.iter().any(allows)
    }

    /// Without the Allows that are not about `method`: enough to decide a call of it.
    ///
    /// Every Deny stays. Were the answer cached for other methods against all advice, it would
    /// allow too little there, and never too much. What [`explicit`](Self::explicit) said of other
    /// methods holds no longer: it comes after this.
    #[must_use]
    pub fn for_method(mut self, method: &MethodArn) -> Self {
        let claims = Context::new();
        self.document.statements.retain(|statement| {
            statement.effect == Effect::Deny || names(statement, Target::Method(method), &claims)
        });
        self.is_explicit = false;
        self
    }

    /// The same policy, with a Deny for whatever it does not allow.
    ///
    /// For every method of the API and stage, whatever conditions hold, calls and
    /// `execute-api:InvalidateCache` are allowed as before and explicitly denied otherwise. Beside a
    /// resource policy of the API, only that is safe: see [`Decision`](super::Decision).
    ///
    /// # Errors
    ///
    /// [`ExplicitError`] if that cannot be said exactly.
    pub fn explicit(self) -> Result<Self, ExplicitError> {
        let document = explicit::explicit(&self.document, &self.stage)?;
        Ok(Self { document, is_explicit: true, ..self })
    }

    /// The same policy, its Allows bounded by `aws:CurrentTime` before `end`, to the second.
    ///
    /// If the policy is [`explicit`](Self::explicit), everything is explicitly denied from `end` on.
    #[must_use]
    pub fn expiring(mut self, end: SystemTime) -> Self {
        let mut allows = false;
        for statement in &mut self.document.statements {
            if statement.effect == Effect::Allow {
                statement.condition = std::mem::take(&mut statement.condition).before(end);
                allows = true;
            }
        }
        if allows && self.is_explicit {
            let mut statements = self.document.statements;
            statements.push(explicit::denies_where(Condition::not_before(end), &self.stage));
            self.document = merge::document(statements);
        }
        self
    }

    /// The policy as a document.
    pub fn as_document(&self) -> &PolicyDocument {
        &self.document
    }
}

impl Serialize for BoundPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// A pattern that, bound to the API and stage, is longer than API Gateway takes.
///
/// Nothing is widened or cut to fit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "statement {statement}{} of document {document} (counted from 0) has a resource of {characters} \
     characters once it is bound to the API, over the limit of {max}",
    sid.as_ref().map(|sid| format!(" (`{sid}`)")).unwrap_or_default(),
    max = ResourcePattern::MAX_CHARACTERS
)]
pub struct BindError {
    /// Which document, counted from 0.
    pub document: usize,
    /// Which statement in it, counted from 0.
    pub statement: usize,
    /// The statement's own name, if it has one.
    pub sid: Option<String>,
    /// How long the pattern is, in characters.
    pub characters: usize,
}

/// Takes a statement as it is about `stage`.
///
/// # Errors
///
/// The length of its longest pattern, in characters, if that is over the limit. This is so even if
/// another pattern includes it: who wrote it should know, whatever else there is at the time.
fn take<'a>(
    merger: &mut Merger<'a, '_, impl Observer>,
    statement: &'a Statement,
    origin: Origin,
    stage: &StageArn,
    claims: &Context,
) -> Result<(), usize> {
    let Some(actions) = actions_of_methods(&statement.actions) else {
        merger.about_nothing(origin);
        return Ok(());
    };
    let group = merger.group(statement.effect, actions, &statement.condition);
    let mut longest = 0;
    let mut exceptions = Vec::new();
    for (index, pattern) in statement.resources.patterns().iter().enumerate() {
        let origin = Origin { pattern: Some(index), ..origin };
        let mut is_about_nothing = true;
        pattern.rests(stage, statement.effect, claims, |rest| {
            is_about_nothing = false;
            longest = longest.max(characters(stage, &rest));
            let piece = Piece::bound(rest, group, origin);
            match &statement.resources {
                Resources::Only(_) => merger.take(piece),
                Resources::Except(_) => exceptions.push(piece),
            }
        });
        if is_about_nothing {
            merger.about_nothing(origin);
        }
    }
    if longest > ResourcePattern::MAX_CHARACTERS {
        return Err(longest);
    }
    match &statement.resources {
        Resources::Only(_) => {}
        Resources::Except(_) if exceptions.is_empty() => {
            // No exception concerns this stage, so it is about all of it.
            merger.take(Piece::bound(Cow::Borrowed("*"), group, origin));
        }
        Resources::Except(_) => merger.take_exceptions(group, origin, exceptions),
    }
    Ok(())
}

/// Without those that API Gateway does not know; `None` if none is left.
fn actions_of_methods(actions: &Actions) -> Option<Cow<'_, Actions>> {
    let (Actions::Only(patterns) | Actions::Except(patterns)) = actions;
    if !patterns.iter().any(ActionPattern::is_gatepost) {
        return Some(Cow::Borrowed(actions));
    }
    let known = patterns.iter().filter(|pattern| !pattern.is_gatepost()).cloned();
    let known: Vec<_> = known.collect();
    match actions {
        Actions::Only(_) => (!known.is_empty()).then_some(Cow::Owned(Actions::Only(known))),
        Actions::Except(_) if known.is_empty() => {
            Some(Cow::Owned(Actions::Only(vec![ActionPattern::any()])))
        }
        Actions::Except(_) => Some(Cow::Owned(Actions::Except(known))),
    }
}

/// The length of a bound pattern, in characters; not less, and exact where it matters.
fn characters(stage: &StageArn, rest: &str) -> usize {
    let bytes = stage.as_str().len() + "/".len() + rest.len();
    if bytes <= ResourcePattern::MAX_CHARACTERS {
        return bytes;
    }
    stage.as_str().len() + "/".len() + rest.chars().count()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const METHOD: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

    fn method() -> MethodArn {
        METHOD.parse().unwrap()
    }

    fn build(statements: &str) -> Result<BoundPolicy, BindError> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let mut context = Context::new();
        context.insert("token:sub", "u-1");
        BoundPolicy::build([&document], method().stage_arn(), &context)
    }

    /// The statements of a bound policy, the stage's ARN written `~`.
    fn bound(statements: &str) -> String {
        let text = build(statements).unwrap().as_document().to_string();
        let text = text.replace(method().stage_arn().as_str(), "~");
        let text = text.strip_prefix(r#"{"Version":"2012-10-17","Statement":["#).unwrap();
        text.strip_suffix("]}").unwrap().to_owned()
    }

    #[test]
    fn route_patterns_and_claims_become_full_arns() {
        assert_eq!(
            bound(
                r#"{"Sid":"A","Effect":"Allow","Action":"execute-api:Invoke","Resource":["GET/users/${token:sub}/*"]}"#
            ),
            r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"~/GET/users/u-1/*"}"#
        );
    }

    #[test]
    fn what_is_about_another_api_is_left_out() {
        assert_eq!(
            bound(
                r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:execute-api:*:*:other/*"},
                   {"Effect":"Allow","Action":"gatepost:ViewPage","Resource":"page/*"},
                   {"Effect":"Allow","Action":["gatepost:ViewPage","execute-api:Invoke"],"Resource":["page/*","GET/a"]}"#
            ),
            r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"~/GET/a"}"#
        );
    }

    #[test]
    fn actions_of_pages_never_reach_api_gateway() {
        assert_eq!(
            bound(
                r#"{"Effect":"Deny","NotAction":"gatepost:ViewPage","Resource":"GET/a"},
                   {"Effect":"Allow","NotAction":["gatepost:*","execute-api:InvalidateCache"],"Resource":"GET/b"}"#
            ),
            r#"{"Effect":"Deny","Action":"*","Resource":"~/GET/a"},{"Effect":"Allow","NotAction":"execute-api:InvalidateCache","Resource":"~/GET/b"}"#
        );
    }

    #[test]
    fn only_an_allow_of_calls_allows_something() {
        for (actions, want) in [
            (r#""Action":"execute-api:Invoke""#, true),
            (r#""Action":"EXECUTE-API:*""#, true),
            (r#""NotAction":"execute-api:InvalidateCache""#, true),
            (r#""Action":"execute-api:ManageConnections""#, false),
            (r#""Action":"execute-api:Invok""#, false),
            (r#""NotAction":"execute-api:*""#, false),
        ] {
            let statement = format!(r#"{{"Effect":"Allow",{actions},"Resource":"*"}}"#);
            assert_eq!(build(&statement).unwrap().allows_something(), want, "{actions}");
        }
    }

    #[test]
    fn an_exception_for_another_api_leaves_no_exception_here() {
        assert_eq!(
            bound(
                r#"{"Effect":"Deny","Action":"*","NotResource":"arn:aws:execute-api:*:*:other/*"}"#
            ),
            r#"{"Effect":"Deny","Action":"*","Resource":"~/*"}"#
        );
    }

    #[test]
    fn a_pattern_too_long_for_api_gateway_is_an_error_and_not_cut() {
        let path = "x".repeat(480);
        let statement =
            format!(r#"{{"Effect":"Deny","Action":"*","Resource":["GET/a","GET/{path}"]}}"#);
        let error = build(&statement).unwrap_err();
        assert_eq!((error.document, error.statement, error.characters), (0, 0, 535));
    }

    #[test]
    fn the_deny_of_everything_matches_every_method() {
        let text = BoundPolicy::deny_all(method().stage_arn()).as_document().to_string();
        assert!(text.contains("a1/prod/*"), "{text}");
        assert!(text.contains(r#""Effect":"Deny","Action":"execute-api:Invoke""#), "{text}");
    }

    #[test]
    fn one_method_keeps_its_allows_and_every_deny() {
        let policy = build(
            r#"{"Effect":"Allow","Action":"*","Resource":"GET/shows"},
               {"Effect":"Deny","Action":"*","NotResource":"GET/movies"},
               {"Effect":"Allow","Action":"*","Resource":"GET/mov*","Condition":{"Null":{"aws:Referer":"true"}}}"#,
        );
        let policy = policy.unwrap().for_method(&method());
        assert_eq!(policy.as_document().statements().len(), 2);
        assert!(policy.allows_something());
    }

    #[test]
    fn an_expiring_policy_bounds_its_allows_and_never_loosens_a_bound() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        let expiring = |condition: &str| {
            let statements = format!(
                r#"{{"Effect":"Allow","Action":"*","Resource":"GET/a"{condition}}},
                   {{"Effect":"Deny","Action":"*","Resource":"GET/b"}}"#
            );
            build(&statements).unwrap().expiring(end).as_document().to_string()
        };
        let bound = r#""Condition":{"DateLessThan":{"aws:CurrentTime":"2024-02-29T12:34:56Z"}}"#;
        assert_eq!(expiring("").matches(bound).count(), 1);
        let later = r#","Condition":{"DateLessThan":{"AWS:currenttime":["2024","2025"]}}"#;
        assert!(expiring(later).contains(bound));
        let sooner = r#","Condition":{"DateLessThan":{"AWS:currenttime":"2024-01-01"}}"#;
        assert!(expiring(sooner).contains(r#""aws:CurrentTime":"2024-01-01T00:00:00Z""#));
    }
}
