//! The DynamoDB table of a deployed authorizer, and how to reach it.
//!
//! What the environment says is taken as the function takes it. Where it has no credentials, they are
//! looked for as every tool of AWS does: a profile and its role, a sign-in (`aws sso login`), a
//! program, a container's or a machine's role.

use std::env;
use std::future::Future;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    ProvideCredentials as _, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_store::TableLayout;

use crate::aws::Aws;

/// How far DynamoDB's eventually consistent reads are usually behind, at most.
///
/// Source: [Read consistency](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html).
pub(crate) const READ_LAG: Duration = Duration::from_secs(1);

/// A client, and how the table is laid out.
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) layout: TableLayout,
    /// As whom it is asked, for what else is asked of AWS.
    pub(crate) access: Access,
}

/// A region, and whatever provides credentials.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    region: String,
    credentials: SharedCredentialsProvider,
}

impl Access {
    /// What the environment says, or else what is found where every tool of AWS looks.
    ///
    /// # Errors
    ///
    /// When a region or credentials are missing, or a setting is wrong.
    pub(crate) async fn from_environment() -> anyhow::Result<Self> {
        Ok(reach().await?.1)
    }

    /// What calls of other services are made with.
    ///
    /// # Errors
    ///
    /// When no credentials are to be had.
    pub(crate) async fn aws(&self) -> anyhow::Result<Aws> {
        let credentials = self.credentials.provide_credentials().await?;
        let https = HttpsClient::from_vars(variable)?;
        Ok(Aws::new(https, self.region.clone(), credentials))
    }
}

impl Table {
    /// Reads the variables that the authorizer reads too, and looks further for credentials.
    ///
    /// # Errors
    ///
    /// Every setting that is missing or wrong.
    pub(crate) async fn from_environment() -> anyhow::Result<Self> {
        let layout = match variable("GATEPOST_TABLE_LAYOUT") {
            Some(text) => text.parse().context("GATEPOST_TABLE_LAYOUT")?,
            None => TableLayout::Gatepost,
        };
        let (client, access) = reach().await?;
        Ok(Self { client, layout, access })
    }
}

/// Profiles are files; credentials themselves are fetched with the first request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client, and with what it asks.
async fn reach() -> anyhow::Result<(Client, Access)> {
    let https = HttpsClient::from_vars(variable)?;
    let is_complete = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .iter()
        .all(|name| variable(name).is_some_and(|value| !value.is_empty()));
    if is_complete {
        let settings = DynamoDbSettings::from_vars(variable)?;
        let region = settings.region().to_owned();
        let credentials = SharedCredentialsProvider::new(settings.credentials().clone());
        return Ok((settings.client(&https), Access { region, credentials }));
    }
    tokio::time::timeout(PATIENCE, from_profiles(&https)).await.with_context(|| {
        format!("no region and credentials were found within {} s", PATIENCE.as_secs())
    })?
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// A client with the region and the credentials that a profile or the surroundings have.
async fn from_profiles(https: &HttpsClient) -> anyhow::Result<(Client, Access)> {
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https.for_aws_sdk())
        .region(region)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await;
    let region = config
        .region()
        .context("which region? name it in AWS_REGION, or in the profile (AWS_PROFILE)")?
        .to_string();
    let credentials = config.credentials_provider().context("there are no credentials")?;
    Ok((Client::new(&config), Access { region, credentials }))
}

/// Waits for what a table is asked, but not for ever.
///
/// # Errors
///
/// When it takes longer than `patience`.
pub(crate) fn wait_for<T>(patience: Duration, asked: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime
        .block_on(async { tokio::time::timeout(patience, asked).await })
        .with_context(|| format!("no answer from the table within {} s", patience.as_secs()))
}
