//! Where a resource pattern and a method or page part ways.

use std::fmt;

use super::FAR;
use crate::gateway::{MethodArn, StageArn, VERBS};
use crate::policy::context::Context;
use crate::policy::decide::Target;
use crate::policy::document::Effect;
use crate::policy::glob::{Glob, glob_matches};
use crate::policy::resource::{ResourcePattern, Shape};
use crate::policy::template::is_plain;

/// A pattern that does not match, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PatternMiss {
    /// The pattern as it is written.
    pub pattern: String,
    /// The pattern with the caller's claims in place, if it has any and they can be filled in.
    pub filled: Option<String>,
    /// Where the two part ways.
    pub divergence: Divergence,
}

/// Where a pattern and a method or page part ways. Paths are told as requests have them, `/movies/7`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Divergence {
    /// It is about what is below the path, `…/*`, and not about the path itself.
    BelowOnly,
    /// The letters are the same but for their case.
    Case,
    /// A `${token:…}` cannot be filled in.
    Claim {
        /// The claim's name.
        name: String,
        /// What is wrong with it.
        fault: ClaimFault,
    },
    /// It is about another path, or both path and verb differ.
    Elsewhere,
    /// It is for methods and never matches a page.
    Method,
    /// It would match in another API, stage, account, region or partition.
    OtherApi {
        /// Which field of the ARN differs.
        field: &'static str,
        /// The pattern's.
        wanted: String,
        /// The request's.
        found: String,
    },
    /// It is for pages and never matches a method.
    Page,
    /// The path begins as the pattern does, and goes another way.
    Path {
        /// As far as both agree.
        common: String,
        /// How the pattern goes on; empty at its end.
        wanted: String,
        /// How the path goes on; empty at its end.
        found: String,
    },
    /// The pattern ends and the path goes on.
    PathContinues {
        /// How the path goes on, with its slash.
        rest: String,
    },
    /// The path ends and the pattern goes on.
    PatternContinues {
        /// How the pattern goes on, with its slash.
        rest: String,
    },
    /// `{id}` or `:id` stands in the pattern, and is plain text there.
    Placeholder {
        /// The placeholder.
        text: String,
    },
    /// It matches what the path is once decoded, or without doubled slashes.
    Spelling {
        /// The path that it matches.
        plain: String,
    },
    /// One of them ends in a slash, and the other does not.
    TrailingSlash {
        /// Whether it is the pattern that does.
        in_pattern: bool,
    },
    /// The path matches, with other verbs.
    Verb {
        /// These.
        wanted: Vec<&'static str>,
        /// The request's.
        found: String,
    },
}

/// What is wrong with a claim that is to be filled in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClaimFault {
    /// The caller has no such claim.
    Missing,
    /// It is a list of texts and not one.
    NotOneText,
    /// It has characters that could act as a pattern, or is empty or too long.
    Unusable,
}

impl PatternMiss {
    /// Why `pattern` does not match `target`.
    pub(super) fn of(pattern: &ResourcePattern, target: Target<'_>, claims: &Context) -> Self {
        Self {
            pattern: pattern.as_str().to_owned(),
            filled: filled(pattern, claims),
            divergence: divergence(pattern, target, claims),
        }
    }
}

impl fmt::Display for PatternMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.pattern)?;
        if let Some(filled) = &self.filled {
            write!(f, " (here `{filled}`)")?;
        }
        write!(f, " {}", self.divergence)
    }
}

impl Divergence {
    /// How far apart the two are: [`FAR`] if they have nothing to do with each other.
    pub(super) fn distance(&self) -> u32 {
        match self {
            Self::Case
            | Self::Placeholder { .. }
            | Self::Spelling { .. }
            | Self::TrailingSlash { .. } => 1,
            Self::BelowOnly | Self::Claim { .. } | Self::Verb { .. } => 2,
            Self::PathContinues { .. } => 3,
            Self::OtherApi { .. } => 4,
            Self::PatternContinues { .. } => 5,
            Self::Path { .. } => 6,
            Self::Elsewhere | Self::Method | Self::Page => FAR,
        }
    }
}

