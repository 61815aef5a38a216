//! Writes what a shell and `man` know of the command: `shell-files FOLDER` makes `FOLDER/completions/` and
//! `FOLDER/man/`. `scripts/release` packs them beside the command, which is built without what makes them.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap_complete::Shell;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: shell-files FOLDER")?);
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut gatepost_cli::command(), "gatepost", &completions)?;
    }

    let manual = folder.join("man");
    fs::create_dir_all(&manual)?;
    // Without a page for each `gatepost help COMMAND`, which would only name the command's own.
    clap_mangen::generate_to(gatepost_cli::command().disable_help_subcommand(true), &manual)?;
    Ok(())
}
