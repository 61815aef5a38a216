//! Two people at once.

use std::fs;

use gatepost_core::subject::Subject;
use gatepost_store::{NewRevision, put_policy};

use crate::proxy::{Fate, Moment, Proxy};
use crate::world::{Ran, TABLE, World, document, git, parsed, write};

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_second_is_shown_what_the_first_one_did() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.done(&["apply", "--yes"]);
    world.write("a", &["GET/a", "GET/mine"]);
    let mut proxy = Proxy::start(&world.endpoint).await;
    let mut command = world.command(&["apply", "--yes"]);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", &proxy.endpoint);
    let running = tokio::task::spawn_blocking(move || Ran::of(command.output().unwrap()));
    let event = proxy.events.recv().await.unwrap();
    assert_eq!((event.number, event.moment), (0, Moment::Before));
    let subject: Subject = "group:a".parse().unwrap();
    let revision = NewRevision {
        updated_at: std::time::SystemTime::now(),
        updated_by: "Bob",
        comment: "urgent",
        source_revision: None,
    };
    let theirs = parsed(&["GET/theirs"]);
    put_policy(&world.client, TABLE, &subject, &theirs, Some(1), &revision).await.unwrap();
    event.fate.send(Fate::GoesOn).unwrap();
    proxy.events.recv().await.unwrap().fate.send(Fate::GoesOn).unwrap();
    let ran = running.await.unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let (_, out) = ran.out.split_once("group:a: made from ").unwrap();
    assert!(out.starts_with("version 1, and the table has version 2 now, by Bob at "), "{out}");
    assert!(out.contains(": urgent\n"), "{out}");
    let (they, you) = out.split_once("What you would change, version 1 to yours:").unwrap();
    assert!(they.contains("+ GET /theirs") && they.contains("- GET /a"), "{out}");
    assert!(you.contains("+ GET /mine") && !you.contains("/theirs"), "{out}");
    assert!(ran.err.contains("0 of 1 transactions are written"), "{ran:?}");
    assert_eq!(world.row("a", 0).await.unwrap()["document"], document(&["GET/theirs"]));
}

/// Two clones of one repository: the second one has not seen what the first published.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_does_not_have_what_others_published_is_refused() {
    let world = World::start().await;
    let top = world.temporary.path();
    world.write("a", &["GET/a"]);
    world.write("b", &["GET/b"]);
    git(top, &["init", "-q"]);
    git(top, &["add", "."]);
    git(top, &["commit", "-qm", "one"]);
    world.done(&["apply", "--yes", "--as", "Ada"]);
    git(top, &["clone", "-q", ".", "second"]);
    world.write("a", &["GET/a", "!GET/x"]);
    git(top, &["commit", "-qam", "two"]);
    world.done(&["apply", "--as", "Ada", "--comment", "no x"]);

    let second = top.join("second/policies");
    write(&second, "b", &["GET/b", "!GET/y"]);
    git(&second, &["commit", "-qam", "other"]);
    let ran = world.run(&["apply", "second/policies", "--yes", "--as", "Bob"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("the source does not have what others have published since: group:a"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("group:a: made from version 1, and the table has version 2 now, by Ada"),
        "{ran:?}"
    );
    assert_eq!(world.row("b", 0).await.unwrap()["version"], 1);
    // An edit of the same row from there is no better.
    write(&second, "a", &["GET/a", "GET/aa"]);
    git(&second, &["commit", "-qam", "more"]);
    assert_eq!(world.run(&["apply", "second/policies", "--yes", "--as", "Bob"]).code, Some(1));
    git(&second, &["checkout", "-q", "HEAD~1", "--", "groups/a.json"]);
    git(&second, &["commit", "-qm", "back"]);

    // Nor does it want gone what it has not seen.
    world.write("c", &["GET/c"]);
    git(top, &["add", "policies"]);
    git(top, &["commit", "-qm", "three"]);
    world.done(&["apply", "--yes", "--as", "Ada"]);
    let one = ["plan", "second/policies", "--prune"];
    assert!(world.run(&one).err.contains("published since: group:a, group:c"));

    // With the other's work in it, it is.
    git(&second, &["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    world.done(&["apply", "second/policies", "--yes", "--as", "Bob"]);
    assert_eq!(world.row("b", 0).await.unwrap()["version"], 2);
    // To take one's own work back by git is no conflict.
    git(&second, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    world.done(&["apply", "second/policies", "--yes", "--as", "Cy"]);
    assert_eq!(world.row("a", 0).await.unwrap()["document"], document(&["GET/a"]));
}

/// Without git there is the history.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_an_older_revision_is_nobody_s_edit() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.done(&["apply", "--yes", "--as", "Ada"]);
    let copy = world.temporary.path().join("copy");
    fs::create_dir(&copy).unwrap();
    write(&copy, "a", &["GET/a"]);
    world.write("a", &["!GET/a"]);
    world.done(&["apply", "--as", "Ada"]);
    let ran = world.run(&["apply", "copy", "--yes", "--as", "Bob"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("group:a: made from version 1, and the table has version 2 now, by Ada"),
        "{ran:?}"
    );
    // Who took it away is asked the same.
    fs::remove_file(world.folder.join("groups/a.json")).unwrap();
    world.write("b", &["GET/b"]);
    world.done(&["apply", "--prune", "--yes", "--as", "Ada"]);
    let ran = world.run(&["apply", "copy", "--yes", "--as", "Bob"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("the table has no document now, by Ada"), "{ran:?}");
    // One's own steps may be taken back.
    world.done(&["apply", "copy", "--yes", "--as", "Ada"]);
    world.write("a", &["!GET/a"]);
    world.done(&["apply", "copy", "--yes", "--as", "Bob"]);
    let ran = world.run(&["apply", "--as", "Bob"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    world.done(&["apply", "--as", "Bob", "--override", "Ada asked me to"]);
    assert_eq!(world.row("a", 0).await.unwrap()["comment"], "(override: Ada asked me to)");
}
