//! How the API is deployed, as the control planes of API Gateway and Lambda tell it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use gatepost_core::gateway::StageArn;

use crate::aws::{
    Authorizer, Aws, AwsError, FunctionArn, RestApi, Stage, find_stage, flush_authorizers_cache,
    function_environment,
};

/// A stage of a REST API, its authorizer, and the function behind that.
pub(super) struct Deployed {
    aws: Aws,
    api_id: String,
    stage: String,
    pub(super) api: RestApi,
    /// The authorizer; `None` if there is none, or it cannot be told which it is.
    pub(super) authorizer: Option<Authorizer>,
    /// What the function is told; `Err` says why that is not known.
    pub(super) settings: Result<BTreeMap<String, String>, String>,
    account: Option<(String, String)>,
}

impl Deployed {
    /// Asks.
    ///
    /// # Errors
    ///
    /// When API Gateway cannot be asked, or has no such REST API.
    pub(super) async fn read(aws: Aws, api_id: String, stage: String) -> anyhow::Result<Self> {
        let api = match RestApi::read(&aws, &api_id).await {
            Err(error) if error.is_not_found() => {
                return Err(error).with_context(|| {
                    format!(
                        "`{api_id}` is no REST API in {}; for an HTTP API, leave --api-id out",
                        aws.region()
                    )
                });
            }
            api => api.context("API Gateway does not tell how the API is deployed")?,
        };
        find_stage(&aws, Stage { api_id: &api_id, name: &stage })
            .await
            .with_context(|| format!("the stage `{stage}`"))?;
        let mut found = None;
        let mut unread = Vec::new();
        for authorizer in api.authorizers.clone() {
            let Some(function) = FunctionArn::of_authorizer_uri(&authorizer.uri) else { continue };
            match function_environment(&aws, &function).await {
                Ok(settings) if settings.contains_key("GATEPOST_ISSUERS") => {
                    found = Some((authorizer, function, Ok(settings)));
                    break;
                }
                Ok(_) => {}
                Err(error) => unread.push((authorizer, function, Err(error.to_string()))),
            }
        }
        // Where no function could be read, the only one there is will be it.
        if found.is_none() && unread.len() == 1 {
            found = unread.pop();
        }
        let (authorizer, function, settings) = match found {
            Some((authorizer, function, settings)) => (Some(authorizer), Some(function), settings),
            None => (None, None, Err("no authorizer of the API calls Gatepost".to_owned())),
        };
        let account = function.and_then(|function| {
            Some((function.partition()?.to_owned(), function.account()?.to_owned()))
        });
        Ok(Self { aws, api_id, stage, api, authorizer, settings, account })
    }

    /// What the function is set to by `name`; `None` if it is not set, or not known.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.as_ref().ok()?.get(name).map(String::as_str)
    }

    /// The first part of every method ARN of the stage, if the account is known.
    pub(super) fn stage_arn(&self) -> Option<StageArn> {
        let (partition, account) = self.account.as_ref()?;
        let region = self.aws.region();
        let (api, stage) = (&self.api_id, &self.stage);
        format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}").parse().ok()
    }

    /// Ends every answer that the stage keeps.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if it may not be done.
    pub(super) async fn flush(&self) -> Result<(), AwsError> {
        let stage = Stage { api_id: &self.api_id, name: &self.stage };
        flush_authorizers_cache(&self.aws, stage).await
    }
}
