//! The authorizer's settings, read once from the environment; every fault is reported, not only
//! the first.
//!
//! A misspelt setting must not become a silent default: an unknown `GATEPOST_…` name is a fault,
//! as is one that contradicts another. No setting is a secret. Faults name
//! the setting and what it must be, and do not repeat its value. `AWS_CA_BUNDLE` is read with
//! [`crate::https`], and what the AWS SDK needs with [`crate::dynamodb`]. This table is made from
//! [`settings`] by `scripts/reference`.
//!
//! | name | unit and range | default | where the limit comes from |
//! | --- | --- | --- | --- |
//! | `GATEPOST_CONTEXT_CLAIMS` | claim names; may be empty | `sub,username,client_id,scope,groups` | names that API Gateway adds are reserved |
//! | `GATEPOST_CSRF_HEADER` | the name of a header | none | |
//! | `GATEPOST_DEADLINE_MS` | 100 to 25,000 ms | 4000 | below the 29 s after which REST APIs give up on a back end |
//! | `GATEPOST_EXPIRY_CONDITION` | `off`, `on` | `off` | |
//! | `GATEPOST_IMPLICIT_DENY` | `explicit`, `implicit` | `implicit` | |
//! | `GATEPOST_ISSUERS` | JSON array of issuers | required | |
//! | `GATEPOST_JWKS_MAX_STALE_SECONDS` | 60 to 604,800 s | 86400 | |
//! | `GATEPOST_JWKS_TTL_SECONDS` | 60 to 86,400 s | 3600 | |
//! | `GATEPOST_LEEWAY_SECONDS` | 0 to 300 s | 0 | RFC 7519 section 4.1.4: a few minutes |
//! | `GATEPOST_LOG_SAMPLE_PERCENT` | 1 to 100 % | 100 | |
//! | `GATEPOST_MAX_POLICY_BYTES` | 1,024 to 6,000,000 bytes | 8192 | Lambda's response limit of 6 MB |
//! | `GATEPOST_POLICY_TABLE` | table name or ARN | required | DynamoDB: 3 to 1,024 bytes |
//! | `GATEPOST_POLICY_TTL_SECONDS` | 0 to 3,600 s | 30 | API Gateway's own cache: 3,600 s |
//! | `GATEPOST_RESPONSE` | `policy`, `simple` | `policy` | `simple` needs `GATEPOST_SCOPE=method` |
//! | `GATEPOST_REVOCATION` | `off`, `on` | `off` | |
//! | `GATEPOST_SCOPE` | `api`, `method` | `api` | |
//! | `GATEPOST_SESSION_TABLE` | table name or ARN | required with a `session:` source | DynamoDB: 3 to 1,024 bytes |
//! | `GATEPOST_SESSION_TTL_SECONDS` | 0 to 300 s | 30 | how long a logout may go unnoticed |
//! | `GATEPOST_SUBJECTS` | any of `client`, `group`, `scope`, `user` | `group` | |
//! | `GATEPOST_TABLE_LAYOUT` | `aws-sample`, `gatepost` | `gatepost` | |
//! | `GATEPOST_TOKEN_SOURCES` | `header:NAME`, `cookie:NAME`, `query:NAME`, `session:NAME` | `header:Authorization` | |
//! | `GATEPOST_USAGE_IDENTIFIER_KEY` | `off`, `on` | `off` | |

mod answer_settings;
pub mod issuers;
pub mod settings;
mod token_source;
pub mod variables;

use std::fmt;
use std::time::Duration;

use gatepost_core::subject::SubjectKind;
use gatepost_core::token::Leeway;
use gatepost_store::TableLayout;

pub use answer_settings::{
    ContextClaim, ExpiryCondition, ImplicitDeny, Response, Scope, UsageIdentifierKey,
};
pub use issuers::{Issuer, KeyOrigin};
pub use settings::{NAMES, SETTINGS};
pub use token_source::{SessionSettings, TokenSource};

use crate::credential::TokenPlaces;
use variables::Variables;

