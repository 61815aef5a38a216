//! The log: one JSON object a line on standard output, where Lambda picks it up.
//!
//! Only this project's crates are heard below the level of a warning. That is a promise, not a
//! matter of taste: at their finest levels HTTP clients write down what they send and receive.

mod line;

use std::panic;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use self::line::JsonLine;

/// Starts the log at the level that Lambda's `AWS_LAMBDA_LOG_LEVEL` asks for, or else at `INFO`.
pub fn start(level: Option<&str>) {
    let level = match level {
        Some("TRACE") => Level::TRACE,
        Some("DEBUG") => Level::DEBUG,
        Some("WARN") => Level::WARN,
        Some("ERROR" | "FATAL") => Level::ERROR,
        Some(_) | None => Level::INFO,
    };
    let line = tracing_subscriber::fmt::layer().event_format(JsonLine);
    tracing_subscriber::registry().with(line).with(targets(level)).init();
    // The message of a panic may hold anything that was at hand, so only its place is written.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(tracing::field::display);
        tracing::error!(place, "panicked");
    }));
}

fn targets(level: Level) -> Targets {
    Targets::new().with_default(level.min(Level::WARN)).with_target("gatepost", level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_clients_can_never_be_made_to_write_an_event_down() {
        let targets = targets(Level::TRACE);
        assert!(targets.would_enable("gatepost_authorizer::decision_log", &Level::TRACE));
        for target in ["hyper::proto", "aws_smithy_runtime", "hyper_util"] {
            assert!(targets.would_enable(target, &Level::WARN), "{target}");
            assert!(!targets.would_enable(target, &Level::INFO), "{target}");
        }
    }

    #[test]
    fn a_level_above_warning_holds_for_everyone() {
        assert!(!targets(Level::ERROR).would_enable("hyper_util", &Level::WARN));
    }
}
