//! Finding the resource that a path belongs to, in the order API Gateway looks.

use std::collections::BTreeMap;

use super::path_template::{PathTemplate, Segment};

/// The resources of an API, one path segment a level.
///
/// At each level the literal segment comes first, then `{parameter}`, then `{proxy+}`. Nothing is
/// looked up a second time: "`/{proxy+}` refers to any resources under the root resource except for
/// the `/parent[/*]` resources", so `/parent/x` is unknown if only `/parent/y` exists beside
/// `/{proxy+}`.
///
/// Source: [Set up a method request][doc], "Use a proxy resource to streamline API setup".
///
/// # Examples
///
/// ```
/// # use gatepost_core::gateway::PathTree;
/// let mut tree = PathTree::new();
/// tree.insert(&"/movies/{id}".parse()?, "a movie")?;
/// tree.insert(&"/movies/new".parse()?, "the form")?;
/// assert_eq!(*tree.find("movies/new").unwrap().value, "the form");
/// assert_eq!(tree.find("movies/7").unwrap().parameters, [("id".to_owned(), "7".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
#[derive(Clone, Debug)]
pub struct PathTree<T> {
    root: Node<T>,
}

impl<T> PathTree<T> {
    /// An API without resources.
    pub fn new() -> Self {
        Self { root: Node::default() }
    }

    /// Adds a resource.
    ///
    /// # Errors
    ///
    /// [`RepeatedPath`] if there is one that matches the same paths. The tree is unchanged.
    pub fn insert(&mut self, template: &PathTemplate, value: T) -> Result<(), RepeatedPath> {
        if let Some(leaf) = self.root.leaf(template.segments()) {
            return Err(RepeatedPath { other: leaf.template.clone() });
        }
        self.root.insert(template.segments(), Leaf { template: template.clone(), value });
        Ok(())
    }

    /// The name of the parameter that a resource of this tree has where `template` has one of
    /// another name. API Gateway takes one name in one place only.
    pub fn sibling_parameter(&self, template: &PathTemplate) -> Option<&str> {
        self.root.sibling_parameter(template.segments())
    }

    /// The resource for a path without its leading slash, and what its parameters are there.
    /// Segments are compared as sent, and by case.
    pub fn find(&self, path: &str) -> Option<PathMatch<'_, T>> {
        let mut values = Vec::new();
        let Leaf { template, value } =
            self.root.find((!path.is_empty()).then_some(path), &mut values)?;
        let names = template.segments().iter().filter_map(Segment::parameter);
        let parameters = names.zip(values);
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(PathMatch { template, value, parameters: parameters.collect() })
    }

    /// What was inserted, in the order of the tree: literal segments by their text, then
    /// parameters, then greedy ones; a resource before those below it.
    pub fn values(&self) -> Vec<&T> {
        let mut found = Vec::new();
        self.root.collect(&mut found);
        found
    }

    /// As [`values`](Self::values), to be changed.
    pub fn values_mut(&mut self) -> Vec<&mut T> {
        let mut found = Vec::new();
        self.root.collect_mut(&mut found);
        found
    }
}

impl<T> Default for PathTree<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A resource that a path belongs to.
#[derive(Clone, Debug)]
pub struct PathMatch<'a, T> {
    /// Its path.
    pub template: &'a PathTemplate,
    /// What was inserted with it.
    pub value: &'a T,
    /// Names without braces and plus sign, values as sent.
    pub parameters: Vec<(String, String)>,
}

/// Two templates that match the same paths.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this path and `{other}` are the same")]
pub struct RepeatedPath {
    /// The one that was there before.
    pub other: PathTemplate,
}

#[derive(Clone, Debug)]
struct Leaf<T> {
    template: PathTemplate,
    value: T,
}

#[derive(Clone, Debug)]
struct Node<T> {
    here: Option<Leaf<T>>,
    exact: BTreeMap<String, Node<T>>,
    /// With the name of the first parameter that stood here.
    parameter: Option<(String, Box<Node<T>>)>,
    greedy: Option<Leaf<T>>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { here: None, exact: BTreeMap::new(), parameter: None, greedy: None }
    }
}

impl<T> Node<T> {
    fn leaf(&self, segments: &[Segment]) -> Option<&Leaf<T>> {
        match segments.split_first() {
            None => self.here.as_ref(),
            Some((Segment::Exact(text), rest)) => self.exact.get(text)?.leaf(rest),
            Some((Segment::Parameter(_), rest)) => self.parameter.as_ref()?.1.leaf(rest),
            Some((Segment::Greedy(_), _)) => self.greedy.as_ref(),
        }
    }

