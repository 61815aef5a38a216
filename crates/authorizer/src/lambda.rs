//! A function of Gatepost as Lambda runs it: it is told its settings, starts, and answers one invocation
//! after the other.
//!
//! If the settings are wrong it does not start: it writes one line with every fault and exits, so that
//! the fault shows where a deployment is watched.

use std::env;
use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::vec::IntoIter;

use aws_sdk_dynamodb::Client;
use futures_util::FutureExt;

use crate::config::{ConfigFault, ConfigFaults};
use crate::dynamodb::DynamoDbSettings;
use crate::https::HttpsClient;
use crate::logging;
use crate::runtime_api::{Failure, Invocation, RuntimeApi, RuntimeApiError};

/// Why a function ends.
type Ending = Box<dyn Error + Send + Sync>;

/// What a function has when it starts.
pub struct Started<C> {
    /// Its own settings.
    pub config: C,
    /// To ask for what is on the web.
    pub https: HttpsClient,
    /// To ask for tables, by the same connections.
    pub dynamodb: Client,
    /// What Lambda calls it.
    pub function_name: String,
    /// Where its invocations come from.
    pub runtime_api: RuntimeApi,
}

/// Runs `function` with the settings that `read` makes of the environment: of what reads a variable, and
/// of the names of all there are.
pub fn run<C>(
    read: impl FnOnce(fn(&str) -> Option<String>, IntoIter<String>) -> Result<C, ConfigFaults>,
    function: impl AsyncFnOnce(Started<C>) -> Result<(), Ending>,
) -> ExitCode {
    logging::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    match start(read, function) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            ExitCode::FAILURE
        }
    }
}

fn start<C>(
    read: impl FnOnce(fn(&str) -> Option<String>, IntoIter<String>) -> Result<C, ConfigFaults>,
    function: impl AsyncFnOnce(Started<C>) -> Result<(), Ending>,
) -> Result<(), Ending> {
    let started = Started::read(read)?;
    // One environment answers one call at a time, so that a second thread would only cost.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(function(started))
}

impl<C> Started<C> {
    /// # Errors
    ///
    /// Every fault of every setting.
    fn read(
        read: impl FnOnce(fn(&str) -> Option<String>, IntoIter<String>) -> Result<C, ConfigFaults>,
    ) -> Result<Self, ConfigFaults> {
        let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        let config = read(variable, names.collect::<Vec<_>>().into_iter());
        let https = HttpsClient::for_function(variable);
        let dynamodb = DynamoDbSettings::from_vars(variable);
        let name = set_by_lambda("AWS_LAMBDA_FUNCTION_NAME");
        match (config, https, dynamodb, name, set_by_lambda("AWS_LAMBDA_RUNTIME_API")) {
            (Ok(config), Ok(https), Ok(dynamodb), Ok(function_name), Ok(runtime_api)) => Ok(Self {
                config,
                dynamodb: dynamodb.client(&https),
                https,
                function_name,
                runtime_api: RuntimeApi::new(runtime_api),
            }),
            (config, https, dynamodb, name, api) => {
                let faults = [config.err(), https.err(), dynamodb.err()].into_iter().flatten();
                Err(faults.flatten().chain(name.err()).chain(api.err()).collect())
            }
        }
    }
}

/// Answers one invocation after the other, for as long as Lambda has any. What an answer comes with is
/// called when the caller waits no more.
///
/// # Errors
///
/// When there is no next one to be had. That Lambda could not be told an answer is only logged: it
/// gives up on the invocation itself.
pub async fn serve<F: FnOnce(&Invocation)>(
    mut runtime_api: RuntimeApi,
    answer: impl AsyncFn(&Invocation) -> (Result<String, Failure>, F),
) -> Result<(), RuntimeApiError> {
    loop {
        let invocation = runtime_api.next_invocation()?;
        let id = &invocation.id;
        // In a build that unwinds, a panic ends its call only. Nothing that the calls share can be
        // left halfway by one.
        let outcome = AssertUnwindSafe(answer(&invocation)).catch_unwind().await;
        let (outcome, afterwards) = match outcome {
            Ok((outcome, afterwards)) => (outcome, Some(afterwards)),
            Err(_) => (Err(panicked()), None),
        };
        let told = match outcome {
            Ok(body) => runtime_api.answer(id, body.as_bytes()),
            Err(failure) => runtime_api.fail(id, &failure),
        };
        if let Err(error) = told {
            tracing::error!(%error, "Lambda could not be told the answer");
        }
        if let Some(afterwards) = afterwards {
            afterwards(&invocation);
        }
    }
}

fn panicked() -> Failure {
    let error_message = "Gatepost could not decide: panicked".to_owned();
    Failure { error_type: "Panic", error_message }
}

fn set_by_lambda(name: &str) -> Result<String, ConfigFault> {
    let message = "is set by Lambda; to run this program elsewhere, see `gatepost dev`";
    variable(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ConfigFault { setting: name.to_owned(), message: message.to_owned() })
}

/// What is not Unicode becomes text that no setting accepts, so that it is a fault and no default.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Without what it was told.
impl<C> fmt::Debug for Started<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}
