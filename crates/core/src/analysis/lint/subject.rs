//! A document as the lint looks at it: its claims filled in, and its patterns one by one.

use std::collections::BTreeSet;

use super::LintSettings;
use crate::analysis::diff::{METHOD_ACTIONS, PAGE_ACTIONS, Scope, example_stage};
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::language::Universe;
use crate::analysis::realise::{Realised, realise};
use crate::analysis::witness::{Witness, WitnessTarget};
use crate::gateway::{StageArn, VERBS};
use crate::policy::{
    Context, Decision, Effect, Glob, PolicyDocument, ResourcePattern, Resources, Shape, Statement,
};

/// A document, and what is asked of it.
pub(super) struct Subject<'a> {
    pub(super) document: &'a PolicyDocument,
    pub(super) settings: &'a LintSettings,
    pub(super) scope: Scope,
    /// The document for a caller with the claims of `claims`, its places the same.
    pub(super) filled: PolicyDocument,
    claims: Context,
    /// A word of which no pattern has a letter, to put in for a wildcard: who matches it, matches
    /// with a wildcard.
    word: String,
}

/// One pattern of a statement.
#[derive(Clone, Copy)]
pub(super) struct Spot<'s> {
    pub(super) statement: usize,
    pub(super) index: usize,
    /// With the claims filled in.
    pub(super) pattern: &'s ResourcePattern,
    /// As it was written.
    pub(super) written: &'s str,
    pub(super) of: &'s Statement,
}

impl<'a> Subject<'a> {
    pub(super) fn new(document: &'a PolicyDocument, settings: &'a LintSettings) -> Self {
        let mut claims = Context::new();
        let mut values = Vec::new();
        for name in document.claim_names() {
            let value = if name == "sub" { "u-1" } else { "c-1" };
            claims.insert(&format!("token:{name}"), value);
            values.push((format!("${{token:{name}}}"), value));
        }
        let fill = |pattern: &ResourcePattern| {
            let text = values.iter().fold(pattern.as_str().to_owned(), |text, (place, value)| {
                text.replace(place, value)
            });
            ResourcePattern::parse(&text).unwrap_or_else(|_| pattern.clone())
        };
        let statements = document.statements().iter().map(|statement| {
            statement.with_patterns(statement.resources().patterns().iter().map(fill).collect())
        });
        let filled = document.with(statements.collect());
        let letters: BTreeSet<char> = filled
            .statements()
            .iter()
            .flat_map(|statement| statement.resources().patterns())
            .flat_map(|pattern| pattern.as_str().chars())
            .collect();
        let mut unused = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('A'..='Z');
        let word = unused.find(|letter| !letters.contains(letter)).unwrap_or('~').to_string();
        Self { document, settings, scope: settings.scope(), filled, claims, word }
    }

    /// Every pattern of every statement, in the order of the document.
    pub(super) fn spots(&self) -> impl Iterator<Item = Spot<'_>> {
        let both = self.filled.statements().iter().zip(self.document.statements());
        both.enumerate().flat_map(|(statement, (of, written))| {
            let patterns = of.resources().patterns().iter();
            patterns.zip(written.resources().patterns()).enumerate().map(
                move |(index, (pattern, written))| Spot {
                    statement,
                    index,
                    pattern,
                    written: written.as_str(),
                    of,
                },
            )
        })
    }

    /// A request for `target`, as the caller would send it for whom `statement` applies; `None` if
    /// there can be no such caller.
    pub(super) fn witness(&self, statement: &Statement, target: WitnessTarget) -> Option<Witness> {
        let Realised::Context(mut context) = realise(&[statement.condition()], &[]) else {
            return None;
        };
        for (key, values) in self.claims.iter() {
            context.insert(key, values.first().map_or("", String::as_str));
        }
        let actions = match &target {
            WitnessTarget::Method(_) => &METHOD_ACTIONS[..],
            WitnessTarget::Page(_) => &PAGE_ACTIONS[..],
        };
        let is_about =
            |action: &&str| statement.actions().match_action(&action.to_ascii_lowercase());
        Some(Witness { action: actions.iter().copied().find(is_about)?, target, context })
    }

    /// Requests that `pattern`, its claims filled in, matches: one for each verb it has, with
    /// something in the place of a wildcard that no other pattern names.
    pub(super) fn samples(&self, statement: &Statement, pattern: &ResourcePattern) -> Vec<Witness> {
        let text = pattern.as_str();
        let targets: Vec<WitnessTarget> = match pattern.shape() {
            Shape::Page { .. } => {
                let path = self.plain(text.strip_prefix("page/").unwrap_or(text));
                vec![WitnessTarget::Page(path)]
            }
            Shape::Any => methods(typical(pattern), &["GET"], &self.word),
            Shape::Route { verbs, .. } => {
                let path = text.split_once('/').map_or("", |(_, path)| path);
                methods(typical(pattern), verbs, &self.plain(path))
            }
            Shape::Arn { .. } => {
                let mut segments = tail_of(text).splitn(4, '/').skip(2);
                let verb = segments.next().unwrap_or("*");
                let path = self.plain(segments.next().unwrap_or("*"));
                let matching = |candidate: &&str| Glob::new(verb).matches(candidate);
                let verbs: Vec<&str> = VERBS.iter().copied().filter(matching).collect();
                methods(typical(pattern), &verbs, &path)
            }
        };
        let mut witnesses: Vec<Witness> =
            targets.into_iter().filter_map(|target| self.witness(statement, target)).collect();
        // What most people try first.
        let is_get = |witness: &Witness| match &witness.target {
            WitnessTarget::Method(method) => method.verb() == "GET",
            WitnessTarget::Page(_) => true,
        };
        witnesses.sort_by_key(|witness| !is_get(witness));
        witnesses
    }

    /// A request that `pattern` matches and `statement` applies to.
    pub(super) fn sample(
        &self,
        statement: &Statement,
        pattern: &ResourcePattern,
    ) -> Option<Witness> {
        let alone = self.document.with(vec![statement.with_patterns(vec![pattern.clone()])]);
        let wanted = match statement.effect() {
            Effect::Allow => Decision::Allow,
            Effect::Deny => Decision::ExplicitDeny,
        };
        let mut samples = self.samples(statement, pattern).into_iter();
        samples.find(|witness| witness.decide(&[&alone]).decision == wanted)
    }

    /// Whether the document would say something else to `witness` without the pattern.
    pub(super) fn matters(&self, spot: Spot<'_>, witness: &Witness) -> bool {
        let mut statements = self.filled.statements().to_vec();
        if let Some(statement) = statements.get_mut(spot.statement) {
            let mut patterns = statement.resources().patterns().to_vec();
            if spot.index < patterns.len() {
                patterns.remove(spot.index);
            }
            *statement = statement.with_patterns(patterns);
        }
        let without = self.document.with(statements);
        witness.decide(&[&without]).decision != self.decide(witness)
    }

    /// What the document says to `witness`.
    pub(super) fn decide(&self, witness: &Witness) -> Decision {
        witness.decide(&[self.document]).decision
    }

    /// `glob` with a word for each wildcard.
    fn plain(&self, glob: &str) -> String {
        glob.replace("**", "*").replace(['*', '?'], &self.word)
    }
}

