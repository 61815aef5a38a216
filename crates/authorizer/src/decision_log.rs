//! One line of the log for every call: what was decided, why, and what it took; and the same in
//! numbers.
//!
//! `docs/decision-log.md` explains every field and reason.
//!
//! A line holds numbers, codes, a digest and the gateway's request id. It never holds a token, a
//! cookie, the value of a claim, a group's name or a path; the test
//! `a_line_holds_nothing_of_the_caller` and the end-to-end tests hold us to that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::answer::Answer;
use crate::front_door::FrontDoor;
use crate::metrics;
use crate::refusal::{AuthorizeError, Refusal};

/// What is known of a call, filled in on its way.
#[derive(Debug)]
pub(crate) struct CallRecord<'a> {
    started: Instant,
    /// The name of the decision: Lambda's id of the invocation.
    pub(crate) decision_id: Option<&'a str>,
    /// The X-Ray trace that the call is part of.
    pub(crate) trace_id: Option<&'a str>,
    /// The gateway's id of the request.
    pub(crate) request_id: Option<String>,
    /// Where the event came from, once that is known.
    pub(crate) front_door: Option<FrontDoor>,
    /// How many subjects the caller has.
    pub(crate) subjects: usize,
    /// How many names of the caller cannot be a subject.
    pub(crate) impossible_subjects: usize,
    /// How many subjects have a document.
    pub(crate) documents: usize,
    /// How many subjects the store was asked for; the others were at hand.
    pub(crate) subjects_read: usize,
    /// Whether the policy allows anything.
    pub(crate) allows_something: bool,
    /// How long it took to have the key.
    pub(crate) keys_took: Duration,
    /// How long it took to have the documents.
    pub(crate) documents_took: Duration,
    /// How long it took to have the session.
    pub(crate) session_took: Duration,
}

impl<'a> CallRecord<'a> {
    /// Begins now.
    pub(crate) fn new(decision_id: Option<&'a str>, trace_id: Option<&'a str>) -> Self {
        Self {
            started: Instant::now(),
            decision_id,
            trace_id,
            request_id: None,
            front_door: None,
            subjects: 0,
            impossible_subjects: 0,
            documents: 0,
            subjects_read: 0,
            allows_something: false,
            keys_took: Duration::ZERO,
            documents_took: Duration::ZERO,
            session_took: Duration::ZERO,
        }
    }

    /// How long the call took so far without waiting for session, keys and documents.
    pub(crate) fn busy(&self) -> Duration {
        let waited = self.session_took + self.keys_took + self.documents_took;
        self.started.elapsed().saturating_sub(waited)
    }

    /// Writes the line: an error for failures, information for everything else, and of calls that
    /// got a policy only those that `sampler` picks. The numbers are of all calls.
    pub(crate) fn write(&self, outcome: &Result<Answer, AuthorizeError>, sampler: &Sampler) {
        let (word, reason) = self.outcome_and_reason(outcome);
        metrics::decision(word, reason);
        match word {
            "failure" => metrics::failure(),
            "unauthorized" => metrics::rejected(),
            _ => {}
        }
        if let Ok(answer) = outcome {
            metrics::policy_bytes(answer.body.get().len());
        }
        if word == "policy" && !sampler.picks() {
            return;
        }
        let answer = outcome.as_ref().ok();
        let error = outcome.as_ref().err().map(tracing::field::display);
        // The level of a line is a constant of the place that writes it.
        macro_rules! write_at {
            ($level:ident) => {
                tracing::$level!(
                    outcome = word,
                    reason,
                    error,
                    request_id = self.request_id.as_deref(),
                    front_door = self.front_door.map(FrontDoor::as_str),
                    decision_id = self.decision_id,
                    trace_id = self.trace_id,
                    subjects = self.subjects,
                    impossible_subjects = self.impossible_subjects,
                    documents = self.documents,
                    subjects_read = self.subjects_read,
                    policy_digest = answer.map(|answer| answer.policy_digest.as_str()),
                    answer_bytes = answer.map(|answer| answer.body.get().len()),
                    session_us = micros(self.session_took),
                    keys_us = micros(self.keys_took),
                    documents_us = micros(self.documents_took),
                    took_us = micros(self.started.elapsed()),
                    "decision"
                )
            };
        }
        if word == "failure" { write_at!(error) } else { write_at!(info) }
    }

    fn outcome_and_reason(
        &self,
        outcome: &Result<Answer, AuthorizeError>,
    ) -> (&'static str, &'static str) {
        match outcome {
            Ok(_) if self.allows_something => ("policy", "granted"),
            Ok(_) if self.subjects == 0 => ("deny", "no_subjects"),
            Ok(_) if self.documents == 0 => ("deny", "no_documents"),
            Ok(_) => ("deny", "nothing_allowed"),
            Err(error) => match error.refusal() {
                Refusal::Failure(reason) => ("failure", reason),
                Refusal::Unauthorized => ("unauthorized", error.reason()),
            },
        }
    }
}

/// Picks so many of a hundred, evenly.
#[derive(Debug)]
pub(crate) struct Sampler {
    percent: u64,
    asked: AtomicU64,
}

impl Sampler {
    pub(crate) fn new(percent: u8) -> Self {
        Self { percent: percent.into(), asked: AtomicU64::new(0) }
    }

    fn picks(&self) -> bool {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        asked.wrapping_mul(self.percent) % 100 < self.percent
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_a_hundred_are_picked_and_the_first_always() {
        for percent in [1, 3, 50, 99, 100] {
            let sampler = Sampler::new(percent);
            let picked: Vec<bool> = (0..1_000).map(|_| sampler.picks()).collect();
            assert!(picked[0], "{percent}");
            let count = picked.iter().filter(|picked| **picked).count();
            assert_eq!(count, usize::from(percent) * 10, "{percent}");
        }
    }
}
