//! Patterns for resources: full ARNs with IAM's wildcards, route patterns and pages.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::ser::{Serialize, Serializer};

use super::context::Context;
use super::decide::Target;
use super::document::{Effect, Rule};
use super::glob::{glob_after, glob_matches, glob_normalized};
use super::template::{Part, Place, Template};
use crate::gateway::{StageArn, VERBS};

/// How a pattern for pages begins.
const PAGE: &str = "page/";

/// A pattern for the methods or pages that a statement is about.
///
/// | written | matches |
/// | --- | --- |
/// | `arn:…:execute-api:…` | the six fields apart, each with IAM's wildcards; the last holds API, stage, verb and path and the wildcards in it cross everything |
/// | `GET/movies/*` (route pattern) | that verb and path in any API and stage, which are the called ones once it is [bound](super::BoundPolicy) |
/// | `*/movies` | each of [`VERBS`] with that path: the verb's `*` never swallows a slash |
/// | `page/admin/*` | pages of the site, for `gatepost:ViewPage`; never a method |
/// | `*` | everything |
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourcePattern {
    text: String,
    kind: Kind,
    // INVARIANT: in order and apart, and in the part of `text` that `template` returns.
    places: Box<[Place]>,
}

/// What a pattern is, and where its parts stand in its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Any,
    Arn(Fields),
    Route(Verb),
    Page,
}

/// The fields of an ARN that may hold wildcards, as ranges of its text. One that is not written is
/// the last `*`, which stands for it too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fields {
    partition: Range<usize>,
    region: Range<usize>,
    account: Range<usize>,
    tail: Range<usize>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    Any,
    /// That of [`VERBS`], counted from 0.
    One(usize),
}

impl Verb {
    /// As it is written.
    fn as_str(self) -> &'static str {
        match self {
            Self::Any => "*",
            Self::One(index) => VERBS.get(index).copied().unwrap_or_default(),
        }
    }
}

/// The parts of a pattern, as [`ResourcePattern::shape`] tells them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Shape<'a> {
    /// Everything: methods and pages.
    Any,
    /// Globs for three fields of an ARN, none of them over a colon, and for what follows the fifth.
    Arn { partition: &'a str, region: &'a str, account: &'a str, tail: Vec<Part<'a>> },
    /// Verbs, and a glob for the path after the verb's slash, in any API and stage.
    Route { verbs: &'a [&'static str], path: Vec<Part<'a>> },
    /// A glob for the path of a page.
    Page { path: Vec<Part<'a>> },
}

impl ResourcePattern {
    /// The longest Resource that API Gateway takes, in characters.
    ///
    /// Source: [Output from an API Gateway Lambda authorizer][output].
    ///
    /// [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    pub const MAX_CHARACTERS: usize = 512;

