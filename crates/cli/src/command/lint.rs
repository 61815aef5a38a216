//! `gatepost lint`: faults in policy documents and traps in them, with their places.

mod edit;
mod fix;
mod input;
mod locate;
mod pages;
mod report;
mod routes;
mod sarif;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatepost_core::analysis::{Level, LintSettings, Trap};
use gatepost_core::gateway::StageArn;

use self::report::Report;
use crate::exit_status::ExitStatus;
use crate::routes::RouteList;

/// Find faults in policy documents, and what their authors hardly mean
///
/// A fault is what keeps a file from being a policy document. A trap is what a document says and
/// does not mean: each comes with a request that shows it, where there is one. Exit status 1 if there
/// are faults, errors or warnings; notes are none.
#[derive(clap::Args, Debug)]
pub(crate) struct LintArgs {
    /// Policy documents; folders with groups/, users/, clients/ or scopes/ of them; or other
    /// folders, where every `.json` file is one, and in those below
    #[arg(required_unless_present = "explain", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: LintFormat,

    /// A rule that may be broken; can be given more than once
    #[arg(long, value_name = "RULE", value_parser = trap(), hide_possible_values = true)]
    allow: Vec<Trap>,

    /// Print what a rule is about, and what to do
    #[arg(long, value_name = "RULE", value_parser = trap(), hide_possible_values = true)]
    explain: Option<Trap>,

    /// Mend what can be mended without a change in meaning, and verbs in lower case
    ///
    /// Taken out are patterns and statements that change nothing. What was done, and who gains what
    /// by it, is told on standard error.
    #[arg(long)]
    fix: bool,

    /// The routes of the API, so that patterns for none of them and routes for nobody are found: an
    /// OpenAPI 3 document, or an export of API Gateway
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,

    /// The API and stage that sizes are told for, as `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE`
    #[arg(long, value_name = "ARN")]
    stage: Option<StageArn>,

    /// How many bytes the merged answer for a caller may have
    #[arg(long, value_name = "N", default_value_t = 8_192)]
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
    /// For code scanning: SARIF 2.1.0.
    Sarif,
}

impl LintArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        if let Some(trap) = self.explain {
            write!(stdout, "{}", pages::page(trap))?;
            return Ok(ExitStatus::Yes);
        }
        let routes = match &self.routes {
            Some(file) => {
                let list = RouteList::open(file)?;
                for note in &list.notes {
                    writeln!(stderr, "{}: {note}", file.display())?;
                }
                Some(routes::of(&list))
            }
            None => None,
        };
        let settings = LintSettings {
            routes,
            stage: self.stage.clone(),
            max_policy_bytes: self.max_policy_bytes,
            ..LintSettings::default()
        };
        let mut inputs = input::read_all(&self.paths)?;
        if self.fix {
            for input in inputs.iter().filter(|input| input.policy.is_ok()) {
                fix::fix(&input.path, &self.allow, &settings, stderr)?;
            }
            inputs = input::read_all(&self.paths)?;
        }
        let report = Report::new(&inputs, self.routes.as_deref(), &self.allow, &settings);
        match self.format {
            LintFormat::Text => {
                let choice = anstream::AutoStream::choice(&io::stdout());
                text::write(&report, choice != anstream::ColorChoice::Never, stdout)?;
            }
            LintFormat::Json => writeln!(stdout, "{}", report.to_json())?,
            LintFormat::Sarif => {
                let folder = std::env::current_dir().ok();
                writeln!(stdout, "{:#}", sarif::log(&report, folder.as_deref()))?;
            }
        }
        let is_bad = report.findings().any(|(_, found)| found.level > Level::Note);
        Ok(if is_bad { ExitStatus::No } else { ExitStatus::Yes })
    }
}

/// Reads the id of a trap; of one that does not exist, clap names the nearest.
fn trap() -> impl TypedValueParser<Value = Trap> {
    let ids = Trap::ALL.iter().map(|trap| trap.as_str());
    PossibleValuesParser::new(ids).try_map(|id| {
        let trap = Trap::ALL.iter().copied().find(|trap| trap.as_str() == id);
        trap.ok_or("there is no such rule")
    })
}
