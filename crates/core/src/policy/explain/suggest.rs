//! The least that would have to change for an access to pass.
//!
//! Everything suggested has been decided with before it is returned. A suggested pattern names one
//! method or page: how much wider a right is meant to be is not for us to guess.

use super::change::{Change, KeyChange, Suggestion, World};
use super::pattern::Divergence;
use super::{Explanation, Miss, StatementStanding, explain};
use crate::gateway::VERBS;
use crate::policy::decide::{Access, Decision, StatementPlace, Target, decide};
use crate::policy::document::{Effect, PolicyDocument, Resources, Statement};
use crate::policy::resource::ResourcePattern;

/// The most documents of others that are suggested.
const MAX_OTHERS: usize = 3;

/// What would let an access pass that the caller's `documents` do not allow, the least first; none
/// if they allow it. `others` are documents that the caller might have too.
pub fn suggest(
    documents: &[&PolicyDocument],
    others: &[&PolicyDocument],
    access: &Access<'_>,
) -> Vec<Suggestion> {
    let world = World {
        documents: documents.iter().map(|document| (*document).clone()).collect(),
        context: access.context.clone(),
    };
    let asked = Asked { access: *access, others };
    match asked.decision(&world) {
        Decision::Allow => Vec::new(),
        Decision::ImplicitDeny => asked.ways_to_allow(&world),
        Decision::ExplicitDeny => asked.ways_past_denies(&world),
    }
}

/// An access whose context is that of a [`World`].
struct Asked<'a> {
    access: Access<'a>,
    others: &'a [&'a PolicyDocument],
}

