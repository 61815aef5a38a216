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

    /// What it does to find out.
    pub(crate) fn does(self) -> &'static str {
        match self {
            Self::Unauthorized => {
                "GET without a token, with a text that is none, with a forged one"
            }
            Self::Preflight => "OPTIONS as a browser sends it",
            Self::HttpsOnly => "GET over plain HTTP, without a token",
            Self::UnknownRoute => "GET of a path that no API has, without a token",
            Self::Routes => {
                "GET by a user in no group, by one whose group allows the path, and at once by one \
                 whose group allows another"
            }
            Self::Forbidden => "looks at the answer to that last one",
            Self::ExplicitDeny => "GET by a user of two groups, one of which denies the path",
            Self::NotResource => "a Deny of all but the path, and one of all but another",
            Self::Time => "an Allow until 2099, and one until 2020",
            Self::SourceIp => "an Allow for every address, and one for addresses that nobody has",
            Self::SecureTransport => "an Allow for HTTPS, and one for anything else",
            Self::Expiry => "an Allow that ends 15 s later: a call before, and one after",
            Self::Spelling => "other spellings of a path that is denied beside an Allow of all",
            Self::MethodOverride => {
                "GET that names HEAD, with the right to GET, and with that to HEAD"
            }
            Self::TwoTokens => {
                "two Authorization headers, in both orders, and the one without the right afterwards"
            }
            Self::ResourceLength => {
                "a resource of nearly 512 characters beside the path, and a longer one"
            }
            Self::AnswerSize => {
                "the largest policy within the function's budget, smaller ones by halving if that \
                 fails, and one over the budget"
            }
            Self::KeptAnswers => {
                "changes a document after a call, and calls again with that token and with new ones; \
                 asks another route with the same token"
            }
            Self::Flush => "FlushStageAuthorizersCache, and calls until the change is in force",
            Self::Settings => {
                "reads the authorizer, the gateway responses and the function's environment, and \
                 compares them with each other and with what was seen"
            }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn page(name: &str) -> String {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        std::fs::read_to_string(docs.join(name)).unwrap()
    }

    #[test]
    fn every_probe_is_documented() {
        let page = page("doctor.md");
        let (_, table) = page.split_once("## The probes").unwrap();
        for probe in Probe::ALL {
            assert!(table.contains(&format!("`{}`", probe.id())), "{}", probe.id());
        }
    }

    /// A probe that is renamed must not leave an open point without its answer.
    #[test]
    fn the_probes_that_settle_open_points_are_there() {
        let page = page("unverified.md");
        let (_, section) = page.split_once("## API Gateway").unwrap();
        let mut named = 0;
        for row in section.lines().filter(|line| {
            line.starts_with("| that") || line.starts_with("| how") || line.starts_with("| what")
        }) {
            let column = row.split('|').nth(3).unwrap();
            for name in column.split('`').skip(1).step_by(2) {
                assert!(Probe::ALL.iter().any(|probe| probe.id() == name), "{name}");
                named += 1;
            }
        }
        assert!(named > 5, "{named} probes named");
    }
}
