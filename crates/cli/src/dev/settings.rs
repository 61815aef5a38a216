//! What the functions of `gatepost dev` are told, as environment variables.

use std::collections::BTreeMap;
use std::env;

use anyhow::Context as _;
use gatepost_emulator::gateway::FunctionSettings;
use gatepost_emulator::issuer::MACHINE_CLIENT;
use serde_json::{Map, Value, json};

use crate::development::CLIENT;

const ISSUERS: &str = "GATEPOST_ISSUERS";

/// How settings begin that are the session function's alone, but for those of both.
const SESSION: [&str; 2] = ["GATEPOST_PAGE_", "GATEPOST_SESSION_"];
const SESSION_MODE: &str = "GATEPOST_SESSION_MODE";
const SESSION_TABLE: &str = "GATEPOST_SESSION_TABLE";
const SESSION_TTL: &str = "GATEPOST_SESSION_TTL_SECONDS";

/// Variables of the authorizer and the session function, by name.
#[derive(Debug)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// The development world: what the function's template says of it, if there is one, and whatever
    /// `GATEPOST_…` and `AWS_…` the shell has set on top. But the issuer is the one of this program,
    /// unless the shell names another, and the table is always the one at `endpoint` that this
    /// program fills, in its own layout, and read each time.
    ///
    /// # Errors
    ///
    /// When the template's setting of the issuers cannot be understood.
    pub(super) fn new(
        issuer_url: &str,
        endpoint: &str,
        function: Option<&FunctionSettings>,
    ) -> anyhow::Result<Self> {
        let deployed = function.map(|function| function.environment.clone()).unwrap_or_default();
        let issuers = issuers(deployed.get(ISSUERS).map(String::as_str), issuer_url)
            .with_context(|| format!("{ISSUERS} of the function in the template"))?;
        let mut settings: BTreeMap<String, String> = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "development"),
            ("AWS_SECRET_ACCESS_KEY", "development"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        settings.extend(deployed);
        settings.insert(ISSUERS.to_owned(), issuers);
        let from_shell = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let wanted = name.starts_with("GATEPOST_") || name.starts_with("AWS_");
            Some((name, value.to_string_lossy().into_owned())).filter(|_| wanted)
        });
        settings.extend(from_shell);
        for (name, value) in [
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ("GATEPOST_POLICY_TABLE", "gatepost-policies"),
            // What is saved is in force at once.
            ("GATEPOST_POLICY_TTL_SECONDS", "0"),
            ("GATEPOST_TABLE_LAYOUT", "gatepost"),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        let mut settings = Self(settings);
        if settings.authorizer_reads_sessions() {
            // Who signs out is out at once.
            for (name, value) in [(SESSION_MODE, "opaque"), (SESSION_TTL, "0")] {
                settings.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        if settings.has_sessions() {
            settings.0.insert(SESSION_TABLE.to_owned(), "gatepost-sessions".to_owned());
        }
        Ok(settings)
    }

    /// Whether there is a table of sessions, under the name that stands here.
    pub(super) fn session_table(&self) -> Option<String> {
        if self.has_sessions() { self.get(SESSION_TABLE) } else { None }
    }

    fn has_sessions(&self) -> bool {
        let is_opaque = self.get(SESSION_MODE).is_some_and(|mode| mode == "opaque");
        is_opaque || self.authorizer_reads_sessions()
    }

    fn authorizer_reads_sessions(&self) -> bool {
        let sources = self.get("GATEPOST_TOKEN_SOURCES").unwrap_or_default();
        sources.split(',').any(|source| source.trim().starts_with("session:"))
    }

    /// The value of one variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Whether the authorizer looks for tokens in a header.
    pub(super) fn takes_header(&self) -> bool {
        self.get("GATEPOST_TOKEN_SOURCES").is_none_or(|sources| sources.contains("header:"))
    }

    /// Every variable of the authorizer.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.0.clone();
        all.retain(|name, _| match name.as_str() {
            SESSION_TABLE => self.authorizer_reads_sessions(),
            SESSION_TTL => true,
            name => !SESSION.iter().any(|prefix| name.starts_with(prefix)),
        });
        all
    }

    /// Every variable, those of the session function among them.
    pub(super) fn everything(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// The setting of the issuers, in which the development issuer takes the place of the first that is
/// `deployed`: its tokens are held to the same rules.
fn issuers(deployed: Option<&str>, issuer_url: &str) -> serde_json::Result<String> {
    let deployed: Vec<Map<String, Value>> = match deployed {
        Some(text) => serde_json::from_str(text)?,
        None => Vec::new(),
    };
    let mut issuer = deployed.into_iter().next().unwrap_or_default();
    // Where the keys are is the development issuer's own to say.
    issuer.retain(|name, _| name != "jwks" && name != "jwks_uri");
    issuer.insert("issuer".to_owned(), issuer_url.into());
    issuer.insert("audience".to_owned(), json!([CLIENT, MACHINE_CLIENT]));
    Ok(json!([issuer]).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(deployed: Option<&str>) -> Value {
        serde_json::from_str(&issuers(deployed, "http://here").unwrap()).unwrap()
    }

    #[test]
    fn the_development_issuer_is_held_to_the_rules_of_the_deployed_one() {
        let here = json!([{ "issuer": "http://here", "audience": [CLIENT, MACHINE_CLIENT] }]);
        assert_eq!(read(None), here);
        let deployed = r#"[{ "issuer": "https://idp.example", "audience": ["x"], "jwks": {},
            "jwks_uri": "https://idp.example/keys", "token_use": ["id"], "groups_claim": "roles" },
            { "issuer": "https://other.example", "audience": ["y"] }]"#;
        let want = json!([{ "issuer": "http://here", "audience": [CLIENT, MACHINE_CLIENT],
            "token_use": ["id"], "groups_claim": "roles" }]);
        assert_eq!(read(Some(deployed)), want);
        assert!(issuers(Some("PoolIssuers"), "http://here").is_err());
    }
}
