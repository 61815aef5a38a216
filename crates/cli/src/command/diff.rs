//! `gatepost diff`: who gains and who loses what between two places of documents, exactly.

use std::io::{self, IsTerminal as _, Write};

use anyhow::Context as _;
use clap::ValueEnum;
use gatepost_core::analysis::Scope;
use gatepost_core::gateway::StageArn;

use crate::comparison::{Pair, Progress, Totals, compare, write_json, write_markdown, write_text};
use crate::exit_status::ExitStatus;
use crate::side::{Side, Source};

/// Who gains and who loses what, exactly, with a request to show for each
///
/// Every path there is is looked at, and each difference comes with a shortest request, the
/// statements that decide it on both sides, and the conditions it depends on. Exit status 1 if
/// there are differences; 2 if a subject could not be compared to the end, which is then said to be
/// unknown.
#[derive(clap::Args, Debug)]
#[command(after_long_help = SIDES)]
pub(crate) struct DiffArgs {
    /// The documents before
    #[arg(value_name = "A")]
    before: Source,

    /// The documents after
    #[arg(value_name = "B")]
    after: Source,

    /// What somebody in all of these groups may do, instead of each subject by itself
    #[arg(long, value_name = "GROUP,…", value_delimiter = ',', conflicts_with = "subjects")]
    for_groups: Vec<String>,

    /// Only this subject, such as `group:movies-group`; can be repeated
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,

    /// Also tell what moves between an explicit deny and no statement at all
    ///
    /// The caller is denied either way, unless the API has a resource policy: there an explicit
    /// deny is final, and what no statement is about may be allowed.
    #[arg(long)]
    moved: bool,

    /// Only methods of this API and stage
    #[arg(long, value_name = "ARN")]
    stage: Option<StageArn>,

    /// How far to look at entangled patterns before a subject is unknown
    #[arg(long, value_name = "N", default_value_t = Scope::default().max_states)]
    max_states: usize,

    /// Which differences are a reason for exit status 1
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    fail_on: FailOn,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,

    /// Whether text has colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    color: Colour,
}

const SIDES: &str = "A and B are each one of

  FOLDER           with groups/, users/, clients/ or scopes/ of documents
  FILE             one document; of two files, one is compared with the other
  git:REV:PATH     the same as it stood in a git revision: `git:main:policies`
  dynamodb:NAME    what is in force in a table; AWS_REGION, AWS_ACCESS_KEY_ID and so on, and
                   GATEPOST_TABLE_LAYOUT, say how to read it

Begin a folder's name with ./ if it looks like one of the latter two.";

/// Which differences count.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum FailOn {
    /// All
    #[default]
    Any,
    /// What is newly allowed
    Gained,
    /// What is no longer allowed
    Lost,
    /// None: the exit status is 0, or 2 if it could not be done
    None,
}

/// How differences are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// When text has colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}

impl DiffArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let before = Side::read(&self.before)?;
        let after = Side::read(&self.after)?;
        let scope =
            Scope { stage: self.stage.clone(), max_states: self.max_states, moved: self.moved };
        let mut progress =
            if io::stderr().is_terminal() { Progress::Terminal(stderr) } else { Progress::Nobody };
        let comparisons = compare(self.pairs(&before, &after)?, &scope, &mut progress);
        match self.format {
            DiffFormat::Text => write_text(&comparisons, self.color.is_on(), stdout)?,
            DiffFormat::Json => write_json(&comparisons, stdout)?,
            DiffFormat::Markdown => write_markdown(&comparisons, stdout)?,
        }
        let Totals { gained, lost, moved, unknown, .. } = Totals::of(&comparisons);
        let failing = match self.fail_on {
            FailOn::Any => gained + lost + moved,
            FailOn::Gained => gained,
            FailOn::Lost => lost,
            FailOn::None => 0,
        };
        Ok(match (unknown, failing) {
            (0, 0) => ExitStatus::Yes,
            (0, _) => ExitStatus::No,
            _ => ExitStatus::CouldNot,
        })
    }

    /// What is to be compared.
    fn pairs<'a>(&self, before: &'a Side, after: &'a Side) -> anyhow::Result<Vec<Pair<'a>>> {
        if !self.for_groups.is_empty() {
            let mut groups: Vec<String> = Vec::new();
            for group in &self.for_groups {
                if !groups.contains(group) {
                    groups.push(group.clone());
                }
            }
            let pair = Pair::of_groups(&groups, before, after).context("`--for-groups`")?;
            return Ok(vec![pair]);
        }
        let mut pairs = Pair::of_each(before, after)?;
        for subject in &self.subjects {
            anyhow::ensure!(
                pairs.iter().any(|pair| pair.subject == *subject),
                "`{subject}` has no document on either side"
            );
        }
        if !self.subjects.is_empty() {
            pairs.retain(|pair| self.subjects.contains(&pair.subject));
        }
        Ok(pairs)
    }
}

impl Colour {
    fn is_on(self) -> bool {
        match self {
            Self::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}
