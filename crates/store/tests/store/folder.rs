//! A folder of policy files: what is read, what is ignored, and what every faulty file is told.

use std::fs;
use std::path::Path;

use gatepost_core::policy::PolicyDocument;
use gatepost_store::{FileFault, FileOutcome, FolderError, FolderStore, PolicyStore};

use crate::support::{document, soon, subjects};

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Each file's name and what became of it: its subject, or its fault.
fn outcomes(root: &Path) -> Vec<(String, String)> {
    let line = |FileOutcome { path, policy }| {
        let name: &Path = path.strip_prefix(root).unwrap();
        let result = match policy {
            Ok((subject, _)) => subject.to_string(),
            Err(fault) => fault.to_string().replace(root.to_str().unwrap(), ""),
        };
        (name.to_str().unwrap().to_owned(), result)
    };
    FolderStore::load(root).unwrap().into_iter().map(line).collect()
}

fn expect(found: &[(String, String)], want: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found, want);
}

#[test]
fn each_kind_of_subject_has_its_folder_and_the_rest_is_nobody_s() {
    let root = tempfile::tempdir().unwrap();
    let text = document("a").to_string();
    for name in [
        "groups/a.json",
        "groups/sub/b.json",
        "groups/.hidden.json",
        "groups/README.md",
        "groups/a.json.bak",
        "groups/json",
        "users/4f1c.JSON",
        "clients/7x.y.json",
        "scopes/movies%2Fread.json",
        "roles/a.json",
        "tests/access.json",
        "a.json",
    ] {
        write(root.path(), name, &text);
    }
    expect(
        &outcomes(root.path()),
        &[
            ("clients/7x.y.json", "client:7x.y"),
            ("groups/a.json", "group:a"),
            ("scopes/movies%2Fread.json", "scope:movies/read"),
            ("users/4f1c.JSON", "user:4f1c"),
        ],
    );
}

#[test]
fn every_faulty_file_is_named_with_its_fault() {
    let root = tempfile::tempdir().unwrap();
    let good = document("a").to_string();
    write(root.path(), "groups/good.json", &good);
    write(root.path(), "groups/broken.json", "{");
    write(root.path(), "groups/effect.json", &good.replace("\"Allow\"", "\"allow\""));
    write(root.path(), "groups/100%.json", &good);
    write(root.path(), "groups/a%2Fb.json", &good);
    write(root.path(), "groups/a%2fb.json", &good);
    write(root.path(), "groups/large.json", &" ".repeat(PolicyDocument::MAX_BYTES + 1));
    fs::create_dir(root.path().join("groups/folder.json")).unwrap();
    let found = outcomes(root.path());
    expect(
        &found[..3],
        &[
            (
                "groups/100%.json",
                "`%` is not followed by two hexadecimal digits; a percent sign is written `%25`",
            ),
            ("groups/a%2Fb.json", "`/groups/a%2fb.json` is about the same subject"),
            ("groups/a%2fb.json", "`/groups/a%2Fb.json` is about the same subject"),
        ],
    );
    assert!(found[3].1.contains("not JSON at line 1"), "{:?}", found[3]);
    assert!(found[4].1.contains("`/Statement/0/Effect`"), "{:?}", found[4]);
    expect(
        &found[5..],
        &[
            ("groups/folder.json", "not a file"),
            ("groups/good.json", "group:good"),
            ("groups/large.json", "the file is 409601 bytes, over the limit of 409600"),
        ],
    );

    let Err(FolderError::Faults(faults)) = FolderStore::open(root.path()) else { panic!() };
    assert_eq!(faults.len(), 7);
    let text = FolderError::Faults(faults).to_string();
    assert_eq!(text.lines().count(), 7, "{text}");
    assert!(text.contains("groups/effect.json`: "), "{text}");
}

#[test]
fn a_file_of_exactly_the_limit_is_read() {
    let root = tempfile::tempdir().unwrap();
    let text = document("a").to_string();
    let text = " ".repeat(PolicyDocument::MAX_BYTES - text.len()) + &text;
    write(root.path(), "groups/a.json", &text);
    expect(&outcomes(root.path()), &[("groups/a.json", "group:a")]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for_and_links_are_followed() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "shared.json", &document("a").to_string());
    fs::create_dir(root.path().join("groups")).unwrap();
    std::os::unix::fs::symlink("../shared.json", root.path().join("groups/a.json")).unwrap();
    std::os::unix::fs::symlink("missing.json", root.path().join("groups/b.json")).unwrap();
    let socket = root.path().join("groups/c.json");
    let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let found = outcomes(root.path());
    expect(&found[..1], &[("groups/a.json", "group:a")]);
    assert!(found[1].1.contains("No such file"), "{:?}", found[1]);
    expect(&found[2..], &[("groups/c.json", "not a file")]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_a_fault() {
    use std::os::unix::ffi::OsStrExt;

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("groups");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(std::ffi::OsStr::from_bytes(b"a\xff.json")), "{}").unwrap();
    let outcomes = FolderStore::load(root.path()).unwrap();
    assert!(matches!(outcomes[0].policy, Err(FileFault::Name(_))), "{:?}", outcomes[0]);
}

#[test]
fn a_folder_that_is_not_there_is_not_an_empty_one() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(FolderStore::load(root.path()).unwrap().len(), 0);
    let missing = root.path().join("polices");
    let error = FolderStore::open(&missing).unwrap_err();
    assert!(matches!(&error, FolderError::Unreadable { path, .. } if *path == missing), "{error}");
    // A file where a folder should be is not a missing folder.
    write(root.path(), "groups", "");
    assert!(matches!(FolderStore::load(root.path()), Err(FolderError::Unreadable { .. })));
}

#[tokio::test]
async fn a_reload_takes_all_or_nothing() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "groups/a.json", &document("old").to_string());
    let store = FolderStore::open(root.path()).unwrap();
    let read = async || {
        let found = store.read(&subjects(&["group:a", "group:b"]), soon()).await.unwrap();
        found.iter().map(|policy| policy.document.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(read().await, [document("old").to_string()]);

    write(root.path(), "groups/a.json", &document("new").to_string());
    write(root.path(), "groups/b.json", "{");
    assert!(store.reload().is_err());
    assert_eq!(read().await, [document("old").to_string()]);

    fs::remove_file(root.path().join("groups/b.json")).unwrap();
    store.reload().unwrap();
    assert_eq!(read().await, [document("new").to_string()]);
}
