//! Patterns for resources: full ARNs with IAM's wildcards, route patterns and pages.

use std::fmt;

use super::context::Context;
use super::decide::Target;
use super::document::{Effect, Rule};
use super::glob::{Glob, glob_matches};
use super::template::{Part, Template};
use crate::gateway::{StageArn, VERBS};

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
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    Any,
    Arn { partition: Glob, region: Glob, account: Glob, tail: Template },
    Route { verb: Verb, path: Template },
    Page(Template),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verb {
    Any,
    One(&'static str),
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

    pub(super) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        let characters = text.chars().count();
        if characters > Self::MAX_CHARACTERS {
            let max = Self::MAX_CHARACTERS;
            let message = format!("is {characters} characters, over the limit of {max}");
            return Err((Rule::ResourceTooLong, message));
        }
        let kind = if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            Kind::Any
        } else if text == "arn" || text.starts_with("arn:") {
            parse_arn(text)?
        } else if let Some(path) = text.strip_prefix("page/") {
            Kind::Page(Template::parse(path)?)
        } else {
            parse_route(text)?
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// A pattern as [`bind`](Self::bind) makes it: the ARN of a stage, and a glob for the rest.
    fn bound(stage: &StageArn, rest: &Glob) -> Self {
        let tail = format!("{}/{rest}", stage.tail());
        let kind = Kind::Arn {
            partition: Glob::new(stage.partition()),
            region: Glob::new(stage.region()),
            account: Glob::new(stage.account()),
            tail: Template::plain(tail),
        };
        Self { text: format!("{stage}/{rest}"), kind }
    }

    /// Every method of the API and stage.
    pub(super) fn whole_stage(stage: &StageArn) -> Self {
        Self::bound(stage, &Glob::new("*"))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `target` matches, with the claims filled in as [`Template::fill`] says.
    pub(crate) fn matches(&self, target: Target<'_>, effect: Effect, claims: &Context) -> bool {
        let rest_matches = |rest: &Template, text: &str| {
            rest.fill(effect, claims).is_some_and(|glob| glob_matches(&glob, text))
        };
        match (&self.kind, target) {
            (Kind::Any, _) => true,
            (Kind::Arn { partition, region, account, tail }, Target::Method(method)) => {
                let stage = method.stage_arn();
                partition.matches(stage.partition())
                    && region.matches(stage.region())
                    && account.matches(stage.account())
                    && rest_matches(tail, method.tail())
            }
            (Kind::Route { verb, path }, Target::Method(method)) => {
                let verb_matches = match verb {
                    Verb::Any => VERBS.contains(&method.verb()),
                    Verb::One(verb) => *verb == method.verb(),
                };
                verb_matches && method.has_path() && rest_matches(path, method.path())
            }
            (Kind::Page(path), Target::Page(page)) => rest_matches(path, page),
            (Kind::Arn { .. } | Kind::Route { .. }, Target::Page(_))
            | (Kind::Page(_), Target::Method(_)) => false,
        }
    }

    /// The patterns that match the same methods of `stage`, and no others, with every field up to
    /// the stage literal. None if this pattern matches no method of `stage`.
    pub(super) fn bind(&self, stage: &StageArn, effect: Effect, claims: &Context) -> Vec<Self> {
        let rests = match &self.kind {
            Kind::Any => vec![Glob::new("*")],
            Kind::Arn { partition, region, account, tail } => {
                let here = partition.matches(stage.partition())
                    && region.matches(stage.region())
                    && account.matches(stage.account());
                match tail.fill(effect, claims) {
                    Some(tail) if here => Glob::new(tail).after(&format!("{}/", stage.tail())),
                    Some(_) | None => Vec::new(),
                }
            }
            Kind::Route { verb, path } => match (path.fill(effect, claims), verb) {
                (None, _) => Vec::new(),
                (Some(path), Verb::One(verb)) => vec![Glob::new(format!("{verb}/{path}"))],
                (Some(path), Verb::Any) => {
                    VERBS.iter().map(|verb| Glob::new(format!("{verb}/{path}"))).collect()
                }
            },
            Kind::Page(_) => Vec::new(),
        };
        rests.iter().map(|rest| Self::bound(stage, rest)).collect()
    }

    /// Whether this pattern matches whatever `other` matches, as far as can be seen.
    pub(super) fn includes(&self, other: &Self) -> bool {
        if self.text == other.text {
            return true;
        }
        match (&self.kind, &other.kind) {
            (Kind::Any, _) => true,
            (
                Kind::Arn { partition, region, account, tail },
                Kind::Arn { partition: p, region: r, account: a, tail: t },
            ) => {
                partition.includes(p)
                    && region.includes(r)
                    && account.includes(a)
                    && tail.includes(t)
            }
            (Kind::Route { verb, path }, Kind::Route { verb: v, path: p }) => {
                (*verb == Verb::Any || verb == v) && path.includes(p)
            }
            (Kind::Page(wide), Kind::Page(narrow)) => wide.includes(narrow),
            (Kind::Arn { .. } | Kind::Route { .. } | Kind::Page(_), _) => false,
        }
    }

    /// The same pattern with its wildcards in canonical spelling.
    #[must_use]
    pub(super) fn normalized(&self) -> Self {
        if !self.text.contains("**") && !self.text.contains("*?") {
            return self.clone();
        }
        let text = Glob::new(self.text.as_str()).normalized();
        Self::parse(text.as_str()).unwrap_or_else(|_| self.clone())
    }

    /// What the pattern is made of, for whoever reads it otherwise than text by text.
    pub(crate) fn shape(&self) -> Shape<'_> {
        match &self.kind {
            Kind::Any => Shape::Any,
            Kind::Arn { partition, region, account, tail } => Shape::Arn {
                partition: partition.as_str(),
                region: region.as_str(),
                account: account.as_str(),
                tail: tail.parts(),
            },
            Kind::Route { verb, path } => Shape::Route {
                verbs: match verb {
                    Verb::Any => &VERBS,
                    Verb::One(verb) => std::slice::from_ref(verb),
                },
                path: path.parts(),
            },
            Kind::Page(path) => Shape::Page { path: path.parts() },
        }
    }

    /// The names of the claims it needs.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        let template = match &self.kind {
            Kind::Any => None,
            Kind::Arn { tail: template, .. }
            | Kind::Route { path: template, .. }
            | Kind::Page(template) => Some(template),
        };
        template.into_iter().flat_map(Template::claims)
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Six fields. Fewer are taken as AWS takes them, if the last ends in a `*`: that star goes on
/// over the colons.
fn parse_arn(text: &str) -> Result<Kind, (Rule, String)> {
    let invalid = |message: &str| Err((Rule::InvalidArn, message.to_owned()));
    let mut fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.get(2) {
        Some(service) if service.contains(['*', '?']) => {
            let message = "no wildcard may stand in the service: write `execute-api`";
            return Err((Rule::WildcardInService, message.to_owned()));
        }
        Some(&"execute-api") => {}
        Some(_) | None => return invalid("must be an ARN of `execute-api`"),
    }
    if fields.len() < 6 {
        if !text.ends_with('*') || fields.len() < 4 {
            return invalid(
                "has fewer than the six fields of `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/VERB/PATH`",
            );
        }
        fields.resize(6, "*");
    }
    let [_, partition, _, region, account, tail] = fields.as_slice() else {
        return invalid("must be an ARN of `execute-api`");
    };
    for (name, field) in [("partition", partition), ("region", region), ("account", account)] {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-*?".contains(&byte);
        if field.is_empty() || !field.bytes().all(word) {
            let message = format!("has a malformed {name}: letters, digits, `-`, `*` and `?` only");
            return Err((Rule::InvalidArn, message));
        }
    }
    if tail.is_empty() {
        return invalid("has nothing after the account: `API/STAGE/VERB/PATH` is missing");
    }
    Ok(Kind::Arn {
        partition: Glob::new(*partition),
        region: Glob::new(*region),
        account: Glob::new(*account),
        tail: Template::parse(tail)?,
    })
}

fn parse_route(text: &str) -> Result<Kind, (Rule, String)> {
    let (verb, path) = text.split_once('/').unwrap_or((text, ""));
    let verb = match verb {
        "*" => Verb::Any,
        _ => Verb::One(VERBS.into_iter().find(|known| *known == verb).ok_or_else(|| {
            let message = format!(
                "must be `*`, an ARN of `execute-api`, or a route pattern `VERB/path` whose verb is \
                 `*`, {} (in capitals)",
                VERBS.map(|verb| format!("`{verb}`")).join(", ")
            );
            (Rule::InvalidResource, message)
        })?),
    };
    if !text.contains('/') {
        let message = format!("has no path: write `{text}/` for the root, `{text}/*` for all");
        return Err((Rule::InvalidResource, message));
    }
    Ok(Kind::Route { verb, path: Template::parse(path)? })
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
        let bound = pattern(text).bind(stage, Effect::Allow, &Context::new());
        bound.iter().map(|bound| bound.as_str().replace(stage.as_str(), "~")).collect()
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

    #[test]
    fn inclusion_needs_every_field() {
        let includes = |wide: &str, narrow: &str| pattern(wide).includes(&pattern(narrow));
        assert!(includes("*", "GET/x"));
        assert!(includes("*/x/*", "GET/x/y"));
        assert!(includes("arn:aws:execute-api:*:*:a1/*", "arn:aws:execute-api:eu:1:a1/p/GET/x"));
        assert!(!includes("arn:aws:execute-api:us:*:a1/*", "arn:aws:execute-api:eu:1:a1/p/GET/x"));
        assert!(!includes("GET/x/*", "*/x/y"));
        assert!(includes("GET/*", "GET/u/${token:sub}"));
        assert!(!includes("GET/u/?*", "GET/u/${token:sub}"));
    }
}
