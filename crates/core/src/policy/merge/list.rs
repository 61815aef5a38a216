//! Many patterns at once: which of them are within others.

use std::ops::Range;

use super::piece::{Family, Piece, Signature, Verbs};
use super::report::{Observer, Origin, Reason};

/// The patterns of several statements, and what is left of each.
#[derive(Debug)]
pub(super) struct List<'a> {
    // INVARIANT: sorted by family, key, group and origin.
    pieces: Vec<Piece<'a>>,
    // INVARIANT: in the order of `pieces`, of which each is in one row.
    rows: Vec<Row>,
}

/// The patterns of one group that have one key.
#[derive(Clone, Debug)]
struct Row {
    // INVARIANT: not empty.
    pieces: Range<usize>,
    /// The verbs that it is needed for.
    left: Verbs,
    /// The verbs for which other patterns include it.
    covered: Verbs,
}

/// A pattern that stays.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Kept<'l, 'a> {
    pub(in crate::policy) piece: &'l Piece<'a>,
    /// Whether it has become the pattern for every verb.
    pub(in crate::policy) every_verb: bool,
}

impl<'a> List<'a> {
    /// Leaves out what is written twice.
    pub(super) fn new(mut pieces: Vec<Piece<'a>>, observer: &mut impl Observer) -> Self {
        pieces.sort_unstable_by(|one, two| {
            let by_key = one.family.cmp(&two.family).then_with(|| one.key.cmp(&two.key));
            by_key.then_with(|| (one.group, one.origin).cmp(&(two.group, two.origin)))
        });
        let mut rows = Vec::with_capacity(pieces.len());
        let mut start = 0;
        for row in pieces.chunk_by_mut(|one, two| {
            one.group == two.group && one.family == two.family && one.key == two.key
        }) {
            let end = start + row.len();
            let left = leave_out_repeats(row, observer);
            rows.push(Row { pieces: start..end, left, covered: Verbs::NONE });
            start = end;
        }
        Self { pieces, rows }
    }

    /// Leaves out what is within another pattern, if `relation` of that one's group and its own
    /// gives a reason.
    ///
    /// Nothing is left out for the sake of a pattern that is left out itself, so of patterns that
    /// include each other one stays.
    pub(super) fn reduce(
        &mut self,
        relation: impl Fn(usize, usize) -> Option<Reason>,
        observer: &mut impl Observer,
    ) {
        let Self { pieces, rows } = self;
        let pieces = pieces.as_slice();
        let mut heads: Vec<&Piece<'a>> = Vec::with_capacity(rows.len());
        heads.extend(rows.iter().filter_map(|row| pieces.get(row.pieces.start)));
        let any = rows_of(&heads, |piece| piece.family == Family::Any);
        let anywhere = rows_of(&heads, Piece::is_anywhere);
        let mut wide = rows_of(&heads, Piece::is_wild);
        wide.sort_by_key(|(_, piece)| (piece.family, piece.literal()));
        let mut walk = Walk { heads: &heads, wide: &wide, open: Vec::new(), next: 0 };
        for ask in asks(&heads) {
            walk.go_to(ask.family, ask.key);
            let anywhere = anywhere.iter().filter(|_| ask.family == Family::Route);
            let candidates = any.iter().chain(anywhere).chain(&walk.open).copied();
            for (other, wide) in candidates.chain(walk.alike(ask.family, ask.key)) {
                let left = |row: usize| rows.get(row).map_or(Verbs::NONE, |row| row.left);
                if other == ask.row || left(other).is_none() {
                    continue;
                }
                let Some(reason) = relation(wide.group, ask.piece.group) else { continue };
                let verbs = ask.verbs_within(wide, left(other));
                // Of two that include each other, the first stays.
                let mutual = || {
                    relation(ask.piece.group, wide.group).is_some()
                        && ask.piece.included_verbs(left(ask.row), wide).meet(left(other))
                };
                if verbs.is_none() || (ask.row < other && mutual()) {
                    continue;
                }
                let wide = rows.get(other).and_then(|row| pieces.get(row.pieces.clone()));
                let by = |verbs: Verbs| {
                    let verbs = if ask.is_of_own_family() { verbs } else { ask.verbs };
                    let of_verbs = |piece: &&Piece<'_>| piece.verbs.meet(verbs);
                    let wide = wide.unwrap_or_default();
                    wide.iter().find(of_verbs).or(wide.first()).map(|piece| piece.origin)
                };
                let Some(row) = rows.get_mut(ask.row) else { continue };
                row.cover(pieces, verbs, reason, by, observer);
                if row.left.is_none() {
                    break;
                }
            }
        }
    }

