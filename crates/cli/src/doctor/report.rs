//! The report: a table for people, or one JSON document.

use std::io::Write;

use serde_json::{Value, json};

use super::probe::{Finding, Verdict};
use super::settings::Advice;
use crate::paint::Paint;

/// All that is reported.
pub(super) struct Report<'a> {
    pub(super) url: &'a str,
    pub(super) findings: &'a [Finding],
    pub(super) advice: &'a [Advice],
    /// Why the run ended before its end.
    pub(super) stopped: Option<&'a str>,
    /// Commands that take away what this run could not.
    pub(super) left: &'a [String],
    /// Commands that take away what other runs have left.
    pub(super) left_before: &'a [String],
}

impl Report<'_> {
    /// One document.
    pub(super) fn json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(finding).collect();
        let settings: Vec<Value> = self
            .advice
            .iter()
            .map(|advice| {
                json!({ "setting": advice.setting, "safe": advice.safe, "why": advice.why })
            })
            .collect();
        json!({
            "url": self.url,
            "probes": findings,
            "settings": settings,
            "stopped": self.stopped,
            "left": self.left,
            "left_by_other_runs": self.left_before,
        })
    }

    /// For people, in `paint`.
    pub(super) fn text(&self, out: &mut dyn Write, paint: Paint) -> std::io::Result<()> {
        // Such an address is of this machine: no other is taken.
        if self.url.starts_with("http:") {
            writeln!(out, "{} is a stand-in: nothing here says anything about AWS.\n", self.url)?;
        }
        let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
        for finding in self.findings {
            if finding.verdict == Verdict::Skipped {
                let id = finding.probe.id();
                match skipped.iter_mut().find(|(why, _)| *why == finding.found) {
                    Some((_, ids)) => ids.push(id),
                    None => skipped.push((&finding.found, vec![id])),
                }
                continue;
            }
            let style = match finding.verdict {
                Verdict::Safe => paint.good,
                Verdict::Unsafe | Verdict::Amiss => paint.bad,
                Verdict::Unknown => paint.strong,
                Verdict::Skipped => paint.faint,
            };
            let (word, strong) = (finding.verdict.as_str(), paint.strong);
            writeln!(
                out,
                "{style}{word:<8}{style:#} {strong}{:<26}{strong:#} {}",
                finding.probe.id(),
                finding.probe.question()
            )?;
            writeln!(out, "         {:<26} {}", "", finding.found)?;
            if !finding.follows.is_empty() {
                writeln!(out, "         {:<26} -> {}", "", finding.follows)?;
            }
        }
        for (why, ids) in skipped {
            let (word, faint) = (Verdict::Skipped.as_str(), paint.faint);
            writeln!(out, "{faint}{word:<8}{faint:#} {}: {why}", ids.join(", "))?;
        }
        for (what, commands) in [
            ("Could not be taken away; this does it:", self.left),
            (
                "Left by another run, which was killed or is at work; this takes it away:",
                self.left_before,
            ),
        ] {
            if !commands.is_empty() {
                writeln!(out, "\n{}{what}{:#}", paint.bad, paint.bad)?;
                for command in commands {
                    writeln!(out, "  {command}")?;
                }
            }
        }
        writeln!(out, "\n{}Settings that are safe here{:#}", paint.strong, paint.strong)?;
        for advice in self.advice {
            let (word, style) = match advice.safe {
                Some(true) => ("yes", paint.good),
                Some(false) => ("no", paint.bad),
                None => ("?", paint.faint),
            };
            writeln!(out, "  {style}{word:<3}{style:#}  {:<40} {}", advice.setting, advice.why)?;
        }
        Ok(())
    }
}

fn finding(finding: &Finding) -> Value {
    json!({
        "probe": finding.probe.id(),
        "question": finding.probe.question(),
        "does": finding.probe.does(),
        "verdict": finding.verdict.as_str(),
        "found": finding.found,
        "follows": finding.follows,
    })
}
