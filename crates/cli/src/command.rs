//! The subcommands, one file each.

mod apply;
mod decide;
mod dev;
mod diff;
mod doctor;
mod drift;
mod explain;
mod explore;
mod export;
mod history;
mod import;
mod lint;
mod matrix;
mod merge;
mod plan;
mod promote;
mod pull;
mod question;
mod revoke;
mod rollback;
mod show;
mod test;
mod token;
mod verify;

use std::io::{BufRead, Write};

use clap::{Subcommand, ValueEnum};

pub(crate) use self::dev::DevArgs;
pub(crate) use self::show::canonical;

use crate::exit_status::ExitStatus;

/// What `gatepost` can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Apply(Box<apply::ApplyArgs>),
    Decide(decide::DecideArgs),
    Dev(Box<DevArgs>),
    Diff(Box<diff::DiffArgs>),
    Drift(drift::DriftArgs),
    Doctor(Box<doctor::DoctorArgs>),
    Explain(Box<explain::ExplainArgs>),
    Explore(Box<explore::ExploreArgs>),
    Export(export::ExportArgs),
    History(history::HistoryArgs),
    Import(Box<import::ImportArgs>),
    Lint(Box<lint::LintArgs>),
    Matrix(matrix::MatrixArgs),
    Merge(merge::MergeArgs),
    Plan(Box<plan::PlanArgs>),
    Promote(Box<promote::PromoteArgs>),
    Pull(pull::PullArgs),
    Revoke(revoke::RevokeArgs),
    Rollback(Box<rollback::RollbackArgs>),
    Show(show::ShowArgs),
    Test(test::TestArgs),
    Token(token::TokenArgs),
    Verify(verify::VerifyArgs),
}

impl Command {
    pub(crate) fn run(
        self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        match self {
            Self::Apply(args) => args.run(stdin, stdout, stderr),
            Self::Decide(args) => args.run(stdin, stdout, stderr),
            Self::Dev(args) => args.run(),
            Self::Diff(args) => args.run(stdout, stderr),
            Self::Drift(args) => args.run(stdout, stderr),
            Self::Doctor(args) => args.run(stdout, stderr),
            Self::Explain(args) => args.run(stdin, stdout),
            Self::Explore(args) => args.run(stderr),
            Self::Export(args) => args.run(stdout),
            Self::History(args) => args.run(stdout),
            Self::Import(args) => args.run(stdin, stdout, stderr),
            Self::Lint(args) => args.run(stdout, stderr),
            Self::Matrix(args) => args.run(stdout, stderr),
            Self::Merge(args) => args.run(stdin, stdout, stderr),
            Self::Plan(args) => args.run(stdout, stderr),
            Self::Promote(args) => args.run(stdin, stdout, stderr),
            Self::Pull(args) => args.run(stdout),
            Self::Revoke(args) => args.run(stdout, stderr),
            Self::Rollback(args) => args.run(stdin, stdout, stderr),
            Self::Show(args) => args.run(stdout, stderr),
            Self::Test(args) => args.run(stdout, stderr),
            Self::Token(args) => args.run(stdin, stdout, stderr),
            Self::Verify(args) => args.run(stdin, stdout),
        }
    }
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}
