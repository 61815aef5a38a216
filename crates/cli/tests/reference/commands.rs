//! The commands, from what reads their arguments.

use std::fmt::Write as _;

use clap::builder::PossibleValue;
use clap::{Arg, Command};

use crate::page::{hold, table, wrap};

const PAGE: &str = "docs/reference/commands.md";

/// The page of the guide that has more of a command. A page of `docs/`.
fn guide(command: &str) -> Option<(&'static str, &'static str)> {
    Some(match command {
        "apply" | "export" | "history" | "import" | "plan" | "promote" | "pull" | "rollback"
        | "show" => ("Publishing policies", "publish.md"),
        "dev" => ("API Gateway on a laptop", "laptop.md"),
        "diff" => ("Comparing policies", "diff.md"),
        "doctor" => ("Asking a deployment", "doctor.md"),
        "drift" => ("Files from the table", "publish.md#files-from-the-table"),
        "explain" => ("Why a call is allowed or denied", "explain.md"),
        "explore" => ("The explorer", "explorer.md"),
        "lint" => ("What `gatepost lint` finds", "lint/README.md"),
        "matrix" => ("Who may call what", "matrix.md"),
        "revoke" => ("Somebody must be out now", "operating.md#somebody-must-be-out-now"),
        "test" => ("Testing policies", "test.md"),
        "token" => ("First steps", "first-steps.md"),
        _ => return None,
    })
}

fn commands() -> Vec<Command> {
    let mut gatepost = gatepost_cli::command();
    gatepost.build();
    let mut commands: Vec<Command> =
        gatepost.get_subcommands().filter(|one| one.get_name() != "help").cloned().collect();
    commands.sort_by(|one, other| one.get_name().cmp(other.get_name()));
    commands
}

#[test]
fn the_page_has_every_command() {
    let commands = commands();
    let rows = commands.iter().map(|command| {
        let name = command.get_name();
        vec![format!("[`{name}`](#gatepost-{name})"), about(command)]
    });
    hold(PAGE, "commands", &table(&["command", "what it does"], rows));
    let sections: Vec<String> = commands.iter().map(section).collect();
    hold(PAGE, "each command", &sections.join("\n"));
}

fn about(command: &Command) -> String {
    in_markdown(&command.get_about().expect("every command says what it does").to_string())
}

fn section(command: &Command) -> String {
    let name = command.get_name();
    let usage = command.clone().render_usage().to_string().replace("Usage: ", "");
    let mut text = format!("## `gatepost {name}`\n\n```text\n{usage}\n```\n");
    let long = command.get_long_about().map_or_else(|| about(command), ToString::to_string);
    for paragraph in long.split("\n\n") {
        writeln!(text, "\n{}", wrap(&in_markdown(&with_stop(paragraph)))).unwrap();
    }
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) = command
        .get_arguments()
        .filter(|argument| argument.get_id() != "help" && !argument.is_hide_set())
        .partition(|argument| argument.is_positional());
    for (head, arguments) in [("argument", positional), ("option", named)] {
        if !arguments.is_empty() {
            let rows = arguments.iter().map(|argument| row(argument));
            write!(text, "\n{}", table(&[head, "what", "default"], rows)).unwrap();
        }
    }
    let more = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    // A page of the guide that is named there is linked below.
    if let Some(more) = more.filter(|more| !more.starts_with("docs/")) {
        writeln!(text, "\n```text\n{more}\n```").unwrap();
    }
    if let Some((title, page)) = guide(name) {
        writeln!(text, "\nMore in [{title}](../{page}).").unwrap();
    }
    text
}

fn row(argument: &Arg) -> Vec<String> {
    let help = argument.get_long_help().or(argument.get_help()).unwrap().to_string();
    let help = help.split("\n\n").map(with_stop).collect::<Vec<_>>().join(" ").replace('\n', " ");
    // Where a default is no fixed value, the help says it at the end.
    let (help, told) = match help.split_once(" [default: ") {
        Some((help, told)) => {
            (with_stop(help), Some(in_markdown(told.trim_end_matches('.').trim_end_matches(']'))))
        }
        None => (help, None),
    };
    let mut what = in_markdown(&help);
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_possible_values();
    if takes_value && !values.is_empty() {
        let values: Vec<String> = values.iter().map(value).collect();
        let values = match argument.get_value_names() {
            Some([name]) if name == "RULE" => "[the rules](../lint/README.md)".to_owned(),
            _ => values.join(", "),
        };
        what = format!("{what} One of {values}.");
    }
    for alias in argument.get_visible_aliases().unwrap_or_default() {
        what = format!("{what} Also `--{alias}`.");
    }
    let fixed: Vec<String> = argument
        .get_default_values()
        .iter()
        .filter(|_| takes_value)
        .map(|value| value.to_str().unwrap().to_owned())
        .map(|value| if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") })
        .collect();
    let mut default = told.unwrap_or_else(|| fixed.join(", "));
    if let Some(name) = argument.get_env() {
        let name = name.to_str().unwrap();
        default = if default.is_empty() {
            format!("`${name}`")
        } else {
            format!("`${name}`, or {default}")
        };
    }
    if argument.is_required_set() {
        default =
            if default.is_empty() { "required".to_owned() } else { format!("{default}; required") };
    }
    vec![format!("`{}`", written(argument)), what, default]
}

/// A value that an argument may have, with what is said of it.
fn value(value: &PossibleValue) -> String {
    let Some(help) = value.get_help().map(ToString::to_string) else {
        return format!("`{}`", value.get_name());
    };
    let (first, rest) = help.split_at(1);
    // An abbreviation stays as it is.
    let is_word = rest.starts_with(char::is_lowercase);
    let first = if is_word { first.to_lowercase() } else { first.to_owned() };
    format!("`{}` ({first}{rest})", value.get_name())
}

/// An argument as it is written.
fn written(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" ");
    match argument.get_long() {
        Some(long) if argument.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    }
}

/// A sentence as the end of one, if it is none.
fn with_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', ']', '…', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// A text for the terminal as Markdown: what would be emphasis there is not.
fn in_markdown(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let escaped = parts.map(|(index, part)| {
        if index % 2 == 0 { part.replace('*', "\\*").replace('<', "\\<") } else { part.to_owned() }
    });
    escaped.collect::<Vec<_>>().join("`")
}

#[test]
fn whatever_can_answer_no_says_when() {
    for command in commands() {
        let name = command.get_name().to_owned();
        let source = crate::page::text(&format!("crates/cli/src/command/{name}.rs"));
        let told = command.get_long_about().map(ToString::to_string).unwrap_or_default();
        let is_told = told.contains("xit status");
        if source.contains("ExitStatus::No") {
            assert!(is_told, "`gatepost {name}` does not say when its exit status is 1");
        }
    }
}
