//! Patterns for actions: `execute-api:Invoke`, `execute-api:*`, `*`; and lists of them.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, Serializer};

use super::document::Rule;
use super::glob::{glob_includes, glob_matches, glob_normalized, globs_meet};

/// Actions with a spelling of their own, and in lower case; every other is written in lower case.
///
/// Source: [Actions for execute-api][actions], and Gatepost's own for pages.
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html
const KNOWN: [(&str, &str); 6] = [
    ("execute-api:Invoke", "execute-api:invoke"),
    ("execute-api:*", "execute-api:*"),
    ("*", "*"),
    ("execute-api:InvalidateCache", "execute-api:invalidatecache"),
    ("execute-api:ManageConnections", "execute-api:manageconnections"),
    ("gatepost:ViewPage", "gatepost:viewpage"),
];

/// A pattern for actions, compared without regard to case.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ActionPattern {
    // INVARIANT: in lower case. Borrowed from `KNOWN` where it can be.
    text: Cow<'static, str>,
}

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, (Rule, String)> {
        let invalid = |message: &str| Err((Rule::InvalidAction, message.to_owned()));
        if let Some((_, known)) = KNOWN.iter().find(|(written, _)| *written == text) {
            return Ok(Self { text: Cow::Borrowed(known) });
        }
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
        let text = text.to_ascii_lowercase();
        let known = KNOWN.iter().find(|(_, known)| *known == text);
        Ok(Self { text: known.map_or(Cow::Owned(text), |(_, known)| Cow::Borrowed(known)) })
    }

    /// Every action.
    pub(super) fn any() -> Self {
        Self::exactly("*")
    }

    /// The action of that name, in lower case.
    pub(super) fn exactly(action: impl Into<Cow<'static, str>>) -> Self {
        Self { text: action.into() }
    }

    /// The pattern, in lower case.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern as AWS writes it.
    pub(super) fn spelling(&self) -> &str {
        KNOWN
            .iter()
            .find(|(_, known)| *known == self.text)
            .map_or(&self.text, |(written, _)| written)
    }

    /// Whether `action`, in lower case, matches.
    pub(crate) fn matches(&self, action: &str) -> bool {
        glob_matches(&self.text, action)
    }

    /// Whether this pattern matches every action that `other` matches, as far as can be seen. Both
    /// are [normalized](Self::normalized).
    pub(super) fn includes(&self, other: &Self) -> bool {
        self.text == other.text || glob_includes(&self.text, &other.text)
    }

    /// Whether there is an action that this pattern and `other` match.
    pub(super) fn meets(&self, other: &Self) -> bool {
        globs_meet(&self.text, &other.text)
    }

    /// Whether it can only match actions of Gatepost's own, which API Gateway does not know.
    pub(super) fn is_gatepost(&self) -> bool {
        self.text.starts_with("gatepost:")
    }

    /// Whether its wildcards are in canonical spelling.
    pub(super) fn is_normalized(&self) -> bool {
        matches!(glob_normalized(&self.text), Cow::Borrowed(_))
    }

    #[must_use]
    pub(super) fn normalized(&self) -> Self {
        match glob_normalized(&self.text) {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(text) => Self { text: Cow::Owned(text) },
        }
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spelling())
    }
}

impl Serialize for ActionPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.spelling())
    }
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Actions {
    /// Every action that one of these matches.
    Only(Vec<ActionPattern>),
    /// Every action that none of these matches.
    Except(Vec<ActionPattern>),
}

impl Actions {
    /// Whether they hold for `action`, in lower case.
    pub(crate) fn match_action(&self, action: &str) -> bool {
        match self {
            Self::Only(patterns) => patterns.iter().any(|pattern| pattern.matches(action)),
            Self::Except(patterns) => !patterns.iter().any(|pattern| pattern.matches(action)),
        }
    }

    /// Whether there is no action that they hold for, as far as can be seen.
    pub(super) fn are_none(&self) -> bool {
        match self {
            Self::Only(_) => false,
            Self::Except(patterns) => patterns.iter().any(|pattern| pattern.as_str() == "*"),
        }
    }

    /// Whether they hold for every action that `other` holds for, as far as can be seen. Both are
    /// [normalized](Self::normalized).
    pub(super) fn include(&self, other: &Self) -> bool {
        let includes_each = |wide: &[ActionPattern], narrow: &[ActionPattern]| {
            narrow.iter().all(|narrow| wide.iter().any(|wide| wide.includes(narrow)))
        };
        match (self, other) {
            (Self::Only(wide), Self::Only(narrow)) => includes_each(wide, narrow),
            (Self::Except(wide), Self::Except(narrow)) => includes_each(narrow, wide),
            (Self::Except(wide), Self::Only(narrow)) => {
                !wide.iter().any(|wide| narrow.iter().any(|narrow| wide.meets(narrow)))
            }
            (Self::Only(wide), Self::Except(_)) => {
                wide.iter().any(|pattern| pattern.as_str() == "*")
            }
        }
    }

    /// What one of both holds for; `None` if that cannot be said in one list.
    pub(super) fn united(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Only(one), Self::Only(two)) => {
                Some(Self::Only(widest(one.iter().chain(two).cloned().collect())))
            }
            (Self::Only(_) | Self::Except(_), _) => None,
        }
    }

    /// The same actions in canonical form: none within another, in order.
    pub(super) fn normalized(&self) -> Cow<'_, Self> {
        let (Self::Only(patterns) | Self::Except(patterns)) = self;
        if let [one] = patterns.as_slice()
            && one.is_normalized()
        {
            return Cow::Borrowed(self);
        }
        let patterns = widest(patterns.iter().map(ActionPattern::normalized).collect());
        Cow::Owned(match self {
            Self::Only(_) => Self::Only(patterns),
            Self::Except(_) => Self::Except(patterns),
        })
    }
}

/// The patterns that no other one includes, in order.
fn widest(mut patterns: Vec<ActionPattern>) -> Vec<ActionPattern> {
    patterns.sort_unstable();
    patterns.dedup();
    let mut kept: Vec<ActionPattern> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        if !kept.iter().any(|wide| wide.includes(&pattern)) {
            kept.retain(|narrow| !pattern.includes(narrow));
            kept.push(pattern);
        }
    }
    kept
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
