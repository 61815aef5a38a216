//! The policy table of `gatepost dev`, which mirrors the policies folder.

use std::time::SystemTime;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{NewRevision, SeedReport, create_session_table, create_table, seed};

use super::settings::Settings;

/// A table that follows the folder.
#[derive(Debug)]
pub(super) struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Makes the table if it is not there, and that of sessions, if one is needed.
    ///
    /// # Errors
    ///
    /// When the engine cannot be reached or does not let it be made.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let https = HttpsClient::from_vars(|name| settings.get(name))?;
        let client = DynamoDbSettings::from_vars(|name| settings.get(name))?.client(&https);
        let name = settings.get("GATEPOST_POLICY_TABLE").unwrap_or_default();
        create_table(&client, &name)
            .await
            .with_context(|| format!("cannot make the table `{name}`"))?;
        if let Some(sessions) = settings.session_table() {
            create_session_table(&client, &sessions)
                .await
                .with_context(|| format!("cannot make the table `{sessions}`"))?;
        }
        Ok(Self { client, name })
    }

    /// Makes the table hold exactly `documents`.
    ///
    /// # Errors
    ///
    /// When a document cannot be written.
    pub(super) async fn seed(
        &self,
        documents: &[(Subject, PolicyDocument)],
    ) -> anyhow::Result<SeedReport> {
        let revision = NewRevision {
            updated_at: SystemTime::now(),
            updated_by: "gatepost dev",
            comment: "from the policies folder",
            source_revision: None,
        };
        seed(&self.client, &self.name, documents, &revision)
            .await
            .with_context(|| format!("cannot write to the table `{}`", self.name))
    }
}