/// Everything the authorizer can be told.
#[derive(Debug)]
pub struct Config {
    /// The claims that the back end receives.
    pub context_claims: Vec<ContextClaim>,
    /// The header that has to come with a token which only a cookie holds, with the token against
    /// cross-site request forgery in it ([`gatepost_core::csrf`]).
    pub csrf_header: Option<String>,
    /// For all I/O of one call together, retries included.
    pub deadline: Duration,
    /// Whether an Allow ends with the token.
    pub expiry_condition: ExpiryCondition,
    /// Whether what is not allowed is denied by a statement.
    pub implicit_deny: ImplicitDeny,
    /// Whose tokens are accepted. At least one; no two have the same `iss`.
    pub issuers: Vec<Issuer>,
    /// The age at which a fetched key dies, even when the issuer is down.
    pub jwks_max_stale: Duration,
    /// The age at which a fetched key set is fetched again.
    pub jwks_ttl: Duration,
    /// How many of a hundred calls that got a policy are written to the log; the others always
    /// are. 1 to 100.
    pub log_sample_percent: u8,
    /// The budget of one answer, its context included, in bytes.
    pub max_policy_bytes: usize,
    /// The name or ARN of the table.
    pub policy_table: String,
    /// How long documents that were read are answered from; zero: read for every call.
    pub policy_ttl: Duration,
    /// The form of an answer.
    pub response: Response,
    /// Whether the caller's revocation rows are read with every call.
    pub revocation: Revocation,
    /// What one answer is valid for.
    pub scope: Scope,
    /// Where sessions are, if a token source is one.
    pub sessions: Option<SessionSettings>,
    /// The kinds of subject whose documents count. At least one.
    pub subjects: Vec<SubjectKind>,
    /// How the table is laid out.
    pub table_layout: TableLayout,
    /// Where tokens are read, in this order. At least one.
    pub token_sources: Vec<TokenSource>,
    /// Whether an answer names the API key of the caller's usage plan.
    pub usage_identifier_key: UsageIdentifierKey,
}

/// Whether revocations are looked for (`GATEPOST_REVOCATION`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revocation {
    /// They are not; a token is good until it ends.
    Off,
    /// The rows for the user, the session and the token are read with every call.
    On,
}

impl Config {
    /// Reads the settings through `variable`; `names` are the names of all variables there are.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] with every fault of every setting.
    pub fn from_vars(
        variable: impl Fn(&str) -> Option<String>,
        names: impl Iterator<Item = String>,
    ) -> Result<Self, ConfigFaults> {
        let mut vars = Variables::new(&variable);
        for name in names {
            if name.starts_with("GATEPOST_") && !NAMES.contains(&name.as_str()) {
                vars.fault(&name, "is not a setting of this version");
            }
        }
        let leeway = vars.seconds("GATEPOST_LEEWAY_SECONDS", 0, 0..=Leeway::MAX.as_secs());
        let jwks_ttl = vars.seconds("GATEPOST_JWKS_TTL_SECONDS", 3_600, 60..=86_400);
        let jwks_max_stale = vars.seconds("GATEPOST_JWKS_MAX_STALE_SECONDS", 86_400, 60..=604_800);
        if jwks_max_stale < jwks_ttl {
            vars.fault(
                "GATEPOST_JWKS_MAX_STALE_SECONDS",
                "must not be less than `GATEPOST_JWKS_TTL_SECONDS`",
            );
        }
        let token_sources =
            vars.list("GATEPOST_TOKEN_SOURCES", "header:Authorization", TokenSource::parse);
        let config = Self {
            context_claims: answer_settings::context_claims(&mut vars),
            csrf_header: token_source::csrf_header(&mut vars),
            deadline: Duration::from_millis(vars.number(
                "GATEPOST_DEADLINE_MS",
                4_000,
                100..=25_000,
                "ms",
            )),
            expiry_condition: vars.switch(
                "GATEPOST_EXPIRY_CONDITION",
                ExpiryCondition::Off,
                ExpiryCondition::On,
            ),
            implicit_deny: vars.choice(
                "GATEPOST_IMPLICIT_DENY",
                ("implicit", ImplicitDeny::Implicit),
                &[("explicit", ImplicitDeny::Explicit)],
            ),
            issuers: issuers::read(&mut vars, Leeway::try_from(leeway).unwrap_or(Leeway::NONE)),
            jwks_max_stale,
            jwks_ttl,
            log_sample_percent: u8::try_from(vars.number(
                "GATEPOST_LOG_SAMPLE_PERCENT",
                100,
                1..=100,
                "%",
            ))
            .unwrap_or(100),
            max_policy_bytes: usize::try_from(vars.number(
                "GATEPOST_MAX_POLICY_BYTES",
                8_192,
                1_024..=6_000_000,
                "bytes",
            ))
            .unwrap_or(usize::MAX),
            policy_table: vars.policy_table(),
            policy_ttl: vars.seconds("GATEPOST_POLICY_TTL_SECONDS", 30, 0..=3_600),
            response: vars.choice(
                "GATEPOST_RESPONSE",
                ("policy", Response::Policy),
                &[("simple", Response::Simple)],
            ),
            revocation: vars.switch("GATEPOST_REVOCATION", Revocation::Off, Revocation::On),
            scope: vars.choice("GATEPOST_SCOPE", ("api", Scope::Api), &[("method", Scope::Method)]),
            sessions: token_source::sessions(&mut vars, &token_sources),
            subjects: vars.subjects(),
            table_layout: vars.table_layout(),
            token_sources,
            usage_identifier_key: vars.switch(
                "GATEPOST_USAGE_IDENTIFIER_KEY",
                UsageIdentifierKey::Off,
                UsageIdentifierKey::On,
            ),
        };
        config.look_for_contradictions(&mut vars);
        vars.finish(config)
    }

