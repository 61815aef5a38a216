//! The Lambda function: [`Authorizer`] behind Lambda's Runtime API.
//!
//! All that can be done ahead of the first call is done while the function initialises: settings,
//! keys, connections. If the world is down then, the function starts nevertheless, and calls fail
//! one by one until it is back.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use gatepost_authorizer::lambda::{Started, run, serve};
use gatepost_authorizer::metrics;
use gatepost_authorizer::runtime_api::{Failure, Invocation};
use gatepost_authorizer::{Authorizer, Call, Config, Refusal};
use gatepost_store::DynamoDbStore;

/// Lambda gives the initialisation 10 s; a world that has not answered by then is down.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    run(Config::from_vars, async |started| {
        let Started { config, https, dynamodb, function_name, runtime_api } = started;
        let authorizer = Authorizer::over_dynamodb(config, &dynamodb, https);
        let metrics = metrics::record(function_name)?;
        authorizer.warm_up(SystemTime::now(), WARM_UP).await;
        // A function whose log is gone still answers.
        let flush = || drop(metrics.flush(io::stdout()));
        serve(runtime_api, async |invocation| answer(&authorizer, invocation).await, flush).await?;
        Ok(())
    })
}

async fn answer(
    authorizer: &Authorizer<DynamoDbStore>,
    invocation: &Invocation,
) -> Result<Bytes, Failure> {
    let now = SystemTime::now();
    let call = Call {
        event: &invocation.event,
        now,
        time_left: Some(invocation.time_left(now)),
        decision_id: Some(&invocation.id),
        trace_id: invocation.trace_id.as_deref(),
    };
    match authorizer.answer_call(call).await {
        Ok(body) => Ok(Box::<str>::from(body).into_string().into()),
        Err(refusal) => Err(failure(refusal)),
    }
}

/// API Gateway reads the message only; see [`Refusal`].
fn failure(refusal: Refusal) -> Failure {
    let error_type = match refusal {
        Refusal::Failure(_) => "Failure",
        Refusal::Unauthorized => "Unauthorized",
    };
    Failure { error_type, error_message: refusal.to_string() }
}
