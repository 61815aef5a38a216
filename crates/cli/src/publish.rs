//! Publishing a plan: what keeps it from being published, what is asked, what is written, and how
//! long it takes until every caller sees it.

use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use gatepost_core::analysis::Scope;
use gatepost_core::subject::Subject;
use gatepost_store::{NewRevision, Transaction, TransactionError, transactions};

use crate::aws::Stage;
use crate::comparison::{Comparison, Progress};
use crate::counted::counted;
use crate::exit_status::ExitStatus;
use crate::plan::checks::{CheckArgs, Checks};
use crate::plan::conflict::{Conflict, behind, write_conflicts};
use crate::plan::saved::SavedPlan;
use crate::plan::text::{edited, write_plan};
use crate::plan::{Plan, directions};
use crate::policy_table::{PolicyTable, TableArgs};
use crate::provenance::user;
use crate::table::READ_LAG;
use crate::visible::visible;

/// What publishing depends on.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,

    #[command(flatten)]
    pub(crate) checks: CheckArgs,

    /// Do not ask before somebody's rights become wider
    #[arg(long, visible_alias = "allow-widening")]
    yes: bool,

    /// Make rows that were edited by hand revisions as they are, before they are changed
    #[arg(long)]
    adopt: bool,

    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,

    /// Who, for the history [default: whoever AWS says it is, or git, or the system]
    #[arg(long = "as", value_name = "NAME")]
    by: Option<String>,

    /// How long functions keep what they read, in seconds
    #[arg(long, value_name = "SECONDS", env = "GATEPOST_POLICY_TTL_SECONDS", default_value_t = 30)]
    policy_ttl: u32,

    /// How long API Gateway keeps answers, in seconds: `authorizerResultTtlInSeconds`
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u32).range(0..=3_600))]
    result_ttl: u32,

    /// When functions have read what was written, end the answers that a REST API keeps
    #[arg(long, requires_all = ["api_id", "stage"])]
    flush: bool,

    /// The API whose answers are ended
    #[arg(long, value_name = "ID", requires = "flush")]
    api_id: Option<String>,

    /// Its stage
    #[arg(long, value_name = "NAME", requires = "flush")]
    stage: Option<String>,
}

/// Who works with the table: whoever AWS says it is, or git, or the system.
///
/// # Errors
///
/// When nobody can be told that AWS does not say.
pub(crate) fn whoever(
    table: &PolicyTable,
    folder: Option<&Path>,
    stderr: &mut dyn Write,
) -> anyhow::Result<String> {
    match table.caller() {
        Some(Ok(arn)) => return Ok(arn),
        Some(Err(error)) => writeln!(stderr, "note: AWS does not say who this is: {error:#}")?,
        None => {}
    }
    Ok(user(folder.unwrap_or(Path::new("."))))
}

/// How far every comparison looks: all stages, and what only moves between two kinds of denial
/// too, since that decides what other documents can do.
pub(crate) fn scope() -> Scope {
    Scope { stage: None, moved: true, ..Scope::default() }
}

/// What speaks against publishing a plan.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) checks: Checks,
    /// The edits of others that it would undo.
    pub(crate) behind: Vec<Conflict>,
    /// The rows that were edited by hand, and would be written over.
    pub(crate) hand_edited: Vec<String>,
}

impl Verdict {
    /// Looks at the plan.
    ///
    /// # Errors
    ///
    /// When a suite cannot be read.
    pub(crate) fn of(plan: &Plan, args: &CheckArgs, by: &str) -> anyhow::Result<Self> {
        let hand_edited = plan
            .hand_edits()
            .map(|(subject, edit)| format!("{}: {}", visible(&subject.to_string()), edited(edit)))
            .collect();
        Ok(Self { checks: Checks::run(plan, args)?, behind: behind(plan, by), hand_edited })
    }

    /// Why it is refused, for what an override can help with.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let mut refusals = self.checks.refusals.clone();
        if !self.behind.is_empty() {
            let names: Vec<String> =
                self.behind.iter().map(|one| visible(&one.subject.to_string())).collect();
            refusals.push(format!(
                "the source does not have what others have published since: {}",
                names.join(", ")
            ));
        }
        refusals
    }
}

