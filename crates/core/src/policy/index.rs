//! Deciding many requests by the same documents, without looking at every statement each time.

use std::ops::Range;

use super::context::Context;
use super::decide::{Access, Target, Verdict, applies, names, verdict};
use super::document::{PolicyDocument, Resources, Statement};
use super::resource::{Kind, Verb};
use crate::gateway::VERBS;

/// Documents, indexed by what their patterns begin with.
///
/// It says of every request what [`decide`](super::decide) says. Building one takes as long as some
/// five decisions without one: it is for documents that are kept.
#[derive(Clone, Debug)]
pub struct PolicyIndex {
    documents: Vec<PolicyDocument>,
    /// By their paths, for each of [`VERBS`].
    routes: [Prefixes; VERBS.len()],
    /// Route patterns for every verb, by their paths.
    any_verb: Prefixes,
    /// By their whole texts.
    arns: Prefixes,
    /// Those that no text can rule out: with `NotResource`, for everything, for pages.
    always: Vec<Entry>,
}

/// A statement, and the pattern of it that may match.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Entry {
    document: usize,
    statement: usize,
    /// `None` if all of it has to be looked at.
    pattern: Option<usize>,
}

impl PolicyIndex {
    /// Indexes documents; what an index says of them counts them in this order.
    pub fn new(documents: Vec<PolicyDocument>) -> Self {
        let mut routes = VERBS.map(|_| Vec::new());
        let (mut any_verb, mut arns, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (document, content) in documents.iter().enumerate() {
            for (statement, content) in content.statements.iter().enumerate() {
                let entry = Entry { document, statement, pattern: None };
                let Resources::Only(patterns) = &content.resources else {
                    always.push(entry);
                    continue;
                };
                for (index, pattern) in patterns.iter().enumerate() {
                    let entry = Entry { pattern: Some(index), ..entry };
                    let literal = pattern.literal().to_owned();
                    match pattern.kind() {
                        Kind::Arn(_) => arns.push((literal, entry)),
                        Kind::Route(Verb::Any) => any_verb.push((literal, entry)),
                        Kind::Route(Verb::One(verb)) => {
                            if let Some(list) = routes.get_mut(*verb) {
                                list.push((literal, entry));
                            }
                        }
                        Kind::Any | Kind::Page => always.push(entry),
                    }
                }
            }
        }
        Self {
            documents,
            routes: routes.map(Prefixes::new),
            any_verb: Prefixes::new(any_verb),
            arns: Prefixes::new(arns),
            always,
        }
    }

    /// Decides whether the documents together allow `access`.
    pub fn decide(&self, access: &Access<'_>) -> Verdict {
        let action = access.action.to_ascii_lowercase();
        let mut found: Vec<Entry> = Vec::new();
        let mut look = |entry: &Entry| {
            if self.matches(*entry, access.resource, access.context) {
                found.push(*entry);
            }
        };
        self.always.iter().for_each(&mut look);
        if let Target::Method(method) = access.resource {
            self.arns.each(method.as_str(), &mut look);
            if let Some(index) = VERBS.iter().position(|verb| *verb == method.verb()) {
                self.any_verb.each(method.path(), &mut look);
                if let Some(routes) = self.routes.get(index) {
                    routes.each(method.path(), &mut look);
                }
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|entry| (entry.document, entry.statement));
        verdict(found.into_iter().filter_map(|entry| {
            let statement = self.statement(entry)?;
            applies(statement, &action, access.context).then_some((
                entry.document,
                entry.statement,
                statement,
            ))
        }))
    }

    /// Whether the resources of an entry are about `target`.
    fn matches(&self, entry: Entry, target: Target<'_>, claims: &Context) -> bool {
        self.statement(entry).is_some_and(|statement| match entry.pattern {
            None => names(statement, target, claims),
            Some(index) => {
                let pattern = statement.resources.patterns().get(index);
                pattern.is_some_and(|pattern| pattern.matches(target, statement.effect, claims))
            }
        })
    }

    fn statement(&self, entry: Entry) -> Option<&Statement> {
        self.documents.get(entry.document)?.statements.get(entry.statement)
    }
}

/// Entries by the texts that whatever they match begins with.
#[derive(Clone, Debug, Default)]
struct Prefixes {
    // INVARIANT: sorted by `text`, each once.
    nodes: Vec<Node>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Node {
    text: String,
    /// The longest other text that this one begins with.
    parent: Option<usize>,
    entries: Range<usize>,
}

impl Prefixes {
    fn new(mut found: Vec<(String, Entry)>) -> Self {
        found.sort_unstable();
        let mut prefixes = Self::default();
        for (text, entry) in found {
            let end = prefixes.entries.len();
            prefixes.entries.push(entry);
            match prefixes.nodes.last_mut() {
                Some(node) if node.text == text => node.entries.end = end + 1,
                Some(_) | None => {
                    let last = prefixes.nodes.len().checked_sub(1);
                    let parent = prefixes.begin(last, &text);
                    prefixes.nodes.push(Node { text, parent, entries: end..end + 1 });
                }
            }
        }
        prefixes
    }

    /// The entries whose texts `text` begins with.
    fn each(&self, text: &str, look: &mut impl FnMut(&Entry)) {
        let before = self.nodes.partition_point(|node| node.text.as_str() <= text);
        let mut next = self.begin(before.checked_sub(1), text);
        while let Some(node) = next.and_then(|index| self.nodes.get(index)) {
            self.entries.get(node.entries.clone()).unwrap_or_default().iter().for_each(&mut *look);
            next = node.parent;
        }
    }

    /// The longest of the texts up to `last` that `text` begins with. What lies between such a text
    /// and `text` begins with it too, so that it is found by going from parent to parent.
    fn begin(&self, last: Option<usize>, text: &str) -> Option<usize> {
        let mut next = last;
        while let Some(node) = next.and_then(|index| self.nodes.get(index)) {
            if text.starts_with(node.text.as_str()) {
                return next;
            }
            next = node.parent;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_that_another_begins_with_is_found() {
        let texts = ["", "a", "a/b", "a/b/c", "a/bc", "a/c", "b"];
        let entry = |statement| Entry { document: 0, statement, pattern: None };
        let prefixes =
            Prefixes::new((0..).map(entry).zip(texts).map(|(e, t)| (t.to_owned(), e)).collect());
        for text in ["", "a", "a/b/d", "a/b/c/d", "a/bd", "c", "a/a"] {
            let mut found = Vec::new();
            prefixes.each(text, &mut |entry| found.push(texts[entry.statement]));
            found.sort_unstable();
            let want: Vec<_> = texts.into_iter().filter(|begin| text.starts_with(begin)).collect();
            assert_eq!(found, want, "{text}");
        }
    }
}
