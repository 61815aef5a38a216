//! Where tokens come from that name the groups a probe needs.

use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use gatepost_core::secret::Secret;
use tokio::process::Command;

use super::pool::PoolUser;
use crate::aws::Aws;

/// The groups a token is to name, separated by commas, in the environment of a token command.
const GROUPS: &str = "GATEPOST_DOCTOR_GROUPS";

/// A way to get tokens.
pub(super) enum Tokens {
    /// A command of the user's that prints one.
    Command(String),
    /// A throw-away user of a Cognito pool.
    Pool { aws: Aws, user: Box<PoolUser> },
}

impl Tokens {
    /// A new token of a user in `groups`, and in no other.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) async fn mint(&mut self, groups: &[String]) -> anyhow::Result<Secret<String>> {
        match self {
            Self::Command(command) => run(command, groups).await,
            Self::Pool { aws, user } => user.token(aws, groups).await,
        }
    }

    /// Tries another kind of token from now on; false if there is none.
    pub(super) fn use_other_kind(&mut self) -> bool {
        match self {
            Self::Command(_) => false,
            Self::Pool { user, .. } => user.use_id_tokens(),
        }
    }

    /// Calls of Cognito that `tokens` tokens with `groups` groups together cost.
    pub(super) fn calls(&self, tokens: usize, groups: usize) -> usize {
        match self {
            Self::Command(_) => 0,
            Self::Pool { .. } => tokens + 4 * groups + 3,
        }
    }

    /// Takes away what was made. Returns what could not be, as commands that do it.
    pub(super) async fn clean(&mut self) -> Vec<String> {
        match self {
            Self::Command(_) => Vec::new(),
            Self::Pool { aws, user } => user.clean(aws).await,
        }
    }

    /// Commands that take away what is still there.
    pub(super) fn left(&self) -> Vec<String> {
        match self {
            Self::Command(_) => Vec::new(),
            Self::Pool { user, .. } => user.left(),
        }
    }
}

/// What the command prints is never shown: it is a token, or may be.
async fn run(command: &str, groups: &[String]) -> anyhow::Result<Secret<String>> {
    let output = Command::new("sh")
        .arg("-c")
        .arg(command)
        .env(GROUPS, groups.join(","))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("`sh` cannot be run for the token command")?;
    if !output.status.success() {
        bail!("the token command has failed: {}", output.status);
    }
    let token = String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned());
    let token = token.unwrap_or_default();
    ensure!(
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()),
        "the token command has printed {}",
        if token.is_empty() { "nothing" } else { "something else than a token" }
    );
    Ok(Secret::new(token))
}
