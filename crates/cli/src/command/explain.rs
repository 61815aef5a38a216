//! `gatepost explain`: why a call is allowed or denied, and what would change that.

use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use gatepost_core::gateway::StageArn;
use gatepost_core::policy::Decision;
use gatepost_core::subject::SubjectKind;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Format;
use crate::development::STAGE;
use crate::exit_status::ExitStatus;
use crate::explain::{Answer, Documents, LogLine, Party, Question, asked, parse_time};
use crate::paint::Paint;
use crate::unverified::{claims_of, read_token};

/// Say why a call or page is allowed or denied, and what would change that
///
/// Reads the documents of a policies folder and says which statement decided, which came close and
/// why it did not match, and the least that would have to change. What is suggested has been tried.
/// Exit status 1 if it is denied.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  gatepost explain --groups movies-group --method GET --path /movies
  gatepost explain --groups movies-group --page /app/movies/
  gatepost explain --token - --method DELETE --path /movies/7 < token.txt
  gatepost explain --log '{\"outcome\":\"deny\",\"reason\":\"no_documents\"}'")]
pub(crate) struct ExplainArgs {
    /// The caller's groups, separated by commas; "" for none
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    groups: Option<Vec<String>>,

    /// The verb of the call, such as GET
    #[arg(long, value_name = "VERB", requires = "path")]
    method: Option<String>,

    /// Its path as it is sent, such as /movies/7
    #[arg(long, value_name = "PATH", requires = "method")]
    path: Option<String>,

    /// The page that is opened, as its address has it, such as /app/movies/
    #[arg(long, value_name = "PATH", conflicts_with_all = ["method", "path", "log"])]
    page: Option<String>,

    /// Folder with groups/*.json
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    policies: PathBuf,

    /// Read groups and claims from this token, unverified; `-` reads it from standard input
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// The claim of the token that lists the groups
    #[arg(long, value_name = "NAME", default_value = "cognito:groups")]
    groups_claim: String,

    /// What counts of the token, as in `GATEPOST_SUBJECTS`: group, user, client, scope
    #[arg(long, value_name = "KINDS", value_delimiter = ',', default_value = "group")]
    subjects: Vec<SubjectKind>,

    /// A line of the authorizer's decision log; `-` reads it from standard input
    #[arg(long, value_name = "LINE")]
    log: Option<String>,

    /// The user whose document counts too, by `sub`
    #[arg(long, value_name = "SUB")]
    user: Option<String>,

    /// The client whose document counts too, by `client_id`
    #[arg(long, value_name = "ID")]
    client: Option<String>,

    /// A scope whose document counts too; can be given more than once
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,

    /// A claim that patterns may need, as in `${token:NAME}`; can be given more than once
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = parse_pair)]
    claims: Vec<(String, String)>,

    /// The address that the call comes from
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,

    /// The time of the call, such as 2026-05-01T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    now: Option<OffsetDateTime>,

    /// Another key that conditions may ask for, such as aws:UserAgent=curl/8
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    context: Vec<(String, String)>,

    /// The API and stage of the call
    #[arg(long, value_name = "ARN", default_value = STAGE)]
    stage: StageArn,

    /// How the explanation is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl ExplainArgs {
    pub(crate) fn run(
        self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        ensure!(
            self.token.as_deref() != Some("-") || self.log.as_deref() != Some("-"),
            "`--token -` and `--log -` cannot both read standard input: give one of them itself"
        );
        let log = self.log.as_deref().map(|line| LogLine::read(line, stdin)).transpose()?;
        let asked =
            asked(&self.stage, self.page.as_deref(), self.method.as_deref(), self.path.as_deref());
        let Some(asked) = asked? else {
            let log = log.context(
                "say which call: --method and --path, as in `--method GET --path /movies`, or a page \
                 with --page, or a line of the decision log with --log",
            )?;
            self.tell_line(&log, stdout)?;
            return Ok(if log.is_granted() { ExitStatus::Yes } else { ExitStatus::No });
        };
        let claims = self.claims(stdin)?;
        let caller = self.question(claims.clone())?.caller()?;
        let documents = Documents::open(&self.policies)?;
        let answer = Answer::new(&documents, &caller, &asked, claims.as_ref(), log.as_ref())?;
        match self.format {
            Format::Text => write_lines(stdout, &answer.lines(&Paint::for_stdout()))?,
            Format::Json => writeln!(stdout, "{}", answer.json())?,
        }
        Ok(match answer.decision() {
            Decision::Allow => ExitStatus::Yes,
            Decision::ExplicitDeny | Decision::ImplicitDeny => ExitStatus::No,
        })
    }

    fn tell_line(&self, log: &LogLine, stdout: &mut dyn Write) -> anyhow::Result<()> {
        match self.format {
            Format::Text => write_lines(stdout, &log.lines(&Paint::for_stdout())),
            Format::Json => Ok(writeln!(stdout, "{}", json!({ "log": log.json(None) }))?),
        }
    }

    /// The claims of the token, if there is one, whether they are true or not.
    fn claims(&self, stdin: &mut dyn BufRead) -> anyhow::Result<Option<Value>> {
        let Some(token) = &self.token else { return Ok(None) };
        let token = read_token(token.clone(), stdin)?;
        claims_of(&token).context("this is no token").map(Some)
    }

    fn question(&self, claims: Option<Value>) -> anyhow::Result<Question> {
        let groups = self.groups.clone().unwrap_or_default();
        let given = Party {
            groups: if groups == [""] { Vec::new() } else { groups },
            user: self.user.clone(),
            client: self.client.clone(),
            scopes: self.scope.clone(),
            claims: self.claims.clone(),
        };
        ensure!(
            !given.is_nobody() || self.groups.is_some() || self.token.is_some(),
            "say who calls: --groups NAME,… (\"\" for a caller in no group), --token, --user, \
             --client or --scope"
        );
        Ok(Question {
            given,
            claims,
            groups_claim: self.groups_claim.clone(),
            kinds: self.subjects.clone(),
            source_ip: self.source_ip,
            now: self.now,
            context: self.context.clone(),
        })
    }
}

fn write_lines(stdout: &mut dyn Write, lines: &[String]) -> anyhow::Result<()> {
    for line in lines {
        writeln!(stdout, "{line}")?;
    }
    Ok(())
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
