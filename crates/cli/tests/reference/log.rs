//! The lines of the log other than decisions: every message in the sources is in the guide.

use std::collections::BTreeSet;

use crate::page::{in_backticks, rows_after};
use crate::source::shipped;

const PAGE: &str = "docs/decision-log.md";

/// The messages, with their levels, that the sources of a crate write.
fn written(crate_name: &str) -> BTreeSet<(String, String)> {
    let mut written = BTreeSet::new();
    for source in shipped(crate_name) {
        for (level, word) in [("info", "INFO"), ("warn", "WARN"), ("error", "ERROR")] {
            for call in source.split(&format!("tracing::{level}!(")).skip(1) {
                let mut open = 1;
                let call = call.chars().take_while(|character| {
                    open += i32::from(*character == '(') - i32::from(*character == ')');
                    open > 0
                });
                let call: String = call.collect();
                let message = call.split('"').rev().nth(1).expect("a message");
                written.insert((message.to_owned(), word.to_owned()));
            }
        }
    }
    written
}

fn told(heading: &str) -> BTreeSet<(String, String)> {
    let mut told = BTreeSet::new();
    for cells in rows_after(PAGE, heading) {
        for message in in_backticks(&cells[0]) {
            for level in in_backticks(&cells[1]) {
                assert!(told.insert((message.clone(), level)), "{message} is told twice");
            }
        }
    }
    told
}

#[test]
fn every_line_of_the_authorizer_is_told() {
    let written: BTreeSet<_> = ["authorizer", "store"].into_iter().flat_map(written).collect();
    assert_eq!(told("## Other lines"), written);
}

#[test]
fn every_line_of_the_session_function_is_told() {
    assert_eq!(told("## Lines of the session function"), written("session"));
}
