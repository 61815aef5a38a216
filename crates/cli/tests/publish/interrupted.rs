//! An apply that is killed at any point, or told nothing, and is run again.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::proxy::{Fate, Moment, Proxy};
use crate::world::{TABLE, World};

/// How many rows there are.
const ROWS: usize = 300;

/// How often an apply is killed, if the environment does not say so.
const KILLS: usize = 5;

/// A third narrows, a third widens, a third does both; some are new, some go.
fn write(world: &World, is_after: bool) {
    for index in 0..ROWS {
        let group = format!("g{index:03}");
        let path = world.folder.join(format!("groups/{group}.json"));
        match (index % 10, is_after) {
            (0, false) | (1, true) => drop(std::fs::remove_file(path)),
            (0, true) => world.write(&group, &["GET/new", "!GET/x"]),
            (1, false) => world.write(&group, &["GET/old", "!GET/y"]),
            (2..=4 | 8.., false) => world.write(&group, &["GET/a", "GET/b"]),
            (2..=4, true) => world.write(&group, &["GET/a"]),
            (5..=7, false) => world.write(&group, &["GET/a", "!GET/b"]),
            (5..=7, true) => world.write(&group, &["GET/a*"]),
            (_, true) => world.write(&group, &["GET/b", "GET/c"]),
        }
    }
}

const APPLY: [&str; 5] = ["apply", "--yes", "--prune", "--as", "tests"];

fn spawn(world: &World, proxy: &Proxy, arguments: &[&str]) -> Child {
    let mut command = world.command(arguments);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", &proxy.endpoint);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The table as it is after the first apply.
async fn reset(world: &World) {
    world.client.delete_table().table_name(TABLE).send().await.unwrap();
    gatepost_store::create_table(&world.client, TABLE).await.unwrap();
    write(world, false);
    world.done(&APPLY);
    write(world, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_and_run_again_it_ends_as_if_it_had_not_been() {
    let world = World::start().await;
    reset(&world).await;
    let out = world.done(&APPLY);
    assert!(out.contains("written: 300 rows, "), "{out}");
    let undisturbed = world.rows().await;
    let transactions = 8;
    let kills =
        std::env::var("GATEPOST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut stopped = BTreeSet::new();
    for round in 0..kills {
        reset(&world).await;
        let plan = world.temporary.path().join("plan.json");
        let is_saved = round % 3 == 2;
        let arguments: Vec<&str> = if is_saved {
            world.done(&["plan", "--prune", "--out", plan.to_str().unwrap()]);
            vec!["apply", plan.to_str().unwrap(), "--yes", "--as", "tests"]
        } else {
            APPLY.to_vec()
        };
        let mut proxy = Proxy::start(&world.endpoint).await;
        let mut child = spawn(&world, &proxy, &arguments);
        // At the transaction's beginning, at its end before it is heard of, or anywhere.
        let (number, when) = (fastrand::usize(..transactions), fastrand::u8(..3));
        while let Some(event) = proxy.events.recv().await {
            let is_here = event.number == number && (event.moment == Moment::After) == (when == 1);
            if is_here && when == 2 {
                event.fate.send(Fate::GoesOn).unwrap();
                tokio::time::sleep(Duration::from_micros(fastrand::u64(..200_000))).await;
                break;
            }
            if is_here {
                break;
            }
            event.fate.send(Fate::GoesOn).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(proxy);
        // What was under way is done or not by the time that its engine answers anybody.
        let rows = world.rows().await;
        stopped.insert(rows.len());
        let arguments: Vec<&str> = arguments.clone();
        world.done(&arguments);
        let ended = world.rows().await;
        assert!(
            ended == undisturbed,
            "killed at {number}/{when}: {}",
            first_difference(&ended, &undisturbed)
        );
        assert!(world.done(&arguments).contains("nothing to write"));
    }
    assert!(stopped.len() > 1, "killed at few points: {stopped:?}");
}

type Rows = std::collections::BTreeMap<(String, u64), serde_json::Value>;

fn first_difference(one: &Rows, other: &Rows) -> String {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let key = keys.into_iter().find(|key| one.get(key) != other.get(key));
    key.map_or_else(String::new, |key| {
        format!("{key:?}: {:?} and {:?}", one.get(key), other.get(key))
    })
}

/// The engine has done it, and the command does not hear of it: it asks again with the same token.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_write_nothing_twice() {
    let world = World::start().await;
    reset(&world).await;
    let mut proxy = Proxy::start(&world.endpoint).await;
    let mut child = spawn(&world, &proxy, &APPLY);
    let mut lost = 0;
    let mut ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
    loop {
        tokio::select! {
            Some(event) = proxy.events.recv() => {
                // Every other one, at either end.
                let is_lost = event.number % 3 == 0 && event.moment == Moment::After
                    || event.number % 3 == 1 && event.moment == Moment::Before;
                lost += usize::from(is_lost);
                let _ = event.fate.send(if is_lost { Fate::IsLost } else { Fate::GoesOn });
            }
            status = &mut ended => {
                assert_eq!(status.unwrap().code(), Some(0));
                break;
            }
        }
    }
    assert!(lost > 4, "{lost}");
    let disturbed = world.rows().await;
    reset(&world).await;
    world.done(&APPLY);
    assert!(disturbed == world.rows().await);
}
