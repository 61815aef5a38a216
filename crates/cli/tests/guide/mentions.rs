//! Commands that pages mention and no block executes: in sentences, in tables, and in blocks that need an
//! account. Each must be a command of the program, with options that its help names.

use std::collections::BTreeMap;

use gatepost_cli::{ExitStatus, run};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What ends a command in a line of a shell.
const ENDS: [&str; 6] = ["|", "||", "&&", ">", ">>", "#"];

#[derive(Debug, PartialEq)]
pub(crate) struct Mention {
    page: String,
    command: String,
    options: Vec<String>,
}

/// Commands in the code spans and the code blocks of a page.
#[expect(clippy::wildcard_enum_match_arm, reason = "most of a page is for its readers")]
pub(crate) fn of(page: &str, text: &str) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let mut is_block = false;
    let mut block = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Code(code) => mentions.extend(mention(page, &code)),
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::Text(part) if is_block => block.push_str(&part),
            Event::End(TagEnd::CodeBlock) => {
                is_block = false;
                let lines = std::mem::take(&mut block).replace("\\\n", " ");
                mentions.extend(lines.lines().filter_map(|line| {
                    let line = line.trim_start().trim_start_matches("- ");
                    let line = line.strip_prefix("$ ").unwrap_or(line);
                    mention(page, line.strip_prefix("run: ").unwrap_or(line))
                }));
            }
            _ => {}
        }
    }
    mentions
}

fn mention(page: &str, code: &str) -> Option<Mention> {
    let starts = ["gatepost ", "target/debug/gatepost ", "cargo run -p gatepost-cli -- "];
    let rest = starts.iter().find_map(|start| code.strip_prefix(start))?;
    let mut words = rest.split_whitespace().take_while(|word| !ENDS.contains(word));
    let command = words.next()?.trim_end_matches([';', ',']);
    // `COMMAND` and `…` stand for any.
    if !command.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let options = words.filter_map(|word| {
        let name = word.trim_start_matches('[').strip_prefix("--")?;
        let name = name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next()?;
        (!name.is_empty()).then(|| format!("--{name}"))
    });
    Some(Mention { page: page.to_owned(), command: command.to_owned(), options: options.collect() })
}

/// Fails with all that the program does not have.
pub(crate) fn exist(mentions: &[Mention]) -> Result<(), String> {
    let mut helps = BTreeMap::new();
    let mut faults = Vec::new();
    for Mention { page, command, options } in mentions {
        let help = helps.entry(command).or_insert_with(|| help(command));
        let Some(help) = help else {
            faults.push(format!("{page}: there is no `gatepost {command}`"));
            continue;
        };
        for option in options.iter().filter(|option| !has(help, option)) {
            faults.push(format!("{page}: `gatepost {command}` has no `{option}`"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

fn help(command: &str) -> Option<String> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    // The command `help` has none of its own.
    let asked: &[&str] = if command == "help" { &["help"] } else { &[command, "--help"] };
    let status = run([&["gatepost"], asked].concat(), &mut &b""[..], &mut out, &mut err);
    (status == ExitStatus::Yes)
        .then(|| anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string())
}

fn has(help: &str, option: &str) -> bool {
    help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == option)
}
