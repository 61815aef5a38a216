//! Sets of methods of a stage, as lists of patterns for what follows the stage's ARN.

use super::super::document::Resources;
use super::super::glob::{glob_includes, globs_meet};

/// What one of several `Resource` and `NotResource` lists is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Region<'a> {
    /// Every method that one of these matches.
    only: Vec<&'a str>,
    /// For each of these lists, every method that none of its patterns matches.
    except: Vec<Vec<&'a str>>,
}

/// One `Resource` or `NotResource` list.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum List<'a> {
    Only(Vec<&'a str>),
    Except(Vec<&'a str>),
}

impl<'a> Region<'a> {
    /// Takes in what the resources of a statement are about; `prefix` is the stage's ARN with the
    /// slash after it.
    pub(super) fn take(&mut self, resources: &'a Resources, prefix: &str) {
        let patterns = resources.patterns().iter();
        let rests = patterns.filter_map(|pattern| pattern.as_str().strip_prefix(prefix));
        match resources {
            Resources::Only(_) => self.only.extend(rests),
            Resources::Except(_) => self.except.push(rests.collect()),
        }
    }

    /// Whether all of it is within `other`, as far as can be seen.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let is_whole = other.only.contains(&"*");
        let only = |one: &&str| {
            is_included(one, &other.only) || other.except.iter().any(|except| is_apart(one, except))
        };
        let except = |list: &Vec<&str>| {
            let within = |wide: &Vec<&str>| wide.iter().all(|pattern| is_included(pattern, list));
            other.except.iter().any(within)
        };
        is_whole || (self.only.iter().all(only) && self.except.iter().all(except))
    }

    /// Whether both have a method, as far as cannot be ruled out.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let meets = |one: &Self, two: &Self| {
            let pattern = |one: &&str| {
                !is_apart(one, &two.only)
                    || two.except.iter().any(|except| !is_included(one, except))
            };
            one.only.iter().any(pattern)
        };
        // Two lists of exceptions rarely leave nothing out together.
        let both_except = !self.except.is_empty() && !other.except.is_empty();
        both_except || meets(self, other) || meets(other, self)
    }
}

/// A list for what is outside of every one of `outside`. What is outside of one of `inside` too may
/// be in it or not, whichever is shorter. `None` if there is no such list.
pub(super) fn between<'a>(inside: &[&Region<'a>], outside: &[&Region<'a>]) -> Option<List<'a>> {
    let mut subtracted: Vec<&str> = Vec::new();
    let mut needed: Vec<&[&str]> = Vec::new();
    for region in outside {
        subtracted.extend(&region.only);
        // Outside of all but these is within these.
        needed.extend(region.except.iter().map(Vec::as_slice));
    }
    // A region of both kinds is in neither of these, which only makes the list longer.
    let has_one_list = |region: &&&Region<'a>| region.except.is_empty();
    let optional = inside.iter().filter(has_one_list).map(|region| region.only.as_slice());
    let narrowed: Vec<&[&str]> = needed.iter().copied().chain(optional).collect();
    let narrow = difference(&narrowed, &subtracted).map(List::Only);
    let wide = if needed.is_empty() {
        let whole =
            if subtracted.is_empty() { List::Only(vec!["*"]) } else { List::Except(subtracted) };
        Some(whole)
    } else {
        difference(&needed, &subtracted).map(List::Only)
    };
    [narrow, wide].into_iter().flatten().min_by_key(List::size)
}

impl List<'_> {
    /// About how much of an answer it takes; the stage's ARN stands in each pattern.
    fn size(&self) -> usize {
        const STAGE: usize = 64;
        let (Self::Only(patterns) | Self::Except(patterns)) = self;
        patterns.iter().map(|pattern| STAGE + pattern.len()).sum()
    }
}

/// The patterns for what is in each of `lists` and matches none of `subtracted`; `None` if there
/// are none such, or no lists.
fn difference<'a>(lists: &[&[&'a str]], subtracted: &[&'a str]) -> Option<Vec<&'a str>> {
    let outside = |list: &[&'a str]| -> Vec<&'a str> {
        list.iter().copied().filter(|one| !is_included(one, subtracted)).collect()
    };
    let (first, others) = lists.split_first()?;
    let mut common = outside(first);
    for list in others {
        common = intersection(&common, &outside(list))?;
    }
    common.iter().all(|one| is_apart(one, subtracted)).then_some(common)
}

/// The patterns for what both lists match; `None` if that has no patterns.
fn intersection<'a>(one: &[&'a str], two: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut common = Vec::new();
    for (one, two) in one.iter().flat_map(|one| two.iter().map(move |two| (*one, *two))) {
        if glob_includes(one, two) {
            common.push(two);
        } else if glob_includes(two, one) {
            common.push(one);
        } else if globs_meet(one, two) {
            return None;
        }
    }
    common.sort_unstable();
    common.dedup();
    Some(common)
}

fn is_included(one: &str, list: &[&str]) -> bool {
    list.iter().any(|wide| glob_includes(wide, one))
}

fn is_apart(one: &str, list: &[&str]) -> bool {
    !list.iter().any(|other| globs_meet(one, other))
}
