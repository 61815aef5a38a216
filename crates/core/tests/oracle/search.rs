//! Looking through random cases for one with a fault.

use std::env;
use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::UNIX_EPOCH;

use super::{Case, generator, shrink};

const USUAL_SEED: u64 = 20_121_017;

/// Looks for a fault in so many cases, with all cores, and panics with the first one found, made
/// as small as it can be.
///
/// `valid` says whether the documents of a case are, in the eyes of the one who reports faults.
pub(crate) fn no_case_has(
    usual_count: u64,
    fault: impl Fn(&Case) -> Option<String> + Sync,
    valid: impl Fn(&Case) -> bool,
) {
    let count = count(usual_count);
    let next = AtomicU64::new(0);
    let first_faulty = AtomicU64::new(u64::MAX);
    let search = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count.min(first_faulty.load(Ordering::Relaxed)) {
                return;
            }
            if fault(&generator::case(seed(), number)).is_some() {
                first_faulty.fetch_min(number, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(search);
        }
    });

    let number = first_faulty.into_inner();
    if number < count {
        let case = generator::case(seed(), number);
        let case = shrink::smallest(case, |case| valid(case) && fault(case).is_some());
        let why = fault(&case).unwrap();
        panic!("case {number} of GATEPOST_SEED={}: {why}\n{}", seed(), case.line());
    }
}

/// The seed of this run: `GATEPOST_SEED`, or the usual one.
pub(crate) fn seed() -> u64 {
    static CHOSEN: OnceLock<u64> = OnceLock::new();
    *CHOSEN.get_or_init(|| match setting("GATEPOST_SEED").as_deref() {
        None => USUAL_SEED,
        Some("fresh") => fresh_seed(),
        Some(number) => number.parse().expect("`GATEPOST_SEED` is a number or `fresh`"),
    })
}

#[expect(clippy::print_stderr, reason = "a run with a seed that nobody knows cannot be repeated")]
fn fresh_seed() -> u64 {
    let seed = UNIX_EPOCH.elapsed().unwrap().as_secs();
    eprintln!("GATEPOST_SEED={seed}");
    seed
}

/// How many cases to look through: `GATEPOST_CASES`, or as many as usual.
fn count(usual: u64) -> u64 {
    setting("GATEPOST_CASES")
        .map_or(usual, |number| number.parse().expect("`GATEPOST_CASES` is a number"))
}

#[expect(clippy::disallowed_methods, reason = "a test is run with other settings by hand")]
fn setting(name: &str) -> Option<String> {
    env::var(name).ok()
}
