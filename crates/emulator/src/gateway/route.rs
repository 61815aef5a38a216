//! Finding the method of an API that a request is for, in the order API Gateway looks.
//!
//! Resources form a tree with one path segment a level. At each level the literal segment comes
//! first, then `{parameter}`, then `{proxy+}`. Nothing is looked up a second time: "`/{proxy+}`
//! refers to any resources under the root resource except for the `/parent[/*]` resources", so
//! `/parent/x` is unknown if only `/parent/y` exists beside `/{proxy+}`. On the resource found, the
//! request's own verb comes before `ANY`; another resource is not tried for its verb either.
//!
//! Source: [Set up a method request][doc], "Use a proxy resource to streamline API setup".
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html

use std::collections::BTreeMap;
use std::fmt;

use gatepost_core::gateway::VERBS;
use sha2::{Digest as _, Sha256};

use super::template::{RouteError, Segment, parse_template};

/// Who may call a method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Whoever the authorizer's policy lets through.
    Guarded,
    /// Everyone: the method has no authorizer.
    Public,
}

/// What answers a method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Integration {
    /// The backend.
    Backend,
    /// The gateway itself, with the answer to a CORS preflight.
    Preflight,
}

/// A method of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Method {
    /// Who may call it.
    pub access: Access,
    /// What answers it.
    pub integration: Integration,
}

/// The verb a method is set up for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MethodVerb {
    /// Any verb that the resource has no method of its own for.
    Any,
    /// One of [`VERBS`].
    One(&'static str),
}

impl MethodVerb {
    /// The verb of `text`, in capitals; `None` for one that API Gateway does not know.
    pub fn one(text: &str) -> Option<Self> {
        VERBS.into_iter().find(|verb| *verb == text).map(Self::One)
    }
}

/// `GET`, or `ANY`.
impl fmt::Display for MethodVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "ANY",
            Self::One(verb) => verb,
        })
    }
}

/// A path of an API with its methods.
#[derive(Clone, Debug)]
pub struct Resource {
    template: String,
    id: String,
    methods: BTreeMap<MethodVerb, Method>,
}

impl Resource {
    fn new(template: &str, methods: BTreeMap<MethodVerb, Method>) -> Self {
        // API Gateway's ids are drawn at random; these are the same at each start.
        let mut id = format!("{:x}", Sha256::digest(template));
        id.truncate(10);
        Self { template: template.to_owned(), id, methods }
    }

    /// The path with its parameters in braces, such as `/movies/{id}`.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The resource's id: ten characters, the same for the same template.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The methods, `ANY` first.
    pub fn methods(&self) -> impl Iterator<Item = (MethodVerb, Method)> {
        self.methods.iter().map(|(verb, method)| (*verb, *method))
    }

    /// The method that answers `verb`.
    pub(super) fn method(&self, verb: MethodVerb) -> Option<Method> {
        self.methods.get(&verb).or_else(|| self.methods.get(&MethodVerb::Any)).copied()
    }

    /// Whether `verb` has a method of its own.
    pub(super) fn has_own(&self, verb: MethodVerb) -> bool {
        self.methods.contains_key(&verb)
    }
}

/// The resources of an API.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    root: Node,
}

impl RouteTable {
    /// Adds a resource.
    ///
    /// # Errors
    ///
    /// [`RouteError`] for a template that API Gateway would not import. The table is unchanged.
    pub(super) fn insert(
        &mut self,
        template: &str,
        methods: BTreeMap<MethodVerb, Method>,
    ) -> Result<(), RouteError> {
        let segments = parse_template(template)?;
        self.root.accepts(&segments)?;
        self.root.insert(&segments, Resource::new(template, methods));
        Ok(())
    }

    /// Every resource, in the order of the tree.
    pub fn resources(&self) -> Vec<&Resource> {
        let mut found = Vec::new();
        self.root.collect(&mut found);
        found
    }

    /// The resource for a [routed](super::path::RequestPath::routed) path, with its parameters.
    pub(super) fn find(&self, path: &str) -> Option<RouteMatch<'_>> {
        let mut parameters = Vec::new();
        let rest = (!path.is_empty()).then_some(path);
        let resource = self.root.find(rest, &mut parameters)?;
        Some(RouteMatch { resource, parameters })
    }
}

/// A resource that a path belongs to.
#[derive(Clone, Debug)]
pub(super) struct RouteMatch<'a> {
    pub(super) resource: &'a Resource,
    /// Names without braces and plus sign, values as sent.
    pub(super) parameters: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    resource: Option<Resource>,
    exact: BTreeMap<String, Node>,
    parameter: Option<(String, Box<Node>)>,
    greedy: Option<(String, Resource)>,
}

impl Node {
    /// Whether `segments` has a place of its own below this node.
    fn accepts(&self, segments: &[Segment]) -> Result<(), RouteError> {
        match segments.split_first() {
            None if self.resource.is_some() => Err(RouteError::RepeatedPath),
            None => Ok(()),
            Some((Segment::Exact(text), rest)) => {
                self.exact.get(text).map_or(Ok(()), |node| node.accepts(rest))
            }
            Some((Segment::Parameter(name), rest)) => match &self.parameter {
                None => Ok(()),
                Some((other, node)) if other == name => node.accepts(rest),
                Some((other, _)) => Err(RouteError::SiblingParameter { name: other.clone() }),
            },
            Some((Segment::Greedy(name), _)) => match &self.greedy {
                None => Ok(()),
                Some((other, _)) if other == name => Err(RouteError::RepeatedPath),
                Some((other, _)) => Err(RouteError::SiblingParameter { name: other.clone() }),
            },
        }
    }