    /// Leaves out what is apart from all of `exceptions`, the `NotResource` list of a statement, if
    /// `relation` of a pattern's group gives a reason.
    pub(super) fn reduce_by_exceptions(
        &mut self,
        exceptions: &Self,
        origin: Origin,
        relation: impl Fn(usize) -> Option<Reason>,
        observer: &mut impl Observer,
    ) {
        for row in &mut self.rows {
            let Some(piece) = self.pieces.get(row.pieces.start) else { continue };
            if row.left.is_none() {
                continue;
            }
            let Some(reason) = relation(piece.group) else { continue };
            let apart = |verbs: Verbs, other: &Piece<'_>| verbs.and(piece.verbs_apart_from(other));
            let verbs = exceptions.left().fold(row.left, apart);
            if !verbs.is_none() {
                row.cover(&self.pieces, verbs, reason, |_| Some(origin), observer);
            }
        }
    }

    /// Whether each of these patterns is within one of `wide`, as far as can be seen.
    pub(super) fn is_within(&self, wide: &Self) -> bool {
        self.left().all(|narrow| {
            let within =
                |verbs: Verbs, wide: &Piece<'_>| verbs.or(wide.included_verbs(wide.verbs, narrow));
            narrow.verbs.without(wide.left().fold(Verbs::NONE, within)).is_none()
        })
    }

    /// Those that are about everything there is.
    pub(super) fn everything(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.left().filter(|piece| piece.is_everything())
    }

    /// What is left, as it is written, in the order of its families and keys.
    pub(super) fn left(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.rows.iter().flat_map(|row| row.left(&self.pieces))
    }

    pub(super) fn signature(&self) -> Vec<Signature<'_>> {
        self.left().map(Piece::signature).collect()
    }

    /// What is left, as it is to be written.
    pub(super) fn kept(&self, observer: &mut impl Observer) -> Vec<Kept<'_, 'a>> {
        let mut kept = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let every_verb = row.becomes_every_verb(&self.pieces);
            let mut left = row.left(&self.pieces);
            let Some(first) = left.next() else { continue };
            kept.push(Kept { piece: first, every_verb });
            for piece in left {
                if every_verb {
                    observer.dropped(piece.origin, Reason::VerbsUnited, Some(first.origin));
                } else {
                    kept.push(Kept { piece, every_verb });
                }
            }
        }
        kept
    }

    /// What is left, to be listed anew.
    pub(super) fn into_left(self) -> Vec<Piece<'a>> {
        let Self { pieces, rows } = self;
        let mut left = rows.into_iter().flat_map(|row| row.pieces.map(move |_| row.left));
        let is_left = |piece: &Piece<'_>| left.next().is_some_and(|left| piece.verbs.meet(left));
        pieces.into_iter().filter(is_left).collect()
    }
}

impl Row {
    /// Is within others for some of its verbs: for each, within the one that `by` says.
    fn cover(
        &mut self,
        pieces: &[Piece<'_>],
        verbs: Verbs,
        reason: Reason,
        by: impl Fn(Verbs) -> Option<Origin>,
        observer: &mut impl Observer,
    ) {
        let before = self.left;
        self.left = before.without(verbs);
        self.covered = self.covered.or(verbs);
        for piece in pieces.get(self.pieces.clone()).unwrap_or_default() {
            if piece.verbs.meet(before) && !piece.verbs.meet(self.left) {
                observer.dropped(piece.origin, reason, by(piece.verbs));
            }
        }
    }

    fn left<'l, 'a>(
        &self,
        pieces: &'l [Piece<'a>],
    ) -> impl Iterator<Item = &'l Piece<'a>> + use<'l, 'a> {
        let left = self.left;
        let pieces = pieces.get(self.pieces.clone()).unwrap_or_default();
        pieces.iter().filter(move |piece| piece.verbs.meet(left))
    }

