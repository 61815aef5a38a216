//! What the authorizer of `gatepost dev` is told, as environment variables.

use std::collections::BTreeMap;
use std::env;

use gatepost_emulator::issuer::MACHINE_CLIENT;
use serde_json::json;

use crate::development::CLIENT;

/// Variables of the authorizer, by name.
#[derive(Debug)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// The development world, with whatever `GATEPOST_…` and `AWS_…` the shell has set on top; but
    /// the table is always the one at `endpoint` that this program fills, in its own layout, and read each time.
    pub(super) fn new(issuer_url: &str, endpoint: &str) -> Self {
        let issuers = json!([{ "issuer": issuer_url, "audience": [CLIENT, MACHINE_CLIENT] }]);
        let mut settings: BTreeMap<String, String> = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "development"),
            ("AWS_SECRET_ACCESS_KEY", "development"),
            ("GATEPOST_ISSUERS", &issuers.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
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
        Self(settings)
    }

    /// The value of one variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Every variable.
    pub(super) fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}
