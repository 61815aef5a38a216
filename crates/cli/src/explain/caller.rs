//! Who asks, and what the request says of itself.

use std::net::IpAddr;

use anyhow::{Context as _, ensure};
use gatepost_core::policy::Context;
use gatepost_core::subject::{Subject, SubjectKind};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Whoever asks, as people and tokens name them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Party {
    pub(crate) groups: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) scopes: Vec<String>,
    /// Claims that are texts; no other can be filled in.
    pub(crate) claims: Vec<(String, String)>,
}

/// Whoever asks, as documents see them.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// In a fixed order, none twice.
    pub(crate) subjects: Vec<Subject>,
    /// What conditions may ask, and the claims.
    pub(crate) context: Context,
}

impl Party {
    /// Whether anything was said of who asks.
    pub(crate) fn is_nobody(&self) -> bool {
        let Self { groups, user, client, scopes, claims: _ } = self;
        groups.is_empty() && user.is_none() && client.is_none() && scopes.is_empty()
    }

    /// The party that a token's claims are about, whether they are true or not. Only subjects of
    /// `kinds` count, as in the authorizer: a client and its scopes only where no user signed in.
    ///
    /// # Errors
    ///
    /// When the claims are no object, or the groups are no list of texts.
    pub(crate) fn of_claims(
        claims: &Value,
        groups_claim: &str,
        kinds: &[SubjectKind],
    ) -> anyhow::Result<Self> {
        let members = claims.as_object().context("the token's payload is not a JSON object")?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_machine = text("client_id").is_some()
            && text("client_id") == text("sub")
            && !members.contains_key("username")
            && !members.contains_key("cognito:username");
        let counts = |kind: SubjectKind| kinds.contains(&kind);
        let mut party = Self::default();
        if let Some(groups) = members.get(groups_claim).filter(|_| counts(SubjectKind::Group)) {
            let names = groups.as_array().map(|names| names.iter().map(Value::as_str).collect());
            let names: Option<Vec<&str>> = names.flatten();
            let names = names
                .with_context(|| format!("the claim `{groups_claim}` is not a list of texts"))?;
            party.groups = names.into_iter().map(str::to_owned).collect();
        }
        party.user = text("sub").filter(|_| !is_machine && counts(SubjectKind::User));
        party.client = text("client_id").filter(|_| is_machine && counts(SubjectKind::Client));
        if is_machine && counts(SubjectKind::Scope) {
            let scopes = text("scope").unwrap_or_default();
            party.scopes = scopes.split_ascii_whitespace().map(str::to_owned).collect();
        }
        party.claims = members
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        Ok(party)
    }

    /// What is said of both.
    #[must_use]
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.groups.extend(more.groups);
        self.user = more.user.or(self.user);
        self.client = more.client.or(self.client);
        self.scopes.extend(more.scopes);
        self.claims.extend(more.claims);
        self
    }

    /// The caller that makes a request with `context`.
    ///
    /// # Errors
    ///
    /// When a name can be nobody's.
    pub(crate) fn caller(&self, mut context: Context) -> anyhow::Result<Caller> {
        let mut subjects = Vec::new();
        let named = [
            (SubjectKind::Group, self.groups.as_slice()),
            (SubjectKind::User, self.user.as_slice()),
            (SubjectKind::Client, self.client.as_slice()),
            (SubjectKind::Scope, self.scopes.as_slice()),
        ];
        for (kind, names) in named {
            for name in names {
                let subject = Subject::new(kind, name.as_str());
                subjects.push(subject.with_context(|| format!("{kind} `{name}`"))?);
            }
        }
        subjects.sort_unstable();
        subjects.dedup();
        // As a token would have them; what is given as a claim is what counts.
        for (name, value) in
            [("sub", &self.client), ("client_id", &self.client), ("sub", &self.user)]
        {
            if let Some(value) = value {
                context.insert(&format!("token:{name}"), value.as_str());
            }
        }
        for (name, value) in &self.claims {
            context.insert(&format!("token:{name}"), value.as_str());
        }
        Ok(Caller { subjects, context })
    }
}

/// What a request says of itself beside who asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestContext {
    pub(crate) source_ip: Option<IpAddr>,
    pub(crate) now: Option<OffsetDateTime>,
    pub(crate) user_agent: Option<String>,
}

impl RequestContext {
    /// As the conditions' keys. AWS takes HTTPS only, so `aws:SecureTransport` is true.
    pub(crate) fn keys(&self) -> Context {
        let mut context = Context::new();
        context.insert("aws:SecureTransport", "true");
        if let Some(address) = self.source_ip {
            context.insert("aws:SourceIp", address.to_string());
        }
        if let Some(now) = self.now {
            context.set_time(now.into());
        }
        if let Some(agent) = &self.user_agent {
            context.insert("aws:UserAgent", agent.as_str());
        }
        context
    }
}

/// Reads a time such as `2026-05-01T12:00:00Z`.
///
/// # Errors
///
/// What to write instead.
pub(crate) fn parse_time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "write a time as in `2026-05-01T12:00:00Z` (RFC 3339)".to_owned())
}

/// Refuses a claim's value that cannot be filled in anywhere.
///
/// # Errors
///
/// When it is given as a condition key.
pub(crate) fn no_claim(key: &str) -> anyhow::Result<()> {
    ensure!(
        !key.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("token:")),
        "`{key}` is a claim and no condition key: give it as a claim"
    );
    ensure!(
        key.contains(':'),
        "a condition key is written `prefix:name`, such as `aws:Referer`, and not `{key}`"
    );
    Ok(())
}