    fn insert(&mut self, segments: &[Segment], resource: Resource) {
        match segments.split_first() {
            None => self.resource = Some(resource),
            Some((Segment::Exact(text), rest)) => {
                self.exact.entry(text.clone()).or_default().insert(rest, resource);
            }
            Some((Segment::Parameter(name), rest)) => {
                let (_, node) =
                    self.parameter.get_or_insert_with(|| (name.clone(), Box::default()));
                node.insert(rest, resource);
            }
            Some((Segment::Greedy(name), _)) => self.greedy = Some((name.clone(), resource)),
        }
    }

    /// `rest` is what is left of the path; `None` at its end.
    fn find(
        &self,
        rest: Option<&str>,
        parameters: &mut Vec<(String, String)>,
    ) -> Option<&Resource> {
        let Some(rest) = rest else { return self.resource.as_ref() };
        let (segment, tail) = match rest.split_once('/') {
            Some((segment, tail)) => (segment, Some(tail)),
            None => (rest, None),
        };
        if let Some(node) = self.exact.get(segment) {
            return node.find(tail, parameters);
        }
        if let Some((name, node)) = self.parameter.as_ref().filter(|_| !segment.is_empty()) {
            let before = parameters.len();
            parameters.push((name.clone(), segment.to_owned()));
            if let Some(resource) = node.find(tail, parameters) {
                return Some(resource);
            }
            // A parameter stands for every segment: were it final, `{proxy+}` beside it would
            // never be reached.
            parameters.truncate(before);
        }
        let (name, resource) = self.greedy.as_ref()?;
        parameters.push((name.clone(), rest.to_owned()));
        Some(resource)
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Resource>) {
        found.extend(&self.resource);
        for node in self.exact.values() {
            node.collect(found);
        }
        if let Some((_, node)) = &self.parameter {
            node.collect(found);
        }
        if let Some((_, resource)) = &self.greedy {
            found.push(resource);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKEND: Method = Method { access: Access::Guarded, integration: Integration::Backend };

    fn table(templates: &[&str]) -> RouteTable {
        let mut table = RouteTable::default();
        for template in templates {
            table.insert(template, BTreeMap::from([(MethodVerb::Any, BACKEND)])).unwrap();
        }
        table
    }

    fn found(table: &RouteTable, path: &str) -> Option<(String, Vec<(String, String)>)> {
        table.find(path).map(|found| (found.resource.template().to_owned(), found.parameters))
    }

    #[test]
    fn literal_comes_before_parameter_and_parameter_before_proxy() {
        let table = table(&["/", "/a/b", "/a/{id}", "/a/{rest+}", "/{proxy+}"]);
        for (path, template, parameters) in [
            ("", "/", vec![]),
            ("a/b", "/a/b", vec![]),
            ("a/c", "/a/{id}", vec![("id", "c")]),
            ("a/c/d", "/a/{rest+}", vec![("rest", "c/d")]),
            ("x", "/{proxy+}", vec![("proxy", "x")]),
            ("x//y", "/{proxy+}", vec![("proxy", "x//y")]),
        ] {
            let parameters: Vec<_> = parameters
                .into_iter()
                .map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(found(&table, path), Some((template.to_owned(), parameters)), "{path}");
        }
    }

    #[test]
    fn a_literal_sibling_takes_its_whole_subtree_from_the_proxy() {
        let table = table(&["/parent/known", "/{proxy+}"]);
        assert_eq!(found(&table, "parent/other"), None);
        assert_eq!(found(&table, "parent"), None);
    }

    #[test]
    fn an_empty_segment_is_no_parameter_value() {
        assert_eq!(found(&table(&["/a/{id}/b"]), "a//b"), None);
    }

    #[test]
    fn segments_are_compared_as_sent_and_by_case() {
        let table = table(&["/movies"]);
        assert_eq!(found(&table, "Movies"), None);
        assert_eq!(found(&table, "m%6Fvies"), None);
    }

    #[test]
    fn a_verb_of_its_own_comes_before_any() {
        let public = Method { access: Access::Public, integration: Integration::Backend };
        let get = MethodVerb::One("GET");
        let resource =
            Resource::new("/a", BTreeMap::from([(MethodVerb::Any, BACKEND), (get, public)]));
        assert_eq!(resource.method(get), Some(public));
        assert_eq!(resource.method(MethodVerb::One("POST")), Some(BACKEND));
    }

    #[test]
    fn templates_that_api_gateway_would_not_import_are_refused() {
        for (template, error) in [
            ("a", RouteError::Form),
            ("/a/", RouteError::Form),
            ("/a//b", RouteError::Form),
            ("/a{id}", RouteError::Form),
            ("/{}", RouteError::Form),
            ("/a b", RouteError::Form),
            ("/{p+}/x", RouteError::GreedyInside),
            ("/{a}/{a}", RouteError::RepeatedParameter { name: "a".to_owned() }),
            ("/have/{id}", RouteError::RepeatedPath),
            ("/have/{other}/x", RouteError::SiblingParameter { name: "id".to_owned() }),
        ] {
            let mut table = table(&["/have/{id}"]);
            assert_eq!(table.insert(template, BTreeMap::new()), Err(error), "{template}");
        }
    }
}