impl Spot<'_> {
    /// The place of the pattern.
    pub(super) fn pointer(&self) -> String {
        let member = match self.of.resources() {
            Resources::Only(_) => "Resource",
            Resources::Except(_) => "NotResource",
        };
        format!("/Statement/{}/{member}/{}", self.statement, self.index)
    }

    /// Whether the pattern says what the statement is about, and not what it leaves out.
    pub(super) fn counts(&self) -> bool {
        matches!(self.of.resources(), Resources::Only(_))
    }

    /// A finding about the pattern.
    pub(super) fn finding(
        &self,
        rule: Trap,
        message: impl Into<String>,
        example: Option<Witness>,
    ) -> Finding {
        Finding::new(rule, self.pointer(), message, example)
    }
}

/// The stage that a person would take for an example of `pattern`.
fn typical(pattern: &ResourcePattern) -> Option<StageArn> {
    let usual = example_stage()?;
    let Shape::Arn { partition, region, account, .. } = pattern.shape() else {
        return Some(usual);
    };
    let mut segments = tail_of(pattern.as_str()).split('/');
    let api = segments.next().unwrap_or("*");
    // `…:*/GET/x`, which has a segment too few.
    let stage = segments.next().filter(|stage| !VERBS.contains(stage)).unwrap_or("*");
    let fields = [
        fit(partition, usual.partition()),
        fit(region, usual.region()),
        fit(account, usual.account()),
        fit(api, usual.api_id()),
        fit(stage, usual.stage()),
    ];
    let [partition, region, account, api, stage] = fields;
    format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}").parse().ok()
}

/// Where the requests are that a person would take for an example of `pattern`.
pub(super) fn universe(pattern: &ResourcePattern) -> Universe {
    match pattern.shape() {
        Shape::Page { .. } => Universe::Pages,
        Shape::Any | Shape::Arn { .. } | Shape::Route { .. } => {
            typical(pattern).map_or(Universe::AnyStage, Universe::Stage)
        }
    }
}

fn methods(stage: Option<StageArn>, verbs: &[&str], path: &str) -> Vec<WitnessTarget> {
    let Some(stage) = stage else { return Vec::new() };
    let method = |verb: &&str| format!("{stage}/{verb}/{path}").parse().ok();
    verbs.iter().filter_map(method).map(WitnessTarget::Method).collect()
}

/// What follows the fifth colon of an ARN; for one that ends before it, its last star.
pub(super) fn tail_of(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or("*")
}

/// `typical`, if `glob` matches it; else something that it does match.
fn fit(glob: &str, typical: &str) -> String {
    if Glob::new(glob).matches(typical) {
        return typical.to_owned();
    }
    let text = glob.replace('*', "").replace('?', "x");
    if text.is_empty() { "x".to_owned() } else { text }
}
