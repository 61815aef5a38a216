//! One line for each request that `gatepost dev` answers.

use anstyle::{AnsiColor, Style};
use gatepost_emulator::edge::PageRecord;
use gatepost_emulator::gateway::{CacheUse, DecisionRecord, Outcome};

use super::tell;

/// Prints what became of a request: status, method, decision, cache, time, and why where it matters;
/// with `reason`, the authorizer's own for having given no policy.
pub(super) fn print(record: &DecisionRecord, reason: Option<&str>) {
    tell(&line(record, reason));
}

/// Prints what became of a request for a page, and what the function has logged.
pub(super) fn print_page(record: &PageRecord) {
    for line in &record.log {
        tell(&format!("log      {}", line.escape_debug()));
    }
    let style = style(record.status);
    tell(&format!(
        "{style}{}{style:#}  {:<7} {}  {}, {:.1} ms",
        record.status,
        record.verb,
        record.path.escape_debug(),
        record.outcome,
        record.duration.as_secs_f64() * 1_000.0,
    ));
}

fn style(status: u16) -> Style {
    let color = match status {
        200..=399 => AnsiColor::Green,
        400..=499 => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    Style::new().fg_color(Some(color.into()))
}

fn line(record: &DecisionRecord, authorizers_reason: Option<&str>) -> String {
    let style = style(record.status);
    let cache = match record.cache {
        CacheUse::Hit => ", from the cache",
        CacheUse::Miss | CacheUse::Off | CacheUse::Unused => "",
    };
    let outcome = record.outcome.to_string().replace('_', " ");
    // A path may hold anything that HTTP lets through; a terminal must not act on it.
    let path = record.path.escape_debug();
    let mut line = format!(
        "{style}{}{style:#}  {:<7} {path}  {outcome}{cache}, {:.1} ms",
        record.status,
        record.verb,
        record.duration.as_secs_f64() * 1_000.0,
    );
    if let Some(reason) = &record.reason {
        line.push_str("\n     ");
        line.push_str(reason);
    }
    match authorizers_reason {
        Some(reason) => {
            line.push_str("\n     the authorizer's reason is ");
            line.push_str(reason);
        }
        None if record.outcome == Outcome::Unauthorized && record.cache != CacheUse::Unused => {
            line.push_str("\n     the authorizer's log says why (RUST_LOG=info shows that of one in this process)");
        }
        None => {}
    }
    line
}
