//! The Lambda function: [`Authorizer`] behind Lambda's Runtime API.
//!
//! All that can be done ahead of the first call is done while the function initialises: settings,
//! keys, connections. If the world is down then, the function starts nevertheless, and calls fail
//! one by one until it is back. If the settings are wrong it does not start: it writes one line
//! with every fault and exits, so that the fault shows where a deployment is watched.

mod logging;

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gatepost_authorizer::config::{ConfigFault, ConfigFaults};
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::metrics::{NAMESPACE, describe};
use gatepost_authorizer::{Authorizer, Call, Config, Refusal};
use gatepost_store::DynamoDbStore;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use metrics_cloudwatch_embedded::{Builder, Collector};
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

fn start() -> Result<(), lambda_runtime::Error> {
    let Settings { config, https, dynamodb } = Settings::from_environment()?;
    let store =
        DynamoDbStore::new(&dynamodb.client(&https), &config.policy_table, config.table_layout);
    let authorizer = Arc::new(Authorizer::new(config, store, https));
    let metrics = Builder::new().cloudwatch_namespace(NAMESPACE).init()?;
    describe();
    // One environment answers one call at a time, so that a second thread would only cost.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        authorizer.warm_up(SystemTime::now(), WARM_UP).await;
        let answer = |event| answer(Arc::clone(&authorizer), metrics, event);
        Runtime::new(service_fn(answer)).run().await
    })
}

async fn answer(
    authorizer: Arc<Authorizer<DynamoDbStore>>,
    metrics: &Collector,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, Diagnostic> {
    let now = SystemTime::now();
    let call = Call {
        event: event.payload.get().as_bytes(),
        now,
        time_left: Some(event.context.deadline().duration_since(now).unwrap_or_default()),
        decision_id: Some(&event.context.request_id),
        trace_id: event.context.xray_trace_id.as_deref(),
    };
    let outcome = authorizer.answer_call(call).await;
    // A function whose log is gone still answers.
    let _ = metrics.flush(io::stdout());
    outcome.map_err(diagnostic)
}

/// API Gateway reads the message only; see [`Refusal`].
fn diagnostic(refusal: Refusal) -> Diagnostic {
    let error_type = match refusal {
        Refusal::Failure(_) => "Failure",
        Refusal::Unauthorized => "Unauthorized",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: refusal.to_string() }
}

struct Settings {
    config: Config,
    https: HttpsClient,
    dynamodb: DynamoDbSettings,
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
        match (config, https, dynamodb, lambda_faults()) {
            (Ok(config), Ok(https), Ok(dynamodb), None) => Ok(Self { config, https, dynamodb }),
            (config, https, dynamodb, lambda) => {
                let others = [config.err(), https.err(), dynamodb.err(), lambda];
                Err(others.into_iter().flatten().flatten().collect())
            }
        }
    }
}

/// Faults of the variables that Lambda itself sets, and without which its runtime would panic.
fn lambda_faults() -> Option<ConfigFaults> {
    const MESSAGE: &str = "is set by Lambda; to run this program elsewhere, see `gatepost dev`";
    let missing = [
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_RUNTIME_API",
    ]
    .into_iter()
    .filter(|name| variable(name).is_none());
    let faults: Vec<ConfigFault> = missing
        .map(|name| ConfigFault { setting: name.to_owned(), message: MESSAGE.to_owned() })
        .collect();
    (!faults.is_empty()).then(|| faults.into_iter().collect())
}

/// What is not Unicode becomes text that no setting accepts, so that it is a fault and no default.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