    fn sibling_parameter(&self, segments: &[Segment]) -> Option<&str> {
        match segments.split_first()? {
            (Segment::Exact(text), rest) => self.exact.get(text)?.sibling_parameter(rest),
            (Segment::Parameter(name), rest) => match self.parameter.as_ref()? {
                (other, node) if other == name => node.sibling_parameter(rest),
                (other, _) => Some(other),
            },
            (Segment::Greedy(name), _) => {
                let other = self.greedy.as_ref()?.template.segments().last()?.parameter()?;
                (other != name).then_some(other)
            }
        }
    }

    fn insert(&mut self, segments: &[Segment], leaf: Leaf<T>) {
        match segments.split_first() {
            None => self.here = Some(leaf),
            Some((Segment::Exact(text), rest)) => {
                self.exact.entry(text.clone()).or_default().insert(rest, leaf);
            }
            Some((Segment::Parameter(name), rest)) => {
                let (_, node) =
                    self.parameter.get_or_insert_with(|| (name.clone(), Box::default()));
                node.insert(rest, leaf);
            }
            Some((Segment::Greedy(_), _)) => self.greedy = Some(leaf),
        }
    }

    /// `rest` is what is left of the path; `None` at its end.
    fn find<'p>(&self, rest: Option<&'p str>, values: &mut Vec<&'p str>) -> Option<&Leaf<T>> {
        let Some(rest) = rest else { return self.here.as_ref() };
        let (segment, tail) = match rest.split_once('/') {
            Some((segment, tail)) => (segment, Some(tail)),
            None => (rest, None),
        };
        if let Some(node) = self.exact.get(segment) {
            return node.find(tail, values);
        }
        if let Some((_, node)) = self.parameter.as_ref().filter(|_| !segment.is_empty()) {
            let before = values.len();
            values.push(segment);
            if let Some(leaf) = node.find(tail, values) {
                return Some(leaf);
            }
            // A parameter stands for every segment: were it final, `{proxy+}` beside it would
            // never be reached.
            values.truncate(before);
        }
        let leaf = self.greedy.as_ref()?;
        values.push(rest);
        Some(leaf)
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a T>) {
        found.extend(self.here.as_ref().map(|leaf| &leaf.value));
        for node in self.exact.values() {
            node.collect(found);
        }
        if let Some((_, node)) = &self.parameter {
            node.collect(found);
        }
        found.extend(self.greedy.as_ref().map(|leaf| &leaf.value));
    }

    fn collect_mut<'a>(&'a mut self, found: &mut Vec<&'a mut T>) {
        found.extend(self.here.as_mut().map(|leaf| &mut leaf.value));
        for node in self.exact.values_mut() {
            node.collect_mut(found);
        }
        if let Some((_, node)) = &mut self.parameter {
            node.collect_mut(found);
        }
        found.extend(self.greedy.as_mut().map(|leaf| &mut leaf.value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(templates: &[&str]) -> PathTree<String> {
        let mut tree = PathTree::new();
        for template in templates {
            tree.insert(&template.parse().unwrap(), (*template).to_owned()).unwrap();
        }
        tree
    }

    fn found(tree: &PathTree<String>, path: &str) -> Option<(String, Vec<(String, String)>)> {
        tree.find(path).map(|found| (found.value.clone(), found.parameters))
    }

    #[test]
    fn literal_comes_before_parameter_and_parameter_before_proxy() {
        let tree = tree(&["/", "/a/b", "/a/{id}", "/a/{rest+}", "/{proxy+}"]);
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
            assert_eq!(found(&tree, path), Some((template.to_owned(), parameters)), "{path}");
        }
    }

    #[test]
    fn a_literal_sibling_takes_its_whole_subtree_from_the_proxy() {
        let tree = tree(&["/parent/known", "/{proxy+}"]);
        assert_eq!(found(&tree, "parent/other"), None);
        assert_eq!(found(&tree, "parent"), None);
    }

    #[test]
    fn an_empty_segment_is_no_parameter_value() {
        assert_eq!(found(&tree(&["/a/{id}/b"]), "a//b"), None);
    }

    #[test]
    fn segments_are_compared_as_sent_and_by_case() {
        let tree = tree(&["/movies"]);
        assert_eq!(found(&tree, "Movies"), None);
        assert_eq!(found(&tree, "m%6Fvies"), None);
    }

    #[test]
    fn each_template_has_its_own_names_for_parameters_in_one_place() {
        let tree = tree(&["/a/{id}", "/a/{other}/x"]);
        let (_, parameters) = found(&tree, "a/7/x").unwrap();
        assert_eq!(parameters, [("other".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn paths_that_differ_in_names_only_are_the_same() {
        let mut tree = tree(&["/a/{id}", "/b/{rest+}"]);
        for (template, other) in [("/a/{x}", "/a/{id}"), ("/b/{x+}", "/b/{rest+}")] {
            let repeated = Err(RepeatedPath { other: other.parse().unwrap() });
            assert_eq!(tree.insert(&template.parse().unwrap(), String::new()), repeated);
        }
    }
}
