//! A scripted issuer, a clock that is an argument, and tokio's paused time for the deadlines.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;

const TTL: u64 = 3_600;
const MAX_STALE: u64 = 86_400;

/// What the issuer does with one fetch.
#[derive(Clone, Debug)]
enum Answer {
    Body(String),
    Down,
}

/// Answers fetches from a script; the last answer stays. Counts what it was asked for.
#[derive(Default)]
struct Issuer {
    script: Mutex<VecDeque<Answer>>,
    takes: Duration,
    fetches: AtomicUsize,
}

impl Issuer {
    fn new(script: impl IntoIterator<Item = Answer>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), ..Self::default() }
    }

    fn now_answers(&self, answer: Answer) {
        *self.script.lock().unwrap() = VecDeque::from([answer]);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }
}

impl FetchKeySet for Issuer {
    fn fetch<'a>(&'a self, url: &'a SecureUrl, _max_bytes: usize) -> FetchFuture<'a> {
        assert_eq!(url.as_str(), "https://issuer.example/.well-known/jwks.json");
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let mut script = self.script.lock().unwrap();
        let answer = match script.len() {
            1 => script[0].clone(),
            _ => script.pop_front().expect("the script has an answer"),
        };
        let takes = self.takes;
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            match answer {
                Answer::Body(text) => Ok(text.into()),
                Answer::Down => Err(FetchError::Status { status: 503 }),
            }
        })
    }
}

/// A key set with one key for each id.
fn set(kids: &[&str]) -> Answer {
    Answer::Body(set_text(kids))
}

fn set_text(kids: &[&str]) -> String {
    let keys: Vec<String> = kids
        .iter()
        .map(|kid| {
            // The public key of RFC 8037 appendix A.2.
            format!(
                r#"{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"{kid}",
                     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#
            )
        })
        .collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn source() -> KeySource {
    let text = r#"[{"issuer":"https://issuer.example","audience":["a"],"algorithms":["EdDSA"]}]"#;
    let config = crate::config::tests::config(&[("GATEPOST_ISSUERS", text)]).unwrap();
    KeySource::new(&config.issuers[0], Duration::from_secs(TTL), Duration::from_secs(MAX_STALE))
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds)
}

