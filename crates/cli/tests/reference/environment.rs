//! The variables of the environment that are no settings of a function.

use std::collections::BTreeSet;

use crate::page::{in_backticks, rows_after, text};
use crate::source::{literals, shipped};

const PAGE: &str = "docs/reference/settings.md";

/// The names in the first column of the table after a heading.
fn told(heading: &str) -> BTreeSet<String> {
    let rows = rows_after(PAGE, heading);
    rows.iter().flat_map(|cells| in_backticks(&cells[0])).collect()
}

/// Names of variables in the sources of these crates.
fn read(crates: &[&str], is_name: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let sources: Vec<String> = crates.iter().flat_map(|name| shipped(name)).collect();
    let names = sources.iter().flat_map(|source| literals(source));
    names.filter(|text| is_name(text)).map(ToOwned::to_owned).collect()
}

/// A variable, and not how variables begin, nor a kind of authorization that templates name.
fn is_of_aws(text: &str) -> bool {
    text.starts_with("AWS_") && text != "AWS_" && text != "AWS_IAM"
}

#[test]
fn every_other_variable_of_the_functions_is_told() {
    assert_eq!(told("## What AWS sets"), read(&["authorizer", "session"], is_of_aws));
}

#[test]
fn every_variable_of_the_command_is_told() {
    let told = told("## The command");
    // What nothing but AWS's own code and that of the terminal reads is told, and not found here.
    let found = read(&["authorizer", "cli"], |text| is_of_aws(text) && !text.contains("LAMBDA_"));
    assert_eq!(found.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new());
    let mut command = gatepost_cli::command();
    command.build();
    let arguments = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let of_options: BTreeSet<String> = arguments
        .filter_map(clap::Arg::get_env)
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    let read = read(&["cli"], |text| text == "GATEPOST_TABLE_LAYOUT" || text == "USER");
    for name in of_options.iter().chain(&read) {
        assert!(told.contains(name), "{name}");
    }
    let ours: BTreeSet<&String> =
        told.iter().filter(|name| name.starts_with("GATEPOST_")).collect();
    let known: BTreeSet<&String> =
        of_options.iter().chain(read.iter().filter(|name| name.starts_with("GATEPOST_"))).collect();
    assert_eq!(ours, known);
}

#[test]
fn what_is_told_of_dev_is_what_it_sets() {
    let source = text("crates/cli/src/dev/settings.rs");
    let (shipped, _) = source.split_once("#[cfg(test)]").unwrap();
    let set: BTreeSet<&str> = literals(shipped).collect();
    for name in told("## `gatepost dev`") {
        assert!(set.contains(name.as_str()), "{name}");
    }
}
