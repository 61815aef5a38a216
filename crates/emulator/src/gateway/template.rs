//! The path of a resource as a definition writes it: `/movies/{id}`, `/api/{proxy+}`.
//!
//! Source: [Important notes][notes] on path segments, and [Set up a method request][doc] on
//! proxies.
//!
//! [notes]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html

/// Why a path template cannot be a resource.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum RouteError {
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

    /// The same path twice.
    #[error("this path is in the document twice")]
    RepeatedPath,

    /// Two parameters of different names in one place.
    #[error("another path has the parameter `{name}` in this place; API Gateway takes one only")]
    SiblingParameter {
        /// The name the other path uses, without braces.
        name: String,
    },
}

/// One segment of a template; parameters without braces and plus sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Segment {
    Exact(String),
    Greedy(String),
    Parameter(String),
}

/// The segments of `template`; none for the root.
pub(super) fn parse_template(template: &str) -> Result<Vec<Segment>, RouteError> {
    let path = template.strip_prefix('/').ok_or(RouteError::Form)?;
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    let mut names = Vec::new();
    for text in path.split('/') {
        if matches!(segments.last(), Some(Segment::Greedy(_))) {
            return Err(RouteError::GreedyInside);
        }
        let segment = parse_segment(text).ok_or(RouteError::Form)?;
        if let Segment::Greedy(name) | Segment::Parameter(name) = &segment {
            if names.contains(name) {
                return Err(RouteError::RepeatedParameter { name: name.clone() });
            }
            names.push(name.clone());
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn parse_segment(text: &str) -> Option<Segment> {
    if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        return match name.strip_suffix('+') {
            Some(name) if is_parameter_name(name) => Some(Segment::Greedy(name.to_owned())),
            None if is_parameter_name(name) => Some(Segment::Parameter(name.to_owned())),
            _ => None,
        };
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-,:~@$".contains(&byte);
    (!text.is_empty() && text.bytes().all(plain)).then(|| Segment::Exact(text.to_owned()))
}

fn is_parameter_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}
