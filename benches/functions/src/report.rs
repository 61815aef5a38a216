//! The figures as a table that people read, with ratios to the peer and to the limit.

use std::fmt::Write as _;

use serde::Serialize;

use crate::contender::Kind;
use crate::scenario::{Figures, Scenario};
use crate::statistics::Spread;

/// The names by which rows are found that others are compared with.
const NODE: &str = "Node.js";
const NODE_CACHED: &str = "Node.js, cached";
const SIGNATURE: &str = "floor: signature, cached";
const READ: &str = "floor: signature and read";

/// All of one scenario.
#[derive(Serialize)]
pub struct Section {
    pub title: String,
    pub groups: usize,
    pub https: bool,
    pub core_percent: Option<f64>,
    pub rounds: usize,
    pub figures: Vec<Figures>,
}

impl Section {
    pub fn new(scenario: &Scenario, figures: Vec<Figures>) -> Self {
        Self {
            title: scenario.title(),
            groups: scenario.groups,
            https: scenario.https,
            core_percent: scenario.plan.core_percent,
            rounds: scenario.rounds,
            figures,
        }
    }

    fn of(&self, name: &str) -> Option<&Figures> {
        self.figures.iter().find(|figures| figures.contender == name)
    }

    /// As Markdown.
    pub fn table(&self) -> String {
        let mut text = format!("## {}\n\n", self.title);
        text.push_str("| | init, ms | first call, ms | cold, ms | cold, ratio | requests: init, first | memory, MB |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        let cold = self.of(NODE).map(|node| node.cold_ms.median);
        for figures in &self.figures {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {}, {} | {:.1} |",
                figures.contender,
                spread(figures.init_ms),
                spread(figures.first_ms),
                spread(figures.cold_ms),
                ratio(figures.cold_ms.median, cold),
                figures.init_requests,
                figures.first_requests,
                figures.resident_mb.median,
            );
        }
        let measurements = self.figures.first().map_or(0, |figures| figures.warm.len());
        for index in 0..measurements {
            self.warm(index, &mut text);
        }
        text
    }

    fn warm(&self, index: usize, text: &mut String) {
        let at = |name: &str| self.of(name).and_then(|figures| figures.warm.get(index));
        let after = self
            .figures
            .first()
            .and_then(|figures| figures.warm.get(index))
            .map_or(0, |warm| warm.after);
        let _ = writeln!(text, "\nAfter {after} calls:\n");
        text.push_str("| | p50, µs | p99, µs | CPU, µs | p50: to Node.js, to the limit | CPU: to Node.js, to the limit | requests, connections of a call |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        for figures in &self.figures {
            let Some(warm) = figures.warm.get(index) else { continue };
            let is_cached = figures.contender.ends_with("cached");
            let (node, limit) =
                if is_cached { (at(NODE_CACHED), at(SIGNATURE)) } else { (at(NODE), at(READ)) };
            let is_compared = figures.kind != Some(Kind::Floor);
            let to = |other: Option<f64>, figure: f64| {
                if is_compared { ratio(figure, other) } else { String::new() }
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {}, {} | {}, {} | {:.2}, {:.2} |",
                figures.contender,
                spread(warm.p50_us),
                spread(warm.p99_us),
                spread(warm.cpu_us),
                to(node.map(|node| node.p50_us.median), warm.p50_us.median),
                to(limit.map(|limit| limit.p50_us.median), warm.p50_us.median),
                to(node.map(|node| node.cpu_us.median), warm.cpu_us.median),
                to(limit.map(|limit| limit.cpu_us.median), warm.cpu_us.median),
                warm.requests,
                warm.connections,
            );
        }
    }
}

fn ratio(figure: f64, other: Option<f64>) -> String {
    other.map_or(String::new(), |other| format!("{:.3}", figure / other))
}

/// The median, and the least and most of all rounds.
fn spread(spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    match median {
        100.0.. => format!("{median:.0} ({min:.0} to {max:.0})"),
        10.0.. => format!("{median:.1} ({min:.1} to {max:.1})"),
        _ => format!("{median:.2} ({min:.2} to {max:.2})"),
    }
}
