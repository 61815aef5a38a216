//! What documents say of the pages of a site, in a form that a small function at the edge can decide
//! by: patterns to allow and to deny, and nothing else to be known.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::context::Context;
use super::decide::{Decision, applies};
use super::document::{Effect, PolicyDocument, Resources, Statement};
use super::glob::glob_matches;

/// The action of everyone who opens a page, in lower case.
const VIEW_PAGE: &str = "gatepost:viewpage";

/// How the name of a page begins as a resource.
const PAGE: &str = "page/";

/// Which pages a caller may open.
///
/// Conditions are judged when the rules are made, and so hold for as long as the rules are used.
/// Claims are in their places.
///
/// # Examples
///
/// ```
/// # use gatepost_core::policy::{Context, Decision, PageRules, PolicyDocument};
/// let document = PolicyDocument::parse(
///     br#"{ "Version": "2012-10-17", "Statement": [
///         { "Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": ["page/movies", "page/movies/*"] }
///     ] }"#,
/// )?;
/// let rules = PageRules::build([&document], &Context::new());
/// assert_eq!(rules.decide("movies/7"), Decision::Allow);
/// assert_eq!(serde_json::to_string(&rules)?, r#"[["allow",["page/movies","page/movies/*"]]]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PageRules {
    // INVARIANT: sorted, and none twice.
    rules: Vec<PageRule>,
}

/// One rule: what it does, and for which pages.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct PageRule {
    effect: Effect,
    /// Whether it is about every page that no pattern matches.
    is_except: bool,
    // INVARIANT: sorted, and none twice.
    patterns: Vec<String>,
}

impl PageRules {
    /// The rules in `documents` for a caller with the claims and condition keys of `context`.
    pub fn build<'a>(
        documents: impl IntoIterator<Item = &'a PolicyDocument>,
        context: &Context,
    ) -> Self {
        let statements = documents.into_iter().flat_map(PolicyDocument::statements);
        let applying = statements.filter(|statement| applies(statement, VIEW_PAGE, context));
        let mut rules: Vec<PageRule> =
            applying.filter_map(|statement| PageRule::of(statement, context)).collect();
        rules.sort();
        let mut merged: Vec<PageRule> = Vec::new();
        for rule in rules {
            match merged.last_mut() {
                // Lists of pages can be one; of exceptions each list holds for itself.
                Some(last) if last.effect == rule.effect && !last.is_except && !rule.is_except => {
                    last.patterns.extend(rule.patterns);
                    last.patterns.sort();
                    last.patterns.dedup();
                }
                Some(last) if *last == rule => {}
                Some(_) | None => merged.push(rule),
            }
        }
        Self { rules: merged }
    }

    /// Whether a page may be opened, by its path without the leading slash: `admin/users`.
    pub fn decide(&self, page: &str) -> Decision {
        let applies = |effect: Effect| {
            self.rules.iter().any(|rule| rule.effect == effect && rule.is_about(page))
        };
        match (applies(Effect::Deny), applies(Effect::Allow)) {
            (true, _) => Decision::ExplicitDeny,
            (false, true) => Decision::Allow,
            (false, false) => Decision::ImplicitDeny,
        }
    }
}

impl PageRule {
    /// What a statement that applies says; `None` if it is about no page.
    fn of(statement: &Statement, context: &Context) -> Option<Self> {
        let is_except = matches!(statement.resources, Resources::Except(_));
        let patterns = statement.resources.patterns().iter();
        let mut patterns: Vec<String> =
            patterns.filter_map(|pattern| pattern.page_glob(statement.effect, context)).collect();
        patterns.sort();
        patterns.dedup();
        // Exceptions that are all about methods leave every page.
        (is_except || !patterns.is_empty()).then_some(Self {
            effect: statement.effect,
            is_except,
            patterns,
        })
    }

    fn is_about(&self, page: &str) -> bool {
        let resource = [PAGE, page].concat();
        self.patterns.iter().any(|pattern| glob_matches(pattern, &resource)) != self.is_except
    }
}

