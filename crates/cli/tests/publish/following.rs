//! Files that follow the table, and what the table remembers.

use std::fs;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};

use crate::world::{World, document, git};

#[tokio::test(flavor = "multi_thread")]
async fn files_follow_the_table_and_keep_their_bytes_where_nothing_changed() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.write("b", &["GET/b"]);
    world.done(&["apply", "--yes"]);
    let path = |group: &str| world.folder.join(format!("groups/{group}.json"));
    let read = |group: &str| fs::read_to_string(path(group)).unwrap();
    let text = format!("{}\n\n", document(&["GET/a"]));
    fs::write(path("a"), &text).unwrap();
    assert_eq!(world.done(&["pull"]), "2 rows, 2 as they were\n");
    assert_eq!(read("a"), text);

    world.done(&["pull", "elsewhere"]);
    let first = fs::read(world.temporary.path().join("elsewhere/groups/a.json")).unwrap();
    assert!(String::from_utf8_lossy(&first).starts_with("{\n  \"Version\": \"2012-10-17\",\n"));
    fs::remove_dir_all(world.temporary.path().join("elsewhere")).unwrap();
    world.done(&["pull", "elsewhere"]);
    assert_eq!(fs::read(world.temporary.path().join("elsewhere/groups/a.json")).unwrap(), first);

    // What stands in a file and nowhere else is not written over.
    world.write("a", &["GET/unpublished"]);
    world.write("c", &["GET/c"]);
    let ran = world.run(&["pull"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out
            .contains("left alone, with an edit of its own (--overwrite): policies/groups/a.json"),
        "{ran:?}"
    );
    assert!(ran.out.contains("has no row: policies/groups/c.json"), "{ran:?}");
    let ran = world.run(&["pull", "--prune"]);
    assert!(
        ran.out.contains("has no row: policies/groups/c.json") && path("c").exists(),
        "{ran:?}"
    );
    git(world.temporary.path(), &["init", "-q"]);
    git(world.temporary.path(), &["add", "policies"]);
    git(world.temporary.path(), &["commit", "-qm", "kept"]);
    let out = world.done(&["pull", "--prune"]);
    assert!(out.contains("deleted: policies/groups/c.json") && !path("c").exists(), "{out}");
    assert!(read("a").contains("GET/a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_as_it_was_is_shown_and_comes_back_as_a_new_version() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.done(&["apply", "--yes", "--as", "Ada", "--comment", "one"]);
    world.write("a", &["!GET/b"]);
    world.done(&["apply", "--as", "Bob"]);
    let out = world.done(&["history", "group:a"]);
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[0].starts_with("version 2  20")
            && lines[0].ends_with("Bob  document: 0 gained, 1 lost"),
        "{out}"
    );
    assert!(
        lines[1].ends_with("Ada  document: 1 gained, 0 lost") && lines[2] == "    one",
        "{out}"
    );
    let json: Value =
        serde_json::from_str(&world.done(&["history", "group:a", "--format", "json"])).unwrap();
    assert_eq!(json["revisions"][1]["updated_by"], "Bob");
    assert_eq!(world.run(&["history", "group:x"]).code, Some(1));

    let shown = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    assert_eq!(shown(world.done(&["show", "group:a"]))["Statement"][0]["Effect"], "Deny");
    assert_eq!(shown(world.done(&["show", "group:a@1"]))["Statement"][0]["Resource"], "GET/a");
    assert!(world.run(&["show", "group:a@1"]).err.starts_with("version 1, by Ada at "));
    let ran = world.run(&["show", "group:a@9"]);
    assert!(ran.code == Some(2) && ran.err.contains("it has: 1, 2"), "{ran:?}");

    let refused = world.run(&["rollback", "group:a", "--to", "1"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    world.done(&["rollback", "group:a", "--to", "1", "--yes"]);
    let row = world.row("a", 0).await.unwrap();
    assert_eq!((row["version"].as_u64(), &row["comment"]), (Some(3), &json!("back to version 1")));
    assert_eq!(row["document"]["Statement"][0]["Resource"], "GET/a");
    assert!(world.done(&["rollback", "group:a", "--to", "1"]).contains("nothing to write"));

    // To a version that took it away, and back.
    fs::remove_file(world.folder.join("groups/a.json")).unwrap();
    world.write("b", &["GET/b"]);
    world.done(&["apply", "--prune", "--yes"]);
    world.done(&["rollback", "group:a", "--to", "3", "--yes"]);
    assert_eq!(world.row("a", 0).await.unwrap()["version"], 5);
    world.done(&["rollback", "group:a", "--to", "4"]);
    assert_eq!(world.row("a", 0).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_with_its_kind_and_meaning() {
    let world = World::start().await;
    for group in ["a", "b", "c"] {
        world.write(group, &["GET/x"]);
    }
    world.done(&["apply", "--yes", "--as", "Ada"]);
    assert_eq!(world.done(&["drift"]), "3 rows, all as the files say\n");
    world.write("a", &["GET/y"]);
    world.write("d", &["GET/d"]);
    fs::remove_file(world.folder.join("groups/b.json")).unwrap();
    world.edit("c", |row| row["version"] = json!(7)).await;
    let ran = world.run(&["drift", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    let kinds: Vec<(&str, &str)> = answer["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["subject"].as_str().unwrap(), one["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("group:a", "changed"),
            ("group:b", "only_in_table"),
            ("group:c", "edited_by_hand"),
            ("group:d", "only_in_files"),
        ]
    );
    let ran = world.run(&["drift"]);
    assert!(ran.out.contains("group:a: differs from its file, version 1, by Ada"), "{ran:?}");
    assert!(ran.out.contains("+ GET /y"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_applied_as_a_folder_is() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    world.write("b", &["GET/b"]);
    world.done(&["apply", "--yes"]);
    let export = world.done(&["export"]);
    assert_eq!(world.done(&["export"]), export);
    let path = world.temporary.path().join("backup.json");
    fs::write(&path, &export).unwrap();
    world.write("a", &["!GET/a"]);
    world.write("c", &["GET/c"]);
    world.done(&["apply", "--yes"]);
    world.done(&["apply", "backup.json", "--yes", "--prune"]);
    assert_eq!(world.row("a", 0).await.unwrap()["document"], document(&["GET/a"]));
    assert_eq!(world.row("c", 0).await, None);
    fs::write(&path, export.replace("GET/a", "GET/*")).unwrap();
    let ran = world.run(&["apply", "backup.json", "--yes"]);
    assert!(ran.code == Some(2) && ran.err.contains("not the one that was exported"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_aws_sample_is_taken_over() {
    let world = World::start().await;
    let attribute = AttributeDefinition::builder()
        .attribute_name("group")
        .attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("group").key_type(KeyType::Hash);
    let create =
        world.client.create_table().table_name("sample").billing_mode(BillingMode::PayPerRequest);
    let create =
        create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let row = json!({ "group": "vets", "policy": document(&["arn:aws:execute-api:*:*:*/*/*/petstore/v1/*"]) });
    let item = serde_dynamo::to_item(row).unwrap();
    world.client.put_item().table_name("sample").set_item(Some(item)).send().await.unwrap();
    world.done(&["import", "sample", "--layout", "aws-sample"]);
    let text = fs::read_to_string(world.folder.join("groups/vets.json")).unwrap();
    assert!(text.contains("petstore/v1"), "{text}");
    world.done(&["import", "sample", "--into-table", "--yes"]);
    let row = world.row("vets", 0).await.unwrap();
    assert_eq!((&row["comment"], &row["version"]), (&json!("imported from sample"), &json!(1)));
    world.done(&["drift"]);
}
