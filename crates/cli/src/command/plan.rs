//! `gatepost plan`: what publishing would change, row by row and in meaning.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;

use super::Format;
use crate::exit_status::ExitStatus;
use crate::plan::Plan;
use crate::plan::checks::CheckArgs;
use crate::plan::conflict::write_conflicts;
use crate::plan::input::{Input, InputArgs};
use crate::plan::saved::SavedPlan;
use crate::plan::text::write_plan;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::publish::{Verdict, progress, scope, whoever};
use crate::side::Source;

/// What would change in a policy table, row by row and in meaning
///
/// Compares documents with what is in the table: who would gain and who would lose what, with a
/// request to show for each; what lint and the tests beside the documents say; and which groups
/// would come to too large an answer together. Nothing is written. Exit status 1 if `gatepost
/// apply` would refuse it.
#[derive(clap::Args, Debug)]
pub(crate) struct PlanArgs {
    /// The documents: a folder, a file, `git:REV:PATH`, or an export of a table
    #[arg(value_name = "SOURCE", default_value = "policies")]
    source: Source,

    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    checks: CheckArgs,

    /// Save the plan here, for `gatepost apply` to do that and nothing else
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How the plan is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl PlanArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let state = table.read()?;
        let Input::Wanted(wanted) = Input::read(&self.source, self.input, &state)? else {
            anyhow::bail!("this is a plan already: `gatepost apply` applies it");
        };
        let by = whoever(&table, wanted.folder.as_deref(), stderr)?;
        let plan = Plan::new(table.name.clone(), state, wanted);
        let scope = scope();
        let comparisons = plan.comparisons(&scope, &mut progress(stderr))?;
        let verdict = Verdict::of(&plan, &self.checks, &by)?;
        let mut refusals = verdict.refusals();
        if self.out.is_some() || self.format == Format::Json {
            let saved = SavedPlan::new(&plan, refusals.clone(), &comparisons)?;
            let text = serde_json::to_string_pretty(&saved)? + "\n";
            if let Some(path) = &self.out {
                std::fs::write(path, &text)
                    .with_context(|| format!("cannot write `{}`", path.display()))?;
            }
            if self.format == Format::Json {
                stdout.write_all(text.as_bytes())?;
            }
        }
        if self.format == Format::Text {
            write_plan(&plan, &comparisons, &verdict.checks, stdout)?;
            write_conflicts(&verdict.behind, &table, stdout)?;
        }
        refusals.retain(|one| !verdict.checks.refusals.contains(one));
        refusals.extend(verdict.hand_edited.iter().cloned());
        for refusal in &refusals {
            writeln!(stderr, "refused: {refusal}")?;
        }
        let is_fit = refusals.is_empty()
            && verdict.checks.refusals.is_empty()
            && plan.without_document.is_empty();
        Ok(if is_fit { ExitStatus::Yes } else { ExitStatus::No })
    }
}
