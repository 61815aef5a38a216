//! Which statements become one, and which of their patterns stay.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::action::Actions;
use super::super::condition::Condition;
use super::super::document::{Effect, PolicyDocument, Resources, Statement};
use super::super::resource::ResourcePattern;
use super::list::{Kept, List};
use super::piece::{Piece, Signature};
use super::report::{Observer, Origin, Reason};

/// Takes the statements of all documents and returns those of one.
pub(in crate::policy) struct Merger<'a, 'o, O> {
    groups: BTreeMap<Head<'a>, usize>,
    pieces: Vec<Piece<'a>>,
    exceptions: Vec<(usize, Origin, Vec<Piece<'a>>)>,
    observer: &'o mut O,
}

/// All of a statement but its resources.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Head<'a> {
    effect: Effect,
    actions: Cow<'a, Actions>,
    condition: Cow<'a, Condition>,
}

/// A statement with `NotResource`.
struct Exceptions<'a> {
    group: usize,
    origin: Origin,
    list: List<'a>,
}

impl<'a, 'o, O: Observer> Merger<'a, 'o, O> {
    /// For the patterns of `documents`, or a few more.
    pub(in crate::policy) fn new(documents: &[&PolicyDocument], observer: &'o mut O) -> Self {
        let statements = documents.iter().flat_map(|document| document.statements());
        let count = statements.map(|statement| statement.resources().patterns().len()).sum();
        let pieces = Vec::with_capacity(count);
        Self { groups: BTreeMap::new(), pieces, exceptions: Vec::new(), observer }
    }

    /// The number of the group of all statements that are alike but for their resources.
    pub(in crate::policy) fn group(
        &mut self,
        effect: Effect,
        actions: Cow<'a, Actions>,
        condition: &'a Condition,
    ) -> usize {
        let actions = match actions {
            Cow::Borrowed(actions) => actions.normalized(),
            Cow::Owned(actions) => Cow::Owned(actions.normalized().into_owned()),
        };
        let next = self.groups.len();
        let head = Head { effect, actions, condition: condition.normalized() };
        *self.groups.entry(head).or_insert(next)
    }

    /// Takes a pattern of a `Resource`.
    pub(in crate::policy) fn take(&mut self, piece: Piece<'a>) {
        self.observer.taken(piece.origin);
        self.pieces.push(piece);
    }

    /// Takes the patterns of a `NotResource`.
    pub(in crate::policy) fn take_exceptions(
        &mut self,
        group: usize,
        origin: Origin,
        pieces: Vec<Piece<'a>>,
    ) {
        for piece in &pieces {
            self.observer.taken(piece.origin);
        }
        self.observer.taken(origin);
        self.exceptions.push((group, origin, pieces));
    }

    /// Is told that a pattern or statement is about nothing.
    pub(in crate::policy) fn about_nothing(&mut self, what: Origin) {
        self.observer.dropped(what, Reason::Nothing, None);
    }

    /// The statements; `write` makes patterns of what is left of them.
    pub(in crate::policy) fn finish(
        self,
        write: impl Fn(Kept<'_, 'a>) -> Option<ResourcePattern>,
    ) -> Vec<Statement> {
        let Self { groups, mut pieces, exceptions, observer } = self;
        let mut heads: Vec<Head<'a>> = Vec::with_capacity(groups.len());
        let mut numbers = vec![0; groups.len()];
        for (head, taken) in groups {
            if let Some(number) = numbers.get_mut(taken) {
                *number = heads.len();
            }
            heads.push(head);
        }
        let number = |taken: usize| numbers.get(taken).copied().unwrap_or(taken);
        for piece in &mut pieces {
            piece.group = number(piece.group);
        }
        pieces.retain(|piece| is_about_actions(&heads, piece.group, piece.origin, observer));
        let mut exceptions: Vec<Exceptions<'a>> = exceptions
            .into_iter()
            .filter_map(|(group, origin, pieces)| {
                let group = number(group);
                let mut list = List::new(pieces, observer);
                list.reduce(|_, _| Some(Reason::Within), observer);
                if list.everything().next().is_some() {
                    observer.dropped(origin, Reason::Nothing, None);
                    return None;
                }
                is_about_actions(&heads, group, origin, observer).then_some(Exceptions {
                    group,
                    origin,
                    list,
                })
            })
            .collect();
        sort(&mut exceptions);

        let mut list = List::new(pieces, observer);
        loop {
            let siblings = have_siblings(&heads);
            if siblings {
                let same = |one, two| (one == two).then_some(Reason::Within);
                list.reduce(same, observer);
                if unite(&mut heads, &mut list, &mut exceptions, observer) {
                    continue;
                }
            }
            reduce(&heads, &mut list, &mut exceptions, observer);
            if !(siblings && unite(&mut heads, &mut list, &mut exceptions, observer)) {
                break;
            }
        }
        statements(&heads, &list, &exceptions, &write, observer)
    }
}

