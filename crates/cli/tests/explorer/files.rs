//! The page's files.

use std::path::{Path, PathBuf};

use crate::asking::{Explorer, example, sources};

fn all_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_below(&path, found) } else { found.push(path) }
    }
}

#[test]
fn every_file_of_the_page_is_served_with_its_type_and_no_other() {
    let root = sources().join("explorer");
    let mut files = vec![root.join("index.html"), root.join("icon.svg")];
    for folder in ["css", "src", "vendor"] {
        all_below(&root.join(folder), &mut files);
    }
    // Types are for whoever works on it.
    files.retain(|file| file.exists() && !file.to_string_lossy().ends_with(".d.ts"));
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let answer = explorer.get(&format!("/{name}"));
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body.as_bytes(), std::fs::read(&file).unwrap(), "{name}");
        let kind = match file.extension().and_then(|suffix| suffix.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("txt") => "text/plain; charset=utf-8",
            Some(_) | None => panic!("{name}: which type?"),
        };
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{name}: {answer:?}");
    }
    let page = std::fs::read(root.join("index.html")).unwrap();
    for address in
        ["/", "/map", "/ask/call", "/history/group:movies-group", "/try?subject=a", "/watch"]
    {
        let answer = explorer.get(address);
        assert_eq!((answer.status, answer.body.as_bytes()), (200, page.as_slice()), "{address}");
    }
    for outside in [
        "/package.json",
        "/tsconfig.json",
        "/node_modules/x.css",
        "/../Cargo.toml",
        "/src/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/src/%2e%2e/package.json",
        "//etc/passwd",
        "/.git/config",
        "/nowhere",
        "/mapper",
        "/index",
    ] {
        assert_eq!(explorer.get(outside).status, 404, "{outside}");
    }
}
