//! Streams of JSON lines: one question in, one answer out, in constant memory.

use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use gatepost_core::json::{Json, JsonError};

use crate::exit_status::ExitStatus;

/// The longest line, in bytes. It bounds the memory that a hostile file can take.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Where the lines come from.
#[derive(clap::Args, Debug)]
pub(crate) struct Input {
    /// File of JSON lines; standard input without it, or with `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The members of one answer, in their order.
pub(crate) type Answer = Vec<(String, Json)>;

/// One line's members, taken out by name; those that remain at the end are unknown.
#[derive(Debug)]
pub(crate) struct Question {
    members: Vec<(String, Json)>,
}

impl Question {
    /// Takes the member `name`, if it is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        let index = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.swap_remove(index).1)
    }

    /// Takes the member `name`.
    ///
    /// # Errors
    ///
    /// When it is missing.
    pub(crate) fn require(&mut self, name: &str) -> Result<Json, String> {
        self.take(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    /// # Errors
    ///
    /// When a member was not asked for: a misspelt one must not be a silent default.
    pub(crate) fn finish(self) -> Result<(), String> {
        match self.members.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("unknown member `{name}`")),
        }
    }
}

/// Answers every line of the input. A line that cannot be answered gets `{"id", "error"}`, the
/// others go on, and the exit status says that there was one.
///
/// # Errors
///
/// When the input cannot be read or the output not be written.
pub(crate) fn answer_each(
    input: &Input,
    stdin: &mut dyn BufRead,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    answer: impl Fn(&mut Question) -> Result<Answer, String>,
) -> anyhow::Result<ExitStatus> {
    let mut file;
    let lines: &mut dyn Read = match &input.file {
        Some(path) if path.as_os_str() != "-" => {
            let opened = std::fs::File::open(path);
            file = opened.with_context(|| format!("cannot read `{}`", path.display()))?;
            &mut file
        }
        Some(_) | None => stdin,
    };
    let mut lines = io::BufReader::with_capacity(1 << 16, lines);
    let mut out = BufWriter::with_capacity(1 << 16, stdout);
    let mut line = Vec::new();
    let (mut number, mut count, mut unanswered) = (0_u64, 0_u64, 0_u64);
    loop {
        line.clear();
        let complete = read_line(&mut lines, &mut line).context("cannot read the next line")?;
        if line.is_empty() {
            break;
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        count += 1;
        let (id, outcome) = if complete {
            answer_one(number, line.trim_ascii(), &answer)
        } else {
            let why = format!("the line is over the limit of {MAX_LINE_BYTES} bytes");
            (Json::Null, Err(why))
        };
        let mut members = vec![("id".to_owned(), id)];
        match outcome {
            Ok(found) => members.extend(found),
            Err(why) => {
                unanswered += 1;
                members.push(("error".to_owned(), Json::String(why)));
            }
        }
        serde_json::to_writer(&mut out, &Json::Object(members)).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        // An asker at the other end of a pipe may wait for this answer before the next question.
        if !lines.buffer().contains(&b'\n') {
            out.flush()?;
        }
    }
    out.flush()?;
    drop(out);
    if unanswered > 0 {
        writeln!(stderr, "{unanswered} of {count} lines could not be answered: see their `error`")?;
        return Ok(ExitStatus::CouldNot);
    }
    Ok(ExitStatus::Yes)
}

fn answer_one(
    number: u64,
    line: &[u8],
    answer: &impl Fn(&mut Question) -> Result<Answer, String>,
) -> (Json, Result<Answer, String>) {
    let members = match Json::parse(line) {
        Ok(Json::Object(members)) => members,
        Ok(other) => {
            return (Json::Null, Err(format!("the line must be an object, not {}", other.kind())));
        }
        Err(JsonError::Syntax { column, reason, .. }) => {
            let why = format!("line {number} is not JSON at column {column}: {reason}");
            return (Json::Null, Err(why));
        }
        Err(error @ JsonError::RepeatedMembers(_)) => {
            return (Json::Null, Err(error.to_string()));
        }
    };
    let mut question = Question { members };
    let id = question.take("id").unwrap_or(Json::Null);
    let outcome = answer(&mut question).and_then(|found| question.finish().map(|()| found));
    (id, outcome)
}

/// Appends the next line, with its end, to `line`; `false` if it was too long, and cut.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let read = lines.by_ref().take(limit).read_until(b'\n', line)?;
    if read < MAX_LINE_BYTES || line.ends_with(b"\n") {
        return Ok(true);
    }
    loop {
        let waiting = lines.fill_buf()?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let end = waiting.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(waiting.len(), |end| end + 1);
        lines.consume(length);
        if end.is_some() {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answers(input: &[u8]) -> (Vec<Value>, ExitStatus) {
        let mut out = Vec::new();
        let answer = |question: &mut Question| {
            let echo = question.require("echo")?;
            Ok(vec![("echo".to_owned(), echo)])
        };
        let input_args = Input { file: None };
        let status =
            answer_each(&input_args, &mut &*input, &mut out, &mut Vec::new(), answer).unwrap();
        let lines = out.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        (lines.map(|line| serde_json::from_slice(line).unwrap()).collect(), status)
    }

    #[test]
    fn every_line_is_answered_and_its_id_given_back() {
        let (lines, status) =
            answers(b"{\"id\":7,\"echo\":1}\n\n{\"echo\":\"x\",\"id\":{\"a\":[]}}");
        assert_eq!(lines[0], json!({"id": 7, "echo": 1}));
        assert_eq!(lines[1], json!({"id": {"a": []}, "echo": "x"}));
        assert_eq!(status, ExitStatus::Yes);
    }

    #[test]
    fn a_line_that_cannot_be_answered_does_not_stop_the_others() {
        let text =
            b"nonsense\n[]\n{\"id\":1}\n{\"id\":2,\"echo\":1,\"ecko\":2}\n{\"id\":3,\"echo\":1}\n";
        let (lines, status) = answers(text);
        assert!(lines[0]["error"].as_str().unwrap().starts_with("line 1 is not JSON at column 2"));
        assert_eq!(lines[1]["error"], "the line must be an object, not an array");
        assert_eq!(lines[2], json!({"id": 1, "error": "`echo` is missing"}));
        assert_eq!(lines[3], json!({"id": 2, "error": "unknown member `ecko`"}));
        assert_eq!(lines[4], json!({"id": 3, "echo": 1}));
        assert_eq!(status, ExitStatus::CouldNot);
    }

    #[test]
    fn a_line_without_end_is_bounded_and_the_next_is_answered() {
        let mut text = vec![b'x'; MAX_LINE_BYTES + 10];
        text.extend_from_slice(b"\n{\"echo\":1}\n");
        let (lines, _) = answers(&text);
        assert_eq!(lines[0]["error"], "the line is over the limit of 16777216 bytes");
        assert_eq!(lines[1]["echo"], 1);
    }
}
