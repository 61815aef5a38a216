//! Plans, and what applying them writes.

use std::fs;

use gatepost_core::subject::Subject;
use serde_json::{Value, json};

use crate::world::{World, document, git};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_rows_and_meaning_and_writes_nothing() {
    let world = World::start().await;
    world.write("movies", &["GET/movies/*"]);
    world.write("shows", &["GET/shows/*"]);
    world.done(&["apply", "--yes"]);
    world.write("movies", &["*/movies/*"]);
    fs::remove_file(world.folder.join("groups/shows.json")).unwrap();
    world.write("new", &["!GET/secret"]);
    let before = world.rows().await;
    let out = world.done(&["plan"]);
    assert!(out.contains("~ group:movies  version 1, wider\n"), "{out}");
    assert!(out.contains("~ group:new  new, narrower\n"), "{out}");
    assert!(out.contains("2 rows to write, 0 as they should be, 1 other left alone"), "{out}");
    assert!(out.contains("+ DELETE, HEAD, OPTIONS, PATCH, POST, PUT /movies/"), "{out}");
    let out = world.done(&["plan", "--prune"]);
    assert!(out.contains("- group:shows  version 1, is taken away, narrower\n"), "{out}");
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_is_in_the_rows_and_the_history_with_who_when_and_why() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.write("b", &["GET/b"]);
    git(world.temporary.path(), &["init", "-q"]);
    git(world.temporary.path(), &["add", "."]);
    git(world.temporary.path(), &["commit", "-qm", "one"]);
    let head = git(world.temporary.path(), &["rev-parse", "HEAD"]);
    git(world.temporary.path(), &["config", "user.name", "Grace"]);
    git(world.temporary.path(), &["config", "user.email", "grace@example.org"]);
    let out = world.done(&["apply", "--yes", "--comment", "first of all"]);
    assert!(
        out.contains("written: 2 rows, 2 revisions, 1 transaction, by Grace <grace@example.org>"),
        "{out}"
    );
    assert!(out.contains("Every caller sees it within 331 s:"), "{out}");
    assert!(out.contains("some of them as they were and some as they are"), "{out}");
    for revision in [0, 1] {
        let row = world.row("a", revision).await.unwrap();
        assert_eq!(row["document"]["Statement"][0]["Resource"], "GET/a");
        assert_eq!(
            (&row["version"], &row["updated_by"]),
            (&json!(1), &json!("Grace <grace@example.org>"))
        );
        assert_eq!(
            (&row["comment"], &row["source_revision"]),
            (&json!("first of all"), &json!(head))
        );
        assert!(row["updated_at"].as_str().unwrap().ends_with('Z'));
    }
    // Again: nothing. With an edit that is not committed: told so.
    assert!(world.done(&["apply"]).contains("nothing to write"));
    world.write("a", &["GET/a", "!GET/b"]);
    world.edit("a", |row| row["usage_identifier_key"] = json!("key")).await;
    world.done(&["apply", "--as", "pipeline", "--policy-ttl", "5", "--result-ttl", "0"]);
    let row = world.row("a", 0).await.unwrap();
    assert_eq!((&row["version"], &row["usage_identifier_key"]), (&json!(2), &json!("key")));
    assert_eq!(row["source_revision"], format!("{head}+dirty"));
    assert_eq!(row["updated_by"], "pipeline");

    fs::remove_file(world.folder.join("groups/b.json")).unwrap();
    assert!(world.done(&["apply"]).contains("nothing to write"));
    world.done(&["apply", "--prune"]);
    assert_eq!(world.row("b", 0).await, None);
    let gone = world.row("b", 2).await.unwrap();
    assert_eq!((gone.get("document"), gone["version"].as_u64()), (None, Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_applied_as_it_is_or_not_at_all() {
    let world = World::start().await;
    for group in ["a", "b", "c"] {
        world.write(group, &["GET/x"]);
    }
    world.done(&["apply", "--yes"]);
    world.write("a", &["GET/x", "GET/y"]);
    world.done(&["plan", "--out", "plan.json"]);
    let plan: Value =
        serde_json::from_slice(&fs::read(world.temporary.path().join("plan.json")).unwrap())
            .unwrap();
    assert_eq!(plan["rows"].as_object().unwrap().len(), 3);
    assert_eq!(plan["meaning"]["subjects"][0]["gained"].as_array().unwrap().len(), 1);
    // What is in the files by then makes no difference.
    world.write("a", &["*/*"]);
    let refused = world.run(&["apply", "plan.json"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("`--yes` (`--allow-widening`) allows it"), "{refused:?}");
    world.done(&["apply", "plan.json", "--yes"]);
    let row = world.row("a", 0).await.unwrap();
    assert_eq!(row["document"], document(&["GET/x", "GET/y"]));
    // Once more, as after an interruption: there is nothing left to do.
    assert!(world.done(&["apply", "plan.json", "--yes"]).contains("nothing to write"));

    // A row that the plan does not change, but was judged by, has changed.
    world.write("a", &["GET/x"]);
    world.done(&["plan", "--out", "plan.json"]);
    world.write("b", &["GET/b"]);
    world.done(&["apply", "policies/groups/b.json", "--yes", "--as", "somebody else"]);
    let refused = world.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("the table has changed since the plan was made"), "{refused:?}");
    assert!(
        refused.out.contains(
            "group:b: made from version 1, and the table has version 2 now, by somebody else"
        ),
        "{refused:?}"
    );
    assert_eq!(world.row("a", 0).await.unwrap()["version"], 2);
    // And one that was edited without a new version.
    world.done(&["plan", "--out", "plan.json"]);
    world.edit("c", |row| row["document"] = document(&["*/*"])).await;
    assert_eq!(world.run(&["apply", "plan.json", "--yes"]).code, Some(1));
    // And one that is new.
    world.edit("c", |row| row["document"] = document(&["GET/x"])).await;
    world.done(&["plan", "--out", "plan.json"]);
    world.write("d", &["GET/d"]);
    world.done(&["apply", "policies/groups/d.json", "--yes"]);
    assert_eq!(world.run(&["apply", "plan.json", "--yes"]).code, Some(1));
    assert_eq!(world.run(&["apply", "plan.json", "--table", "other"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_written_beside_the_document_and_promoted() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.done(&["apply", "--yes"]);
    world.write("a", &["*/a"]);
    world.write("b", &["GET/b"]);
    let ran = world.run(&["apply", "--candidate"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("! group:b  has no document beside which"), "{ran:?}");
    assert!(ran.out.contains("In meaning, if the candidates were in force"), "{ran:?}");
    let row = world.row("a", 0).await.unwrap();
    assert_eq!((&row["document"], &row["candidate"]), (&document(&["GET/a"]), &document(&["*/a"])));
    assert_eq!((&row["version"], world.row("b", 0).await), (&json!(2), None));
    // Another edit leaves it.
    world.write("a", &["GET/a", "GET/aa"]);
    world.done(&["apply", "policies/groups/a.json", "--yes"]);
    assert!(world.row("a", 0).await.unwrap().get("candidate").is_some());
    let refused = world.run(&["promote", "group:a"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    world.done(&["promote", "group:a", "--yes"]);
    let row = world.row("a", 0).await.unwrap();
    assert_eq!((&row["document"], row.get("candidate")), (&document(&["*/a"]), None));
    assert_eq!(row["version"], 4);
    let again = world.run(&["promote", "group:a", "--yes"]);
    assert!(again.code == Some(2) && again.err.contains("has no candidate: "), "{again:?}");
    let subject: Subject = "group:a".parse().unwrap();
    assert_eq!(world.state().await.hand_edit(&subject), None);
}