/// In words that follow the pattern.
impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowOnly => f.write_str("is about what is below this path, not the path itself"),
            Self::Case => f.write_str("has other capitals; a path is compared letter by letter"),
            Self::Claim { name, fault } => match fault {
                ClaimFault::Missing => write!(f, "needs the claim `{name}`, which is not given"),
                ClaimFault::NotOneText => write!(f, "needs the claim `{name}` to be one text"),
                ClaimFault::Unusable => {
                    write!(f, "needs the claim `{name}`, and cannot use it: it may be 1 to 128 ")?;
                    f.write_str("letters, digits and `_.@+=-`, not dots only")
                }
            },
            Self::Elsewhere => f.write_str("is about another path"),
            Self::Method => f.write_str("is for calls of the API, not for pages"),
            Self::OtherApi { field, wanted, found } => {
                write!(f, "is for the {field} `{wanted}`, and this is `{found}`")
            }
            Self::Page => f.write_str("is for pages, not for calls of the API"),
            Self::Path { common, wanted, found } => {
                let end = |text: &str| match text {
                    "" => "ends".to_owned(),
                    _ => format!("has `{text}`"),
                };
                write!(f, "agrees up to `{common}`; then it {}, ", end(wanted))?;
                write!(f, "and the path {}", end(found))
            }
            Self::PathContinues { rest } => {
                write!(f, "ends where the path goes on with `{rest}`")
            }
            Self::PatternContinues { rest } => {
                write!(f, "goes on with `{rest}` where the path ends")
            }
            Self::Placeholder { text } => {
                write!(f, "has `{text}`, which is plain text in a policy: a wildcard is `*`")
            }
            Self::Spelling { plain } => write!(
                f,
                "matches `{plain}`, but the path was sent in another spelling and is compared as \
                 it was sent"
            ),
            Self::TrailingSlash { in_pattern: true } => {
                f.write_str("ends in a slash, and the path does not")
            }
            Self::TrailingSlash { in_pattern: false } => {
                f.write_str("has no slash at the end, and the path has one")
            }
            Self::Verb { wanted, found } => {
                write!(f, "is for {}, and this is {found}", wanted.join(", "))
            }
        }
    }
}

/// The first claim of `pattern` that cannot be filled in.
fn claim_fault(pattern: &ResourcePattern, claims: &Context) -> Option<(String, ClaimFault)> {
    pattern.claims().find_map(|name| {
        let key = format!("token:{name}");
        let fault = match (claims.one(&key), claims.all(&key)) {
            (Some(claim), _) if is_plain(claim) => return None,
            (Some(_), _) => ClaimFault::Unusable,
            (None, Some(_)) => ClaimFault::NotOneText,
            (None, None) => ClaimFault::Missing,
        };
        Some((name.to_owned(), fault))
    })
}

fn filled(pattern: &ResourcePattern, claims: &Context) -> Option<String> {
    let names: Vec<&str> = pattern.claims().collect();
    if names.is_empty() || claim_fault(pattern, claims).is_some() {
        return None;
    }
    let fill = |text: String, name: &&str| {
        let claim = claims.one(&format!("token:{name}")).unwrap_or_default();
        text.replace(&format!("${{token:{name}}}"), claim)
    };
    Some(names.iter().fold(pattern.as_str().to_owned(), fill))
}

fn divergence(pattern: &ResourcePattern, target: Target<'_>, claims: &Context) -> Divergence {
    match (pattern.shape(), target) {
        (Shape::Page { .. }, Target::Method(_)) => return Divergence::Page,
        (Shape::Arn { .. } | Shape::Route { .. }, Target::Page(_)) => return Divergence::Method,
        _ => {}
    }
    // As in a Deny, where a claim that cannot be filled in is any text.
    if let Some((name, fault)) = claim_fault(pattern, claims)
        && pattern.matches(target, Effect::Deny, claims)
    {
        return Divergence::Claim { name, fault };
    }
    let method = match target {
        Target::Method(method) => method,
        Target::Page(page) => {
            let glob = pattern.page_glob(Effect::Deny, claims);
            // A page is as a method of a verb of its own.
            return glob.map_or(Divergence::Elsewhere, |glob| parted(&glob, "page", page));
        }
    };
    let stage = method.stage_arn();
    let mut nearest: Option<Divergence> = None;
    pattern.rests(stage, Effect::Deny, claims, |rest| {
        let found = within_stage(&rest, method);
        if nearest.as_ref().is_none_or(|known| found.distance() < known.distance()) {
            nearest = Some(found);
        }
    });
    nearest.unwrap_or_else(|| other_api(pattern, method, claims))
}

/// The field of an ARN that keeps it from this stage, if all else matches.
fn other_api(pattern: &ResourcePattern, method: &MethodArn, claims: &Context) -> Divergence {
    let stage = method.stage_arn();
    let text = pattern.as_str();
    let tail = text.splitn(6, ':').nth(5).unwrap_or("*");
    let mut parts = tail.splitn(3, '/');
    let (api, name) = (parts.next().unwrap_or("*"), parts.next().unwrap_or("*"));
    let here = format!("{stage}/{}", parts.next().unwrap_or("*"));
    let matches_here = ResourcePattern::parse(&here)
        .is_ok_and(|pattern| pattern.matches(method.into(), Effect::Deny, claims));
    let differing = field_globs(text, api, name, stage)
        .into_iter()
        .find(|(_, wanted, found)| !glob_matches(wanted, found));
    match differing {
        Some((field, wanted, found)) if matches_here => {
            Divergence::OtherApi { field, wanted: wanted.to_owned(), found: found.to_owned() }
        }
        Some(_) | None => Divergence::Elsewhere,
    }
}

