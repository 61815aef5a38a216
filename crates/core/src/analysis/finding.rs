//! What a lint finds: a document that can be read and does not mean what its author thinks.

use std::fmt;

use super::witness::Witness;

/// A trap in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which trap.
    pub rule: Trap,
    /// How much it matters here.
    pub level: Level,
    /// Where, as a JSON Pointer (RFC 6901); empty for the document itself.
    pub pointer: String,
    /// What is wrong, in words that follow the place.
    pub message: String,
    /// A request that shows it.
    pub example: Option<Witness>,
}

impl Finding {
    pub(super) fn new(
        rule: Trap,
        pointer: impl Into<String>,
        message: impl Into<String>,
        example: Option<Witness>,
    ) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self { rule, level: rule.level(), pointer, message, example }
    }

    /// The same finding, which matters as `level` says.
    #[must_use]
    pub(super) fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Worth knowing; nothing to be done about it if it is meant.
    Note,
    /// Hardly meant.
    Warning,
    /// Cannot be meant.
    Error,
}

impl Level {
    /// `note`, `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident => $id:literal, $level:ident;)*) => {
        /// The traps that a lint knows.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Trap {
            $($(#[$doc])* $name,)*
        }

        impl Trap {
            /// Every trap, by id.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable id: `star-swallows-verb`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// How much it matters as a rule.
            pub fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)*
                }
            }
        }
    };
}

traps! {
    /// An Allow that a Deny of the same document cancels entirely.
    AllowCancelledByDeny => "allow-cancelled-by-deny", Warning;
    /// A Deny that a percent-encoded letter gets around.
    DenyBypassedByEncoding => "deny-bypassed-by-encoding", Warning;
    /// A pattern that matches no route of the API.
    MatchesNoRoute => "matches-no-route", Warning;
    /// `GET/movies/*` without `GET/movies`.
    MissingRoot => "missing-root", Warning;
    /// A Deny of a path that leaves out the same path with a slash at its end.
    MissingTrailingSlashForm => "missing-trailing-slash-form", Warning;
    /// A merged answer over the size budget.
    OverBudget => "over-budget", Error;
    /// `{id}` in a path, which matches these four letters only.
    PlaceholderTakenLiterally => "placeholder-taken-literally", Warning;
    /// `?page=2` at the end of a path: a query is no part of what is compared.
    QueryInPath => "query-in-path", Warning;
    /// A pattern within another of its own statement.
    RedundantPattern => "redundant-pattern", Warning;
    /// A Resource that is too long for API Gateway once it is bound to a stage.
    ResourceTooLongWhenBound => "resource-too-long-when-bound", Error;
    /// A star in the API or stage that also swallows slashes.
    StarSwallowsStage => "star-swallows-stage", Warning;
    /// A star in the place of the verb that also swallows slashes.
    StarSwallowsVerb => "star-swallows-verb", Warning;
    /// A statement that matches no method and no page.
    StatementAboutNothing => "statement-about-nothing", Warning;
    /// A path that matches only with a slash at its end.
    TrailingSlashOnly => "trailing-slash-only", Warning;
    /// A route that no subject may call.
    UncallableRoute => "uncallable-route", Warning;
    /// An action that API Gateway does not know.
    UnknownAction => "unknown-action", Warning;
    /// A condition on a key that API Gateway does not provide.
    UnknownConditionKey => "unknown-condition-key", Error;
    /// A statement that other statements of the same effect cover.
    UnreachableStatement => "unreachable-statement", Warning;
    /// `ANY`, or a verb in lower case, in an ARN: no request has it.
    VerbMatchesNothing => "verb-matches-nothing", Warning;
    /// A wildcard in the account of an ARN.
    WildcardAccount => "wildcard-account", Note;
    /// A wildcard in the API id of an ARN.
    WildcardApi => "wildcard-api", Note;
    /// A wildcard in the region of an ARN.
    WildcardRegion => "wildcard-region", Note;
    /// A wildcard in the stage of an ARN.
    WildcardStage => "wildcard-stage", Note;
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