/// Whether the statement of a group is about any action.
fn is_about_actions(
    heads: &[Head<'_>],
    group: usize,
    origin: Origin,
    observer: &mut impl Observer,
) -> bool {
    let is_about = heads.get(group).is_some_and(|head| !head.actions.are_none());
    if !is_about {
        observer.dropped(origin, Reason::Nothing, None);
    }
    is_about
}

/// Why a pattern of the group `narrow` need not stand beside one of `wide` that includes it.
fn relation(heads: &[Head<'_>], wide: usize, narrow: usize) -> Option<Reason> {
    if wide == narrow {
        return Some(Reason::Within);
    }
    let (wide, narrow) = (heads.get(wide)?, heads.get(narrow)?);
    let reason = match (wide.effect, narrow.effect) {
        (Effect::Allow, Effect::Deny) => return None,
        (Effect::Deny, Effect::Allow) => Reason::CancelledByDeny,
        (Effect::Allow, Effect::Allow) | (Effect::Deny, Effect::Deny) => Reason::Within,
    };
    let holds_then = wide.condition.is_empty() || wide.condition == narrow.condition;
    (holds_then && wide.actions.include(&narrow.actions)).then_some(reason)
}

/// Leaves out what is within another statement.
fn reduce<'a>(
    heads: &[Head<'a>],
    list: &mut List<'a>,
    exceptions: &mut Vec<Exceptions<'a>>,
    observer: &mut impl Observer,
) {
    list.reduce(|wide, narrow| relation(heads, wide, narrow), observer);
    let mut index = 0;
    while let Some(narrow) = exceptions.get(index) {
        let everything = list
            .everything()
            .find_map(|piece| Some((relation(heads, piece.group, narrow.group)?, piece.origin)));
        let within = |wide: &Exceptions<'_>, narrow: &Exceptions<'_>| {
            relation(heads, wide.group, narrow.group).filter(|_| wide.list.is_within(&narrow.list))
        };
        let mut others = exceptions.iter().enumerate().filter(|(other, _)| *other != index);
        let other = others.find_map(|(other, wide)| {
            let reason = within(wide, narrow)?;
            // Of two that include each other, the first stays.
            match within(narrow, wide) {
                Some(_) if index < other => None,
                Some(_) if wide.group == narrow.group => Some((Reason::Repeat, wide.origin)),
                Some(_) | None => Some((reason, wide.origin)),
            }
        });
        if let Some((reason, by)) = everything.or(other) {
            observer.dropped(narrow.origin, reason, Some(by));
            exceptions.remove(index);
        } else {
            index += 1;
        }
    }
    for Exceptions { group, origin, list: apart_from } in &*exceptions {
        let relation = |narrow| relation(heads, *group, narrow);
        list.reduce_by_exceptions(apart_from, *origin, relation, observer);
    }
}

/// Whether some groups differ in their actions only.
fn have_siblings(heads: &[Head<'_>]) -> bool {
    let mut rest: Vec<_> = heads.iter().map(|head| (head.effect, &head.condition)).collect();
    rest.sort_unstable();
    rest.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
}

/// Statements that differ in their actions only.
struct Union {
    actions: Actions,
    members: Vec<Member>,
}

#[derive(Clone, Copy)]
struct Member {
    group: usize,
    /// Which of the statements with exceptions; `None` for all other resources of the group.
    exceptions: Option<usize>,
    origin: Origin,
}

/// Gives the actions of all to one of the statements that differ in them only; false if there are
/// no such statements.
fn unite<'a>(
    heads: &mut Vec<Head<'a>>,
    list: &mut List<'a>,
    exceptions: &mut Vec<Exceptions<'a>>,
    observer: &mut impl Observer,
) -> bool {
    let unions = unions(heads, list, exceptions);
    if unions.is_empty() {
        return false;
    }
    let mut pieces = std::mem::replace(list, List::new(Vec::new(), observer)).into_left();
    let mut united = Vec::new();
    for Union { actions, members } in unions {
        let Some(&first) = members.first() else { continue };
        let Some(head) = heads.get(first.group).cloned() else { continue };
        let group = heads.len();
        let reason = if *head.actions == actions { Reason::Within } else { Reason::ActionsUnited };
        heads.push(Head { actions: Cow::Owned(actions), ..head });
        for member in members {
            let stays = member.origin == first.origin;
            if let Some(index) = member.exceptions {
                if let Some(statement) = exceptions.get_mut(index) {
                    statement.group = group;
                }
                united.extend((!stays).then_some(index));
                if !stays {
                    observer.dropped(member.origin, reason, Some(first.origin));
                }
            } else {
                let by = Some(Origin { pattern: None, ..first.origin });
                pieces.retain_mut(|piece| {
                    let is_member = piece.group == member.group;
                    if is_member && !stays {
                        observer.dropped(piece.origin, reason, by);
                    } else if is_member {
                        piece.group = group;
                    }
                    !is_member || stays
                });
            }
        }
    }
    let mut index = 0..;
    exceptions.retain(|_| index.next().is_none_or(|index| !united.contains(&index)));
    renumber(heads, &mut pieces, exceptions);
    *list = List::new(pieces, observer);
    true
}

fn unions(heads: &[Head<'_>], list: &List<'_>, exceptions: &[Exceptions<'_>]) -> Vec<Union> {
    let mut lists: BTreeMap<usize, (Vec<Signature<'_>>, Member)> = BTreeMap::new();
    for piece in list.left() {
        let Piece { group, origin, .. } = *piece;
        let member = Member { group, exceptions: None, origin };
        lists.entry(group).or_insert((Vec::new(), member)).0.push(piece.signature());
    }
    let others = exceptions.iter().enumerate().map(|(index, statement)| {
        let Exceptions { group, origin, ref list } = *statement;
        (list.signature(), Member { group, exceptions: Some(index), origin })
    });
    let mut alike: BTreeMap<_, Vec<(&Head<'_>, Member)>> = BTreeMap::new();
    for (signature, member) in lists.into_values().chain(others) {
        let Some(head) = heads.get(member.group) else { continue };
        let key = (head.effect, &head.condition, member.exceptions.is_some(), signature);
        alike.entry(key).or_default().push((head, member));
    }
    let mut unions = Vec::new();
    for statements in alike.into_values() {
        let mut union: Option<Union> = None;
        for (head, member) in statements {
            match &mut union {
                None if matches!(*head.actions, Actions::Only(_)) => {
                    let actions = head.actions.clone().into_owned();
                    union = Some(Union { actions, members: vec![member] });
                }
                None => {}
                Some(union) => {
                    if let Some(actions) = union.actions.united(&head.actions) {
                        union.actions = actions;
                        union.members.push(member);
                    }
                }
            }
        }
        unions.extend(union.filter(|union| union.members.len() > 1));
    }
    unions
}

/// Puts the groups in their order, each of them once.
fn renumber<'a>(
    heads: &mut Vec<Head<'a>>,
    pieces: &mut [Piece<'a>],
    exceptions: &mut [Exceptions<'a>],
) {
    let mut sorted = heads.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let number = |group: usize| {
        heads.get(group).and_then(|head| sorted.binary_search(head).ok()).unwrap_or(group)
    };
    for piece in pieces {
        piece.group = number(piece.group);
    }
    for statement in &mut *exceptions {
        statement.group = number(statement.group);
    }
    *heads = sorted;
    sort(exceptions);
}

/// Puts the statements with exceptions in an order that is theirs wherever they came from.
fn sort(exceptions: &mut [Exceptions<'_>]) {
    exceptions.sort_by(|one, two| {
        (one.group, one.list.signature(), one.origin).cmp(&(
            two.group,
            two.list.signature(),
            two.origin,
        ))
    });
}

fn statements<'a>(
    heads: &[Head<'a>],
    list: &List<'a>,
    exceptions: &[Exceptions<'a>],
    write: &impl Fn(Kept<'_, 'a>) -> Option<ResourcePattern>,
    observer: &mut impl Observer,
) -> Vec<Statement> {
    let kept = list.kept(observer);
    let mut counts = vec![0; heads.len()];
    for Kept { piece, .. } in &kept {
        if let Some(count) = counts.get_mut(piece.group) {
            *count += 1;
        }
    }
    let mut patterns: Vec<Vec<_>> = counts.into_iter().map(Vec::with_capacity).collect();
    for kept in kept {
        if let Some(patterns) = patterns.get_mut(kept.piece.group) {
            patterns.extend(write(kept));
        }
    }
    let only = heads.iter().zip(patterns).filter(|(_, patterns)| !patterns.is_empty());
    let only = only.map(|(head, patterns)| (head, Resources::Only(patterns)));
    let except = exceptions.iter().filter_map(|statement| {
        let patterns = statement.list.kept(observer).into_iter().filter_map(write).collect();
        Some((heads.get(statement.group)?, Resources::Except(patterns)))
    });
    let statement = |(head, resources): (&Head<'_>, Resources)| Statement {
        sid: None,
        effect: head.effect,
        actions: head.actions.clone().into_owned(),
        resources,
        condition: head.condition.clone().into_owned(),
    };
    only.chain(except).map(statement).collect()
}
