//! One pattern of a merge, in the form in which patterns are compared with each other.

use std::borrow::Cow;

use super::super::glob::{glob_includes, glob_normalized, globs_meet};
use super::super::resource::{Kind, ResourcePattern, Verb};
use super::report::Origin;
use crate::gateway::VERBS;

/// One pattern of a statement.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Piece<'a> {
    pub(super) family: Family,
    /// What is compared, as a normalized glob, claims as atoms: the path of a route or a page, a
    /// whole ARN, or what follows the stage where patterns are bound.
    pub(in crate::policy) key: Cow<'a, str>,
    /// How much of `key` comes before its first wildcard or claim, in bytes.
    pub(super) literal: usize,
    pub(super) verbs: Verbs,
    /// The group of its statement, as an index.
    pub(super) group: usize,
    pub(in crate::policy) origin: Origin,
}

/// Patterns of one family are compared by their keys.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Family {
    /// `*`, every method and page.
    Any,
    Arn,
    /// What follows the stage in an ARN.
    Bound,
    Page,
    Route,
}

/// What tells the patterns of a group apart.
pub(super) type Signature<'p> = (Family, &'p str, Verbs);

/// A set of verbs: those of a route pattern. Patterns of other families have no verbs of their own;
/// theirs is a set that is no set of verbs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Verbs(u8);

impl Verbs {
    pub(super) const NONE: Self = Self(0);
    pub(super) const EVERY: Self = Self((1 << VERBS.len()) - 1);
    pub(super) const ALL: Self = Self(u8::MAX);
    const OTHER: Self = Self(1 << VERBS.len());

