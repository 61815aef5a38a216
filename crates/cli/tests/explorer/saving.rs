//! Documents that are saved to their files.

use std::fs;

use serde_json::{Value, json};

use crate::asking::{Explorer, example};

const TEXT: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n";

#[test]
fn nothing_is_saved_unless_it_is_asked_for() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let about = explorer.got("/api/about");
    assert_eq!((&about["editable"], &about["saves"]), (&json!(false), &Value::Null));
    let tag = explorer.got("/api/documents/group:movies-group")["tag"].clone();
    let body = json!({ "text": TEXT, "tag": tag });
    let answer = explorer.send("PUT /api/documents/group:movies-group", &body);
    assert_eq!(answer.status, 403);
    assert!(answer.error().contains("--edit"), "{answer:?}");
}

#[test]
fn a_document_is_saved_as_it_was_written_and_seen_at_once() {
    let folder = example();
    let file = folder.path().join("policies/groups/movies-group.json");
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    assert_eq!(explorer.got("/api/about")["saves"], "file");
    let mut events = explorer.events();
    let first = events.next("changed");
    let before = explorer.got("/api/documents/group:movies-group");
    let body = json!({ "text": TEXT, "tag": before["tag"] });
    let answer = explorer.send("PUT /api/documents/group:movies-group", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), TEXT);
    let saved = answer.json();
    assert_eq!(saved["text"], TEXT);
    assert_ne!(saved["tag"], before["tag"]);
    let changed = events.next("changed");
    assert_ne!(changed, first);
    assert_eq!(saved["revision"], changed["revision"]);
    let map = explorer.got("/api/map");
    assert_eq!(map["revision"], changed["revision"]);
    let movies =
        map["subjects"].as_array().unwrap().iter().find(|one| one["name"] == "movies-group");
    assert_eq!(movies.unwrap()["counts"]["allow"], 0);
    let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing else is left: {left:?}");
}

#[test]
fn an_edit_of_somebody_else_is_not_written_over() {
    let folder = example();
    let file = folder.path().join("policies/groups/movies-group.json");
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    let tag = explorer.got("/api/documents/group:movies-group")["tag"].clone();
    let theirs = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"GET/a"}}"#;
    fs::write(&file, theirs).unwrap();
    let put = |tag: &Value| {
        let body = json!({ "text": TEXT, "tag": tag });
        explorer.send("PUT /api/documents/group:movies-group", &body)
    };
    for tag in [&tag, &Value::Null, &json!("")] {
        let answer = put(tag);
        assert_eq!((answer.status, &answer.json()["text"]), (412, &json!(theirs)), "{answer:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
    }
    let now = put(&tag).json()["tag"].clone();
    assert_eq!(put(&now).status, 200);
    assert_eq!(fs::read_to_string(&file).unwrap(), TEXT);
}

#[test]
fn a_new_subject_gets_the_file_that_is_its_own() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    let put = |subject: &str, tag: Value| {
        let body = json!({ "text": TEXT, "tag": tag });
        explorer.send(&format!("PUT /api/documents/{subject}"), &body)
    };
    for (subject, file) in [
        ("group:new", "groups/new.json"),
        ("user:..%2F..%2F..%2Fescaped", "users/%2E.%2F..%2F..%2Fescaped.json"),
        ("group:%2Fetc%2Fpasswd", "groups/%2Fetc%2Fpasswd.json"),
        ("scope:a%5Cb", "scopes/a%5Cb.json"),
    ] {
        let answer = put(subject, Value::Null);
        assert_eq!(answer.status, 200, "{subject}: {answer:?}");
        let file = folder.path().join("policies").join(file);
        assert_eq!(fs::read_to_string(file).unwrap(), TEXT, "{subject}");
        assert_eq!(put(subject, Value::Null).status, 412, "{subject}: it is there now");
    }
    for subject in
        ["nobody", "group:", "groups%2Fa.json", "..%2Fgroup:a", "group:a%00b", "group:a%0Ab"]
    {
        let answer = put(subject, Value::Null);
        assert_eq!(answer.status, 400, "{subject}: {answer:?}");
    }
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["policies"], "nothing was written beside the folder");
}

#[test]
fn what_is_no_document_is_not_saved() {
    let folder = example();
    let file = folder.path().join("policies/groups/movies-group.json");
    let before = fs::read_to_string(&file).unwrap();
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    let tag = explorer.got("/api/documents/group:movies-group")["tag"].clone();
    let body = json!({ "text": r#"{"Statement":[{"Effect":"Alow"}]}"#, "tag": tag });
    let answer = explorer.send("PUT /api/documents/group:movies-group", &body);
    assert_eq!(answer.status, 422);
    assert!(answer.json()["faults"][0]["pointer"].as_str().unwrap().starts_with("/Statement/0"));
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

/// A faulty file keeps everything from being answered, but not from being mended here.
#[test]
fn a_faulty_file_is_mended_by_a_save() {
    let folder = example();
    let file = folder.path().join("policies/groups/movies-group.json");
    fs::write(&file, "{").unwrap();
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    assert_eq!(explorer.get("/api/map").status, 409);
    let tag = explorer.got("/api/documents/group:movies-group")["tag"].clone();
    let body = json!({ "text": TEXT, "tag": tag });
    assert_eq!(explorer.send("PUT /api/documents/group:movies-group", &body).status, 200);
    assert_eq!(explorer.get("/api/map").status, 200);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_neither_shown_nor_written_through() {
    let folder = example();
    let outside = folder.path().join("outside.json");
    fs::write(&outside, "not for everybody").unwrap();
    let link = folder.path().join("policies/groups/link.json");
    std::os::unix::fs::symlink(&outside, link).unwrap();
    let explorer = Explorer::start(folder.path(), &["--edit"]);
    let document = explorer.got("/api/documents/group:link");
    assert_eq!(document["text"], "");
    let body = json!({ "text": TEXT, "tag": document["tag"] });
    assert_eq!(explorer.send("PUT /api/documents/group:link", &body).status, 403);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "not for everybody");

    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.path().join("policies/users")).unwrap();
    let body = json!({ "text": TEXT, "tag": null });
    assert_eq!(explorer.send("PUT /api/documents/user:new", &body).status, 403);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}
