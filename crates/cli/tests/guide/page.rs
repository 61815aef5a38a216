//! A page as what is executed of it.
//!
//! | block | what is done with it |
//! | --- | --- |
//! | `sh` | executed; every command must succeed, but for one that ends in `# exit status 1` |
//! | `console` | lines that begin with `$ ` are executed, and the lines after one are what it must print; `…` stands for any text, alone on a line for any lines. The status is judged only where it is said |
//! | a comment `<!-- before: COMMANDS -->` | executed as `sh`, and not shown to readers |
//! | `json` with a whole policy document | must have no fault; with `json faulty`, must have one |
//!
//! A command that ends in `# leave it running` is started, and waited for until it has said `Ctrl-C ends it.`
//! and the addresses that it prints answer, in a console also until it has printed what is shown. It is ended
//! with the page, or before by `<!-- before: ctrl_c -->`. A block whose first line is one of [`MARKS`] is not
//! executed.

use std::process::{Command as Process, Stdio};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// How the first line of a block begins that this machine cannot execute, or not in time.
const MARKS: [&str; 3] = ["# needs an AWS account", "# needs GitHub", "# takes minutes: "];

/// Words for a shell's block that readers' highlighters know, and that would leave it out here.
const OTHER_WORDS: [&str; 5] = ["bash", "shell", "shell-session", "sh-session", "zsh"];

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) policies: Vec<Policy>,
    /// Where a block stands that is not executed, and its mark.
    pub(crate) unexecuted: Vec<(usize, String)>,
}

/// What is executed. Only then is it taken apart, since the shell is asked for help with that.
#[derive(Debug)]
pub(crate) struct Block {
    line: usize,
    text: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Comment,
    Console,
    Script,
}

/// Says that a command stays.
const STAYS: &str = "# leave it running";

#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) is_faulty: bool,
}

/// A whole command of a shell, which may be several lines.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) line: usize,
    pub(crate) text: String,
    /// What the exit status must be; anything where a console does not say.
    pub(crate) status: Option<i32>,
    /// What must be printed, if the page says so.
    pub(crate) output: Option<Vec<String>>,
    pub(crate) stays: bool,
}

impl Page {
    #[expect(clippy::wildcard_enum_match_arm, reason = "most of a page is for its readers")]
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut page = Self {
            name: name.to_owned(),
            blocks: Vec::new(),
            policies: Vec::new(),
            unexecuted: Vec::new(),
        };
        let line_of = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let mut open: Option<(String, usize, String)> = None;
        let mut comment: Option<(usize, String)> = None;
        for (event, range) in Parser::new(text).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    open = Some((language.to_string(), line_of(range.start) + 1, String::new()));
                }
                Event::Text(part) => {
                    if let Some((_, _, block)) = &mut open {
                        block.push_str(&part);
                    }
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some((language, line, block)) = open.take() {
                        page.add(&language, line, &block)
                            .map_err(|(line, fault)| format!("{name}:{line}: {fault}"))?;
                    }
                }
                Event::Html(part) | Event::InlineHtml(part) => {
                    let (_, html) =
                        comment.get_or_insert_with(|| (line_of(range.start), String::new()));
                    html.push_str(&part);
                    if html.contains("-->") || !html.starts_with("<!--") {
                        let (line, html) = comment.take().unwrap_or_default();
                        page.add_comment(line, &html);
                    }
                }
                _ => {}
            }
        }
        Ok(page)
    }

    pub(crate) fn serves(&self) -> bool {
        let mut lines = self.blocks.iter().flat_map(|block| block.text.lines());
        lines.any(|line| line.ends_with(STAYS))
    }

    fn add(&mut self, language: &str, line: usize, text: &str) -> Result<(), (usize, String)> {
        match language {
            "sh" | "console" => {
                if let Some(mark) = mark(text).map_err(|fault| (line, fault))? {
                    self.unexecuted.push((line, mark));
                } else {
                    let kind = if language == "sh" { Kind::Script } else { Kind::Console };
                    self.blocks.push(Block { line, text: text.to_owned(), kind });
                }
            }
            "json" | "json faulty" => {
                let is_faulty = language != "json";
                if is_faulty || is_policy(text) {
                    self.policies.push(Policy { line, text: text.to_owned(), is_faulty });
                }
            }
            _ if OTHER_WORDS.contains(&language) => {
                return Err((line, format!("a block of `{language}`: write `sh` or `console`")));
            }
            _ => {}
        }
        Ok(())
    }

    fn add_comment(&mut self, line: usize, html: &str) {
        let inner = html.trim().strip_prefix("<!--").and_then(|html| html.strip_suffix("-->"));
        if let Some(commands) = inner.and_then(|inner| inner.trim().strip_prefix("before:")) {
            let text = commands.trim().to_owned();
            self.blocks.push(Block { line, text, kind: Kind::Comment });
        }
    }
}

