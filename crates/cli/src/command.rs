//! The subcommands, one file each.

mod decide;
mod dev;
mod diff;
mod doctor;
mod explain;
mod lint;
mod matrix;
mod merge;
mod question;
mod revoke;
mod test;
mod token;
mod verify;

use std::io::{BufRead, Write};

use clap::{Subcommand, ValueEnum};

pub(crate) use self::dev::DevArgs;

use crate::exit_status::ExitStatus;

/// What `gatepost` can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Decide(decide::DecideArgs),
    Dev(Box<DevArgs>),
    Diff(Box<diff::DiffArgs>),
    Doctor(Box<doctor::DoctorArgs>),
    Explain(Box<explain::ExplainArgs>),
    Lint(Box<lint::LintArgs>),
    Matrix(matrix::MatrixArgs),
    Merge(merge::MergeArgs),
    Revoke(revoke::RevokeArgs),
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
            Self::Decide(args) => args.run(stdin, stdout, stderr),
            Self::Dev(args) => args.run(),
            Self::Diff(args) => args.run(stdout, stderr),
            Self::Doctor(args) => args.run(stdout, stderr),
            Self::Explain(args) => args.run(stdin, stdout),
            Self::Lint(args) => args.run(stdout, stderr),
            Self::Matrix(args) => args.run(stdout, stderr),
            Self::Merge(args) => args.run(stdin, stdout, stderr),
            Self::Revoke(args) => args.run(stdout),
            Self::Test(args) => args.run(stdout, stderr),
            Self::Token(args) => args.run(stdin, stdout),
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
