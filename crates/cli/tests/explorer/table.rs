//! Documents in a table: the embedded engine, as for the commands that publish.

use serde_json::{Value, json};

use crate::asking::Explorer;
use crate::world::{World, document};

fn explorer(world: &World, arguments: &[&str]) -> Explorer {
    let all = [&["explore", "dynamodb:policies", "--port", "0"], arguments].concat();
    Explorer::of(world.command(&all))
}

fn save(explorer: &Explorer, subject: &str, resources: &[&str], tag: &Value) -> (u16, Value) {
    let body = json!({ "text": document(resources).to_string(), "tag": tag });
    let answer = explorer.send(&format!("PUT /api/documents/{subject}"), &body);
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_shown_with_its_history() {
    let world = World::start().await;
    world.write("movies", &["GET/movies"]);
    world.done(&["apply", "--yes", "--comment", "the first"]);
    world.write("movies", &["GET/movies", "POST/movies"]);
    world.done(&["apply", "--yes", "--comment", "the second"]);
    tokio::task::block_in_place(|| {
        let explorer = explorer(&world, &[]);
        let about = explorer.got("/api/about");
        assert_eq!(about["source"], json!({ "kind": "table", "name": "dynamodb:policies" }));
        assert_eq!((&about["history"], &about["editable"]), (&json!(true), &json!(false)));
        let one = explorer.got("/api/documents/group:movies");
        assert_eq!((&one["version"], &one["candidate"]), (&json!(2), &Value::Null));
        let shown = world.done(&["show", "group:movies"]);
        assert_eq!(one["text"], shown);

        let history = explorer.got("/api/history/group:movies");
        let wanted = world.done(&["history", "group:movies", "--format", "json"]);
        assert_eq!(history, serde_json::from_str::<Value>(&wanted).unwrap());
        let diff = explorer.got("/api/history/group:movies/diff?from=1&to=2");
        assert_eq!(diff["gained"][0]["witness"]["method"], "POST");
        assert_eq!(diff["texts"]["to"], shown);

        let who = explorer.got("/api/who?verb=POST&path=/movies");
        assert_eq!(who["subjects"][0]["decision"], "allow");
        assert_eq!(explorer.get("/api/map").status, 409, "no routes were named");
        assert_eq!(save(&explorer, "group:movies", &["GET/a"], &one["tag"]).0, 403);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_is_a_candidate_and_nobody_s_rights_change() {
    let world = World::start().await;
    world.write("movies", &["GET/movies"]);
    world.done(&["apply", "--yes"]);
    tokio::task::block_in_place(|| {
        let explorer = explorer(&world, &["--edit"]);
        assert_eq!(explorer.got("/api/about")["saves"], "candidate");
        let before = explorer.got("/api/documents/group:movies");
        let (status, saved) = save(&explorer, "group:movies", &["GET/shows"], &before["tag"]);
        assert_eq!(status, 200, "{saved}");
        assert_eq!(saved["text"], before["text"], "what is in force is as it was");
        assert!(saved["candidate"].as_str().unwrap().contains("GET/shows"), "{saved}");
        assert!(
            saved["told"].as_str().unwrap().contains("nobody's rights have changed"),
            "{saved}"
        );

        let (status, refused) = save(&explorer, "group:movies", &["GET/a"], &before["tag"]);
        assert_eq!((status, &refused["tag"]), (412, &saved["tag"]), "it has moved on");
        let (status, refused) = save(&explorer, "group:new", &["GET/a"], &Value::Null);
        assert_eq!(status, 409, "{refused}");

        // What somebody else publishes meanwhile is seen too.
        world.write("movies", &["GET/movies", "GET/films"]);
        world.done(&["apply", "--yes"]);
        let (status, refused) = save(&explorer, "group:movies", &["GET/a"], &saved["tag"]);
        assert_eq!(status, 412, "{refused}");
        assert!(refused["text"].as_str().unwrap().contains("GET/films"), "{refused}");
    });
    assert!(world.row("movies", 0).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_that_of_the_command_and_can_be_applied() {
    let world = World::start().await;
    world.write("movies", &["GET/movies"]);
    world.write("shows", &["GET/shows"]);
    world.done(&["apply", "--yes"]);
    tokio::task::block_in_place(|| {
        let explorer = explorer(&world, &[]);
        let drafts = json!({ "drafts": {
            "group:movies": document(&["GET/movies", "PUT/movies"]).to_string(),
            "group:new": document(&["GET/new"]).to_string(),
        } });
        let plan = explorer.posted("/api/plan", &drafts);

        world.write("movies", &["GET/movies", "PUT/movies"]);
        world.write("new", &["GET/new"]);
        let ran = world.run(&["plan", "--format", "json"]);
        assert_eq!(plan, serde_json::from_str::<Value>(&ran.out).unwrap(), "{ran:?}");

        std::fs::write(world.temporary.path().join("explorer.plan"), plan.to_string()).unwrap();
        world.done(&["apply", "explorer.plan", "--yes"]);
        let shown: Value = serde_json::from_str(&world.done(&["show", "group:new"])).unwrap();
        assert_eq!(shown["Statement"][0]["Resource"], "GET/new");
    });
}

/// A row that cannot be read may hold a Deny.
#[tokio::test(flavor = "multi_thread")]
async fn with_an_unreadable_row_nothing_is_answered_but_what_to_mend() {
    let world = World::start().await;
    world.write("movies", &["GET/movies"]);
    world.write("shows", &["GET/shows"]);
    world.done(&["apply", "--yes"]);
    world
        .edit("shows", |row| row["document"] = json!({ "Statement": [{ "Effect": "Alow" }] }))
        .await;
    tokio::task::block_in_place(|| {
        let explorer = explorer(&world, &[]);
        let answer = explorer.get("/api/who?verb=GET&path=/movies");
        assert_eq!(answer.status, 409);
        assert!(answer.error().contains("group:shows"), "{answer:?}");
        assert!(explorer.got("/api/documents/group:shows")["fault"].is_string());
    });
}

#[test]
fn a_folder_has_no_plan() {
    let folder = crate::asking::example();
    let explorer = Explorer::start(folder.path(), &[]);
    assert_eq!(explorer.send("POST /api/plan", &json!({})).status, 409);
}