    /// Where a token may stand in a request.
    pub(crate) fn token_places(&self) -> TokenPlaces<'_> {
        TokenPlaces { sources: &self.token_sources, csrf_header: self.csrf_header.as_deref() }
    }

    /// What no setting has wrong by itself.
    fn look_for_contradictions(&self, vars: &mut Variables<'_>) {
        if self.table_layout == TableLayout::AwsSample && self.subjects != [SubjectKind::Group] {
            // A Deny for a user would never be looked for.
            vars.fault(
                "GATEPOST_SUBJECTS",
                "must be `group` with `GATEPOST_TABLE_LAYOUT=aws-sample`, which has no other rows",
            );
        }
        if self.table_layout == TableLayout::AwsSample && self.revocation == Revocation::On {
            vars.fault(
                "GATEPOST_REVOCATION",
                "must be `off` with `GATEPOST_TABLE_LAYOUT=aws-sample`, which has no other rows",
            );
        }
        let sources = &self.token_sources;
        if sources.iter().any(|one| sources.iter().any(|other| one.is_cookie_of(other))) {
            vars.fault(
                "GATEPOST_TOKEN_SOURCES",
                "lists one cookie as `cookie:` and as `session:`, of which it can hold one",
            );
        }
        if self.csrf_header.is_some() && !sources.iter().any(TokenSource::is_cookie) {
            vars.fault(
                "GATEPOST_CSRF_HEADER",
                "is for tokens in cookies, and `GATEPOST_TOKEN_SOURCES` lists none",
            );
        }
        if self.response == Response::Simple && self.scope == Scope::Api {
            // Cached, one yes would open every route to the caller.
            vars.fault(
                "GATEPOST_RESPONSE",
                "can be `simple` only with `GATEPOST_SCOPE=method`, and without a result cache",
            );
        }
    }
}

/// What is wrong with the settings: all of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct ConfigFaults(Vec<ConfigFault>);

