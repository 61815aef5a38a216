//! The authorizer that the gateway invokes: in this process, a compiled binary, or elsewhere.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use bytes::Bytes;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::{Authorizer, Config};
use gatepost_emulator::gateway::FunctionSettings;
use gatepost_emulator::invoke::{BoxFuture, Invocation, Invoke};
use gatepost_emulator::lambda::{LambdaConfig, LambdaProcess, OutputSink};
use gatepost_store::DynamoDbStore;

use super::settings::Settings;
use super::tell;
use crate::command::DevArgs;

/// The issuer and the table are on this machine; what has not answered by then is not there.
const WARM_UP: Duration = Duration::from_millis(500);

/// Starts the authorizer that `args` ask for, as its function is deployed, if that is known.
///
/// # Errors
///
/// When its settings are at fault, or the binary cannot be run.
pub(super) async fn start(
    args: &DevArgs,
    settings: &Settings,
    function: Option<&FunctionSettings>,
) -> anyhow::Result<Arc<dyn Invoke>> {
    if let Some(url) = &args.invoke_url {
        return Ok(Arc::new(url.clone()));
    }
    if let Some(binary) = &args.lambda {
        let variables = settings.all().into_iter();
        let mut config = LambdaConfig::new(binary);
        config.env = variables.map(|(name, value)| (name.into(), value.into())).collect();
        config.output = OutputSink::new(|_, line| tell(&format!("lambda   {line}")));
        if let Some(function) = function {
            config.timeout = function.timeout;
            config.memory_megabytes = function.memory_megabytes;
        }
        let lambda = LambdaProcess::start(config).await?;
        lambda.ready().await;
        return Ok(Arc::new(lambda));
    }
    let variables = settings.all();
    let config = Config::from_vars(|name| variables.get(name).cloned(), variables.keys().cloned())
        .context("the authorizer's settings")?;
    let https = HttpsClient::from_vars(|name| settings.get(name))?;
    let client = DynamoDbSettings::from_vars(|name| settings.get(name))?.client(&https);
    let authorizer = Authorizer::over_dynamodb(config, &client, https);
    authorizer.warm_up(SystemTime::now(), WARM_UP).await;
    Ok(Arc::new(InProcess { authorizer }))
}

/// The authorizer as a library.
struct InProcess {
    authorizer: Authorizer<DynamoDbStore>,
}

impl Invoke for InProcess {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        Box::pin(async move {
            match self.authorizer.answer(&event, SystemTime::now()).await {
                Ok(answer) => Invocation::Returned(String::from(Box::<str>::from(answer)).into()),
                Err(refusal) => Invocation::FunctionError { message: refusal.to_string() },
            }
        })
    }
}
