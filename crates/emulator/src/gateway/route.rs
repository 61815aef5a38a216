//! Finding the method of a REST API that a request is for, in the order API Gateway looks.
//!
//! The resource is found as [`PathTree`] says. On it, the request's own verb comes before `ANY`;
//! another resource is not tried for its verb.

use std::collections::BTreeMap;

use gatepost_core::gateway::{PathTemplate, PathTemplateError, PathTree};
use sha2::{Digest as _, Sha256};

use super::method::{Method, MethodVerb};

/// A path of an API with its methods.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    template: String,
    id: String,
    methods: BTreeMap<MethodVerb, Method>,
}

impl Resource {
    fn new(template: &str, methods: BTreeMap<MethodVerb, Method>) -> Self {
        Self { template: template.to_owned(), id: stable_id(template), methods }
    }

    /// The path with its parameters in braces, such as `/movies/{id}`.
    pub(super) fn template(&self) -> &str {
        &self.template
    }

    /// The methods, `ANY` first.
    pub(super) fn methods(&self) -> impl Iterator<Item = (MethodVerb, &Method)> {
        self.methods.iter().map(|(verb, method)| (*verb, method))
    }

    /// The methods, to be changed or added to.
    pub(super) fn methods_mut(&mut self) -> &mut BTreeMap<MethodVerb, Method> {
        &mut self.methods
    }

    /// The method that answers `verb`.
    fn method(&self, verb: MethodVerb) -> Option<&Method> {
        self.methods.get(&verb).or_else(|| self.methods.get(&MethodVerb::Any))
    }
}

/// The resources of an API.
#[derive(Clone, Debug, Default)]
pub(super) struct RouteTable {
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
    pub(super) fn resources(&self) -> Vec<&Resource> {
        self.resources.values()
    }

    /// Every resource, to be changed.
    pub(super) fn resources_mut(&mut self) -> Vec<&mut Resource> {
        self.resources.values_mut()
    }

    /// The method for a request to a [routed](super::path::RequestPath::routed) path.
    pub(super) fn find(&self, verb: MethodVerb, path: &str) -> Option<RouteMatch<'_>> {
        let found = self.resources.find(path)?;
        let resource = found.value;
        Some(RouteMatch {
            template: &resource.template,
            id: &resource.id,
            key: None,
            parameters: found.parameters,
            method: resource.method(verb)?,
        })
    }
}

/// The method that a request belongs to.
#[derive(Clone, Debug)]
pub(super) struct RouteMatch<'a> {
    /// The path with its parameters in braces; `$default` for that route of an HTTP API.
    pub(super) template: &'a str,
    /// The id of the resource or route.
    pub(super) id: &'a str,
    /// The route key of an HTTP API, such as `GET /movies`.
    pub(super) key: Option<&'a str>,
    /// Names without braces and plus sign, values as sent.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) method: &'a Method,
}

/// An id of ten characters. API Gateway draws its own at random; these are the same at each start.
pub(super) fn stable_id(name: &str) -> String {
    let mut id = format!("{:x}", Sha256::digest(name));
    id.truncate(10);
    id
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
    use crate::gateway::method::{Access, Integration};

    fn method(access: Access) -> Method {
        Method { access, integration: Integration::backend() }
    }

    #[test]
    fn a_verb_of_its_own_comes_before_any() {
        let (public, other) = (method(Access::Public), method(Access::NotEmulated("other")));
        let get = MethodVerb::One("GET");
        let methods = [(MethodVerb::Any, other.clone()), (get, public.clone())];
        let resource = Resource::new("/a", methods.into());
        assert_eq!(resource.method(get), Some(&public));
        assert_eq!(resource.method(MethodVerb::One("POST")), Some(&other));
    }

    #[test]
    fn templates_that_api_gateway_would_not_import_are_refused() {
        let mut table = RouteTable::default();
        for template in ["/have/{id}", "/all/{rest+}"] {
            let methods = [(MethodVerb::Any, method(Access::Public))];
            table.insert(template, methods.into()).unwrap();
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
