//! The guide's page about each trap.

use gatepost_core::analysis::Trap;

/// What the trap is about, in a line: the first sentence of its page.
pub(super) fn summary(trap: Trap) -> String {
    let lines = page(trap).lines().map(str::trim);
    let line = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
    line.unwrap_or(trap.as_str()).to_owned()
}

/// The page, as Markdown.
pub(super) fn page(trap: Trap) -> &'static str {
    trap.as_str()
}