/// Whether the key is there, at a time in seconds.
async fn has(
    source: &KeySource,
    issuer: &Issuer,
    kid: &str,
    now: u64,
) -> Result<bool, KeysUnavailable> {
    let deadline = Instant::now() + Duration::from_secs(4);
    let set = source.keys_for(kid, issuer, at(now), deadline).await?;
    Ok(set.get(kid).is_some())
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_once_and_again_when_they_are_old() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    for (now, fetches) in [(0, 1), (TTL - 1, 1), (TTL, 2), (2 * TTL - 1, 2), (2 * TTL, 3)] {
        assert_eq!(has(&source, &issuer, "a", now).await, Ok(true));
        assert_eq!(issuer.fetches(), fetches, "{now}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_is_noticed_by_the_first_token_with_the_new_key() {
    let (issuer, source) = (Issuer::new([set(&["old"]), set(&["new"])]), source());
    assert_eq!(has(&source, &issuer, "old", 0).await, Ok(true));
    assert_eq!(has(&source, &issuer, "new", 1).await, Ok(true));
    assert_eq!(has(&source, &issuer, "old", 2).await, Ok(false), "a removed key is gone");
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_cause_one_fetch_in_ten_seconds_at_most() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    for now in 0..100 {
        assert_eq!(has(&source, &issuer, &format!("forged-{now}"), now).await, Ok(false));
        assert_eq!(has(&source, &issuer, "a", now).await, Ok(true));
    }
    assert_eq!(issuer.fetches(), 11, "the first keys, and one in ten seconds from then on");
}

#[tokio::test(start_paused = true)]
async fn old_keys_serve_while_the_issuer_is_down_until_they_die() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    assert_eq!(has(&source, &issuer, "a", 0).await, Ok(true));
    issuer.now_answers(Answer::Down);
    for now in [TTL, TTL + 100, MAX_STALE - 1] {
        assert_eq!(has(&source, &issuer, "a", now).await, Ok(true), "{now}");
    }
    for now in [MAX_STALE, MAX_STALE + 1_000] {
        assert_eq!(has(&source, &issuer, "a", now).await, Err(KeysUnavailable::TooOld), "{now}");
    }
    issuer.now_answers(set(&["a"]));
    assert_eq!(has(&source, &issuer, "a", MAX_STALE + 1_010).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_nobody_is_let_in_until_the_issuer_is_back() {
    let (issuer, source) = (Issuer::new([Answer::Down]), source());
    assert_eq!(has(&source, &issuer, "a", 0).await, Err(KeysUnavailable::NeverFetched));
    issuer.now_answers(set(&["a"]));
    assert_eq!(has(&source, &issuer, "a", 1).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_new_key_that_cannot_be_asked_for_is_no_fault_of_the_token() {
    let (issuer, source) = (Issuer::new([set(&["a"]), Answer::Down]), source());
    assert_eq!(has(&source, &issuer, "a", 0).await, Ok(true));
    for now in [10, 11] {
        assert_eq!(has(&source, &issuer, "new", now).await, Err(KeysUnavailable::Lacking), "{now}");
        assert_eq!(has(&source, &issuer, "a", now).await, Ok(true), "{now}");
    }
}

#[tokio::test(start_paused = true)]
async fn failed_fetches_come_at_growing_distances() {
    let (issuer, source) = (Issuer::new([Answer::Down]), source());
    let mut fetched_at = Vec::new();
    for now in 0..60 {
        let before = issuer.fetches();
        assert!(has(&source, &issuer, "a", now).await.is_err());
        if issuer.fetches() > before {
            fetched_at.push(now);
        }
    }
    assert_eq!(fetched_at, [0, 1, 3, 7, 15, 25, 35, 45, 55]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_key_set_does_not_displace_one() {
    let text = |text: &str| Answer::Body(text.to_owned());
    let doubled = set(&["a", "a"]);
    for answer in [text(""), text("{}"), text(r#"{"keys":[]}"#), text("<html>"), doubled] {
        let (issuer, source) = (Issuer::new([set(&["a"]), answer.clone()]), source());
        assert_eq!(has(&source, &issuer, "a", 0).await, Ok(true));
        assert_eq!(has(&source, &issuer, "a", TTL).await, Ok(true), "{answer:?}");
        assert_eq!(issuer.fetches(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_issuer_is_given_two_seconds_or_half_of_what_is_left() {
    let issuer = Issuer { takes: Duration::from_mins(1), ..Issuer::new([set(&["a"])]) };
    for (left, want) in [(10_000, 2_000), (4_000, 2_000), (700, 350)] {
        let (source, began) = (source(), Instant::now());
        let deadline = began + Duration::from_millis(left);
        let got = source.keys_for("a", &issuer, at(0), deadline).await;
        assert_eq!(got.err(), Some(KeysUnavailable::NeverFetched));
        // Tokio's timer is exact to a millisecond.
        let took = began.elapsed().as_millis();
        assert!((want..=want + 1).contains(&took), "{took} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_share_one_fetch() {
    let issuer = Issuer { takes: Duration::from_millis(50), ..Issuer::new([set(&["a"])]) };
    let source = source();
    let calls = (0..20).map(|_| has(&source, &issuer, "a", 0));
    assert!(join_all(calls).await.into_iter().all(|got| got == Ok(true)));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_the_fetch_takes_its_keys_as_new() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    assert_eq!(has(&source, &issuer, "a", 5).await, Ok(true));
    assert_eq!(has(&source, &issuer, "a", 4).await, Ok(true));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_makes_no_key_live_longer() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    let hour = 3_600;
    for (now, fetches) in [
        (10 * hour, 1),
        (11 * hour - 10, 1),
        // Set back by five hours; ten seconds later the keys have been there for the TTL.
        (6 * hour, 1),
        (6 * hour + 9, 1),
        (6 * hour + 10, 2),
    ] {
        assert_eq!(has(&source, &issuer, "a", now).await, Ok(true));
        assert_eq!(issuer.fetches(), fetches, "{now}");
    }
    issuer.now_answers(Answer::Down);
    let fetched_at = 6 * hour + 10;
    assert_eq!(has(&source, &issuer, "a", fetched_at + MAX_STALE - 1).await, Ok(true));
    assert_eq!(has(&source, &issuer, "a", hour).await, Ok(true));
    assert_eq!(has(&source, &issuer, "a", hour + 1).await, Err(KeysUnavailable::TooOld));
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_makes_no_wait_longer() {
    let (issuer, source) = (Issuer::new([set(&["a"]), set(&["a"]), set(&["b"])]), source());
    assert_eq!(has(&source, &issuer, "a", 10_000).await, Ok(true));
    assert_eq!(has(&source, &issuer, "b", 10_000).await, Ok(false));
    tokio::time::advance(PAUSE / 2).await;
    assert_eq!(has(&source, &issuer, "b", 0).await, Ok(false));
    tokio::time::advance(PAUSE / 2).await;
    assert_eq!(has(&source, &issuer, "b", 0).await, Ok(true));
    assert_eq!(issuer.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_silent_issuer_delays_nobody_of_another() {
    let silent = Issuer { takes: Duration::from_mins(1), ..Issuer::new([set(&["a"])]) };
    let (other, ours, theirs) = (Issuer::new([set(&["a"])]), source(), source());
    let waits = has(&theirs, &silent, "a", 0);
    let began = Instant::now();
    let serves = async {
        assert_eq!(has(&ours, &other, "a", 0).await, Ok(true));
        began.elapsed()
    };
    let (failed, took) = futures_util::future::join(waits, serves).await;
    assert_eq!(failed, Err(KeysUnavailable::NeverFetched));
    assert!(took < Duration::from_millis(5), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_call_asks_again_for_what_could_not_be_fetched_ahead() {
    let (issuer, source) = (Issuer::new([Answer::Down, set(&["a"])]), source());
    source.warm_up(&issuer, at(0), Instant::now() + Duration::from_secs(1)).await;
    assert_eq!(has(&source, &issuer, "a", 0).await, Ok(true));
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_is_broken_off_or_panics_leaves_the_turn_to_the_next() {
    let slow = Issuer { takes: Duration::from_mins(1), ..Issuer::new([set(&["a"])]) };
    let (issuer, source) = (Issuer::new([set(&["a"])]), Arc::new(source()));
    let waits = has(&source, &slow, "a", 0);
    assert!(tokio::time::timeout(Duration::from_millis(10), waits).await.is_err());

    let panics = {
        let source = Arc::clone(&source);
        async move { has(&source, &Issuer::default(), "a", 0).await }
    };
    assert!(tokio::spawn(panics).await.unwrap_err().is_panic(), "an empty script is a panic");
    assert_eq!(has(&source, &issuer, "a", 0).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn keys_fetched_ahead_are_there_for_the_first_call() {
    let (issuer, source) = (Issuer::new([set(&["a"])]), source());
    source.warm_up(&issuer, at(0), Instant::now() + Duration::from_secs(1)).await;
    assert_eq!(has(&source, &issuer, "a", 1).await, Ok(true));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_of_the_settings_are_never_fetched() {
    let set = KeySet::parse(set_text(&["a"]).as_bytes()).unwrap();
    let source = KeySource(Keys::Inline(Arc::new(set)));
    let issuer = Issuer::default();
    source.warm_up(&issuer, at(0), Instant::now()).await;
    assert_eq!(has(&source, &issuer, "a", 10 * MAX_STALE).await, Ok(true));
    assert_eq!(has(&source, &issuer, "b", 10 * MAX_STALE).await, Ok(false));
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn a_function_begins_with_the_keys_of_the_settings_and_goes_on_with_those_it_fetches() {
    let text = format!(
        r#"[{{"issuer":"https://issuer.example","audience":["a"],"algorithms":["EdDSA"],"jwks":{},
             "jwks_uri":"https://issuer.example/.well-known/jwks.json"}}]"#,
        set_text(&["a"])
    );
    let config = crate::config::tests::config(&[("GATEPOST_ISSUERS", &text)]).unwrap();
    let (ttl, max_stale) = (Duration::from_secs(TTL), Duration::from_secs(MAX_STALE));
    let keys = KeySource::new(&config.issuers[0], ttl, max_stale);
    let issuer = Issuer::new([set(&["b"])]);
    assert_eq!(has(&keys, &issuer, "a", 0).await, Ok(true));
    assert_eq!(issuer.fetches(), 0, "a start without a fetch");
    assert_eq!(has(&keys, &issuer, "b", 1).await, Ok(true));
    assert_eq!(has(&keys, &issuer, "a", 2).await, Ok(false), "withdrawn");
    assert_eq!(issuer.fetches(), 1);
}