impl Block {
    /// Its commands in their order; or what the shell cannot make sense of, and in which line.
    pub(crate) fn commands(&self) -> Result<Vec<Command>, (usize, String)> {
        match self.kind {
            // As one command: nobody reads it, so that nobody looks for the line of a part of it.
            Kind::Comment => Ok(vec![Command::new(self.line, &self.text, Some(0), None)?]),
            Kind::Console => console(self.line, &self.text),
            Kind::Script => script(self.line, &self.text),
        }
    }
}

/// The mark by which a block is not executed.
fn mark(text: &str) -> Result<Option<String>, String> {
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("$ ").unwrap_or(first);
    if let Some(mark) = MARKS.iter().find(|mark| first.starts_with(**mark)) {
        return Ok(Some(mark.trim_start_matches("# ").trim_end_matches(": ").to_owned()));
    }
    if first.starts_with("# needs") || first.starts_with("# takes") {
        return Err(format!("`{first}` is none of the marks {MARKS:?}"));
    }
    Ok(None)
}

/// A policy document has a `Statement` at its top, even where it is faulty; one about nothing but other
/// services is for AWS, and not for Gatepost.
fn is_policy(text: &str) -> bool {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    let services = ["execute-api", "gatepost"];
    value.is_ok_and(|value| value.get("Statement").is_some())
        && services.iter().any(|service| text.contains(&format!("\"{service}:")))
}

/// The commands of a script: as many lines as the shell needs to make sense of them.
fn script(first: usize, text: &str) -> Result<Vec<Command>, (usize, String)> {
    let mut commands = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, part) in (first..).zip(text.lines()) {
        let (_, command) = open.get_or_insert_with(|| (line, String::new()));
        command.push_str(part);
        command.push('\n');
        if is_whole(command) {
            commands.extend(open.take());
        }
    }
    if let Some((line, text)) = open {
        return Err((line, format!("the shell cannot make sense of\n{text}")));
    }
    let commands = commands.into_iter().filter(|(_, text)| !is_nothing(text));
    commands.map(|(line, text)| Command::new(line, &text, Some(0), None)).collect()
}

fn is_nothing(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// Whether nothing is missing: a `done`, a quote, the end of a here-document.
fn is_whole(command: &str) -> bool {
    if command.trim_end_matches('\n').ends_with('\\') {
        return false;
    }
    let mut bash = Process::new("bash");
    let read = bash.args(["--norc", "-n", "-c", command]).stdin(Stdio::null()).output().unwrap();
    read.status.success() && read.stderr.is_empty()
}

/// The commands of a terminal, each with what it prints.
fn console(first: usize, text: &str) -> Result<Vec<Command>, (usize, String)> {
    let mut commands = Vec::new();
    let mut lines = (first..).zip(text.lines()).peekable();
    while let Some((line, prompt)) = lines.next() {
        let Some(start) = prompt.strip_prefix("$ ") else {
            return Err((line, "a console begins with a command, after `$ `".to_owned()));
        };
        let mut command = format!("{start}\n");
        while !is_whole(&command) {
            let Some((_, next)) = lines.next() else {
                return Err((line, format!("the shell cannot make sense of\n{command}")));
            };
            command.push_str(next);
            command.push('\n');
        }
        let mut output = Vec::new();
        while let Some((_, next)) = lines.next_if(|(_, next)| !next.starts_with("$ ")) {
            output.push(next.to_owned());
        }
        commands.push(Command::new(line, &command, None, Some(output))?);
    }
    Ok(commands)
}

impl Command {
    fn new(
        line: usize,
        text: &str,
        otherwise: Option<i32>,
        output: Option<Vec<String>>,
    ) -> Result<Self, (usize, String)> {
        let mut status = otherwise;
        for (_, comment) in text.lines().filter_map(|line| line.rsplit_once("# exit status")) {
            let number = comment.trim().parse();
            status = Some(number.map_err(|_| (line, format!("`{comment}` is no exit status")))?);
        }
        let stays = text.trim_end().ends_with(STAYS);
        Ok(Self { line, text: text.to_owned(), status, output, stays })
    }
}
