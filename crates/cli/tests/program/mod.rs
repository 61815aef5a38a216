//! The program as tests run it, and what a running one says.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const GATEPOST: &str = env!("CARGO_BIN_EXE_gatepost");

/// The program, without settings that the shell of whoever runs the tests may have.
pub(crate) fn gatepost() -> Command {
    let mut command = Command::new(GATEPOST);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GATEPOST_") || text.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

/// `gatepost dev` with the table that these arguments name, and otherwise at ports that nobody counts on: the guide's pages have the usual ones
/// written in them, and are executed at the same time.
pub(crate) fn dev(table: [&str; 2]) -> Command {
    let mut command = gatepost();
    command.args(["dev", "--port", "0", "--issuer-port", "0", "--explorer-port", "0"]).args(table);
    command
}

/// What a process says on standard error, line by line.
pub(crate) fn lines_of(process: &mut Child) -> Receiver<String> {
    let stderr = BufReader::new(process.stderr.take().unwrap());
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// The next line that holds `text`, and those before it. Only a failure waits out `patience`.
pub(crate) fn lines_until(
    lines: &Receiver<String>,
    text: &str,
    patience: Duration,
) -> (Vec<String>, String) {
    let deadline = Instant::now() + patience;
    let mut seen = Vec::new();
    while let Ok(line) = lines.recv_timeout(deadline.duration_since(Instant::now())) {
        if line.contains(text) {
            return (seen, line);
        }
        seen.push(line);
    }
    panic!("no line with `{text}` in {seen:#?}");
}

/// The first address in a line.
pub(crate) fn address(line: &str) -> String {
    line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
