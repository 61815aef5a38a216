//! The Lambda function: [`Session`] behind Lambda's Runtime API.
//!
//! Addresses and keys of the provider are fetched while the function initialises. If it is down then,
//! the function starts nevertheless.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use gatepost_authorizer::lambda::{Started, run, serve};
use gatepost_authorizer::runtime_api::{Failure, Invocation};
use gatepost_session::{Session, SessionConfig, wire};
use gatepost_store::DynamoDbStore;

/// Lambda gives the initialisation 10 s; a world that has not answered by then is down.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    run(SessionConfig::from_vars, async |started| {
        let Started { config, https, dynamodb, function_name: _, runtime_api } = started;
        let store = DynamoDbStore::new(&dynamodb, &config.policy_table, config.table_layout);
        let session = Session::new(config, store, &dynamodb, https)?;
        session.warm_up(SystemTime::now(), WARM_UP).await;
        serve(runtime_api, async |invocation| {
            (answer(&session, invocation).await, |_: &Invocation| ())
        })
        .await?;
        Ok(())
    })
}

async fn answer(
    session: &Session<DynamoDbStore>,
    invocation: &Invocation,
) -> Result<String, Failure> {
    let now = SystemTime::now();
    let (format, request) = wire::read(&invocation.event).map_err(|error| {
        tracing::error!(%error, "event not read");
        Failure { error_type: "EventError", error_message: error.to_string() }
    })?;
    let answer = session.respond(&request, now, Some(invocation.time_left(now))).await;
    Ok(wire::write(format, &answer))
}
