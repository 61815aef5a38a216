//! The Lambda function: [`Session`] behind Lambda's Runtime API.
//!
//! Addresses and keys of the provider are fetched while the function initialises. If it is down then,
//! the function starts nevertheless. If the settings are wrong it does not start: it writes one line
//! with every fault and exits, so that the fault shows where a deployment is watched.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use gatepost_authorizer::config::{ConfigFault, ConfigFaults};
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::logging;
use gatepost_authorizer::runtime_api::{Failure, RuntimeApi};
use gatepost_session::{Session, SessionConfig, wire};
use gatepost_store::DynamoDbStore;

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
    let Settings { config, https, dynamodb, runtime_api } = Settings::from_environment()?;
    let dynamodb = dynamodb.client(&https);
    let store = DynamoDbStore::new(&dynamodb, &config.policy_table, config.table_layout);
    let session = Session::new(config, store, &dynamodb, https)?;
    // One environment answers one call at a time, so that a second thread would only cost.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        session.warm_up(SystemTime::now(), WARM_UP).await;
        serve(&session, RuntimeApi::new(runtime_api)).await
    })
}

/// Answers one invocation after the other, for as long as Lambda has any.
///
/// # Errors
///
/// When there is no next one to be had. That Lambda could not be told an answer is only logged: it
/// gives up on the invocation itself.
async fn serve(
    session: &Session<DynamoDbStore>,
    mut runtime_api: RuntimeApi,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    loop {
        let invocation = runtime_api.next().await?;
        let now = SystemTime::now();
        let time_left = invocation.deadline.duration_since(now).unwrap_or_default();
        let told = match wire::read(&invocation.event) {
            Ok((format, request)) => {
                let answer = session.respond(&request, now, Some(time_left)).await;
                let body = wire::write(format, &answer);
                runtime_api.answer(&invocation.id, body.into()).await
            }
            Err(error) => {
                tracing::error!(%error, "event not read");
                let message = error.to_string();
                let failure = Failure { error_type: "EventError", error_message: &message };
                runtime_api.fail(&invocation.id, &failure).await
            }
        };
        if let Err(error) = told {
            tracing::error!(%error, "Lambda could not be told the answer");
        }
    }
}

struct Settings {
    config: SessionConfig,
    https: HttpsClient,
    dynamodb: DynamoDbSettings,
    /// `host:port`.
    runtime_api: String,
}

impl Settings {
    /// # Errors
    ///
    /// Every fault of every setting.
    fn from_environment() -> Result<Self, ConfigFaults> {
        let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        let config = SessionConfig::from_vars(variable, names);
        let https = HttpsClient::from_vars(variable);
        let dynamodb = DynamoDbSettings::from_vars(variable);
        match (config, https, dynamodb, runtime_api()) {
            (Ok(config), Ok(https), Ok(dynamodb), Ok(runtime_api)) => {
                Ok(Self { config, https, dynamodb, runtime_api })
            }
            (config, https, dynamodb, runtime_api) => {
                let others = [config.err(), https.err(), dynamodb.err(), runtime_api.err()];
                Err(others.into_iter().flatten().flatten().collect())
            }
        }
    }
}

/// What Lambda itself sets.
fn runtime_api() -> Result<String, ConfigFaults> {
    const NAME: &str = "AWS_LAMBDA_RUNTIME_API";
    variable(NAME).filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = "is set by Lambda; to run this program elsewhere, see `gatepost dev`";
        [ConfigFault { setting: NAME.to_owned(), message: message.to_owned() }]
            .into_iter()
            .collect()
    })
}

/// What is not Unicode becomes text that no setting accepts, so that it is a fault and no default.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
