//! The sources of a crate, as far as they are in what is shipped.

use std::fs;
use std::path::Path;

use crate::page::file;

/// The text of every source file of a crate, without their tests.
pub(crate) fn shipped(crate_name: &str) -> Vec<String> {
    let mut sources = Vec::new();
    read(&file(&format!("crates/{crate_name}/src")), &mut sources);
    assert!(sources.len() > 3, "{crate_name}");
    sources
}

fn read(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let (shipped, _) = text.split_once("#[cfg(test)]\n").unwrap_or((&text, ""));
            sources.push(shipped.to_owned());
        }
    }
}

/// The literals of a source, but those in comments.
pub(crate) fn literals(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split('"').skip(1).step_by(2))
}
