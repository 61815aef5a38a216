//! Finding the method of an API that a request is for, in the order API Gateway looks.
//!
//! The resource is found as [`PathTree`] says. On it, the request's own verb comes before `ANY`;
//! another resource is not tried for its verb.

use std::collections::BTreeMap;
use std::fmt;

use gatepost_core::gateway::{PathTemplate, PathTemplateError, PathTree, VERBS};
use sha2::{Digest as _, Sha256};

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
    resources: PathTree<Resource>,
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
        let path: PathTemplate = template.parse()?;
        if let Some(name) = self.resources.sibling_parameter(&path) {
            return Err(RouteError::SiblingParameter { name: name.to_owned() });
        }
        self.resources
            .insert(&path, Resource::new(template, methods))
            .map_err(|_| RouteError::RepeatedPath)
    }

    /// Every resource, in the order of the tree.
    pub fn resources(&self) -> Vec<&Resource> {
        self.resources.values()
    }

    /// The resource for a [routed](super::path::RequestPath::routed) path, with its parameters.
    pub(super) fn find(&self, path: &str) -> Option<RouteMatch<'_>> {
        let found = self.resources.find(path)?;
        Some(RouteMatch { resource: found.value, parameters: found.parameters })
    }
}

/// A resource that a path belongs to.
#[derive(Clone, Debug)]
pub(super) struct RouteMatch<'a> {
    pub(super) resource: &'a Resource,
    /// Names without braces and plus sign, values as sent.
    pub(super) parameters: Vec<(String, String)>,
}

/// Why a path cannot be a resource of an API.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum RouteError {
    /// The same path twice.
    #[error("this path is in the document twice")]
    RepeatedPath,

    /// Two parameters of different names in one place.
    #[error("another path has the parameter `{name}` in this place; API Gateway takes one only")]
    SiblingParameter {
        /// The name the other path uses, without braces.
        name: String,
    },

    /// No path of a resource at all.
    #[error(transparent)]
    Template(#[from] PathTemplateError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKEND: Method = Method { access: Access::Guarded, integration: Integration::Backend };

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
        let mut table = RouteTable::default();
        for template in ["/have/{id}", "/all/{rest+}"] {
            table.insert(template, BTreeMap::from([(MethodVerb::Any, BACKEND)])).unwrap();
        }
        let sibling = |name: &str| RouteError::SiblingParameter { name: name.to_owned() };
        for (template, error) in [
            ("/a/", RouteError::Template(PathTemplateError::Form)),
            ("/have/{id}", RouteError::RepeatedPath),
            ("/have/{other}", sibling("id")),
            ("/have/{other}/x", sibling("id")),
            ("/all/{rest+}", RouteError::RepeatedPath),
            ("/all/{other+}", sibling("rest")),
        ] {
            assert_eq!(table.insert(template, BTreeMap::new()), Err(error), "{template}");
        }
    }
}
