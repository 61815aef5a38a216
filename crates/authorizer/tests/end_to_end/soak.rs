//! Many calls of one process, while documents change, keys are rotated, reads are throttled and bad
//! tokens come: every answer is right by a second evaluator, and memory stays within a tenth of what
//! it was after the warm-up.
//!
//! In the quick tests it is some calls only. `GATEPOST_SOAK` says how many, and
//! `GATEPOST_AUTHORIZER` which binary, as in `scripts/test --long`:
//!
//! ```sh
//! cargo build --release -p gatepost-authorizer
//! GATEPOST_SOAK=100000 GATEPOST_AUTHORIZER=$PWD/target/release/gatepost-authorizer \
//!     cargo test -p gatepost-authorizer --test end_to_end soak -- --nocapture --test-threads 1
//! ```

mod callers;
mod documents;

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use self::callers::{Callers, Kind};
use self::documents::{Documents, some_groups};
use crate::world::World;
use crate::world::fault::{Answer, Fault};

/// How many calls the quick tests make.
const CALLS: usize = 1_000;

/// Of the calls, the first tenth warms up.
const WARM_UP: usize = 10;

/// How often memory is looked at after that.
const SAMPLES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn answers_stay_right_and_memory_flat_while_everything_changes() {
    // Every call reads, so that every answer is of the documents of this moment.
    let settings = [("GATEPOST_POLICY_TTL_SECONDS", "0"), ("GATEPOST_DEADLINE_MS", "2000")];
    let world = World::start_with(&settings, None, None).await;
    Soak::new(world, true).await.run(calls()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_stay_right_and_memory_flat_while_thousands_of_callers_are_remembered() {
    // The documents of every caller are kept, and every caller has a group of its own.
    let settings = [("GATEPOST_POLICY_TTL_SECONDS", "3600"), ("GATEPOST_DEADLINE_MS", "2000")];
    let world = World::start_with(&settings, None, None).await;
    Soak::new(world, false).await.run(calls()).await;
}

fn calls() -> usize {
    env::var("GATEPOST_SOAK").map_or(CALLS, |calls| calls.parse().unwrap())
}

struct Soak {
    world: World,
    random: fastrand::Rng,
    documents: Documents,
    callers: Callers,
    /// Whether documents change; callers have groups of their own where they do not.
    changes: bool,
    seen: BTreeMap<String, usize>,
    resident: Vec<u64>,
}

impl Soak {
    async fn new(world: World, changes: bool) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let documents = Documents::write_all(&world, &mut random).await;
        let callers = Callers::new(&world);
        let (seen, resident) = (BTreeMap::new(), Vec::new());
        Self { world, random, documents, callers, changes, seen, resident }
    }

    #[expect(clippy::print_stdout, reason = "the progress is for people")]
    async fn run(mut self, calls: usize) {
        let began = Instant::now();
        let warm_up = calls / WARM_UP;
        let interval = ((calls - warm_up) / SAMPLES).max(1);
        for call in 0..calls {
            if self.changes && self.random.u8(..) < 3 {
                self.documents.change(&self.world, &mut self.random).await;
            }
            self.callers.rotate_when_due(&self.world).await;
            self.call().await;
            if call >= warm_up && (call - warm_up).is_multiple_of(interval) {
                self.resident.push(self.world.resident_kib());
                println!("{call} calls in {:.0} s", began.elapsed().as_secs_f64());
            }
        }
        self.report(calls, began.elapsed());
        let (first, most) = (self.resident[0], *self.resident.iter().max().unwrap());
        assert!(most <= first + first / 10, "memory grows: {:?} KiB", self.resident);
    }

    /// One call, and what must come of it.
    async fn call(&mut self) {
        let kind = self.callers.kind(&mut self.random);
        let mut groups = some_groups(&mut self.random);
        if !self.changes {
            groups.push(format!("group-of-one-{}", self.random.u32(..)));
        }
        let token = self.callers.token(&self.world, kind, &mut groups);
        let path = ["/movies", "/shows"][self.random.usize(..2)];
        let passing = match self.random.u16(..10_000) {
            0..100 => Some((throttled(), Some(self.random.usize(1..=2)))),
            100..200 => Some((Fault::Unprocessed(vec![format!("group:{}", groups[0])]), Some(1))),
            200..250 => Some((Fault::HungUp, Some(1))),
            250..253 => Some((throttled(), None)),
            _ => None,
        };
        let asked = self.world.store.requests();
        if let Some((fault, requests)) = passing.clone() {
            self.world.store.fail(fault, requests).await;
        }
        let seen = self.world.get(path, token.as_deref()).await;
        let is_down = passing.as_ref().is_some_and(|(_, requests)| requests.is_none())
            && self.world.store.requests() > asked;
        if passing.is_some() {
            self.world.store.mend().await;
        }
        let want = match kind {
            Kind::Good | Kind::Old { withdrawn: false } if is_down => (500, "throttled"),
            Kind::Good | Kind::Old { withdrawn: false } => {
                let allows = self.documents.allow(&groups, path);
                (if allows { 200 } else { 403 }, "")
            }
            Kind::Old { withdrawn: true } | Kind::UnknownKey => (401, "key_unknown"),
            Kind::Expired => (401, "expired"),
            Kind::Missing => (401, "missing_token"),
            Kind::Tampered => (401, "signature_invalid"),
        };
        assert_eq!(seen.status, want.0, "{kind:?} of {groups:?} at {path}: {seen:?}");
        assert!(want.1.is_empty() || seen.line["reason"] == want.1, "{kind:?}: {seen:?}");
        self.callers.note(kind, &self.world);
        let passing = passing.map_or("", |_| ", a fault of the table");
        let what = format!("{} {}{passing}", seen.status, seen.line["reason"].as_str().unwrap());
        *self.seen.entry(what).or_default() += 1;
    }

    #[expect(clippy::print_stdout, reason = "the figures are for people")]
    fn report(&self, calls: usize, took: Duration) {
        println!("{calls} calls in {:.0} s, every answer right", took.as_secs_f64());
        println!("resident KiB after the warm-up and then: {:?}", self.resident);
        println!(
            "{} changes of documents, {} rotations of keys, {} fetches",
            self.documents.changes(),
            self.callers.rotations(),
            self.world.keys.requests()
        );
        for (what, times) in &self.seen {
            println!("{times:>8}  {what}");
        }
    }
}

fn throttled() -> Fault {
    let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"});
    Fault::Answer(Answer { status: 400, headers: Vec::new(), body })
}
