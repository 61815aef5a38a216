//! The `gatepost` command.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut stdin = io::stdin().lock();
    gatepost_cli::run(std::env::args_os(), &mut stdin, &mut io::stdout(), &mut io::stderr()).into()
}
