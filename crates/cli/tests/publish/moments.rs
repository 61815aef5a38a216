//! After each transaction of a large apply, rights are within those before or those after.

use std::collections::BTreeMap;
use std::process::Stdio;

use gatepost_core::analysis::{ChangeKind, Scope, diff};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;

use crate::proxy::{Fate, Moment, Proxy};
use crate::world::World;

const ROWS: usize = 150;

type Documents = BTreeMap<Subject, PolicyDocument>;

fn resources() -> Vec<&'static str> {
    let all = [
        "GET/a", "GET/b", "GET/a/*", "*/b/*", "GET/*", "!GET/a", "!GET/b/*", "!*/a/b", "PUT/a",
        "!GET/?",
    ];
    (0..fastrand::usize(1..4)).map(|_| all[fastrand::usize(..all.len())]).collect()
}

fn write(world: &World) {
    for index in 0..ROWS {
        world.write(&format!("g{index:03}"), &resources());
    }
}

async fn documents(world: &World) -> Documents {
    let rows = world.state().await.rows.into_iter();
    rows.map(|(subject, row)| (subject, row.document.unwrap().as_ref().clone())).collect()
}

fn of<'a>(side: &'a Documents, groups: &[Subject]) -> Vec<&'a PolicyDocument> {
    groups.iter().filter_map(|group| side.get(group)).collect()
}

/// Whether anything is allowed by `now` that is not by `side`, and the engine is sure of it.
fn is_within(now: &Documents, side: &Documents, groups: &[Subject]) -> bool {
    let found = diff(&of(side, groups), &of(now, groups), &Scope::default());
    assert_eq!(found.unknown, None);
    !found.changes.iter().any(|change| change.kind == ChangeKind::Gained)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_opens_what_is_closed_before_and_after() {
    fastrand::seed(7);
    let world = World::start().await;
    write(&world);
    world.done(&["apply", "--yes"]);
    let before = documents(&world).await;
    write(&world);
    let mut proxy = Proxy::start(&world.endpoint).await;
    let mut command = world.command(&["apply", "--yes"]);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", &proxy.endpoint).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
    let mut moments = Vec::new();
    loop {
        tokio::select! {
            Some(event) = proxy.events.recv() => {
                if event.moment == Moment::After {
                    moments.push(documents(&world).await);
                }
                event.fate.send(Fate::GoesOn).unwrap();
            }
            status = &mut ended => {
                assert_eq!(status.unwrap().code(), Some(0));
                break;
            }
        }
    }
    let after = documents(&world).await;
    assert!(moments.len() >= 4, "{} transactions", moments.len());
    assert_eq!(moments.last(), Some(&after));
    let all: Vec<Subject> = after.keys().cloned().collect();
    let mut combinations: Vec<Vec<Subject>> = all.iter().map(|one| vec![one.clone()]).collect();
    for _ in 0..300 {
        let count = fastrand::usize(2..6);
        combinations.push((0..count).map(|_| all[fastrand::usize(..all.len())].clone()).collect());
    }
    let mut mixed = 0;
    for now in &moments {
        mixed += usize::from(*now != before && *now != after);
        for side in [&before, &after] {
            // All combinations are within the same side, whichever it is.
            if combinations.iter().all(|groups| is_within(now, side, groups)) {
                break;
            }
            assert!(std::ptr::eq(side, &raw const before), "wider than before and after");
        }
    }
    assert!(mixed >= 3, "{mixed}");
}
