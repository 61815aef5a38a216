//! `gatepost matrix`: who may call what, subjects against routes.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use gatepost_core::analysis::{RouteDecision, Scope};
use gatepost_core::gateway::StageArn;
use gatepost_core::subject::Subject;
use time::OffsetDateTime;

use crate::exit_status::ExitStatus;
use crate::matrix::text::Terminal;
use crate::matrix::{Columns, Known, Table, csv, html, json, text};
use crate::routes::RouteList;

/// Show who may call what: subjects against the routes of an API
///
/// Every cell holds for all values of the route's parameters, not for samples. Where that depends on
/// the value, or on a condition, there is a request that is allowed and one that is not.
#[derive(clap::Args, Debug)]
pub(crate) struct MatrixArgs {
    /// The folder with groups/, users/, clients/ and scopes/; or one policy document
    #[arg(long, value_name = "PATH", default_value = "policies")]
    policies: PathBuf,

    /// The routes: an OpenAPI 3 document, or an export of API Gateway [default: routes/openapi.yaml
    /// in the folder of policies]
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,

    /// A subject to show, such as group:movies-group; can be given more than once [default: all]
    #[arg(long, value_name = "SUBJECT")]
    subject: Vec<Subject>,

    /// Groups, with commas between them, to show as one person who is in all of them; can be given
    /// more than once
    #[arg(long, value_name = "NAMES")]
    groups: Vec<String>,

    /// The API and stage that is called, where documents name some by ARN
    #[arg(long, value_name = "ARN")]
    stage: Option<StageArn>,

    /// Only routes that are so for one of the subjects at least; can be given more than once
    #[arg(long, value_enum, value_name = "DECISION")]
    only: Vec<Only>,

    /// How the matrix is written
    #[arg(long, value_enum, default_value_t)]
    format: MatrixFormat,

    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The title of the page [default: that of the routes]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// The date on the page [default: today]
    #[arg(long, value_name = "TEXT")]
    date: Option<String>,

    /// How many characters wide the text may be [default: as the terminal is]
    #[arg(long, value_name = "CHARACTERS")]
    width: Option<usize>,
}

/// How a matrix is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum MatrixFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For programs: with the requests that show each cell.
    Json,
    /// For spreadsheets.
    Csv,
    /// For a browser, and for the wall: one page, with nothing to load.
    Html,
}

/// Which routes to keep.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Only {
    /// Allowed.
    Allow,
    /// Not allowed, whether by a Deny or by nothing.
    Deny,
    /// Allowed on a condition.
    Conditional,
    /// Allowed for some values of a parameter.
    Partial,
}

impl Only {
    fn decision(self) -> RouteDecision {
        match self {
            Self::Allow => RouteDecision::Allow,
            Self::Deny => RouteDecision::Deny,
            Self::Conditional => RouteDecision::Conditional,
            Self::Partial => RouteDecision::Partial,
        }
    }
}

impl MatrixArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let columns = Columns::load(&self.policies, &self.subject, &self.groups)?;
        let file = self.routes.clone();
        let file = file.unwrap_or_else(|| self.policies.join("routes/openapi.yaml"));
        let list = RouteList::open(&file)?;
        for note in &list.notes {
            writeln!(stderr, "{}: {note}", file.display())?;
        }
        let scope = Scope { stage: self.stage.clone(), ..Scope::default() };
        let mut table = Table::new(columns, &list, &scope, &Known::default());
        if !self.only.is_empty() {
            let wanted: Vec<_> = self.only.iter().map(|only| only.decision()).collect();
            table.keep(|access| wanted.contains(&access.decision));
        }
        table.policies = self.policies.display().to_string();
        table.routes = file.display().to_string();
        if let Some(title) = &self.title {
            table.title.clone_from(title);
        }
        let Some(out) = &self.out else {
            self.write(&table, self.terminal(), stdout)?;
            return Ok(ExitStatus::Yes);
        };
        let cannot_write = || format!("cannot write `{}`", out.display());
        let mut writer = BufWriter::new(File::create(out).with_context(cannot_write)?);
        let plain = Terminal { width: self.width, coloured: false };
        self.write(&table, plain, &mut writer).with_context(cannot_write)?;
        writer.flush().with_context(cannot_write)?;
        writeln!(stderr, "written to {}", out.display())?;
        Ok(ExitStatus::Yes)
    }

    fn write(&self, table: &Table, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            MatrixFormat::Text => text::write(table, terminal, out),
            MatrixFormat::Json => json::write(table, out),
            MatrixFormat::Csv => csv::write(table, out),
            MatrixFormat::Html => {
                let date = self.date.clone();
                let date = date.unwrap_or_else(|| OffsetDateTime::now_utc().date().to_string());
                writeln!(out, "{}", html::page(table, &date).into_string())
            }
        }
    }

    /// What standard output is; a width that is asked for says that it is to be read as text alone.
    fn terminal(&self) -> Terminal {
        if self.width.is_some() || !io::stdout().is_terminal() {
            return Terminal { width: self.width, coloured: false };
        }
        let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let size = terminal_size::terminal_size();
        Terminal { width: size.map(|(width, _)| usize::from(width.0)), coloured }
    }
}
