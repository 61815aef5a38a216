//! The path of a resource as a definition of an API writes it: `/movies/{id}`, `/api/{proxy+}`.

use std::fmt;
use std::str::FromStr;

/// The path of a resource, with its parameters in braces.
///
/// Shape: `/`, or one segment or more, each after a slash: letters, digits and `._-,:~@$`; or one
/// whole parameter, `{name}`, which stands for one segment that is not empty; or, at the end only,
/// `{name+}`, which stands for all that is left.
///
/// Source: [Important notes][notes] on path segments, and [Set up a method request][doc] on proxies.
///
/// # Examples
///
/// ```
/// # use gatepost_core::gateway::{PathTemplate, Segment};
/// let template: PathTemplate = "/movies/{id}".parse()?;
/// assert_eq!(template.segments()[1], Segment::Parameter("id".to_owned()));
/// assert_eq!(template.to_string(), "/movies/{id}");
/// # Ok::<(), gatepost_core::gateway::PathTemplateError>(())
/// ```
///
/// [notes]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
/// [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PathTemplate {
    // INVARIANT: `Greedy` at the end only; no parameter's name twice.
    segments: Vec<Segment>,
}

impl PathTemplate {
    /// The segments; none for the root.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether API Gateway may send a request that `other` matches elsewhere because of this
    /// template: to it, or, where this one is the more literal at first, to nothing at all.
    ///
    /// The order is that of [`PathTree::find`](super::PathTree::find).
    pub fn may_win_over(&self, other: &Self) -> bool {
        for (mine, theirs) in self.segments.iter().zip(&other.segments) {
            match (mine, theirs) {
                (Segment::Exact(one), Segment::Exact(two)) if one == two => {}
                (Segment::Parameter(_), Segment::Parameter(_)) => {}
                (Segment::Exact(_), Segment::Parameter(_) | Segment::Greedy(_))
                | (Segment::Parameter(_), Segment::Greedy(_)) => return true,
                (Segment::Exact(_) | Segment::Parameter(_), Segment::Exact(_))
                | (Segment::Greedy(_), _) => return false,
            }
        }
        false
    }
}

impl FromStr for PathTemplate {
    type Err = PathTemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix('/').ok_or(PathTemplateError::Form)?;
        let mut segments = Vec::new();
        let mut names = Vec::new();
        for text in path.split('/').filter(|_| !path.is_empty()) {
            if matches!(segments.last(), Some(Segment::Greedy(_))) {
                return Err(PathTemplateError::GreedyInside);
            }
            let segment = Segment::parse(text).ok_or(PathTemplateError::Form)?;
            if let Some(name) = segment.parameter() {
                if names.iter().any(|other| other == name) {
                    return Err(PathTemplateError::RepeatedParameter { name: name.to_owned() });
                }
                names.push(name.to_owned());
            }
            segments.push(segment);
        }
        Ok(Self { segments })
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

/// One segment of a path template.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Segment {
    /// This text.
    Exact(String),
    /// `{name}`: any one segment that is not empty. The name is without braces.
    Parameter(String),
    /// `{name+}`: all that is left of the path. The name is without braces and plus sign.
    Greedy(String),
}

impl Segment {
    /// The name of the parameter that it is.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Exact(_) => None,
            Self::Parameter(name) | Self::Greedy(name) => Some(name),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            return match name.strip_suffix('+') {
                Some(name) if is_parameter_name(name) => Some(Self::Greedy(name.to_owned())),
                None if is_parameter_name(name) => Some(Self::Parameter(name.to_owned())),
                Some(_) | None => None,
            };
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-,:~@$".contains(&byte);
        (!text.is_empty() && text.bytes().all(plain)).then(|| Self::Exact(text.to_owned()))
    }
}

/// As a template has it: with braces, and the plus sign of a greedy one.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Parameter(name) => write!(f, "{{{name}}}"),
            Self::Greedy(name) => write!(f, "{{{name}+}}"),
        }
    }
}

fn is_parameter_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

/// Why a text is not the path of a resource.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PathTemplateError {
    /// Not a path, or one with characters API Gateway does not take.
    #[error(
        "a path begins with `/`, and its segments are letters, digits, any of `._-,:~@$`, or one \
         whole parameter in braces"
    )]
    Form,

    /// A `{proxy+}` that is not the last segment.
    #[error("a greedy parameter must be the last segment")]
    GreedyInside,

    /// One parameter name twice in a path.
    #[error("the parameter `{name}` is in this path twice")]
    RepeatedParameter {
        /// The name, without braces.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> PathTemplate {
        text.parse().unwrap()
    }

    #[test]
    fn a_template_reads_back_as_it_is_written() {
        for text in ["/", "/movies", "/movies/{id}", "/{a}/b/{c+}", "/a:b,c~d@e$f._-", "/{proxy+}"]
        {
            assert_eq!(template(text).to_string(), text);
        }
    }

    macro_rules! refuses {
        ($($name:ident: $text:expr => $error:expr;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!($text.parse::<PathTemplate>(), Err($error));
            }
        )*};
    }

    refuses! {
        no_slash: "a" => PathTemplateError::Form;
        an_empty_text: "" => PathTemplateError::Form;
        a_slash_at_the_end: "/a/" => PathTemplateError::Form;
        an_empty_segment: "/a//b" => PathTemplateError::Form;
        part_of_a_segment_in_braces: "/a{id}" => PathTemplateError::Form;
        a_parameter_without_a_name: "/{}" => PathTemplateError::Form;
        a_greedy_parameter_without_a_name: "/{+}" => PathTemplateError::Form;
        a_space: "/a b" => PathTemplateError::Form;
        a_greedy_parameter_inside: "/{p+}/x" => PathTemplateError::GreedyInside;
        a_name_twice: "/{a}/{a}" => PathTemplateError::RepeatedParameter { name: "a".to_owned() };
        a_name_twice_once_greedy: "/{a}/{a+}" => PathTemplateError::RepeatedParameter { name: "a".to_owned() };
    }

    #[test]
    fn what_is_more_literal_at_the_first_difference_may_win() {
        for (one, two, want) in [
            ("/a/b", "/a/{id}", true),
            ("/a/b", "/a/{id}/c", true),
            ("/a/b/c", "/a/{rest+}", true),
            ("/a/{id}", "/a/{rest+}", true),
            ("/a/{id}/c", "/a/{rest+}", true),
            ("/{x}/b", "/a/{id}", false),
            ("/a/{id}", "/a/b", false),
            ("/a/{rest+}", "/a/{id}", false),
            ("/a", "/a/{rest+}", false),
            ("/", "/{proxy+}", false),
            ("/b", "/a", false),
            ("/a/{id}", "/a/{id}", false),
            ("/a/{id}/b", "/a/{other}/{c}", true),
        ] {
            assert_eq!(template(one).may_win_over(&template(two)), want, "{one} {two}");
        }
    }
}
