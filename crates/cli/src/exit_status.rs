//! The exit status, as a word.

use std::process::ExitCode;

/// What a command answers to the shell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExitStatus {
    /// Done; nothing was found wrong. 0.
    Yes,
    /// Done; the answer is no: findings, a failed case, a refusal. 1.
    No,
    /// It could not be done. 2.
    CouldNot,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Yes => Self::SUCCESS,
            ExitStatus::No => Self::from(1),
            ExitStatus::CouldNot => Self::from(2),
        }
    }
}
