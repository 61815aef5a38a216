//! Changes of documents, or of the request, that would let an access pass.

use std::fmt;

use super::listed;
use crate::json::Json;
use crate::policy::action::ActionPattern;
use crate::policy::action::Actions;
use crate::policy::condition::Condition;
use crate::policy::context::Context;
use crate::policy::decide::StatementPlace;
use crate::policy::document::{Effect, PolicyDocument, Resources, Statement};
use crate::policy::resource::ResourcePattern;

/// Changes that together let an access pass. Made by [`suggest`](super::suggest) alone, which has
/// decided with them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suggestion {
    // INVARIANT: not empty, and the access passes once they are made.
    pub(super) changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The statement is about this action too.
    AddAction {
        /// The statement.
        place: StatementPlace,
        /// The action.
        action: String,
    },
    /// The statement's `Resource` has this pattern too, which names one method and no other.
    AddResource {
        /// The statement.
        place: StatementPlace,
        /// The pattern.
        resource: String,
        /// Whether patterns with claims stand there, such as `GET/users/${token:sub}/*`: then this one
        /// gives more than they do, to others than the caller.
        beside_claims: bool,
    },
    /// The document has a further Allow, of one action on one method.
    AddStatement {
        /// Which document, counted from 0.
        document: usize,
        /// The action.
        action: String,
        /// The pattern.
        resource: String,
    },
    /// The `NotResource` of a Deny has this pattern too, which names one method and no other.
    ExceptResource {
        /// The statement.
        place: StatementPlace,
        /// The pattern.
        resource: String,
    },
    /// The caller has another document too, of those that were offered.
    Join {
        /// Which, counted from 0.
        other: usize,
        /// Its statements that allow.
        by: Vec<StatementPlace>,
    },
    /// The statement's list loses patterns, and keeps others: the `Resource` of a Deny, the
    /// `NotResource` of an Allow.
    RemoveResources {
        /// The statement.
        place: StatementPlace,
        /// The patterns, as they are written.
        resources: Vec<String>,
        /// Whether they name this method and no other.
        names_one: bool,
    },
    /// A Deny goes, all of whose patterns match the method.
    RemoveStatement {
        /// The statement.
        place: StatementPlace,
        /// Whether it names this method and no other.
        names_one: bool,
    },
    /// In the `Resource` of a Deny, a pattern for every verb gives way to one for each other verb.
    SpareVerb {
        /// The statement.
        place: StatementPlace,
        /// The pattern, as it is written.
        from: String,
        /// Those that take its place.
        to: Vec<String>,
    },
    /// The request says something else of itself, so that the statement's condition or claim is
    /// met, or, of a Deny, is not.
    Request {
        /// The statement.
        place: StatementPlace,
        /// What it says.
        keys: Vec<KeyChange>,
    },
}

/// What a request would say of a condition key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyChange {
    /// The key, such as `aws:SourceIp` or `token:sub`.
    pub key: String,
    /// One value that would do; `None`: the key would have to be absent.
    pub value: Option<String>,
}

impl Suggestion {
    /// The changes, to be made together; at least one.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The documents and the context as they would be.
    pub fn applied(
        &self,
        documents: &[&PolicyDocument],
        others: &[&PolicyDocument],
        context: &Context,
    ) -> (Vec<PolicyDocument>, Context) {
        let documents = documents.iter().map(|document| (*document).clone()).collect();
        let mut world = World { documents, context: context.clone() };
        for change in &self.changes {
            world.make(change, others);
        }
        for document in &mut world.documents {
            document.statements.retain(|statement| !is_removed(statement));
        }
        (world.documents, world.context)
    }
}

/// What an access is decided by.
#[derive(Clone)]
pub(super) struct World {
    pub(super) documents: Vec<PolicyDocument>,
    pub(super) context: Context,
}