    /// Whether one pattern for every verb is shorter: where all verbs are needed, or all those that
    /// are not are within other patterns.
    fn becomes_every_verb(&self, pieces: &[Piece<'_>]) -> bool {
        self.left.count() > 1
            && Verbs::EVERY.without(self.left.or(self.covered)).is_none()
            && self.left(pieces).all(|piece| piece.verbs.count() == 1)
    }
}

/// Leaves out the patterns of one key and group that say what an earlier one or one for every verb
/// says. Returns the verbs of those that stay.
fn leave_out_repeats(row: &mut [Piece<'_>], observer: &mut impl Observer) -> Verbs {
    if let [one] = row {
        return one.verbs;
    }
    let every = row.iter().find(|piece| piece.verbs == Verbs::EVERY).map(|piece| piece.origin);
    let mut seen = Verbs::NONE;
    for index in 0..row.len() {
        let Some((before, [piece, ..])) = row.split_at_mut_checked(index) else { break };
        let (reason, by) = match every {
            Some(every) if piece.verbs != Verbs::EVERY => (Reason::Within, Some(every)),
            Some(_) | None => {
                let same = before.iter().find(|other| other.verbs.meet(piece.verbs));
                (Reason::Repeat, same.map(|other| other.origin))
            }
        };
        if by.is_some() {
            observer.dropped(piece.origin, reason, by);
            piece.verbs = Verbs::NONE;
        } else {
            seen = seen.or(piece.verbs);
        }
    }
    seen
}

/// The rows whose first piece is as `wanted`, with that piece.
fn rows_of<'l, 'a>(
    heads: &[&'l Piece<'a>],
    wanted: impl Fn(&Piece<'a>) -> bool,
) -> Vec<(usize, &'l Piece<'a>)> {
    heads.iter().copied().enumerate().filter(|(_, piece)| wanted(piece)).collect()
}

/// The question whether a pattern is within another.
struct Ask<'l, 'a> {
    row: usize,
    piece: &'l Piece<'a>,
    family: Family,
    key: &'l str,
    verbs: Verbs,
}

impl Ask<'_, '_> {
    /// Whether it is asked about as what it is.
    fn is_of_own_family(&self) -> bool {
        self.family == self.piece.family
    }

    /// The verbs for which it is within `wide`, of which `left` is needed.
    fn verbs_within(&self, wide: &Piece<'_>, left: Verbs) -> Verbs {
        if self.is_of_own_family() {
            wide.included_verbs(left, self.piece)
        } else if wide.family == self.family && self.verbs.without(left).is_none() {
            // An ARN pattern, asked about as the route pattern that it is for one stage.
            if wide.key_includes(self.key) { Verbs::ALL } else { Verbs::NONE }
        } else {
            Verbs::NONE
        }
    }
}

/// What to ask, in the order of families and keys.
fn asks<'l, 'a>(heads: &[&'l Piece<'a>]) -> Vec<Ask<'l, 'a>> {
    let mut asks = Vec::with_capacity(heads.len());
    for (row, piece) in heads.iter().copied().enumerate() {
        let Piece { family, ref key, verbs, .. } = *piece;
        asks.push(Ask { row, piece, family, key, verbs });
    }
    let written = asks.len();
    for (row, piece) in heads.iter().copied().enumerate() {
        if let Some((verbs, key)) = piece.as_route() {
            asks.push(Ask { row, piece, family: Family::Route, key, verbs });
        }
    }
    if asks.len() > written {
        asks.sort_by_key(|ask| (ask.family, ask.key));
    }
    asks
}

/// A walk along keys in their order. What can include a key begins as it does, up to the first
/// wildcard: most pairs are never looked at.
struct Walk<'w, 'l, 'a> {
    heads: &'w [&'l Piece<'a>],
    /// The wild ones, in the order of families and literals: those still to come.
    wide: &'w [(usize, &'l Piece<'a>)],
    /// Those that begin as the key does.
    // INVARIANT: the literal of each begins with that of the one before.
    open: Vec<(usize, &'l Piece<'a>)>,
    /// The first row whose key is not before the key.
    next: usize,
}

impl<'l, 'a> Walk<'_, 'l, 'a> {
    fn go_to(&mut self, family: Family, key: &str) {
        let begins_alike =
            |piece: &Piece<'_>| piece.family == family && key.starts_with(piece.literal());
        while self.open.last().is_some_and(|(_, piece)| !begins_alike(piece)) {
            self.open.pop();
        }
        while let Some((first, rest)) = self.wide.split_first() {
            if (first.1.family, first.1.literal()) > (family, key) {
                break;
            }
            if begins_alike(first.1) {
                self.open.push(*first);
            }
            self.wide = rest;
        }
        while self
            .heads
            .get(self.next)
            .is_some_and(|head| (head.family, &*head.key) < (family, key))
        {
            self.next += 1;
        }
    }

    /// The rows without wildcards whose key is the key.
    fn alike(&self, family: Family, key: &str) -> impl Iterator<Item = (usize, &'l Piece<'a>)> {
        let rows = self.heads.iter().copied().enumerate().skip(self.next);
        rows.take_while(move |(_, head)| {
            !head.is_wild() && head.family == family && head.key == key
        })
    }
}