impl PublishArgs {
    /// What the command takes where nothing but the table and the comment is given.
    ///
    /// # Errors
    ///
    /// When a variable of the environment is at fault.
    pub(crate) fn of(table: &str, comment: &str) -> anyhow::Result<Self> {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            args: PublishArgs,
        }
        let given = ["gatepost", "--table", table, "--comment", comment];
        Ok(<Alone as clap::Parser>::try_parse_from(given)?.args)
    }

    /// The plan as it is saved, with what speaks against it.
    ///
    /// # Errors
    ///
    /// When a suite cannot be read.
    pub(crate) fn planned(&self, table: &PolicyTable, plan: &Plan) -> anyhow::Result<SavedPlan> {
        let by = whoever(table, plan.wanted.folder.as_deref(), &mut io::sink())?;
        let scope = scope();
        let comparisons = plan.comparisons(&scope, &mut Progress::Nobody)?;
        let refusals = Verdict::of(plan, &self.checks, &by)?.refusals();
        SavedPlan::new(plan, refusals, &comparisons)
    }

    /// Says why, if nobody did.
    pub(crate) fn comment_by_default(&mut self, why: impl FnOnce() -> String) {
        if self.comment.is_empty() {
            self.comment = why();
        }
    }

    /// Publishes the plan, unless something speaks against it; `before` is what did so when it was
    /// made.
    ///
    /// # Errors
    ///
    /// When it could not be done, or not to its end.
    pub(crate) fn publish(
        &self,
        table: &PolicyTable,
        plan: &Plan,
        before: &[String],
        streams: Streams<'_>,
    ) -> anyhow::Result<ExitStatus> {
        let Streams { stdin, stdout, stderr } = streams;
        let by = match &self.by {
            Some(by) => by.clone(),
            None => whoever(table, plan.wanted.folder.as_deref(), stderr)?,
        };
        let scope = scope();
        let comparisons = plan.comparisons(&scope, &mut progress(stderr))?;
        let verdict = Verdict::of(plan, &self.checks, &by)?;
        write_plan(plan, &comparisons, &verdict.checks, stdout)?;
        if plan.is_empty() {
            writeln!(stdout, "nothing to write")?;
            return Ok(if plan.without_document.is_empty() {
                ExitStatus::Yes
            } else {
                ExitStatus::No
            });
        }
        if self.refuses(table, &verdict, before, stdout, stderr)? {
            return Ok(ExitStatus::No);
        }
        if !self.may_write(plan, &comparisons, stdin, stderr)? {
            return Ok(ExitStatus::No);
        }
        let directions = directions(&comparisons);
        drop(comparisons);
        let comment = match &self.checks.override_reason {
            Some(reason) => format!("{} (override: {reason})", self.comment).trim().to_owned(),
            None => self.comment.clone(),
        };
        let revision = NewRevision {
            updated_at: SystemTime::now(),
            updated_by: &by,
            comment: &comment,
            source_revision: plan.wanted.source_revision.as_deref(),
        };
        let changes = plan.changes(&directions, &revision, &scope)?;
        let all = transactions(&table.name, &changes, &revision)?;
        if !write_all(table, plan, &all, stdout, stderr)? {
            return Ok(ExitStatus::No);
        }
        self.say_written(plan, changes.len(), all.len(), &by, stdout)?;
        if let (Some(api_id), Some(name)) = (&self.api_id, &self.stage) {
            // An answer that is made of what a function still keeps would be kept in its turn.
            writeln!(stderr, "waiting {} s until functions have read it …", self.policy_ttl)?;
            std::thread::sleep(Duration::from_secs(self.policy_ttl.into()));
            table.flush(Stage { api_id, name }).with_context(
                || "it is written, but the answers that API Gateway keeps could not be ended",
            )?;
            writeln!(stdout, "The answers that API Gateway kept are ended: every caller sees it.")?;
        }
        Ok(ExitStatus::Yes)
    }

    /// Whether the plan is refused, which is said, with what can be done about it.
    fn refuses(
        &self,
        table: &PolicyTable,
        verdict: &Verdict,
        before: &[String],
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<bool> {
        if !verdict.hand_edited.is_empty() && !self.adopt {
            for line in &verdict.hand_edited {
                writeln!(stderr, "refused: {line}")?;
            }
            writeln!(
                stderr,
                "`gatepost pull` brings that into the files; `--adopt` makes it a revision, and then \
                 writes over it"
            )?;
            return Ok(true);
        }
        let mut refusals = verdict.refusals();
        refusals
            .extend(before.iter().filter(|one| !verdict.checks.refusals.contains(one)).cloned());
        if !refusals.is_empty() && self.checks.override_reason.is_none() {
            write_conflicts(&verdict.behind, table, stdout)?;
            for refusal in &refusals {
                writeln!(stderr, "refused: {refusal}")?;
            }
            writeln!(stderr, "`--override REASON` publishes it all the same")?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether nobody's rights become wider, or whoever is there says that they may.
    fn may_write(
        &self,
        plan: &Plan,
        comparisons: &[Comparison<'_>],
        stdin: &mut dyn BufRead,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<bool> {
        let widens = directions(comparisons).values().any(|direction| direction.may_widen());
        if self.yes || plan.is_of_candidates() || !widens {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            writeln!(
                stderr,
                "refused: somebody's rights become wider, and nobody can be asked: `--yes` \
                 (`--allow-widening`) allows it"
            )?;
            return Ok(false);
        }
        write!(stderr, "Somebody's rights become wider. Write it? [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        stdin.read_line(&mut answer)?;
        let is_yes = matches!(answer.trim(), "y" | "Y" | "yes");
        if !is_yes {
            writeln!(stderr, "nothing is written")?;
        }
        Ok(is_yes)
    }

    fn say_written(
        &self,
        plan: &Plan,
        revisions: usize,
        transactions: usize,
        by: &str,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let rows = plan.rows.len();
        writeln!(
            stdout,
            "written: {}, {}, {}, by {}",
            counted(rows, "row"),
            counted(revisions, "revision"),
            counted(transactions, "transaction"),
            visible(by)
        )?;
        if plan.is_of_candidates() {
            writeln!(stdout, "Candidates are tried in the shadow; nobody's rights have changed.")?;
            return Ok(());
        }
        let (policy, result) = (u64::from(self.policy_ttl), u64::from(self.result_ttl));
        let lag = READ_LAG.as_secs();
        let bound = policy.saturating_add(result).saturating_add(lag);
        writeln!(stdout, "Every caller sees it within {bound} s:")?;
        writeln!(stdout, "  {policy:>4} s  functions keep what they read (--policy-ttl)")?;
        writeln!(stdout, "  {result:>4} s  API Gateway keeps answers (--result-ttl)")?;
        writeln!(stdout, "  {lag:>4} s  DynamoDB's reads are usually behind by no more")?;
        if rows > 1 {
            writeln!(
                stdout,
                "Until then somebody with several documents may be answered by some of them as they \
                 were and some as they are."
            )?;
        }
        Ok(())
    }
}

/// Writes every transaction. False if a row was changed meanwhile, which is shown.
fn write_all(
    table: &PolicyTable,
    plan: &Plan,
    all: &[Transaction],
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<bool> {
    for (done, transaction) in all.iter().enumerate() {
        if all.len() > 1 {
            let told = format!("writing: {done} of {} transactions …", all.len());
            progress(stderr).tell(&told);
        }
        match table.write(transaction) {
            Ok(()) => {}
            Err(TransactionError::Conflict(subjects)) => {
                progress(stderr).tell("");
                say_conflict(table, plan, &subjects, stdout)?;
                writeln!(
                    stderr,
                    "refused: {done} of {} transactions are written, each whole, and the rest is \
                     not; look at what the others did, and run it again",
                    all.len()
                )?;
                return Ok(false);
            }
            Err(error) => {
                progress(stderr).tell("");
                return Err(error).with_context(|| {
                    format!(
                        "{done} of {} transactions are written, each whole; run it again for the \
                         rest",
                        all.len()
                    )
                });
            }
        }
    }
    if all.len() > 1 {
        progress(stderr).tell("");
    }
    Ok(true)
}

/// Writes what others have done to these rows since the plan was made.
fn say_conflict(
    table: &PolicyTable,
    plan: &Plan,
    subjects: &[Subject],
    stdout: &mut dyn Write,
) -> anyhow::Result<()> {
    let now = table.read()?;
    let conflict = |subject: &Subject| {
        let base = plan.state.rows.get(subject).map(|row| row.version);
        Conflict::new(subject, base, &now, plan.after(subject))
    };
    write_conflicts(&subjects.iter().map(conflict).collect::<Vec<_>>(), table, stdout)
}

/// Where a command reads answers from and writes to.
pub(crate) struct Streams<'a> {
    pub(crate) stdin: &'a mut dyn BufRead,
    pub(crate) stdout: &'a mut dyn Write,
    pub(crate) stderr: &'a mut dyn Write,
}

pub(crate) fn progress(stderr: &mut dyn Write) -> Progress<'_> {
    if io::stderr().is_terminal() { Progress::Terminal(stderr) } else { Progress::Nobody }
}
