//! The `gatepost` command: arguments are types, output is a writer, the answer is an exit status.
//!
//! Standard output is data, standard error is talk. The library is here for the command's own
//! tests; nothing else is meant to depend on it.

mod aws;
mod command;
mod comparison;
mod counted;
mod dev;
mod development;
mod doctor;
mod exit_status;
mod explain;
mod explorer;
mod history;
mod json_lines;
mod lint;
mod matrix;
mod paint;
mod parallel;
mod plan;
mod policy_table;
mod provenance;
mod publish;
mod routes;
mod side;
mod suite;
mod table;
mod unverified;
mod visible;
mod watch;
mod whole_file;

use std::ffi::OsString;
use std::io::{BufRead, Write};

use clap::{CommandFactory as _, Parser};

use self::command::Command;
pub use self::exit_status::ExitStatus;

/// Rights by group for Amazon API Gateway.
#[derive(Debug, Parser)]
#[command(name = "gatepost", version, after_help = AFTER_HELP)]
struct Gatepost {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str =
    "Exit status: 0 yes; 1 no (findings, differences, a denied call, a failed case, a refused token);
2 could not be done.

Start here:  gatepost dev";

/// All that `gatepost` can be asked, for the guide's reference.
pub fn command() -> clap::Command {
    Gatepost::command()
}

/// Runs the command that `arguments` ask for; the first of them is the program's name.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    stdin: &mut dyn BufRead,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitStatus {
    let outcome = match Gatepost::try_parse_from(arguments) {
        Ok(gatepost) => gatepost.command.run(stdin, stdout, stderr),
        Err(error) => return explain(&error, stdout, stderr),
    };
    match outcome {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => ExitStatus::Yes,
        Err(error) => {
            // Where not even that can be written, the exit status still says it.
            let _ = writeln!(stderr, "error: {error:#}");
            ExitStatus::CouldNot
        }
    }
}

/// Help and version are answers; anything else that clap says is a mistake in the arguments.
fn explain(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> ExitStatus {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(stderr, "{text}");
        ExitStatus::CouldNot
    } else {
        let _ = write!(stdout, "{text}");
        ExitStatus::Yes
    }
}

/// Whether the reader of our output has seen enough, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
