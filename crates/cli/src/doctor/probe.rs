//! What is asked of a deployment, and what was found.

/// A question about a deployment.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Probe {
    Unauthorized,
    Preflight,
    HttpsOnly,
    UnknownRoute,
    Routes,
    Forbidden,
    ExplicitDeny,
    NotResource,
    Time,
    SourceIp,
    SecureTransport,
    Expiry,
    Spelling,
    MethodOverride,
    TwoTokens,
    ResourceLength,
    AnswerSize,
    KeptAnswers,
    Flush,
    Settings,
}

impl Probe {
    /// Every probe, in the order of a report.
    pub(crate) const ALL: [Self; 20] = [
        Self::Unauthorized,
        Self::Preflight,
        Self::HttpsOnly,
        Self::UnknownRoute,
        Self::Routes,
        Self::Forbidden,
        Self::ExplicitDeny,
        Self::NotResource,
        Self::Time,
        Self::SourceIp,
        Self::SecureTransport,
        Self::Expiry,
        Self::Spelling,
        Self::MethodOverride,
        Self::TwoTokens,
        Self::ResourceLength,
        Self::AnswerSize,
        Self::KeptAnswers,
        Self::Flush,
        Self::Settings,
    ];

    /// Its name, which does not change.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Preflight => "preflight",
            Self::HttpsOnly => "https-only",
            Self::UnknownRoute => "unknown-route",
            Self::Routes => "routes",
            Self::Forbidden => "forbidden",
            Self::ExplicitDeny => "explicit-deny",
            Self::NotResource => "not-resource",
            Self::Time => "condition-time",
            Self::SourceIp => "condition-source-ip",
            Self::SecureTransport => "condition-secure-transport",
            Self::Expiry => "expiry-of-kept-answers",
            Self::Spelling => "path-spelling",
            Self::MethodOverride => "method-override",
            Self::TwoTokens => "two-tokens",
            Self::ResourceLength => "resource-length",
            Self::AnswerSize => "answer-size",
            Self::KeptAnswers => "kept-answers",
            Self::Flush => "flush",
            Self::Settings => "settings",
        }
    }

    /// What it asks, in words.
    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::Unauthorized => "Is a call without a good token 401, and may a page see that?",
            Self::Preflight => "Is a preflight answered without a token?",
            Self::HttpsOnly => "Is the API reached over HTTPS only?",
            Self::UnknownRoute => "Is a path that is no route refused?",
            Self::Routes => {
                "Does a right open its own route, and no other, and for its own caller?"
            }
            Self::Forbidden => "Is a call without the right 403, and may a page see that?",
            Self::ExplicitDeny => "Does a Deny of one group win over an Allow of another?",
            Self::NotResource => "Is `NotResource` honoured in a Deny?",
            Self::Time => "Are conditions on `aws:CurrentTime` honoured?",
            Self::SourceIp => "Are conditions on `aws:SourceIp` honoured?",
            Self::SecureTransport => "Are conditions on `aws:SecureTransport` honoured?",
            Self::Expiry => {
                "Does a condition on the time end an answer that is kept, at its moment?"
            }
            Self::Spelling => "Is a denied path out of reach under every spelling?",
            Self::MethodOverride => {
                "Does `X-HTTP-Method-Override` leave right and method together?"
            }
            Self::TwoTokens => "Are two tokens in one request refused?",
            Self::ResourceLength => {
                "Is a resource of nearly 512 characters taken, and a longer one refused?"
            }
            Self::AnswerSize => "How large an answer of the function does API Gateway take?",
            Self::KeptAnswers => "Are answers kept by token, and right for every route?",
            Self::Flush => "Does flushing the cache put a change in force?",
            Self::Settings => "Do API Gateway's settings agree with the function's?",
        }
    }
}

/// What was made of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// As Gatepost needs it.
    Safe,
    /// Somebody gets in who should not, or could.
    Unsafe,
    /// Nobody gets in who should not, but it is not as it is meant to be.
    Amiss,
    /// It could not be told.
    Unknown,
    /// Not asked.
    Skipped,
}

impl Verdict {
    /// In reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Amiss => "amiss",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// What a probe found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) probe: Probe,
    pub(crate) verdict: Verdict,
    /// What was seen, or why nothing was.
    pub(crate) found: String,
    /// What follows for settings and documents; empty where nothing does.
    pub(crate) follows: String,
}

impl Finding {
    pub(crate) fn new(
        probe: Probe,
        verdict: Verdict,
        found: impl Into<String>,
        follows: impl Into<String>,
    ) -> Self {
        Self { probe, verdict, found: found.into(), follows: follows.into() }
    }
}