impl Asked<'_> {
    fn access_in<'a>(&'a self, world: &'a World) -> Access<'a> {
        Access { context: &world.context, ..self.access }
    }

    fn explained(&self, world: &World) -> Explanation {
        explain(&world.documents, &self.access_in(world))
    }

    fn decision(&self, world: &World) -> Decision {
        decide(&world.documents, &self.access_in(world)).decision
    }

    fn after(&self, world: &World, changes: &[Change]) -> World {
        let mut world = world.clone();
        for change in changes {
            world.make(change, self.others);
        }
        world
    }

    fn works(&self, world: &World, changes: &[Change]) -> bool {
        !changes.is_empty() && self.decision(&self.after(world, changes)) == Decision::Allow
    }

    /// Ways to allow what nothing allows and nothing denies.
    fn ways_to_allow(&self, world: &World) -> Vec<Suggestion> {
        let explained = self.explained(world);
        let near = explained.near_misses(Effect::Allow);
        let works = |changes: &Vec<Change>| self.works(world, changes);
        let mut found: Vec<Vec<Change>> = Vec::new();
        found.extend(near.iter().filter_map(|one| self.by_request(world, one)).find(works));
        found.extend(
            near.iter()
                .map(|one| self.by_document(world, one))
                .chain([self.by_statement(world)])
                .find(works),
        );
        let joining = (0..self.others.len()).map(|other| vec![self.join(world, other)]);
        found.extend(joining.filter(works).take(MAX_OTHERS));
        found.into_iter().map(|changes| Suggestion { changes }).collect()
    }

    /// What the request would have to say for a statement that fails by conditions and claims only.
    fn by_request(&self, world: &World, one: &StatementStanding) -> Option<Vec<Change>> {
        let statement = statement_at(world, &one.place)?;
        let mut keys: Vec<KeyChange> = statement
            .condition
            .to_meet(&world.context)?
            .into_iter()
            .map(|(key, value)| KeyChange { key, value })
            .collect();
        for miss in one.misses() {
            if let Miss::Resource(miss) = miss
                && let Divergence::Claim { name, .. } = &miss.divergence
            {
                // The claim is some segment of the path: whichever makes the pattern match.
                let key = format!("token:{name}");
                let pattern = ResourcePattern::parse(&miss.pattern).ok()?;
                let target = self.access.resource;
                let claim = target.path().split('/').find(|segment| {
                    let mut claims = world.context.clone();
                    claims.insert(&key, *segment);
                    pattern.matches(target, statement.effect, &claims)
                })?;
                keys.push(KeyChange { key, value: Some(claim.to_owned()) });
            }
        }
        (!keys.is_empty()).then(|| vec![Change::Request { place: one.place.clone(), keys }])
    }

    /// What its statement would have to name, its condition being what it is.
    fn by_document(&self, world: &World, one: &StatementStanding) -> Vec<Change> {
        let place = || one.place.clone();
        let change = |miss: &Miss| match miss {
            Miss::Action { excepted, .. } => {
                let action = self.access.action.to_owned();
                (!excepted).then(|| Change::AddAction { place: place(), action })
            }
            Miss::Clause(_) => None,
            Miss::Resource(_) => {
                let resource = self.literal()?;
                let beside_claims = names_claims(statement_at(world, &one.place)?);
                Some(Change::AddResource { place: place(), resource, beside_claims })
            }
            Miss::NotResource { .. } => self
                .remove_matching(world, &one.place)
                .filter(|change| matches!(change, Change::RemoveResources { names_one: true, .. })),
        };
        one.misses().iter().map(change).collect::<Option<_>>().unwrap_or_default()
    }

    fn by_statement(&self, world: &World) -> Vec<Change> {
        let has_statements = |document: &PolicyDocument| !document.statements.is_empty();
        let document = world.documents.iter().position(has_statements).unwrap_or(0);
        let action = self.access.action.to_owned();
        let resource = self.literal().filter(|_| !world.documents.is_empty());
        resource
            .map(|resource| vec![Change::AddStatement { document, action, resource }])
            .unwrap_or_default()
    }

    fn join(&self, world: &World, other: usize) -> Change {
        let document = self.others.get(other).copied();
        Change::Join { other, by: decide(document, &self.access_in(world)).statements }
    }

    /// Ways past every Deny that applies, and then to an Allow if there is none.
    fn ways_past_denies(&self, world: &World) -> Vec<Suggestion> {
        let explained = self.explained(world);
        let denies: Vec<&StatementStanding> = explained.decided().collect();
        let by_request: Option<Vec<Change>> = denies
            .iter()
            .map(|one| {
                let (key, value) = statement_at(world, &one.place)?.condition.to_avoid()?;
                let keys = vec![KeyChange { key, value }];
                Some(Change::Request { place: one.place.clone(), keys })
            })
            .collect();
        let narrowed: Option<Vec<Change>> =
            denies.iter().map(|one| self.narrow(world, &one.place)).collect();
        let ways = by_request.into_iter().chain(narrowed);
        ways.filter_map(|changes| self.completed(world, changes)).collect()
    }

    /// The changes, and if nothing allows the access after them, the least that does.
    fn completed(&self, world: &World, mut changes: Vec<Change>) -> Option<Suggestion> {
        let after = self.after(world, &changes);
        if self.decision(&after) == Decision::ImplicitDeny {
            let ways = self.ways_to_allow(&after);
            changes.extend(ways.into_iter().next()?.changes);
        }
        self.works(world, &changes).then_some(Suggestion { changes })
    }

    /// The least by which a Deny that applies spares the access.
    fn narrow(&self, world: &World, place: &StatementPlace) -> Option<Change> {
        let target = self.access.resource;
        let Resources::Only(patterns) = &statement_at(world, place)?.resources else {
            let resource = self.literal()?;
            return Some(Change::ExceptResource { place: place.clone(), resource });
        };
        let matching: Vec<&str> = patterns
            .iter()
            .filter(|one| one.matches(target, Effect::Deny, &world.context))
            .map(ResourcePattern::as_str)
            .collect();
        if let [from] = matching.as_slice()
            && let Target::Method(method) = target
            && let Some(path) = from.strip_prefix("*/")
            && !path.contains(['*', '?', '$'])
        {
            let others = VERBS.iter().filter(|verb| **verb != method.verb());
            let to = others.map(|verb| format!("{verb}/{path}")).collect();
            return Some(Change::SpareVerb { place: place.clone(), from: (*from).to_owned(), to });
        }
        self.remove_matching(world, place)
    }

    /// Takes every pattern that matches out of the list; all of a Deny if none would remain, since
    /// no statement has an empty list.
    fn remove_matching(&self, world: &World, place: &StatementPlace) -> Option<Change> {
        let statement = statement_at(world, place)?;
        let target = self.access.resource;
        let (matching, others): (Vec<_>, Vec<_>) = statement
            .resources
            .patterns()
            .iter()
            .partition(|one| one.matches(target, statement.effect, &world.context));
        let literal = self.literal();
        let names_one = matching.iter().all(|one| Some(one.as_str()) == literal.as_deref());
        let place = place.clone();
        match (others.is_empty(), statement.effect) {
            (false, _) => {
                let resources = matching.iter().map(|one| one.as_str().to_owned()).collect();
                Some(Change::RemoveResources { place, resources, names_one })
            }
            (true, Effect::Deny) => Some(Change::RemoveStatement { place, names_one }),
            (true, Effect::Allow) => None,
        }
    }

    /// The pattern that names the method and no other in any stage of an API, or the page; `None` if
    /// there is none, since `*`, `?`, `${` and control characters in a path cannot be written.
    fn literal(&self) -> Option<String> {
        let (prefix, is_plain) = match self.access.resource {
            Target::Method(method) => {
                let is_short = method.as_str().chars().count() <= ResourcePattern::MAX_CHARACTERS;
                let has_verb = VERBS.contains(&method.verb()) && method.has_path();
                (method.verb(), has_verb && is_short)
            }
            Target::Page(page) => {
                let length = "page/".len() + page.chars().count();
                ("page", length <= ResourcePattern::MAX_CHARACTERS)
            }
        };
        let path = self.access.resource.path();
        let writable = is_plain
            && !path.contains(['*', '?'])
            && !path.contains("${")
            && !path.contains(char::is_control);
        writable.then(|| format!("{prefix}/{path}"))
    }
}

fn names_claims(statement: &Statement) -> bool {
    statement.resources.patterns().iter().any(|pattern| pattern.claims().next().is_some())
}

fn statement_at<'a>(world: &'a World, place: &StatementPlace) -> Option<&'a Statement> {
    world.documents.get(place.document)?.statements.get(place.statement)
}
