//! A running explorer, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::{address, copy, gatepost, lines_of, lines_until};

/// Longer than anything takes on a busy machine: only a failure waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// `gatepost explore` in a folder of its own, which has policies; ended when it is dropped.
pub(crate) struct Explorer {
    process: Child,
    /// As it was printed.
    pub(crate) url: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its first line and its headers, in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The sentence of a fault.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

impl Explorer {
    /// Starts it as somebody who works in `folder` does.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = gatepost();
        command.args(["explore", "--port", "0"]).args(arguments).current_dir(folder);
        Self::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(&mut process);
        let (_, line) = lines_until(&lines, "Explorer", PATIENCE);
        let url = address(&line);
        Self { process, url }
    }

    /// `127.0.0.1:40123`.
    pub(crate) fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap().split('/').next().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        request(self.host(), &format!("GET {path}"), &[("Host", self.host())], "")
    }

    /// What a GET answers that must succeed.
    pub(crate) fn got(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Sends a body as the page does.
    pub(crate) fn send(&self, line: &str, body: &Value) -> Answer {
        let host = self.host();
        let headers = [
            ("Host", host),
            ("Content-Type", "application/json"),
            ("X-Gatepost-Explorer", "1"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        request(host, line, &headers, &body.to_string())
    }

    /// What a POST answers that must succeed.
    pub(crate) fn posted(&self, path: &str, body: &Value) -> Value {
        let answer = self.send(&format!("POST {path}"), body);
        assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
        answer.json()
    }

    /// The events from now on.
    pub(crate) fn events(&self) -> Events {
        Events::of(self.host())
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends `VERB /path` with just these headers to what listens at `host`.
pub(crate) fn request(host: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    // What is refused before its body was read may end in a reset, with the answer before it.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Server-sent events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn of(host: &str) -> Self {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event of that name.
    pub(crate) fn next(&mut self, name: &str) -> Value {
        let mut event = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "no more events");
            if let Some(found) = line.strip_prefix("event: ") {
                found.trim().clone_into(&mut event);
            } else if let Some(data) = line.strip_prefix("data: ")
                && event == name
            {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Whether it is over.
    pub(crate) fn end(mut self) {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
    }
}

/// The example's policies, where they can be changed.
pub(crate) fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&sources().join("../../policies"), &folder.path().join("policies"));
    folder
}

pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What a command writes, whatever its exit status says.
pub(crate) fn written(folder: &Path, arguments: &[&str]) -> String {
    let output = gatepost().args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same, as JSON.
pub(crate) fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&written(folder, arguments)).unwrap()
}
