//! Every command of README.md and of the guide is executed here, one test for each page.
//!
//! [`page`] reads a page and says how blocks are marked, [`scratch`] makes the copy of the repository in
//! which its blocks are executed, [`shell`] executes them, and [`output`] compares what came. What no block
//! executes, the commands within sentences and the blocks that need more than this machine, is held to the
//! program's own help by [`mentions`]. [`faulty`] tests that a page which is wrong fails.
//!
//! The pages of lint's rules are left out: `what_the_pages_show_is_true` in `tests/lint.rs` executes them.
//!
//! Pages that serve take turns, here by a lock and in nextest by a group, since their ports are written in
//! them; their tests end in `(serves)`.
#![cfg(test)]

mod faulty;
mod mentions;
mod output;
mod page;
mod scratch;
mod shell;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use gatepost_core::policy::PolicyDocument;
use libtest_mimic::{Arguments, Failed, Trial};

use page::{Page, Policy};
use scratch::Scratch;
use shell::Shell;

fn main() -> ExitCode {
    let root = root();
    let mut trials = faulty::trials();
    let mut unexecuted = BTreeMap::<String, Vec<String>>::new();
    let mut mentions = Vec::new();
    for name in pages(&root) {
        let text = fs::read_to_string(root.join(&name)).unwrap();
        mentions.extend(mentions::of(&name, &text));
        let page = match Page::parse(&name, &text) {
            Ok(page) => page,
            Err(fault) => {
                trials.push(Trial::test(name, || Err(Failed::from(fault))));
                continue;
            }
        };
        for (line, mark) in &page.unexecuted {
            unexecuted.entry(mark.clone()).or_default().push(format!("{name}:{line}"));
        }
        let is_of_a_rule = name.starts_with("docs/lint/") && name != "docs/lint/README.md";
        let has_anything = !(page.blocks.is_empty() && page.policies.is_empty());
        if has_anything && !is_of_a_rule {
            let serves = if page.serves() { " (serves)" } else { "" };
            let root = root.clone();
            trials.push(Trial::test(format!("{name}{serves}"), move || Ok(hold(&root, &page)?)));
        }
    }
    trials.push(Trial::test("commands that are not executed exist", move || {
        Ok(mentions::exist(&mentions)?)
    }));
    trials.push(Trial::test("blocks that are not executed are counted", move || {
        list(&unexecuted);
        Ok(())
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// README.md, what else lies beside it, and the guide: paths from the top of the repository.
fn pages(root: &Path) -> Vec<String> {
    let mut found: Vec<PathBuf> = markdown(root);
    let mut folders = vec![root.join("docs"), root.join("infra"), root.join("policies")];
    folders.extend(children(&root.join("examples")));
    while let Some(folder) = folders.pop() {
        found.extend(markdown(&folder));
        if folder.starts_with(root.join("docs")) {
            folders.extend(children(&folder));
        }
    }
    let name = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.iter().map(name).collect();
    names.sort();
    assert!(names.len() > 20, "the guide was not found below {}", root.display());
    names
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// Holds a page to what it says, in a folder of its own.
fn hold(root: &Path, page: &Page) -> Result<(), String> {
    read_policies(page)?;
    if page.blocks.is_empty() {
        return Ok(());
    }
    // Of the machine, not of this process: its ports are shared with other copies of the repository.
    let _ports = page.serves().then(|| {
        let file = File::create(std::env::temp_dir().join("gatepost-guide.lock")).unwrap();
        file.lock().unwrap();
        file
    });
    execute(page, &Scratch::of(root), shell::PATIENCE)
}

fn read_policies(page: &Page) -> Result<(), String> {
    for Policy { line, text, is_faulty } in &page.policies {
        let place = format!("{}:{line}", page.name);
        match (PolicyDocument::parse(text.as_bytes()), is_faulty) {
            (Err(fault), false) => {
                return Err(format!("{place}: the policy document is faulty: {fault}"));
            }
            (Ok(_), true) => {
                return Err(format!("{place}: the document is said to be faulty, and is not"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The blocks of a page, one after the other, in one shell.
fn execute(page: &Page, scratch: &Scratch, patience: Duration) -> Result<(), String> {
    let at = |(line, fault): (usize, String)| format!("{}:{line}: {fault}", page.name);
    let mut shell = Shell::start(scratch, patience);
    for block in &page.blocks {
        for command in block.commands().map_err(at)? {
            shell.execute(&command).map_err(|fault| at((command.line, fault)))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "shown by whoever runs the tests")]
fn list(unexecuted: &BTreeMap<String, Vec<String>>) {
    let count: usize = unexecuted.values().map(Vec::len).sum();
    println!("{count} blocks are not executed");
    for (mark, places) in unexecuted {
        println!("  {} {mark}: {}", places.len(), places.join(", "));
    }
}
