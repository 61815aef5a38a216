//! The Lambda function: [`Authorizer`] behind Lambda's Runtime API.
//!
//! All that can be done ahead of the first call is done while the function initialises: settings,
//! keys, connections. If the world is down then, the function starts nevertheless, and calls fail
//! one by one until it is back.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use gatepost_authorizer::lambda::{Started, run, serve};
use gatepost_authorizer::metrics;
use gatepost_authorizer::runtime_api::{Failure, Invocation};
use gatepost_authorizer::{Authorizer, Call, Config, DecisionLine, Refusal};
use gatepost_store::DynamoDbStore;
use metrics_cloudwatch_embedded::Collector;

/// Lambda gives the initialisation 10 s; a world that has not answered by then is down.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    run(Config::from_vars, async |started| {
        let Started { config, https, dynamodb, function_name, runtime_api } = started;
        let authorizer = Authorizer::over_dynamodb(config, &dynamodb, https);
        let metrics = metrics::record(function_name)?;
        authorizer.warm_up(SystemTime::now(), WARM_UP).await;
        serve(runtime_api, async |invocation| {
            let (answer, line) = answer(&authorizer, invocation).await;
            (answer.map_err(failure), |invocation: &Invocation| {
                line.write(Some(&invocation.id), invocation.trace_id.as_deref());
                flush(metrics);
            })
        })
        .await?;
        Ok(())
    })
}

async fn answer(
    authorizer: &Authorizer<DynamoDbStore>,
    invocation: &Invocation,
) -> (Result<String, Refusal>, DecisionLine) {
    let now = SystemTime::now();
    let time_left = Some(invocation.time_left(now));
    authorizer.answer_call(Call { event: &invocation.event, now, time_left }).await
}

/// Writes them in one piece: standard output takes a text line by line. A function whose log is gone
/// still answers.
fn flush(metrics: &Collector) {
    let mut lines = Vec::new();
    let _ = metrics.flush(&mut lines).and_then(|()| io::stdout().write_all(&lines));
}

/// API Gateway reads the message only; see [`Refusal`].
fn failure(refusal: Refusal) -> Failure {
    let error_type = match refusal {
        Refusal::Failure(_) => "Failure",
        Refusal::Unauthorized => "Unauthorized",
    };
    Failure { error_type, error_message: refusal.to_string() }
}