    /// That verb; none if there is no such verb.
    fn of(verb: &str) -> Self {
        VERBS.iter().position(|known| *known == verb).map_or(Self::NONE, |index| Self(1 << index))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn meet(self, other: Self) -> bool {
        !self.and(other).is_none()
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl<'a> Piece<'a> {
    /// A pattern as it is written.
    pub(in crate::policy) fn written(
        pattern: &'a ResourcePattern,
        group: usize,
        origin: Origin,
    ) -> Self {
        let (family, verbs) = match pattern.kind() {
            Kind::Any => (Family::Any, Verbs::OTHER),
            Kind::Arn(_) => (Family::Arn, Verbs::OTHER),
            Kind::Page => (Family::Page, Verbs::OTHER),
            Kind::Route(Verb::Any) => (Family::Route, Verbs::EVERY),
            Kind::Route(Verb::One(index)) => (Family::Route, Verbs(1 << index)),
        };
        let mut template = pattern.template();
        if family == Family::Arn {
            template.part.start = 0;
        }
        Self::new(family, normalized(template.atoms()), verbs, group, origin)
    }

    /// A glob for what follows the stage.
    pub(in crate::policy) fn bound(rest: Cow<'a, str>, group: usize, origin: Origin) -> Self {
        Self::new(Family::Bound, normalized(rest), Verbs::OTHER, group, origin)
    }

    fn new(family: Family, key: Cow<'a, str>, verbs: Verbs, group: usize, origin: Origin) -> Self {
        let wild = |byte: &u8| *byte == b'*' || *byte == b'?' || *byte < b' ';
        let literal = key.as_bytes().iter().position(wild).unwrap_or(key.len());
        Self { family, key, literal, verbs, group, origin }
    }

    pub(super) fn signature(&self) -> Signature<'_> {
        (self.family, &self.key, self.verbs)
    }

    /// What comes before the first wildcard or claim.
    pub(super) fn literal(&self) -> &str {
        self.key.get(..self.literal).unwrap_or_default()
    }

    /// Whether it includes more than itself.
    pub(super) fn is_wild(&self) -> bool {
        self.literal < self.key.len()
    }

    /// Whether it is about everything there is.
    pub(super) fn is_everything(&self) -> bool {
        self.family == Family::Any || (self.family == Family::Bound && self.key == "*")
    }

    /// Whether it is an ARN pattern for any partition, region and account: the only one that can
    /// include a route pattern.
    pub(super) fn is_anywhere(&self) -> bool {
        self.family == Family::Arn && fields(&self.key).iter().take(3).all(|field| *field == "*")
    }

    /// Whether it matches whatever `other` matches, as far as can be seen.
    pub(super) fn includes(&self, other: &Self) -> bool {
        other.verbs.without(self.included_verbs(self.verbs, other)).is_none()
    }

    /// The verbs for which this pattern, needed for `verbs` itself, matches whatever the key of
    /// `other` matches, as far as can be seen; those of a route pattern, or else all or none. Exact
    /// if it has no `?`, and neither has a claim.
    pub(super) fn included_verbs(&self, verbs: Verbs, other: &Self) -> Verbs {
        let includes = match (self.family, other.family) {
            (Family::Any, _) => true,
            (Family::Arn, Family::Arn) => {
                fields(&self.key).iter().zip(fields(&other.key)).all(|(w, n)| glob_includes(w, n))
            }
            (Family::Route, Family::Route) => {
                return if self.key_includes(&other.key) { verbs } else { Verbs::NONE };
            }
            (Family::Bound, Family::Bound) | (Family::Page, Family::Page) => {
                self.key_includes(&other.key)
            }
            (Family::Arn, Family::Route) if self.is_anywhere() => {
                let [.., tail] = fields(&self.key);
                return other.verbs_whose_tail(|route| glob_includes(tail, route));
            }
            (Family::Arn | Family::Bound | Family::Page | Family::Route, _) => false,
        };
        if includes { Verbs::ALL } else { Verbs::NONE }
    }

    /// Whether its key includes another key of its family.
    pub(super) fn key_includes(&self, other: &str) -> bool {
        let literal = self.literal();
        // Most are a path and `/*`.
        let only_the_start = self.literal + 1 == self.key.len() && self.key.ends_with('*');
        other.starts_with(literal) && (only_the_start || glob_includes(&self.key, other))
    }

    /// The verbs for which nothing that the key of this pattern matches is matched by `other`; those
    /// of a route pattern, or else all or none.
    pub(super) fn verbs_apart_from(&self, other: &Self) -> Verbs {
        let [one, two] = [self, other].map(Self::widest);
        let meet = match (self.family, other.family) {
            (Family::Any, _) | (_, Family::Any) => true,
            (Family::Arn, Family::Arn) => {
                fields(&one).iter().zip(fields(&two)).all(|(one, two)| globs_meet(one, two))
            }
            (Family::Bound, Family::Bound) | (Family::Page, Family::Page) => globs_meet(&one, &two),
            (Family::Route, Family::Route) => {
                let meet = globs_meet(&one, &two);
                return if meet { Verbs::ALL.without(other.verbs) } else { Verbs::ALL };
            }
            (Family::Arn, Family::Route) => {
                let [.., tail] = fields(&one);
                other.verbs_whose_tail(|route| globs_meet(tail, route)).meet(other.verbs)
            }
            (Family::Route, Family::Arn) => {
                let [.., tail] = fields(&two);
                return self.verbs_whose_tail(|route| !globs_meet(tail, route));
            }
            (Family::Arn | Family::Bound | Family::Page | Family::Route, _) => false,
        };
        if meet { Verbs::NONE } else { Verbs::ALL }
    }

    /// The route pattern that an ARN pattern is for one API and stage: its verb and path.
    pub(super) fn as_route(&self) -> Option<(Verbs, &str)> {
        if self.family != Family::Arn {
            return None;
        }
        let [.., tail] = fields(&self.key);
        let mut parts = tail.splitn(4, '/');
        let (api, stage, verb) = (parts.next()?, parts.next()?, parts.next()?);
        let wild = |byte: u8| byte == b'*' || byte == b'?' || byte < b' ';
        // A wildcard could swallow a slash, and the verb be another.
        if api.bytes().chain(stage.bytes()).any(wild) || !VERBS.contains(&verb) {
            return None;
        }
        Some((Verbs::of(verb), parts.next()?))
    }

    /// The verbs with which the path of this route pattern is as `wanted`, which is given a glob for
    /// what follows the account in the methods of the verb and path, and more.
    fn verbs_whose_tail(&self, wanted: impl Fn(&str) -> bool) -> Verbs {
        let path = self.widest();
        let verbs = VERBS.into_iter().filter(|verb| wanted(&format!("?*/?*/{verb}/{path}")));
        verbs.fold(Verbs::NONE, |verbs, verb| verbs.or(Verbs::of(verb)))
    }

    /// Its key with each claim as a `*`.
    fn widest(&self) -> Cow<'_, str> {
        if !self.key.contains('\u{1}') {
            return Cow::Borrowed(&self.key);
        }
        let mut text = String::with_capacity(self.key.len());
        let mut rest: &str = &self.key;
        while let Some((before, after)) = rest.split_once('\u{1}') {
            text.push_str(before);
            text.push('*');
            rest = after.split_once('\u{2}').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        Cow::Owned(text)
    }
}

fn normalized(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => glob_normalized(text),
        Cow::Owned(text) => match glob_normalized(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(normalized) => Cow::Owned(normalized),
        },
    }
}

/// Partition, region, account and tail of an ARN pattern; what is not written is `*`.
fn fields(arn: &str) -> [&str; 4] {
    let mut fields = arn.splitn(6, ':');
    let mut next = || fields.next().unwrap_or("*");
    let (_arn, partition, _service) = (next(), next(), next());
    [partition, next(), next(), next()]
}
