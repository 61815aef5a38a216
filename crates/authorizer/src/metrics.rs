//! What is counted and measured, by the names that dashboards and alarms use. What is documented of each
//! name here is what the guide says of it: `scripts/reference` makes `docs/reference/metrics.md` of it.
//!
//! The numbers go through the `metrics` facade, so that this crate does not care where they end:
//! the Lambda function writes them to its log in CloudWatch's embedded metric format, and in
//! `gatepost dev` nobody listens. Labels are outcomes and reasons, of which there are a few dozen;
//! never anything of a caller.
//!
//! A 401 is told to API Gateway by an error, so Lambda's own metric `Errors` counts every rejected
//! token. Alarms belong on `Failures`.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_cloudwatch_embedded::{Builder, Collector, Error};

/// Where the metrics stand in CloudWatch.
const NAMESPACE: &str = "Gatepost";

/// Whose numbers they are. CloudWatch keeps a series for each set of dimensions and adds none up, so
/// that alarms of one function do not see another's.
const FUNCTION_NAME: &str = "FunctionName";

/// Records the metrics of the function of this name from now on, until they are flushed in the
/// embedded metric format.
///
/// # Errors
///
/// When there is a recorder already.
pub fn record(function_name: String) -> Result<&'static Collector, Error> {
    let collector = Builder::new()
        .cloudwatch_namespace(NAMESPACE)
        .with_dimension(FUNCTION_NAME, function_name)
        .init()?;
    describe();
    Ok(collector)
}

/// Tells the recorder the unit of each metric.
fn describe() {
    for name in [
        COLD_STARTS,
        DECISIONS,
        DOCUMENT_CACHE_HITS,
        DOCUMENT_CACHE_MISSES,
        FAILURES,
        JWKS_FETCHES,
        REJECTED,
        UNKNOWN_SUBJECTS,
    ] {
        describe_counter!(name, Unit::Count, "");
    }
    describe_histogram!(DYNAMODB_LATENCY, Unit::Milliseconds, "");
    describe_histogram!(JWKS_AGE, Unit::Seconds, "");
    describe_histogram!(POLICY_BYTES, Unit::Bytes, "");
}

/// New environments of the function.
const COLD_STARTS: &str = "ColdStarts";
/// Calls, by outcome and [reason](../decision-log.md#reasons).
const DECISIONS: &str = "Decisions";
/// Subjects whose rows were at hand: no read was needed for them.
const DOCUMENT_CACHE_HITS: &str = "DocumentCacheHits";
/// Subjects whose rows were read.
const DOCUMENT_CACHE_MISSES: &str = "DocumentCacheMisses";
/// How long each reading of a table took, its retries included.
const DYNAMODB_LATENCY: &str = "DynamoDbLatency";
/// Calls that ended in 500.
const FAILURES: &str = "Failures";
/// How old the keys were that tokens were verified with.
const JWKS_AGE: &str = "JwksAge";
/// Fetches of key sets: `fetched`, or why not.
const JWKS_FETCHES: &str = "JwksFetches";
/// The length of each answer.
const POLICY_BYTES: &str = "PolicyBytes";
/// Calls that ended in 401. Lambda's own `Errors` counts them too, since a 401 is told to API Gateway by
/// an error: put alarms on `Failures`.
const REJECTED: &str = "Rejected";
/// Subjects of callers that have no row.
const UNKNOWN_SUBJECTS: &str = "UnknownSubjects";

pub(crate) fn cold_start() {
    counter!(COLD_STARTS).increment(1);
}

pub(crate) fn decision(outcome: &'static str, reason: &'static str) {
    counter!(DECISIONS, "Outcome" => outcome, "Reason" => reason).increment(1);
}

pub(crate) fn documents(at_hand: usize, read: usize, without_row: usize) {
    counter!(DOCUMENT_CACHE_HITS).increment(count(at_hand));
    counter!(DOCUMENT_CACHE_MISSES).increment(count(read));
    counter!(UNKNOWN_SUBJECTS).increment(count(without_row));
}

pub(crate) fn dynamodb_took(duration: Duration) {
    histogram!(DYNAMODB_LATENCY).record(duration.as_secs_f64() * 1_000.0);
}

pub(crate) fn failure() {
    counter!(FAILURES).increment(1);
}

pub(crate) fn jwks_age(age: Duration) {
    histogram!(JWKS_AGE).record(age.as_secs_f64());
}

/// `outcome` is `fetched`, or why not.
pub(crate) fn jwks_fetched(outcome: &'static str) {
    counter!(JWKS_FETCHES, "Outcome" => outcome).increment(1);
}

pub(crate) fn policy_bytes(bytes: usize) {
    // Under 6 MB, which `f64` holds exactly.
    histogram!(POLICY_BYTES).record(u32::try_from(bytes).map_or(f64::INFINITY, f64::from));
}

pub(crate) fn rejected() {
    counter!(REJECTED).increment(1);
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    /// The tests of `infra/` hold alarms and dashboard to the same file.
    #[test]
    fn every_metric_is_written_with_the_functions_name_and_its_own_dimensions() {
        let collector = record("gatepost-function".to_owned()).unwrap();
        cold_start();
        decision("failure", "throttled");
        documents(3, 2, 1);
        dynamodb_took(Duration::from_micros(4_120));
        failure();
        jwks_age(Duration::from_secs(90));
        jwks_fetched("fetched");
        policy_bytes(612);
        rejected();
        let mut written = Vec::new();
        collector.flush(&mut written).unwrap();

        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics.jsonl");
        let written = lines(&String::from_utf8(written).unwrap());
        assert_eq!(written, lines(&fs::read_to_string(path).unwrap()));
    }

    /// Lines without their times; they, and the metrics in them, come in any order.
    fn lines(text: &str) -> BTreeSet<String> {
        let timeless = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line["_aws"]["Timestamp"] = Value::Null;
            let metrics = &mut line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
            metrics.as_array_mut().unwrap().sort_by_key(Value::to_string);
            line.to_string()
        };
        text.lines().map(timeless).collect()
    }
}
