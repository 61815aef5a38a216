//! `gatepost lint`: faults and traps in policy documents, with their places.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatepost_core::analysis::{LintSettings, Trap};
use gatepost_core::gateway::StageArn;

use crate::exit_status::ExitStatus;
use crate::lint::{Api, files, fix, look, pages, sarif};
use crate::paint::Paint;

/// Find faults and traps in policy documents
///
/// A fault is what cannot be read; a trap can be, and does not mean what its author thinks. Each
/// finding names the file, the line and column, the place in it as a JSON Pointer, and the rule,
/// and shows a request if one can show it. Exit status 1 if there is more than notes.
#[derive(clap::Args, Debug)]
pub(crate) struct LintArgs {
    /// Policy documents; folders with groups/, users/, clients/ or scopes/ of them; or other
    /// folders, where every `.json` file is one, and in those below
    #[arg(required_unless_present = "explain", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: LintFormat,

    /// A rule that is not looked for; may be given again
    #[arg(long, value_name = "RULE", value_parser = trap_parser(), hide_possible_values = true)]
    allow: Vec<Trap>,

    /// Print the guide's page for a rule, and nothing else
    #[arg(
        long,
        value_name = "RULE",
        value_parser = trap_parser(),
        hide_possible_values = true,
        conflicts_with_all = ["paths", "fix"]
    )]
    explain: Option<Trap>,

    /// Repair what can be repaired without anybody gaining anything unasked: patterns and
    /// statements that add nothing, `**`, and verbs in lower case
    #[arg(long)]
    fix: bool,

    /// The routes of the API, as an OpenAPI 3 document: patterns that match none of them, and
    /// guarded routes that nobody may call, are findings then
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,

    /// The stage that the documents are for, for their size once bound to it:
    /// `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE`
    #[arg(long, value_name = "ARN")]
    stage: Option<StageArn>,

    /// The most bytes that a merged answer may have
    #[arg(long, value_name = "BYTES", env = "GATEPOST_MAX_POLICY_BYTES", default_value_t = 8_192)]
    max_policy_bytes: usize,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum LintFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

impl LintArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        if let Some(rule) = self.explain {
            let page = pages::page(rule.as_str()).context("the guide has no page for this rule")?;
            stdout.write_all(page.as_bytes())?;
            return Ok(ExitStatus::Yes);
        }
        let api = self.routes.as_deref().map(Api::open).transpose()?;
        let settings = LintSettings {
            routes: api.as_ref().map(Api::routes),
            stage: self.stage.clone(),
            max_policy_bytes: self.max_policy_bytes,
            ..LintSettings::default()
        };
        let mut files = files::read(&self.paths)?;
        if self.fix {
            for file in &files {
                fix::fix(file, &settings, &|rule| self.looks_for(rule), stderr)?;
            }
            files = files::read(&self.paths)?;
        }
        let report = look(&files, api.as_ref(), &settings, |rule| self.looks_for(rule));
        match self.format {
            LintFormat::Text => report.write_text(stdout, Paint::for_stdout())?,
            LintFormat::Json => report.write_json(stdout)?,
            LintFormat::Sarif => {
                let here = std::env::current_dir().context("cannot tell the current folder")?;
                writeln!(stdout, "{:#}", sarif::log(&report, &here))?;
            }
        }
        Ok(if report.is_no() { ExitStatus::No } else { ExitStatus::Yes })
    }

    fn looks_for(&self, rule: Trap) -> bool {
        !self.allow.contains(&rule)
    }
}

/// Reads the id of a trap; clap suggests the nearest.
fn trap_parser() -> impl TypedValueParser<Value = Trap> {
    PossibleValuesParser::new(Trap::ALL.iter().map(|trap| trap.as_str())).try_map(|id| {
        Trap::ALL.iter().copied().find(|trap| trap.as_str() == id).ok_or("is no rule")
    })
}
