//! Patterns for actions: `execute-api:Invoke`, `execute-api:*`, `*`.

use std::fmt;

use super::document::Rule;
use super::glob::Glob;

/// Actions with a spelling of their own; every other is written in lower case.
///
/// Source: [Actions for execute-api][actions], and Gatepost's own for pages.
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html
const KNOWN: [&str; 4] = [
    "execute-api:InvalidateCache",
    "execute-api:Invoke",
    "execute-api:ManageConnections",
    "gatepost:ViewPage",
];

/// A pattern for actions, compared without regard to case.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ActionPattern {
    // INVARIANT: in lower case.
    glob: Glob,
}

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        let invalid = |message: &str| Err((Rule::InvalidAction, message.to_owned()));
        if text != "*" {
            let Some((service, name)) = text.split_once(':') else {
                return invalid("must be `*` or `service:name`, such as `execute-api:Invoke`");
            };
            if service.contains(['*', '?']) {
                let message = "no wildcard may stand in the service, before the colon";
                return Err((Rule::WildcardInService, message.to_owned()));
            }
            let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if service.is_empty() || !service.bytes().all(word) {
                return invalid("the service, before the colon, must be letters, digits and `-`");
            }
            if name.is_empty() || !name.bytes().all(|byte| word(byte) || b"*?".contains(&byte)) {
                return invalid("the name, after the colon, must be letters, digits, `*` and `?`");
            }
        }
        Ok(Self { glob: Glob::new(text.to_ascii_lowercase()) })
    }

    /// Every action.
    pub(super) fn any() -> Self {
        Self { glob: Glob::new("*") }
    }

    /// The action of that name, in lower case.
    pub(super) fn exactly(action: &str) -> Self {
        Self { glob: Glob::new(action) }
    }

    /// The pattern, in lower case.
    pub(super) fn as_str(&self) -> &str {
        self.glob.as_str()
    }

    /// Whether `action`, in lower case, matches.
    pub(super) fn matches(&self, action: &str) -> bool {
        self.glob.matches(action)
    }

    /// Whether this pattern matches every action that `other` matches, as far as can be seen.
    pub(super) fn includes(&self, other: &Self) -> bool {
        self.glob.includes(&other.glob)
    }

    /// Whether it can only match actions of Gatepost's own, which API Gateway does not know.
    pub(super) fn is_gatepost(&self) -> bool {
        self.as_str().starts_with("gatepost:")
    }

    #[must_use]
    pub(super) fn normalized(&self) -> Self {
        Self { glob: self.glob.normalized() }
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        f.write_str(
            KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(text)).unwrap_or(text),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_compared_without_case_and_known_ones_print_as_aws_writes_them() {
        let action = ActionPattern::parse("EXECUTE-API:invoke").unwrap();
        assert!(action.matches("execute-api:invoke"));
        assert_eq!(action.to_string(), "execute-api:Invoke");
        assert_eq!(
            ActionPattern::parse("execute-api:Inv*").unwrap().to_string(),
            "execute-api:inv*"
        );
    }

    #[test]
    fn what_is_no_action_is_refused() {
        for (text, rule) in [
            ("Invoke", Rule::InvalidAction),
            ("", Rule::InvalidAction),
            (":Invoke", Rule::InvalidAction),
            ("execute-api:", Rule::InvalidAction),
            ("execute-api:In voke", Rule::InvalidAction),
            ("exec*:Invoke", Rule::WildcardInService),
            ("*:*", Rule::WildcardInService),
        ] {
            assert_eq!(ActionPattern::parse(text).unwrap_err().0, rule, "{text}");
        }
    }
}
