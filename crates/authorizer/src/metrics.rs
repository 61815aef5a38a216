//! What is counted and measured, by the names that dashboards and alarms use.
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

/// Where the metrics stand in CloudWatch.
pub const NAMESPACE: &str = "Gatepost";

/// Tells the recorder the unit of each metric. To be called once, when a recorder is in place.
pub fn describe() {
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
/// Calls, by outcome and reason.
const DECISIONS: &str = "Decisions";
/// Subjects whose rows were at hand.
const DOCUMENT_CACHE_HITS: &str = "DocumentCacheHits";
/// Subjects whose rows were read.
const DOCUMENT_CACHE_MISSES: &str = "DocumentCacheMisses";
/// How long one reading of the table took, its retries included.
const DYNAMODB_LATENCY: &str = "DynamoDbLatency";
/// Calls that ended in 500.
const FAILURES: &str = "Failures";
/// How old the keys were that tokens were verified with.
const JWKS_AGE: &str = "JwksAge";
/// Fetches of key sets, by outcome.
const JWKS_FETCHES: &str = "JwksFetches";
/// The length of each answer.
const POLICY_BYTES: &str = "PolicyBytes";
/// Calls that ended in 401.
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