fn field_globs<'a>(
    pattern: &'a str,
    api: &'a str,
    name: &'a str,
    stage: &'a StageArn,
) -> [(&'static str, &'a str, &'a str); 5] {
    let field = |index| pattern.split(':').nth(index).unwrap_or("*");
    [
        ("partition", field(1), stage.partition()),
        ("region", field(3), stage.region()),
        ("account", field(4), stage.account()),
        ("API", api, stage.api_id()),
        ("stage", name, stage.stage()),
    ]
}

/// Where `rest`, a glob for verb and path, and the method part ways.
fn within_stage(rest: &str, method: &MethodArn) -> Divergence {
    if !method.has_path() {
        return Divergence::Elsewhere;
    }
    parted(rest, method.verb(), method.path())
}

/// Where `rest`, a glob for verb and path, and the two part ways.
fn parted(rest: &str, verb: &str, path: &str) -> Divergence {
    let text = format!("{verb}/{path}");
    let matches = |text: &str| glob_matches(rest, text);
    if glob_matches(&rest.to_lowercase(), &text.to_lowercase()) {
        return Divergence::Case;
    }
    let wanted: Vec<_> =
        VERBS.into_iter().filter(|other| matches(&format!("{other}/{path}"))).collect();
    if !wanted.is_empty() {
        return Divergence::Verb { wanted, found: verb.to_owned() };
    }
    let rests = Glob::new(rest).after(&text);
    let goes_on_with = |want: &str| rests.iter().any(|rest| rest.as_str() == want);
    if goes_on_with("/*") || goes_on_with("/?*") {
        return Divergence::BelowOnly;
    }
    if goes_on_with("/") {
        return Divergence::TrailingSlash { in_pattern: true };
    }
    if text.strip_suffix('/').is_some_and(matches) {
        return Divergence::TrailingSlash { in_pattern: false };
    }
    if let Some((placeholder, pattern)) = without_placeholders(rest)
        && glob_matches(&pattern, &text)
    {
        return Divergence::Placeholder { text: placeholder };
    }
    let plain = plain_spelling(path);
    if matches(&format!("{verb}/{plain}")) {
        return Divergence::Spelling { plain: format!("/{plain}") };
    }
    parting(rest, &text, verb)
}

/// Where the two part ways, letter by letter.
fn parting(rest: &str, text: &str, verb: &str) -> Divergence {
    let path_start = verb.len() + 1;
    let slashes = text.rmatch_indices('/').map(|(at, _)| at);
    for at in slashes.filter(|at| *at > path_start) {
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        if glob_matches(rest, before) {
            return Divergence::PathContinues { rest: after.to_owned() };
        }
    }
    let glob = Glob::new(rest);
    let shortest = |rests: Vec<Glob>| {
        let texts = rests.iter().map(|rest| rest.as_str().to_owned());
        texts.min_by_key(String::len)
    };
    if let Some(rest) = shortest(glob.after(text)).filter(|rest| rest.starts_with('/')) {
        return Divergence::PatternContinues { rest };
    }
    let ends = (path_start..=text.len()).rev().filter(|end| text.is_char_boundary(*end));
    for end in ends {
        let (common, found) = text.split_at_checked(end).unwrap_or((text, ""));
        if let Some(wanted) = shortest(glob.after(common)) {
            let common = common.get(path_start - 1..).unwrap_or_default();
            let letters = common.len().saturating_sub(1);
            let is_near = common.trim_start_matches('/').contains('/')
                || (letters >= 3 && 2 * letters >= text.len() - path_start);
            if !is_near {
                return Divergence::Elsewhere;
            }
            let (common, found) = (common.to_owned(), found.to_owned());
            return Divergence::Path { common, wanted, found };
        }
    }
    Divergence::Elsewhere
}

/// The first `{id}` or `:id` that is a whole segment, and the pattern with `*` for each of them.
fn without_placeholders(rest: &str) -> Option<(String, String)> {
    let is_placeholder = |segment: &str| {
        let name = segment
            .strip_prefix(':')
            .or_else(|| segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')));
        name.is_some_and(|name| !name.is_empty())
    };
    let first = rest.split('/').find(|segment| is_placeholder(segment))?.to_owned();
    let segments = rest.split('/').map(|one| if is_placeholder(one) { "*" } else { one });
    Some((first, segments.collect::<Vec<_>>().join("/")))
}

/// The path with `%XX` decoded, if that is text, and slashes that follow each other as one.
fn plain_spelling(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let decoded = (first == b'%').then(|| Some(digit(0)? * 16 + digit(1)?)).flatten();
        if let Some(byte) = decoded.and_then(|value| u8::try_from(value).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    let mut plain = String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned());
    while plain.contains("//") {
        plain = plain.replace("//", "/");
    }
    plain
}
