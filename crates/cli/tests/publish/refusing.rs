//! What keeps documents from being published.

use std::fs;

use serde_json::json;

use crate::world::{World, document};

#[tokio::test(flavor = "multi_thread")]
async fn a_widening_needs_somebody_who_says_so() {
    let world = World::start().await;
    world.write("a", &["GET/a", "!GET/b"]);
    let refused = world.run(&["apply"]);
    assert_eq!((refused.code, world.rows().await.len()), (Some(1), 0), "{refused:?}");
    assert!(refused.err.contains("`--yes`"), "{refused:?}");
    world.done(&["apply", "--allow-widening"]);
    // Less of it needs no question, and a Deny less is more.
    world.write("a", &["!GET/b"]);
    world.done(&["apply"]);
    fs::remove_file(world.folder.join("groups/a.json")).unwrap();
    world.write("z", &["!GET/z"]);
    let refused = world.run(&["apply", "--prune"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(world.rows().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn lint_errors_and_failed_tests_refuse_and_an_override_is_recorded() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    fs::create_dir(world.folder.join("tests")).unwrap();
    fs::write(
        world.folder.join("tests/a.yaml"),
        "principals:\n  alice:\n    groups: [a]\ntests:\n  - principal: alice\n    requests:\n      GET /b: allow\n",
    )
    .unwrap();
    let plan = world.run(&["plan"]);
    assert_eq!(plan.code, Some(1), "{plan:?}");
    assert!(plan.out.contains("against it: 1 of 1 test fail"), "{plan:?}");
    assert!(plan.out.contains("alice: GET /b: want allow, got implicit_deny"), "{plan:?}");
    let refused = world.run(&["apply", "--yes"]);
    assert_eq!((refused.code, world.rows().await.len()), (Some(1), 0), "{refused:?}");
    assert!(refused.err.contains("`--override REASON`"), "{refused:?}");
    world.done(&["apply", "--yes", "--comment", "now", "--override", "incident 7"]);
    assert_eq!(world.row("a", 1).await.unwrap()["comment"], "now (override: incident 7)");

    // Tests see what is in the table too.
    world.write("b", &["GET/b"]);
    fs::write(
        world.folder.join("tests/a.yaml"),
        "principals:\n  alice:\n    groups: [a, b]\ntests:\n  - principal: alice\n    requests:\n      GET /b: allow\n",
    )
    .unwrap();
    fs::remove_file(world.folder.join("groups/a.json")).unwrap();
    world.done(&["apply", "--yes"]);

    let file = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "GET/c",
        "Condition": { "StringEquals": { "aws:Nonsense": "x" } },
    }] });
    fs::write(world.folder.join("groups/c.json"), file.to_string()).unwrap();
    let refused = world.run(&["apply", "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.out.contains("[unknown-condition-key]"), "{refused:?}");
    assert!(refused.err.contains("refused: lint finds 1 error"), "{refused:?}");
    fs::write(world.folder.join("groups/c.json"), "{}").unwrap();
    assert_eq!(world.run(&["apply", "--yes"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_edited_by_hand_are_shown_and_not_destroyed() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.write("b", &["GET/b"]);
    world.done(&["apply", "--yes"]);
    world.edit("a", |row| row["document"] = document(&["GET/by-hand"])).await;
    world.write("a", &["GET/mine"]);
    let refused = world.run(&["apply", "--yes", "--override", "x"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("refused: group:a: edited by hand"), "{refused:?}");
    assert_eq!(world.row("a", 0).await.unwrap()["document"], document(&["GET/by-hand"]));

    world.done(&["apply", "--yes", "--adopt"]);
    let of = async |revision| world.row("a", revision).await.unwrap();
    assert_eq!(of(2).await["document"], document(&["GET/by-hand"]));
    assert!(of(2).await["comment"].as_str().unwrap().contains("as it was found"));
    assert_eq!(
        (&of(3).await["document"], of(0).await["version"].as_u64()),
        (&document(&["GET/mine"]), Some(3))
    );

    // Once the files say so too, it is nobody's loss.
    world.edit("b", |row| row["document"] = document(&["GET/by-hand"])).await;
    let plan = world.run(&["drift"]);
    assert_eq!(plan.code, Some(1), "{plan:?}");
    world.done(&["pull"]);
    let out = world.done(&["apply"]);
    assert!(
        out.contains("= group:b  version 1, becomes a revision as it is; edited by hand"),
        "{out}"
    );
    assert_eq!(world.row("b", 2).await.unwrap()["document"], document(&["GET/by-hand"]));
    world.done(&["drift"]);

    // A row that was made by hand, and one that cannot be read.
    let made = json!({ "subject": "group:made", "revision": 0, "version": 1, "document": document(&["GET/m"]) });
    let item = serde_dynamo::to_item(made).unwrap();
    world.client.put_item().table_name("policies").set_item(Some(item)).send().await.unwrap();
    world.write("made", &["GET/m"]);
    world.edit("b", |row| row["document"] = json!("nonsense")).await;
    let refused = world.run(&["apply", "--yes"]);
    assert!(refused.err.contains("refused: group:b: edited by hand"), "{refused:?}");
    world.done(&["apply", "--yes", "--adopt"]);
    assert_eq!(world.row("made", 1).await.unwrap()["document"], document(&["GET/m"]));
    assert_eq!(world.row("made", 0).await.unwrap()["version"], 1);
    assert_eq!(world.row("b", 3).await.unwrap()["document"], "nonsense");
    assert_eq!(world.row("b", 0).await.unwrap()["document"], document(&["GET/by-hand"]));
    world.done(&["drift"]);
}
