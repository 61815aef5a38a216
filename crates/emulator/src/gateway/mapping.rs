//! Where a header of a response gets its value: the parameter mappings of API Gateway, and the
//! variables in the body templates of gateway responses.
//!
//! Source: [Set up a gateway response][doc]. Body templates of gateway responses know no language
//! but variables: "Any integration with Velocity Template Language is not supported".
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html

use std::str::FromStr;

use http::HeaderName;

use super::facts::Facts;
use super::response::GatewayResponse;

/// The source of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Mapping {
    /// `context.NAME`
    Context(String),
    /// `method.request.header.NAME`
    Header(HeaderName),
    /// `'…'`: this text.
    Literal(String),
    /// `method.request.querystring.NAME`
    Query(String),
    /// `stageVariables.NAME`
    StageVariable(String),
}

impl Mapping {
    /// The value for one request; `None` if it has none, and then the header is left out.
    pub(super) fn value(&self, response: GatewayResponse, facts: &Facts<'_>) -> Option<String> {
        match self {
            Self::Context(name) => facts.context(response, name),
            Self::Header(name) => facts.call?.header_text(name),
            Self::Literal(text) => Some(text.clone()),
            Self::Query(name) => {
                let query = &facts.call?.query;
                query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
            Self::StageVariable(name) => facts.stage_variables.get(name).cloned(),
        }
    }
}

impl FromStr for Mapping {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let literal = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(literal) = literal {
            return Ok(Self::Literal(literal.to_owned()));
        }
        let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("context.") {
            return Ok(Self::Context(name.to_owned()));
        }
        if let Some(name) = named("method.request.header.") {
            return name.parse().map(Self::Header).map_err(|_| MappingError);
        }
        if let Some(name) = named("method.request.querystring.") {
            return Ok(Self::Query(name.to_owned()));
        }
        if let Some(name) = named("stageVariables.") {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        Err(MappingError)
    }
}

/// A text that is no mapping, or one that is not emulated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "not a value that is emulated; expected '…' in single quotes, context.NAME, \
     method.request.header.NAME, method.request.querystring.NAME or stageVariables.NAME"
)]
pub(super) struct MappingError;

/// Fills in the variables of a body template. One without a value is an empty text.
pub(super) fn fill(template: &str, response: GatewayResponse, facts: &Facts<'_>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, variable)) = rest.split_once('$') {
        text.push_str(before);
        let end = variable
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || "._-".contains(character))
            })
            .unwrap_or(variable.len());
        let (name, after) = variable.split_at(end);
        // A full stop behind a variable ends a sentence.
        let trimmed = name.trim_end_matches('.');
        let value = match trimmed.split_once('.') {
            Some(("context", name)) => facts.context(response, name),
            Some(("stageVariables", name)) => facts.stage_variables.get(name).cloned(),
            _ => {
                text.push('$');
                rest = variable;
                continue;
            }
        };
        text.push_str(&value.unwrap_or_default());
        text.push_str(name.get(trimmed.len()..).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_read_by_their_form() {
        for (text, want) in [
            ("'*'", Ok(Mapping::Literal("*".to_owned()))),
            ("''", Ok(Mapping::Literal(String::new()))),
            ("context.requestId", Ok(Mapping::Context("requestId".to_owned()))),
            (
                "method.request.header.Origin",
                Ok(Mapping::Header(HeaderName::from_static("origin"))),
            ),
            ("method.request.querystring.a", Ok(Mapping::Query("a".to_owned()))),
            ("stageVariables.origin", Ok(Mapping::StageVariable("origin".to_owned()))),
            ("*", Err(MappingError)),
            ("integration.response.body", Err(MappingError)),
            ("context.", Err(MappingError)),
        ] {
            assert_eq!(text.parse::<Mapping>(), want, "{text}");
        }
    }

    #[test]
    fn variables_are_filled_in_and_everything_else_is_kept() {
        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1/dev".parse().unwrap();
        let variables = [("contact".to_owned(), "us".to_owned())].into();
        let facts = Facts {
            request_id: "r-1",
            stage: &stage,
            stage_variables: &variables,
            call: None,
            template: None,
            answer: None,
        };
        let fill = |template: &str| fill(template, GatewayResponse::ExplicitDeny, &facts);
        assert_eq!(
            fill(r#"{"m":$context.error.messageString,"id":"$context.requestId"}"#),
            r#"{"m":"User is not authorized to access this resource with an explicit deny","id":"r-1"}"#
        );
        assert_eq!(fill("Ask $stageVariables.contact. It costs $5, $"), "Ask us. It costs $5, $");
        assert_eq!(fill("[$context.authorizer.sub][$context.nothing]"), "[][]");
        assert_eq!(fill("$context.error.responseType"), "ACCESS_DENIED");
    }
}
