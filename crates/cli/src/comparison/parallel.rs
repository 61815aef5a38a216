//! Many pairs compared on all cores, and how far that is.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use gatepost_core::analysis::{Diff, Scope, diff};
use gatepost_core::policy::PolicyDocument;

use super::{Comparison, Document, Pair};

/// Nobody is told of what is over sooner.
const QUICK: Duration = Duration::from_secs(1);
/// How often the count is brought up to date.
const PACE: Duration = Duration::from_millis(200);

/// Who is told how far it is.
pub(crate) enum Progress<'a> {
    /// Whoever watches this terminal.
    Terminal(&'a mut dyn Write),
    /// Nobody.
    Nobody,
}

impl Progress<'_> {
    /// Writes over the line that was written before.
    pub(crate) fn tell(&mut self, text: &str) {
        match self {
            // That nobody can be told is no reason to stop.
            Self::Terminal(stderr) => {
                let _ = write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush());
            }
            Self::Nobody => {}
        }
    }
}

/// Compares every pair, in the order they come in.
pub(crate) fn compare<'a>(
    pairs: Vec<Pair<'a>>,
    scope: &'a Scope,
    progress: &mut Progress<'_>,
) -> Vec<Comparison<'a>> {
    let diffs = all_diffs(&pairs, scope, progress);
    let comparisons = pairs.into_iter().zip(diffs);
    comparisons.map(|(pair, diff)| Comparison { pair, diff, scope }).collect()
}

fn all_diffs(pairs: &[Pair<'_>], scope: &Scope, progress: &mut Progress<'_>) -> Vec<Diff> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let mut diffs: Vec<(usize, Diff)> = Vec::with_capacity(pairs.len());
    std::thread::scope(|threads| {
        let (send, done) = channel();
        for _ in 0..cores.min(pairs.len()) {
            let (send, next) = (send.clone(), &next);
            threads.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(pair) = pairs.get(index) else { break };
                    let diff = diff(&contents(&pair.before), &contents(&pair.after), scope);
                    if send.send((index, diff)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut told = false;
        loop {
            let wait = if told { PACE } else { QUICK.saturating_sub(started.elapsed()) };
            match done.recv_timeout(wait) {
                Ok(one) => diffs.push(one),
                // The end, or a thread that panicked, which the scope passes on.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    told = true;
                    let (count, all) = (diffs.len(), pairs.len());
                    progress.tell(&format!("compared {count} of {all} subjects …"));
                }
            }
        }
        if told {
            progress.tell("");
        }
    });
    diffs.sort_by_key(|(index, _)| *index);
    diffs.into_iter().map(|(_, diff)| diff).collect()
}

fn contents<'a>(documents: &[Document<'a>]) -> Vec<&'a PolicyDocument> {
    documents.iter().map(Document::document).collect()
}