/// A list of `[NAME, [PATTERN, …]]`; `NAME` is `allow` or `deny`, with `_not` for every page that no
/// pattern matches.
impl Serialize for PageRules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.rules.len()))?;
        for PageRule { effect, is_except, patterns } in &self.rules {
            let name = match (effect, is_except) {
                (Effect::Allow, false) => "allow",
                (Effect::Allow, true) => "allow_not",
                (Effect::Deny, false) => "deny",
                (Effect::Deny, true) => "deny_not",
            };
            list.serialize_element(&(name, patterns))?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Access, Target, decide};

    fn document(statements: &str) -> PolicyDocument {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        PolicyDocument::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn claims() -> Context {
        let mut context = Context::new();
        context.insert("token:sub", "u-1");
        context.insert("aws:SourceIp", "192.0.2.7");
        context
    }

    fn view(effect: &str, rest: &str) -> String {
        format!(r#"{{"Effect":"{effect}","Action":"gatepost:ViewPage",{rest}}}"#)
    }

    #[test]
    fn rules_are_what_statements_say_of_pages_in_one_order() {
        let one =
            document(&view("Allow", r#""Resource":["page/b","GET/x","page/of/${token:sub}"]"#));
        let two = document(
            &[
                view("Deny", r#""NotResource":["page/public/*","GET/x"]"#),
                view("Allow", r#""Resource":["page/a","page/b"]"#),
                view("Deny", r#""Resource":"page/a/*""#),
                r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"page/z"}"#
                    .to_owned(),
            ]
            .join(","),
        );
        let want = r#"[["deny",["page/a/*"]],["deny_not",["page/public/*"]],["allow",["page/a","page/b","page/of/u-1"]]]"#;
        for documents in [[&one, &two], [&two, &one]] {
            let rules = PageRules::build(documents, &claims());
            assert_eq!(serde_json::to_string(&rules).unwrap(), want);
        }
    }

    #[test]
    fn statements_about_no_page_make_no_rule() {
        let invoke = r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}"#;
        let methods = view("Deny", r#""Resource":["GET/*","arn:aws:execute-api:*"]"#);
        let rules = PageRules::build([&document(&[invoke, &methods].join(","))], &claims());
        assert_eq!(serde_json::to_string(&rules).unwrap(), "[]");
        assert_eq!(rules.decide("x"), Decision::ImplicitDeny);
    }

    #[test]
    fn a_claim_that_is_missing_allows_nothing_and_denies_whatever_it_may_be() {
        let text = [
            view("Allow", r#""Resource":"page/of/${token:name}""#),
            view("Deny", r#""Resource":"page/not-of/${token:name}""#),
        ];
        let rules = PageRules::build([&document(&text.join(","))], &claims());
        assert_eq!(serde_json::to_string(&rules).unwrap(), r#"[["deny",["page/not-of/*"]]]"#);
    }

    /// Whatever is asked, the rules answer as the documents do.
    #[test]
    fn rules_decide_as_the_documents_do() {
        let resources = [
            r#""Resource":"*""#,
            r#""Resource":"page/*""#,
            r#""Resource":["page/a","page/a/*"]"#,
            r#""Resource":"page/?""#,
            r#""Resource":"page/of/${token:sub}/*""#,
            r#""NotResource":"page/a/*""#,
            r#""NotResource":["GET/a","page/a"]"#,
            r#""NotResource":"GET/a""#,
            r#""Resource":"GET/a""#,
            r#""Resource":"page/a","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#,
            r#""Resource":"page/a","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
        ];
        let statements: Vec<String> = ["Allow", "Deny"]
            .into_iter()
            .flat_map(|effect| resources.map(|resource| view(effect, resource)))
            .collect();
        let context = claims();
        for one in &statements {
            for other in &statements {
                let documents = [document(one), document(other)];
                let rules = PageRules::build(&documents, &context);
                for page in ["", "a", "b", "a/b", "a/b/c", "of/u-1/x", "of/u-2/x", "ab", "GET/a"] {
                    let resource = Target::Page(page);
                    let access =
                        Access { action: "gatepost:ViewPage", resource, context: &context };
                    let want = decide(&documents, &access).decision;
                    assert_eq!(rules.decide(page), want, "{page}: {one} {other}");
                }
            }
        }
    }
}