impl ConfigFaults {
    /// One fault or more, in no particular order.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.0
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl FromIterator<ConfigFault> for ConfigFaults {
    fn from_iter<I: IntoIterator<Item = ConfigFault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl IntoIterator for ConfigFaults {
    type Item = ConfigFault;
    type IntoIter = std::vec::IntoIter<ConfigFault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One fault of one setting.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{setting}` {message}")]
pub struct ConfigFault {
    /// The name of the variable.
    pub setting: String,
    /// What is wrong, to be read after the name: `is required`.
    pub message: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ISSUERS: &str =
        r#"[{"issuer":"https://issuer.example","audience":["client-1"]}]"#;

    /// The smallest whole configuration, with `changes` on top.
    pub(crate) fn config(changes: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        let mut vars = vec![("GATEPOST_POLICY_TABLE", "policies"), ("GATEPOST_ISSUERS", ISSUERS)];
        for change in changes {
            vars.retain(|(name, _)| name != &change.0);
            vars.push(*change);
        }
        from_pairs(&vars)
    }

    fn from_pairs(vars: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        Config::from_vars(
            |name| vars.iter().find_map(|(key, value)| (*key == name).then(|| (*value).to_owned())),
            vars.iter().map(|(name, _)| (*name).to_owned()),
        )
    }

    /// What is wrong with one value of one setting.
    pub(crate) fn fault_of(name: &str, value: &str) -> String {
        config(&[(name, value)]).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = config(&[]).unwrap();
        assert_eq!(config.csrf_header, None);
        assert_eq!(config.deadline, Duration::from_secs(4));
        assert_eq!(config.expiry_condition, ExpiryCondition::Off);
        assert_eq!(config.implicit_deny, ImplicitDeny::Implicit);
        assert_eq!(config.jwks_max_stale, Duration::from_hours(24));
        assert_eq!(config.jwks_ttl, Duration::from_hours(1));
        assert_eq!(config.max_policy_bytes, 8_192);
        assert_eq!(config.policy_table, "policies");
        assert_eq!(config.policy_ttl, Duration::from_secs(30));
        assert_eq!(config.log_sample_percent, 100);
        assert_eq!(config.response, Response::Policy);
        assert_eq!(config.revocation, Revocation::Off);
        assert_eq!(config.usage_identifier_key, UsageIdentifierKey::Off);
        assert_eq!(config.scope, Scope::Api);
        assert_eq!(config.subjects, [SubjectKind::Group]);
        assert_eq!(config.table_layout, TableLayout::Gatepost);
        assert_eq!(config.token_sources, [TokenSource::Header("Authorization".into())]);
        let claims: Vec<&str> = config.context_claims.iter().map(ContextClaim::name).collect();
        assert_eq!(claims, ["sub", "username", "client_id", "scope", "groups"]);
    }

    #[test]
    fn a_header_against_request_forgery_is_for_cookies() {
        let cookie = ("GATEPOST_TOKEN_SOURCES", "cookie:id");
        assert!(config(&[("GATEPOST_CSRF_HEADER", "X-CSRF-Token"), cookie]).is_ok());
        let fault = fault_of("GATEPOST_CSRF_HEADER", "X-CSRF-Token");
        assert!(fault.contains("`GATEPOST_TOKEN_SOURCES` lists none"), "{fault}");
        let fault = config(&[("GATEPOST_CSRF_HEADER", "a b"), cookie]).unwrap_err().to_string();
        assert!(fault.contains("must be the name of a header"), "{fault}");
    }

    #[test]
    fn every_setting_can_be_set() {
        let config = config(&[
            ("GATEPOST_CONTEXT_CLAIMS", "sub, custom:tenant"),
            ("GATEPOST_CSRF_HEADER", "X-CSRF-Token"),
            ("GATEPOST_DEADLINE_MS", "2500"),
            ("GATEPOST_EXPIRY_CONDITION", "on"),
            ("GATEPOST_IMPLICIT_DENY", "explicit"),
            ("GATEPOST_JWKS_MAX_STALE_SECONDS", "600"),
            ("GATEPOST_JWKS_TTL_SECONDS", "300"),
            ("GATEPOST_LEEWAY_SECONDS", "5"),
            ("GATEPOST_LOG_SAMPLE_PERCENT", "5"),
            ("GATEPOST_MAX_POLICY_BYTES", "100000"),
            ("GATEPOST_POLICY_TABLE", "arn:aws:dynamodb:eu-west-1:123456789012:table/policies"),
            ("GATEPOST_POLICY_TTL_SECONDS", "0"),
            ("GATEPOST_RESPONSE", "simple"),
            ("GATEPOST_REVOCATION", "on"),
            ("GATEPOST_SCOPE", "method"),
            ("GATEPOST_SUBJECTS", "group,user,client,scope"),
            ("GATEPOST_TABLE_LAYOUT", "gatepost"),
            ("GATEPOST_TOKEN_SOURCES", "cookie:id,header:X-Token,query:token"),
            ("GATEPOST_USAGE_IDENTIFIER_KEY", "on"),
        ])
        .unwrap();
        assert_eq!(config.csrf_header.as_deref(), Some("X-CSRF-Token"));
        assert_eq!(config.log_sample_percent, 5);
        assert_eq!(config.revocation, Revocation::On);
        assert_eq!(config.usage_identifier_key, UsageIdentifierKey::On);
        assert_eq!(config.deadline, Duration::from_millis(2_500));
        assert_eq!(config.expiry_condition, ExpiryCondition::On);
        assert_eq!(config.implicit_deny, ImplicitDeny::Explicit);
        assert_eq!(config.issuers[0].expected.leeway(), Duration::from_secs(5));
        assert_eq!(config.jwks_max_stale, Duration::from_mins(10));
        assert_eq!(config.jwks_ttl, Duration::from_mins(5));
        assert_eq!(config.max_policy_bytes, 100_000);
        assert_eq!(config.policy_ttl, Duration::ZERO);
        assert_eq!(config.response, Response::Simple);
        assert_eq!(config.scope, Scope::Method);
        assert_eq!(config.subjects.len(), 4);
        assert_eq!(config.token_sources.len(), 3);
        let claims: Vec<&str> = config.context_claims.iter().map(ContextClaim::name).collect();
        assert_eq!(claims, ["sub", "custom:tenant"]);
    }

    #[test]
    fn the_table_of_the_aws_sample_has_rows_of_groups_only() {
        let layout = ("GATEPOST_TABLE_LAYOUT", "aws-sample");
        assert_eq!(config(&[layout]).unwrap().table_layout, TableLayout::AwsSample);
        let faults = config(&[layout, ("GATEPOST_SUBJECTS", "group,user")]).unwrap_err();
        assert!(faults.to_string().contains("`GATEPOST_SUBJECTS` must be `group`"), "{faults}");
        let faults = config(&[layout, ("GATEPOST_REVOCATION", "on")]).unwrap_err();
        assert!(faults.to_string().contains("`GATEPOST_REVOCATION` must be `off`"), "{faults}");
    }

    #[test]
    fn a_simple_answer_cannot_stand_for_all_methods() {
        let faults = config(&[("GATEPOST_RESPONSE", "simple")]).unwrap_err();
        assert!(faults.to_string().contains("`GATEPOST_SCOPE=method`"), "{faults}");
    }

    #[test]
    fn all_faults_are_reported_together() {
        let faults = from_pairs(&[
            ("GATEPOST_POLICY_TTL", "30"),
            ("GATEPOST_SCOPE", "apis"),
            ("GATEPOST_LEEWAY_SECONDS", "301"),
            ("GATEPOST_JWKS_TTL_SECONDS", "1h"),
            ("GATEPOST_SUBJECTS", "groups"),
            ("UNRELATED", "x"),
        ])
        .unwrap_err();
        let mut lines: Vec<String> = faults.faults().iter().map(ToString::to_string).collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                "`GATEPOST_ISSUERS` is required",
                "`GATEPOST_JWKS_TTL_SECONDS` must be a whole number of s from 60 to 86400",
                "`GATEPOST_LEEWAY_SECONDS` must be a whole number of s from 0 to 300",
                "`GATEPOST_POLICY_TABLE` is required",
                "`GATEPOST_POLICY_TTL` is not a setting of this version",
                "`GATEPOST_SCOPE` must be `api` or `method`",
                "`GATEPOST_SUBJECTS` may list `client`, `group`, `scope` and `user`",
            ]
        );
    }

    #[test]
    fn values_out_of_range_and_empty_values_are_faults() {
        for (name, value) in [
            ("GATEPOST_DEADLINE_MS", "99"),
            ("GATEPOST_DEADLINE_MS", "25001"),
            ("GATEPOST_EXPIRY_CONDITION", "ON"),
            ("GATEPOST_IMPLICIT_DENY", "on"),
            ("GATEPOST_ISSUERS", ""),
            ("GATEPOST_JWKS_MAX_STALE_SECONDS", "3599"),
            ("GATEPOST_LOG_SAMPLE_PERCENT", "0"),
            ("GATEPOST_LOG_SAMPLE_PERCENT", "101"),
            ("GATEPOST_MAX_POLICY_BYTES", "-1"),
            ("GATEPOST_MAX_POLICY_BYTES", "99999999999999999999"),
            ("GATEPOST_POLICY_TABLE", "my table"),
            ("GATEPOST_POLICY_TABLE", ""),
            ("GATEPOST_POLICY_TTL_SECONDS", "+30"),
            ("GATEPOST_POLICY_TTL_SECONDS", ""),
            ("GATEPOST_SUBJECTS", ""),
            ("GATEPOST_SUBJECTS", "group,group"),
            ("GATEPOST_TABLE_LAYOUT", "sample"),
        ] {
            let fault = fault_of(name, value);
            assert!(fault.starts_with(&format!("`{name}` ")), "{name}={value}: {fault}");
        }
    }
}
