//! The Lambda function: [`Authorizer`] behind Lambda's Runtime API.
//!
//! All that can be done ahead of the first call is done while the function initialises: settings,
//! keys, connections. If the world is down then, the function starts nevertheless, and calls fail
//! one by one until it is back. If the settings are wrong it does not start: it writes one line
//! with every fault and exits, so that the fault shows where a deployment is watched.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{env, io};

use futures_util::FutureExt;
use gatepost_authorizer::config::{ConfigFault, ConfigFaults};
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::runtime_api::{Failure, Invocation, RuntimeApi};
use gatepost_authorizer::{Authorizer, Call, Config, Refusal};
use gatepost_authorizer::{logging, metrics};
use gatepost_store::DynamoDbStore;
use metrics_cloudwatch_embedded::Collector;
use serde_json::value::RawValue;

/// Lambda gives the initialisation 10 s; a world that has not answered by then is down.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    logging::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), Box<dyn Error + Send + Sync>> {
    let Settings { config, https, dynamodb, lambda } = Settings::from_environment()?;
    let authorizer = Authorizer::over_dynamodb(config, &dynamodb.client(&https), https);
    let metrics = metrics::record(lambda.function_name)?;
    // One environment answers one call at a time, so that a second thread would only cost.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        authorizer.warm_up(SystemTime::now(), WARM_UP).await;
        serve(&authorizer, metrics, RuntimeApi::new(lambda.runtime_api)).await
    })
}

/// Answers one invocation after the other, for as long as Lambda has any.
///
/// # Errors
///
/// When there is no next one to be had. That Lambda could not be told an answer is only logged: it
/// gives up on the invocation itself.
async fn serve(
    authorizer: &Authorizer<DynamoDbStore>,
    metrics: &Collector,
    mut runtime_api: RuntimeApi,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    loop {
        let invocation = runtime_api.next().await?;
        let id = &invocation.id;
        // In a build that unwinds, a panic ends its call only. Nothing that the calls share can be
        // left halfway by one.
        let outcome = AssertUnwindSafe(answer(authorizer, &invocation)).catch_unwind().await;
        let told = match outcome {
            Ok(Ok(body)) => {
                runtime_api.answer(id, Box::<str>::from(body).into_string().into()).await
            }
            Ok(Err(refusal)) => runtime_api.fail(id, &failure(refusal, &refusal.to_string())).await,
            Err(_) => runtime_api.fail(id, &PANICKED).await,
        };
        if let Err(error) = told {
            tracing::error!(%error, "Lambda could not be told the answer");
        }
        // Only now, when the caller waits no more. A function whose log is gone still answers.
        let _ = metrics.flush(io::stdout());
    }
}

async fn answer(
    authorizer: &Authorizer<DynamoDbStore>,
    invocation: &Invocation,
) -> Result<Box<RawValue>, Refusal> {
    let now = SystemTime::now();
    let call = Call {
        event: &invocation.event,
        now,
        time_left: Some(invocation.deadline.duration_since(now).unwrap_or_default()),
        decision_id: Some(&invocation.id),
        trace_id: invocation.trace_id.as_deref(),
    };
    authorizer.answer_call(call).await
}

/// API Gateway reads the message only; see [`Refusal`].
fn failure(refusal: Refusal, message: &str) -> Failure<'_> {
    let error_type = match refusal {
        Refusal::Failure(_) => "Failure",
        Refusal::Unauthorized => "Unauthorized",
    };
    Failure { error_type, error_message: message }
}

const PANICKED: Failure<'static> =
    Failure { error_type: "Panic", error_message: "Gatepost could not decide: panicked" };

struct Settings {
    config: Config,
    https: HttpsClient,
    dynamodb: DynamoDbSettings,
    lambda: Lambda,
}

impl Settings {
    /// # Errors
    ///
    /// Every fault of every setting.
    fn from_environment() -> Result<Self, ConfigFaults> {
        let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        let config = Config::from_vars(variable, names);
        let https = HttpsClient::from_vars(variable);
        let dynamodb = DynamoDbSettings::from_vars(variable);
        match (config, https, dynamodb, Lambda::from_environment()) {
            (Ok(config), Ok(https), Ok(dynamodb), Ok(lambda)) => {
                Ok(Self { config, https, dynamodb, lambda })
            }
            (config, https, dynamodb, lambda) => {
                let others = [config.err(), https.err(), dynamodb.err(), lambda.err()];
                Err(others.into_iter().flatten().flatten().collect())
            }
        }
    }
}

/// What Lambda itself sets.
struct Lambda {
    function_name: String,
    /// `host:port`.
    runtime_api: String,
}

impl Lambda {
    /// # Errors
    ///
    /// Every variable that is not set.
    fn from_environment() -> Result<Self, ConfigFaults> {
        const MESSAGE: &str = "is set by Lambda; to run this program elsewhere, see `gatepost dev`";
        let set = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).ok_or_else(|| ConfigFault {
                setting: name.to_owned(),
                message: MESSAGE.to_owned(),
            })
        };
        match (set("AWS_LAMBDA_FUNCTION_NAME"), set("AWS_LAMBDA_RUNTIME_API")) {
            (Ok(function_name), Ok(runtime_api)) => Ok(Self { function_name, runtime_api }),
            (name, api) => Err([name.err(), api.err()].into_iter().flatten().collect()),
        }
    }
}

/// What is not Unicode becomes text that no setting accepts, so that it is a fault and no default.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
