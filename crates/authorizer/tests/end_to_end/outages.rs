//! What no file of faults can say: more than one fault at once, and the end of the process.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::world::World;
use crate::world::fault::Fault;

#[tokio::test]
async fn a_slow_issuer_and_a_silent_table_share_one_deadline() {
    let mut world = World::start_with(
        &[("GATEPOST_DEADLINE_MS", "1000")],
        Some((Fault::Late { ms: 400 }, None)),
        Some((Fault::Silent, None)),
    )
    .await;
    let alice = world.alice();
    let began = Instant::now();
    let seen = world.get("/movies", Some(&alice)).await;
    assert_eq!((seen.status, &seen.line["reason"]), (500, &"timed_out".into()), "{seen:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A panic in the build for Lambda aborts the process, and so does the kernel when memory is short.
#[tokio::test]
async fn a_process_that_is_aborted_fails_its_call_and_the_next_has_a_new_one() {
    let mut world = World::start().await;
    world.put_movies_group().await;
    let alice = world.alice();
    assert_eq!(world.get("/movies", Some(&alice)).await.status, 200);

    let first = world.process_id();
    world.store.fail(Fault::Silent, None).await;
    let asked = world.store.requests();
    let abort_when_it_waits = async {
        while world.store.requests() == asked {
            sleep(Duration::from_millis(1)).await;
        }
        world.abort_process();
    };
    let (answer, ()) =
        futures_util::future::join(world.send("/movies", Some(&alice)), abort_when_it_waits).await;
    assert_eq!((answer.status, answer.body.as_str()), (500, r#"{"message":null}"#));

    world.store.mend().await;
    assert_eq!(world.get("/movies", Some(&alice)).await.status, 200);
    assert_ne!(world.process_id(), first);
}

#[tokio::test]
async fn forged_keys_cannot_make_the_function_hammer_the_issuer() {
    let mut world = World::start().await;
    let asked = world.keys.requests();
    for index in 0..50 {
        let token = world.token_of_key(&format!("forged-{index}"));
        assert_eq!(world.get("/movies", Some(&token)).await.status, 401);
    }
    // One at once, and one more if the fifty took over ten seconds.
    let more = world.keys.requests() - asked;
    assert!((1..=2).contains(&more), "{more} requests");
}
