//! The cases of a folder below `tests/corpus/`: every file holds a list of them.

use std::fs;
use std::path::{Path, PathBuf};

use gatepost_core::json::Json;

/// The cases of every file in a folder, each with a name that says where it stands.
pub(crate) fn cases(folder: &str) -> Vec<(String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let found = Json::parse(&fs::read(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let found = found.as_array().unwrap();
        assert!(!found.is_empty(), "{} has no cases", file.display());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        cases.extend(found.iter().map(|case| {
            let description = case.get("description").and_then(Json::as_str).unwrap();
            (format!("{name}: {description}"), case.clone())
        }));
    }
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    cases
}