impl World {
    pub(super) fn make(&mut self, change: &Change, others: &[&PolicyDocument]) {
        match change {
            Change::AddAction { place, action } => self.edit(place, |statement| {
                if let Actions::Only(patterns) = &mut statement.actions {
                    patterns.push(ActionPattern::exactly(action.to_ascii_lowercase()));
                }
            }),
            Change::AddResource { place, resource, beside_claims: _ }
            | Change::ExceptResource { place, resource } => {
                self.edit(place, |statement| add(&mut statement.resources, resource));
            }
            Change::AddStatement { document, action, resource } => {
                let found = self.documents.get_mut(*document);
                if let (Some(document), Ok(pattern)) = (found, ResourcePattern::parse(resource)) {
                    let action = ActionPattern::exactly(action.to_ascii_lowercase());
                    document.statements.push(Statement {
                        sid: None,
                        effect: Effect::Allow,
                        actions: Actions::Only(vec![action]),
                        resources: Resources::Only(vec![pattern]),
                        condition: Condition::default(),
                    });
                }
            }
            Change::Join { other, by: _ } => {
                self.documents.extend(others.get(*other).map(|document| (*document).clone()));
            }
            Change::RemoveResources { place, resources, names_one: _ } => {
                self.edit(place, |statement| {
                    let patterns = patterns_of(&mut statement.resources);
                    patterns.retain(|one| !resources.iter().any(|gone| gone == one.as_str()));
                });
            }
            // In its place until all changes are made, since the others count statements.
            Change::RemoveStatement { place, names_one: _ } => {
                self.edit(place, |statement| statement.resources = Resources::Only(Vec::new()));
            }
            Change::SpareVerb { place, from, to } => self.edit(place, |statement| {
                let patterns = patterns_of(&mut statement.resources);
                patterns.retain(|one| one.as_str() != from);
                patterns.extend(to.iter().filter_map(|one| ResourcePattern::parse(one).ok()));
            }),
            Change::Request { place: _, keys } => {
                for KeyChange { key, value } in keys {
                    match value {
                        Some(value) => self.context.insert(key, value.as_str()),
                        None => self.context.insert(key, Vec::new()),
                    }
                }
            }
        }
    }

    fn edit(&mut self, place: &StatementPlace, edit: impl FnOnce(&mut Statement)) {
        let document = self.documents.get_mut(place.document);
        let found = document.and_then(|document| document.statements.get_mut(place.statement));
        if let Some(statement) = found {
            edit(statement);
        }
    }
}

/// Whether nothing is left of the statement: no document is read with an empty list.
fn is_removed(statement: &Statement) -> bool {
    statement.resources == Resources::Only(Vec::new())
}

fn patterns_of(resources: &mut Resources) -> &mut Vec<ResourcePattern> {
    match resources {
        Resources::Only(patterns) | Resources::Except(patterns) => patterns,
    }
}

fn add(resources: &mut Resources, resource: &str) {
    patterns_of(resources).extend(ResourcePattern::parse(resource).ok());
}

impl Change {
    /// The change in words, where `statement` names one and `document` and `other` name documents.
    pub fn in_words(
        &self,
        statement: impl Fn(&StatementPlace) -> String,
        document: impl Fn(usize) -> String,
        other: impl Fn(usize) -> String,
    ) -> String {
        match self {
            Self::AddAction { place, action } => {
                format!("add `{action}` to the Action of {}", statement(place))
            }
            Self::AddResource { place, resource, beside_claims } => {
                let whose = if *beside_claims {
                    ", which allows it whatever a caller's claims are"
                } else {
                    ""
                };
                format!("add `{resource}` to the Resource of {}{whose}", statement(place))
            }
            Self::AddStatement { document: index, action, resource } => {
                let members = [("Effect", "Allow"), ("Action", action), ("Resource", resource)];
                let members =
                    members.map(|(name, value)| (name.to_owned(), Json::String(value.to_owned())));
                let statement = Json::Object(members.into());
                format!("add to {} the statement {statement}", document(*index))
            }
            Self::ExceptResource { place, resource } => {
                format!("add `{resource}` to the NotResource of {}", statement(place))
            }
            Self::Join { other: index, by } => {
                let sids: Vec<_> = by.iter().filter_map(|place| place.sid.clone()).collect();
                let by = match sids.as_slice() {
                    [] => "which allows it".to_owned(),
                    sids => format!("which allows it by {}", sids.join(", ")),
                };
                format!("be a member of {}, {by}", other(*index))
            }
            Self::RemoveResources { place, resources, names_one } => {
                let what = listed(resources).replace(" or ", " and ");
                format!("take {what} out of {}{}", statement(place), frees(*names_one))
            }
            Self::RemoveStatement { place, names_one } => {
                format!("take {} away{}", statement(place), frees(*names_one))
            }
            Self::SpareVerb { place, from, to } => format!(
                "put {} in the place of `{from}` in {}, so that it spares this verb",
                listed(to).replace(" or ", " and "),
                statement(place)
            ),
            Self::Request { place, keys } => {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                format!("as {} is written, send it {}", statement(place), keys.join(" and "))
            }
        }
    }
}

fn frees(names_one: bool) -> &'static str {
    if names_one { "" } else { ", which frees everything else that it names" }
}

/// In words that follow "send it".
impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            // Nobody can send a time.
            Some(value) if self.key.eq_ignore_ascii_case("aws:CurrentTime") => {
                write!(f, "at another time, such as `{value}`")
            }
            Some(value) => write!(f, "with `{}` such as `{value}`", self.key),
            None => write!(f, "without `{}`", self.key),
        }
    }
}
