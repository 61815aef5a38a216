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
pub(crate) struct CallRecord {
    started: Instant,
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

impl CallRecord {
    /// Begins now.
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
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

    /// Ends now: what the caller is told, and what is to be written of it. Of calls that got a policy
    /// only those that `sampler` picks get a line.
    pub(crate) fn end(
        self,
        outcome: Result<Answer, AuthorizeError>,
        sampler: &Sampler,
    ) -> (Result<String, Refusal>, DecisionLine) {
        let took = self.started.elapsed();
        let (word, reason) = self.outcome_and_reason(&outcome);
        let is_written = word != "policy" || sampler.picks();
        let line = |error, answer| DecisionLine {
            took,
            word,
            reason,
            error,
            answer,
            is_written,
            record: self,
        };
        match outcome {
            Ok(Answer { body, policy_digest }) => {
                let bytes = body.len();
                (Ok(body), line(None, Some((policy_digest, bytes))))
            }
            Err(error) => (Err(error.refusal()), line(Some(error), None)),
        }
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

/// What is to be written of a call. The caller does not wait for it: it is written when there is an
/// answer.
#[derive(Debug)]
#[must_use]
pub struct DecisionLine {
    record: CallRecord,
    took: Duration,
    word: &'static str,
    reason: &'static str,
    error: Option<AuthorizeError>,
    /// The digest of its policy, and its length in bytes.
    answer: Option<(String, usize)>,
    is_written: bool,
}

impl DecisionLine {
    /// Writes the line, an error for failures and information for everything else, and the numbers.
    /// `decision_id` is a name for the decision, and `trace_id` the X-Ray trace that the call is part
    /// of.
    pub fn write(self, decision_id: Option<&str>, trace_id: Option<&str>) {
        let Self { record, word, reason, .. } = self;
        metrics::decision(word, reason);
        match word {
            "failure" => metrics::failure(),
            "unauthorized" => metrics::rejected(),
            _ => {}
        }
        if let Some((_, bytes)) = self.answer {
            metrics::policy_bytes(bytes);
        }
        if !self.is_written {
            return;
        }
        let error = self.error.as_ref().map(tracing::field::display);
        let answer = self.answer.as_ref();
        // The level of a line is a constant of the place that writes it.
        macro_rules! write_at {
            ($level:ident) => {
                tracing::$level!(
                    outcome = word,
                    reason,
                    error,
                    request_id = record.request_id.as_deref(),
                    front_door = record.front_door.map(FrontDoor::as_str),
                    decision_id,
                    trace_id,
                    subjects = record.subjects,
                    impossible_subjects = record.impossible_subjects,
                    documents = record.documents,
                    subjects_read = record.subjects_read,
                    policy_digest = answer.map(|(digest, _)| digest.as_str()),
                    answer_bytes = answer.map(|(_, bytes)| *bytes),
                    session_us = micros(record.session_took),
                    keys_us = micros(record.keys_took),
                    documents_us = micros(record.documents_took),
                    took_us = micros(self.took),
                    "decision"
                )
            };
        }
        if word == "failure" { write_at!(error) } else { write_at!(info) }
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
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use tracing::{Event, Subscriber};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;

    /// The fields that events have, be there something in them or not.
    #[derive(Clone, Default)]
    struct Fields(Arc<Mutex<BTreeSet<String>>>);

    impl<S: Subscriber> Layer<S> for Fields {
        fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
            let names = event.metadata().fields().iter().map(|field| field.name().to_owned());
            self.0.lock().unwrap().extend(names);
        }
    }

    #[test]
    fn the_guide_explains_every_field_and_no_other() {
        let seen = Fields::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        tracing::subscriber::with_default(subscriber, || {
            let answer = Answer { body: String::new(), policy_digest: String::new() };
            let (_, line) = CallRecord::new().end(Ok(answer), &Sampler::new(100));
            line.write(None, None);
        });
        let mut fields = seen.0.lock().unwrap().clone();
        // Every line of the log has these.
        fields.extend(["level", "target", "timestamp"].map(ToOwned::to_owned));

        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decision-log.md");
        let page = fs::read_to_string(page).unwrap();
        let (_, table) = page.split_once("| field | what |\n").unwrap();
        let rows = table.lines().take_while(|line| line.starts_with("| ")).skip(1);
        let names = rows.flat_map(|row| {
            let (names, _) = row.trim_start_matches("| ").split_once(" | ").unwrap();
            names.split('`').skip(1).step_by(2)
        });
        assert_eq!(names.map(ToOwned::to_owned).collect::<BTreeSet<_>>(), fields);
    }

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
