//! Where documents are read from, and that what cannot be read is never less to compare.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

use gatepost_core::policy::PolicyDocument;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_store::{NewRevision, create_table, seed};
use serde_json::json;

use crate::engine::{self, Variables};

use super::{Folders, allow, diff, policies};
use gatepost_cli::ExitStatus;

const GATEPOST: &str = env!("CARGO_BIN_EXE_gatepost");

/// The program, without settings that the shell of whoever runs the tests may have.
fn gatepost(arguments: &[&str]) -> Command {
    let mut command = Command::new(GATEPOST);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["GATEPOST_", "AWS_", "GIT_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A repository with policies, committed once and then changed.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write("policies/groups/a.json", &allow(&json!("GET/x")));
        repository.write("policies/groups/b%2Fc.json", &allow(&json!("GET/x")));
        repository.write("policies/groups/sub/d.json", "{");
        repository.write("policies/groups/README.md", "nobody's");
        repository.write("policies/tests/t.json", "{");
        repository.write("README.md", "here");
        repository.commit("first: policies");
        repository
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let settings = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"];
        let output = Command::new("git")
            .args(settings)
            .args(arguments)
            .current_dir(self.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn diff_in(&self, folder: &str, before: &str, after: &str) -> Output {
        let folder = self.0.path().join(folder);
        gatepost(&["diff", before, after]).current_dir(folder).output().unwrap()
    }

    fn diff(&self, before: &str, after: &str) -> Output {
        self.diff_in("", before, after)
    }
}

#[test]
fn a_revision_is_read_as_the_folder_was() {
    let repository = Repository::new();
    assert_eq!(
        out(&repository.diff("git:main:policies", "policies")),
        "2 subjects, no difference\n"
    );

    repository.write("policies/groups/a.json", &allow(&json!(["GET/x", "GET/y"])));
    let now = repository.diff("git:HEAD:policies/", "./policies");
    assert!(out(&now).starts_with("group:a\n  + GET /y\n"), "{now:?}");
    assert_eq!(now.status.code(), Some(1));

    repository.commit("second");
    for before in ["git:HEAD~1:policies", "git:HEAD^{/first: p}:policies", "git:main~1:./policies"]
    {
        let then = repository.diff(before, "git:main:policies");
        assert!(out(&then).starts_with("group:a\n  + GET /y\n"), "{before} {then:?}");
    }
    let below = repository.diff_in("policies", "git:HEAD~1:.", ".");
    assert!(out(&below).starts_with("group:a\n  + GET /y\n"), "{below:?}");
    let one = repository.diff("git:HEAD~1:policies/groups/a.json", "policies/groups/a.json");
    let text = out(&one);
    assert!(text.ends_with("1 subject: 1 changed (1 gained, 0 lost), 0 unchanged\n"), "{text}");
}

#[test]
fn what_is_not_in_a_revision_is_an_error_and_no_empty_side() {
    let repository = Repository::new();
    for (before, why) in [
        ("git:nowhere:policies", "there is no revision `nowhere` in this repository"),
        ("git:^main:policies", "there is no revision `^main` in this repository"),
        ("git:main:polices", "there is no `polices` in that revision"),
        ("git:main:/policies", "there is no `/policies` in that revision"),
        ("git:main:../policies", "is outside repository"),
        ("git:main:", "no folder of policies: it has none of clients/, groups/, scopes/, users/"),
        ("git:main:README.md", "git:main:README.md`: not JSON"),
        ("git:--help:policies", "a revision does not begin with `-`"),
        ("git:main", "`git:REV:PATH`"),
    ] {
        let output = repository.diff(before, "policies");
        assert_eq!(output.status.code(), Some(2), "{before}");
        assert!(err(&output).contains(why), "{before}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let output = gatepost(&["diff", "git:main:p", "git:main:p"])
        .current_dir(elsewhere.path())
        .env("GIT_CEILING_DIRECTORIES", elsewhere.path().parent().unwrap())
        .output()
        .unwrap();
    assert!(err(&output).contains("not a git repository"), "{}", err(&output));
    let output = gatepost(&["diff", "git:main:p", "git:main:p"])
        .env("PATH", elsewhere.path())
        .output()
        .unwrap();
    assert!(err(&output).contains("there is no such program here"), "{}", err(&output));
}

#[cfg(unix)]
#[test]
fn faulty_documents_of_a_revision_are_named_with_their_faults() {
    let repository = Repository::new();
    repository.write("policies/groups/e.json", &allow(&json!("GET/x")).replace("Allow", "allow"));
    repository.write("policies/groups/A%2fb.json", &allow(&json!("GET/x")));
    repository.write("policies/groups/A%2Fb.json", &allow(&json!("GET/x")));
    repository.write("policies/groups/large.json", &" ".repeat(409_601));
    std::os::unix::fs::symlink("a.json", repository.0.path().join("policies/groups/l.json"))
        .unwrap();
    repository.commit("faults");
    let output = repository.diff("git:main:policies", "git:main~1:policies");
    assert_eq!(output.status.code(), Some(2));
    for line in [
        "`git:main:policies/groups/e.json`: `/Statement/0/Effect` must be `Allow` or `Deny`, in this spelling [invalid-effect]",
        "`git:main:policies/groups/A%2Fb.json`: `policies/groups/A%2fb.json` is about the same subject",
        "`git:main:policies/groups/large.json`: the file is 409601 bytes, over the limit of 409600",
        "`git:main:policies/groups/l.json`: a symbolic link, which is not followed here",
    ] {
        assert!(err(&output).contains(line), "{line}: {}", err(&output));
    }
}

#[test]
fn a_place_that_is_not_there_is_an_error_and_no_empty_side() {
    let folders = Folders::new(&[("groups/a.json", &allow(&json!("GET/x")))], &[]);
    let a = folders.path("a");
    let a = a.to_str().unwrap();
    let missing = diff(&[a, "/nowhere"]);
    assert_eq!(missing.status, ExitStatus::CouldNot);
    assert!(missing.err.contains("cannot read `/nowhere`: No such file"), "{}", missing.err);
    // The wrong folder, and one that is right and empty.
    let wrong = diff(&[a, folders.path("").to_str().unwrap()]);
    assert!(wrong.err.contains("no folder of policies"), "{}", wrong.err);
    assert_eq!(folders.diff(&[]).status, ExitStatus::No);
    let (empty, nothing) = (folders.path("b"), Folders::new(&[], &[]));
    let nothing = diff(&[empty.to_str().unwrap(), nothing.path("a").to_str().unwrap()]);
    assert_eq!(nothing.status, ExitStatus::CouldNot);
    assert!(nothing.err.contains("nothing was compared"), "{}", nothing.err);
}

#[test]
fn every_faulty_file_is_named_with_place_and_rule() {
    let folders = Folders::new(&[], &[("groups/a.json", "{}"), ("users/b.json", "[]")]);
    let outcome = folders.diff(&[]);
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    for line in [
        "b/groups/a.json`: the document has no `Statement` [missing-statement]",
        "b/users/b.json`: ",
    ] {
        assert!(outcome.err.contains(line), "{}", outcome.err);
    }
}

#[test]
fn files_are_compared_with_each_other_or_with_what_a_place_has_for_their_subject() {
    let (less, more) = (allow(&json!("GET/x")), allow(&json!(["GET/x", "GET/y"])));
    let folders = Folders::new(
        &[("groups/a.json", &less), ("groups/b.json", &less), ("draft.json", &more)],
        &[("groups/a.json", &more)],
    );
    let run = |before: &str, after: &str| {
        let (before, after) = (folders.path(before), folders.path(after));
        diff(&[before.to_str().unwrap(), after.to_str().unwrap(), "--format", "json"])
    };
    let named = |before: &str, after: &str| run(before, after).json()["subjects"].clone();
    let drafted = named("a/groups/a.json", "a/draft.json");
    assert_eq!(drafted[0]["subject"], "file:draft.json");
    assert_eq!(drafted[0]["gained"][0]["witness"]["path"], "/y");
    assert_eq!(drafted[0]["gained"][0]["because"][0]["document"], "file:draft.json");
    assert_eq!(named("a/draft.json", "a/groups/b.json")[0]["subject"], "group:b");
    // Of the place with many, only what the file is about.
    let one = named("a", "b/groups/a.json");
    assert_eq!((one.as_array().unwrap().len(), &one[0]["subject"]), (1, &json!("group:a")));
    let stray = run("a", "a/draft.json");
    assert_eq!(stray.status, ExitStatus::CouldNot);
    assert!(stray.err.contains("`file:draft.json` is no subject's document"), "{}", stray.err);
}

/// An engine with a table of the example policies, and the settings to reach it.
async fn table() -> (DynamoDb, Variables) {
    let database = DynamoDb::start(Storage::Memory, 0).await.unwrap();
    let settings = engine::variables(&database.endpoint_url());
    let client = engine::client(&settings);
    create_table(&client, "policies").await.unwrap();
    let read = |group: &str| {
        let text = fs::read(policies().join(format!("groups/{group}.json"))).unwrap();
        let subject = format!("group:{group}").parse().unwrap();
        (subject, PolicyDocument::parse(&text).unwrap())
    };
    let documents = ["admin-group", "movies-group", "shows-group"].map(read);
    let revision = NewRevision {
        updated_at: SystemTime::now(),
        updated_by: "tests",
        comment: "seeded",
        source_revision: None,
    };
    seed(&client, "policies", &documents, &revision).await.unwrap();
    // A history beside it.
    let other = PolicyDocument::parse(allow(&json!("GET/old")).as_bytes()).unwrap();
    let mut changed = documents.clone();
    changed[0].1 = other;
    seed(&client, "policies", &changed, &revision).await.unwrap();
    seed(&client, "policies", &documents, &revision).await.unwrap();
    (database, settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_compared_with_a_folder() {
    let (database, settings) = table().await;
    let folder = policies();
    let run = |table: &str, folder: &Path, layout: Option<&str>| {
        let mut command = gatepost(&["diff", table, folder.to_str().unwrap()]);
        command.envs(&settings).envs(layout.map(|layout| ("GATEPOST_TABLE_LAYOUT", layout)));
        tokio::task::block_in_place(|| command.output().unwrap())
    };
    let same = run("dynamodb:policies", &folder, None);
    assert_eq!(out(&same), "3 subjects, no difference\n", "{}", err(&same));
    assert_eq!(same.status.code(), Some(0));

    let other = Folders::new(&[], &[("groups/movies-group.json", &allow(&json!("*/movies")))]);
    let changed = out(&run("dynamodb:policies", &other.path("b"), None));
    assert!(changed.contains("\ngroup:movies-group\n"), "{changed}");
    assert!(changed.contains("(Allow GET/shows, GET/shows/*) in dynamodb:policies\n"), "{changed}");

    for (table, layout, why) in [
        ("dynamodb:nowhere", None, "cannot read the table `nowhere`: there is no such table"),
        ("dynamodb:policies", Some("gatpost"), "GATEPOST_TABLE_LAYOUT"),
    ] {
        let output = run(table, &folder, layout);
        assert_eq!(output.status.code(), Some(2), "{table}");
        assert!(err(&output).contains(why), "{}", err(&output));
    }
    database.stop().await.unwrap();
}

#[test]
fn a_table_without_settings_says_which_are_missing() {
    let mut command = gatepost(&["diff", "dynamodb:x", "dynamodb:x"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let output = command.env("HOME", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("which region? name it in AWS_REGION"), "{}", err(&output));
}