    pub(crate) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        // There are no more characters than bytes, and most texts are short.
        let characters = if text.len() > Self::MAX_CHARACTERS { text.chars().count() } else { 0 };
        if characters > Self::MAX_CHARACTERS {
            let max = Self::MAX_CHARACTERS;
            let message = format!("is {characters} characters, over the limit of {max}");
            return Err((Rule::ResourceTooLong, message));
        }
        let kind = if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            Kind::Any
        } else if text == "arn" || text.starts_with("arn:") {
            Kind::Arn(parse_arn(text)?)
        } else if text.starts_with(PAGE) {
            Kind::Page
        } else {
            Kind::Route(parse_verb(text)?)
        };
        let places = Place::find_all(text)?;
        Ok(Self { text: text.to_owned(), kind, places })
    }

    /// Everything.
    pub(super) fn any() -> Self {
        Self { text: "*".to_owned(), kind: Kind::Any, places: Box::default() }
    }

    /// The ARN of a stage, and a glob for the rest.
    pub(super) fn bound(stage: &StageArn, rest: &str) -> Self {
        let text = [stage.as_str(), rest].join("/");
        let start = |field: &str, before: usize| before..before + field.len();
        let partition = start(stage.partition(), "arn:".len());
        let region = start(stage.region(), partition.end + ":execute-api:".len());
        let account = start(stage.account(), region.end + 1);
        let tail = account.end + 1..text.len();
        let kind = Kind::Arn(Fields { partition, region, account, tail });
        Self { text, kind, places: Box::default() }
    }

    /// Every method of the API and stage.
    pub(super) fn whole_stage(stage: &StageArn) -> Self {
        Self::bound(stage, "*")
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `target` matches, with the claims filled in as [`Template::fill`] says.
    pub(crate) fn matches(&self, target: Target<'_>, effect: Effect, claims: &Context) -> bool {
        let rest_matches = |text: &str| {
            self.template().fill(effect, claims).is_some_and(|glob| glob_matches(&glob, text))
        };
        match (&self.kind, target) {
            (Kind::Any, _) => true,
            (Kind::Arn(fields), Target::Method(method)) => {
                self.has_stage(fields, method.stage_arn()) && rest_matches(method.tail())
            }
            (Kind::Route(verb), Target::Method(method)) => {
                let verb_matches = match verb {
                    Verb::Any => VERBS.contains(&method.verb()),
                    Verb::One(_) => verb.as_str() == method.verb(),
                };
                verb_matches && method.has_path() && rest_matches(method.path())
            }
            (Kind::Page, Target::Page(page)) => rest_matches(page),
            (Kind::Arn(_) | Kind::Route(_), Target::Page(_)) | (Kind::Page, Target::Method(_)) => {
                false
            }
        }
    }

    /// Globs for what follows `stage` and a slash in the methods there that this pattern matches,
    /// and no others. None if it matches no method of `stage`.
    pub(super) fn rests<'a>(
        &'a self,
        stage: &StageArn,
        effect: Effect,
        claims: &Context,
        mut take: impl FnMut(Cow<'a, str>),
    ) {
        match &self.kind {
            Kind::Any => take(Cow::Borrowed("*")),
            Kind::Arn(fields) => match self.template().fill(effect, claims) {
                Some(tail) if self.has_stage(fields, stage) => {
                    for start in glob_after(&tail, &format!("{}/", stage.tail())) {
                        take(match &tail {
                            Cow::Borrowed(tail) => Cow::Borrowed(tail.get(start..).unwrap_or("")),
                            Cow::Owned(tail) => {
                                Cow::Owned(tail.get(start..).unwrap_or_default().to_owned())
                            }
                        });
                    }
                }
                Some(_) | None => {}
            },
            Kind::Route(Verb::One(_)) if self.places.is_empty() => take(Cow::Borrowed(&self.text)),
            Kind::Route(_) => {
                if let Some(path) = self.template().fill(effect, claims) {
                    for verb in self.verbs() {
                        take(Cow::Owned(format!("{verb}/{path}")));
                    }
                }
            }
            Kind::Page => {}
        }
    }

    /// A glob for the pages that this pattern matches, as resources: `page/admin/*`. `None` if it
    /// matches no page.
    pub(super) fn page_glob(&self, effect: Effect, claims: &Context) -> Option<String> {
        match &self.kind {
            Kind::Any => Some(format!("{PAGE}*")),
            Kind::Arn(_) | Kind::Route(_) => None,
            Kind::Page => self.template().fill(effect, claims).map(|path| [PAGE, &path].concat()),
        }
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Orders patterns as their texts do, as far as they differ before the path.
    pub(super) fn rank(&self) -> usize {
        match self.kind {
            Kind::Any => 0,
            Kind::Route(Verb::Any) => 1,
            Kind::Route(Verb::One(index)) => 2 + index,
            Kind::Arn(_) => 2 + VERBS.len(),
            Kind::Page => 3 + VERBS.len(),
        }
    }

    /// The verbs of a route pattern.
    pub(super) fn verbs(&self) -> &[&'static str] {
        match &self.kind {
            Kind::Route(Verb::Any) => &VERBS,
            Kind::Route(Verb::One(index)) => VERBS.get(*index..=*index).unwrap_or_default(),
            Kind::Any | Kind::Arn(_) | Kind::Page => &[],
        }
    }

    /// Whether the fields before the tail match those of `stage`.
    fn has_stage(&self, fields: &Fields, stage: &StageArn) -> bool {
        glob_matches(self.slice(&fields.partition), stage.partition())
            && glob_matches(self.slice(&fields.region), stage.region())
            && glob_matches(self.slice(&fields.account), stage.account())
    }

    /// The part that may hold claims: the tail of an ARN, the path of a route or page.
    pub(super) fn template(&self) -> Template<'_> {
        let part = match &self.kind {
            Kind::Any => self.text.len()..self.text.len(),
            Kind::Arn(fields) => fields.tail.clone(),
            Kind::Route(verb) => verb.as_str().len() + 1..self.text.len(),
            Kind::Page => PAGE.len()..self.text.len(),
        };
        Template { whole: &self.text, part, places: &self.places }
    }

    /// What the whole ARN of a method that it matches begins with, or the path if it is a route or
    /// page pattern.
    pub(crate) fn literal(&self) -> &str {
        let template = self.template();
        let start = if matches!(self.kind, Kind::Arn(_)) { 0 } else { template.part.start };
        let text = self.text.get(start..).unwrap_or_default();
        let end =
            text.find(['*', '?']).unwrap_or(text.len()).min(text.find("${").unwrap_or(text.len()));
        text.get(..end).unwrap_or_default()
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The same pattern with its wildcards in canonical spelling.
    #[must_use]
    pub(super) fn normalized(&self) -> Self {
        match glob_normalized(&self.text) {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(text) => Self::parse(&text).unwrap_or_else(|_| self.clone()),
        }
    }

    /// For a route pattern, the one for every verb with its path.
    #[must_use]
    pub(super) fn for_every_verb(&self) -> Self {
        let text = format!("*/{}", self.template().as_str());
        Self::parse(&text).unwrap_or_else(|_| self.clone())
    }

    /// What the pattern is made of, for whoever reads it otherwise than text by text.
    pub(crate) fn shape(&self) -> Shape<'_> {
        let parts = || self.template().parts();
        match &self.kind {
            Kind::Any => Shape::Any,
            Kind::Arn(fields) => Shape::Arn {
                partition: self.slice(&fields.partition),
                region: self.slice(&fields.region),
                account: self.slice(&fields.account),
                tail: parts(),
            },
            Kind::Route(_) => Shape::Route { verbs: self.verbs(), path: parts() },
            Kind::Page => Shape::Page { path: parts() },
        }
    }

    /// The names of the claims it needs.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.template().claims()
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ResourcePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Six fields. Fewer are taken as AWS takes them, if the last ends in a `*`: that star goes on
/// over the colons.
fn parse_arn(text: &str) -> Result<Fields, (Rule, String)> {
    let invalid = |message: &str| Err((Rule::InvalidArn, message.to_owned()));
    let mut fields = Vec::with_capacity(6);
    let mut start = 0;
    for field in text.splitn(6, ':') {
        fields.push((field, start..start + field.len()));
        start += field.len() + 1;
    }
    match fields.get(2).map(|(service, _)| *service) {
        Some(service) if service.contains(['*', '?']) => {
            let message = "no wildcard may stand in the service: write `execute-api`";
            return Err((Rule::WildcardInService, message.to_owned()));
        }
        Some("execute-api") => {}
        Some(_) | None => return invalid("must be an ARN of `execute-api`"),
    }
    if fields.len() < 6 {
        if !text.ends_with('*') || fields.len() < 4 {
            return invalid(
                "has fewer than the six fields of `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/VERB/PATH`",
            );
        }
        fields.resize(6, ("*", text.len() - 1..text.len()));
    }
    let Ok([_, partition, _, region, account, tail]) = <[_; 6]>::try_from(fields) else {
        return invalid("must be an ARN of `execute-api`");
    };
    for (name, (field, _)) in
        [("partition", &partition), ("region", &region), ("account", &account)]
    {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-*?".contains(&byte);
        if field.is_empty() || !field.bytes().all(word) {
            let message = format!("has a malformed {name}: letters, digits, `-`, `*` and `?` only");
            return Err((Rule::InvalidArn, message));
        }
    }
    if tail.0.is_empty() {
        return invalid("has nothing after the account: `API/STAGE/VERB/PATH` is missing");
    }
    Ok(Fields { partition: partition.1, region: region.1, account: account.1, tail: tail.1 })
}

fn parse_verb(text: &str) -> Result<Verb, (Rule, String)> {
    let slash = text.bytes().position(|byte| byte == b'/');
    let verb = match text.get(..slash.unwrap_or(text.len())).unwrap_or_default() {
        "*" => Verb::Any,
        verb => Verb::One(VERBS.iter().position(|known| *known == verb).ok_or_else(|| {
            let message = format!(
                "must be `*`, an ARN of `execute-api`, or a route pattern `VERB/path` whose verb is \
                 `*`, {} (in capitals)",
                VERBS.map(|verb| format!("`{verb}`")).join(", ")
            );
            (Rule::InvalidResource, message)
        })?),
    };
    if slash.is_none() {
        let message = format!("has no path: write `{text}/` for the root, `{text}/*` for all");
        return Err((Rule::InvalidResource, message));
    }
    Ok(verb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::MethodArn;

    const METHOD: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies/7";

    fn pattern(text: &str) -> ResourcePattern {
        ResourcePattern::parse(text).unwrap()
    }

    fn matches(text: &str, method: &str) -> bool {
        let method: MethodArn = method.parse().unwrap();
        pattern(text).matches(Target::Method(&method), Effect::Allow, &Context::new())
    }

    fn bind(text: &str) -> Vec<String> {
        let method: MethodArn = METHOD.parse().unwrap();
        let stage = method.stage_arn();
        let pattern = pattern(text);
        let mut bound = Vec::new();
        pattern.rests(stage, Effect::Allow, &Context::new(), |rest| {
            let full = ResourcePattern::bound(stage, &rest);
            bound.push(full.as_str().replace(stage.as_str(), "~"));
        });
        bound
    }

    #[test]
    fn patterns_match_the_method() {
        for text in [
            "*",
            "arn:aws:execute-api:*",
            "arn:aws:execute-api:eu-*",
            "arn:*:execute-api:*:*:*",
            "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies/?",
            "arn:aws:execute-api:eu-west-1:*:*/movies/7",
            "GET/movies/*",
            "*/movies/7",
        ] {
            assert!(matches(text, METHOD), "{text}");
        }
    }

    #[test]
    fn patterns_do_not_match_the_method() {
        for text in [
            "arn:aws:execute-api:us-*",
            "arn:aws:execute-api:*:*:a1/prod/GET/movies",
            "arn:aws:execute-api:eu-west-1:1234:*",
            "POST/movies/*",
            "GET/",
            "*/7",
            "page/*",
        ] {
            assert!(!matches(text, METHOD), "{text}");
        }
    }

    #[test]
    fn a_star_for_the_verb_never_swallows_a_slash() {
        let sneaky = "arn:aws:execute-api:eu-west-1:1:a1/prod/DELETE/admin/GET/movies";
        assert!(!matches("*/movies", sneaky));
        assert!(matches("arn:aws:execute-api:*:*:a1/prod/*/movies", sneaky));
    }

    #[test]
    fn a_path_with_colons_cannot_pass_for_another_api() {
        let method = "arn:aws:execute-api:eu-west-1:1:evil/prod/GET/y:z:abc/prod/GET/x";
        assert!(!matches("arn:aws:execute-api:*:*:abc/prod/GET/x", method));
    }

    #[test]
    fn a_websocket_route_has_no_route_pattern() {
        let connect = "arn:aws:execute-api:eu-west-1:1:a1/prod/$connect";
        assert!(!matches("*/*", connect));
        assert!(matches("arn:aws:execute-api:*:*:a1/prod/*", connect));
    }

    #[test]
    fn bound_patterns_are_literal_up_to_the_stage() {
        assert_eq!(bind("*"), ["~/*"]);
        assert_eq!(bind("arn:aws:execute-api:*:*:*/GET/x"), ["~/*/GET/x", "~/GET/x"]);
        assert_eq!(bind("arn:aws:execute-api:*:*:a1/prod/*"), ["~/*"]);
        assert_eq!(bind("arn:aws:execute-api:*:*:b2/*"), Vec::<String>::new());
        assert_eq!(bind("arn:aws-cn:execute-api:*:*:*"), Vec::<String>::new());
        assert_eq!(bind("GET/x/*"), ["~/GET/x/*"]);
        assert_eq!(bind("*/x").len(), VERBS.len());
        assert_eq!(bind("page/x"), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        let long = format!("GET/{}", "x".repeat(509));
        for (text, rule) in [
            ("", Rule::InvalidResource),
            ("/movies", Rule::InvalidResource),
            ("get/movies", Rule::InvalidResource),
            ("ANY/movies", Rule::InvalidResource),
            ("GET", Rule::InvalidResource),
            ("G*/movies", Rule::InvalidResource),
            ("arn:aws:s3:::bucket/*", Rule::InvalidArn),
            ("arn:*", Rule::InvalidArn),
            ("arn:aws:*:eu-west-1:1:a1/*", Rule::WildcardInService),
            ("arn:aws:execute-api", Rule::InvalidArn),
            ("arn:aws:execute-api:eu-west-1", Rule::InvalidArn),
            ("arn:aws:execute-api:eu-west-1:1:", Rule::InvalidArn),
            ("arn:aws:execute-api:eu west:1:a1/*", Rule::InvalidArn),
            ("GET/${aws:username}", Rule::InvalidVariable),
            (&long, Rule::ResourceTooLong),
        ] {
            assert_eq!(ResourcePattern::parse(text).unwrap_err().0, rule, "{text}");
        }
    }
}
