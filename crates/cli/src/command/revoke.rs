//! `gatepost revoke`: ends tokens before their time.

use std::io::Write;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use gatepost_core::revocable::{Revocable, RevocableKind};
use gatepost_store::RevocationNote;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Format;
use crate::exit_status::ExitStatus;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::publish::whoever;
use crate::table::READ_LAG;

/// End the tokens of a user, of a session, or one token, before their time
///
/// Writes a row that functions with `GATEPOST_REVOCATION=on` look for with every call, and says how
/// long the revoked party can still get in. Refresh tokens are the issuer's to end: revoke or
/// disable the user there as well. Exit status 1 if there was nothing to take back.
#[derive(clap::Args, Debug)]
pub(crate) struct RevokeArgs {
    /// What to revoke: `user:SUB`, `session:ORIGIN_JTI` or `token:JTI`, by the claims of that name
    #[arg(value_name = "WHAT")]
    revocable: Revocable,

    #[command(flatten)]
    table: TableArgs,

    /// Hours until the last token that is meant has ended, and the row with it
    #[arg(long = "for-hours", value_name = "HOURS", default_value_t = 24,
          value_parser = clap::value_parser!(u32).range(1..=87_600))]
    hours: u32,

    /// How long API Gateway keeps answers, in seconds: `authorizerResultTtlInSeconds`
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u32).range(0..=3_600))]
    result_ttl: u32,

    /// Why, for those who read the table
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,

    /// Take the revocation back
    #[arg(long, conflicts_with_all = ["hours", "result_ttl", "comment"])]
    lift: bool,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl RevokeArgs {
    pub(crate) fn run(
        self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        if self.lift {
            let lifted = table.lift_revocation(&self.revocable)?;
            self.say_lifted(lifted, stdout)?;
            return Ok(if lifted { ExitStatus::Yes } else { ExitStatus::No });
        }
        let now = SystemTime::now();
        let wanted = now + Duration::from_secs(u64::from(self.hours) * 3_600);
        let by = whoever(&table, None, stderr)?;
        let note = RevocationNote { revoked_at: now, revoked_by: &by, comment: &self.comment };
        let until = table.revoke(&self.revocable, wanted, &note)?;
        self.say_revoked(now, until, stdout)?;
        Ok(ExitStatus::Yes)
    }

    fn say_lifted(&self, lifted: bool, stdout: &mut dyn Write) -> anyhow::Result<()> {
        match (self.format, lifted) {
            (Format::Json, _) => {
                let answer = json!({ "revocable": self.revocable.to_string(), "lifted": lifted });
                writeln!(stdout, "{answer}")?;
            }
            (Format::Text, true) => writeln!(stdout, "{} is revoked no more", self.revocable)?,
            (Format::Text, false) => writeln!(stdout, "{} was not revoked", self.revocable)?,
        }
        Ok(())
    }

    fn say_revoked(
        &self,
        now: SystemTime,
        until: Option<SystemTime>,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let result_ttl = Duration::from_secs(self.result_ttl.into());
        let lag = result_ttl + READ_LAG;
        let until = until.map(written).transpose()?;
        if self.format == Format::Json {
            let answer = json!({
                "revocable": self.revocable.to_string(),
                "expires_at": until,
                "still_admitted_seconds": lag.as_secs(),
                "still_admitted_until": written(now + lag)?,
            });
            writeln!(stdout, "{answer}")?;
            return Ok(());
        }
        match &until {
            Some(until) => writeln!(stdout, "{} is revoked until {until}", self.revocable)?,
            None => writeln!(stdout, "{} is revoked for ever, as it was before", self.revocable)?,
        }
        writeln!(
            stdout,
            "It can still get in for {} s, until {}:",
            lag.as_secs(),
            written(now + lag)?
        )?;
        writeln!(
            stdout,
            "  {:>4} s  API Gateway may answer from its cache (--result-ttl). To end that now:\n\
             {:10}aws apigateway flush-stage-authorizers-cache --rest-api-id ID --stage-name STAGE",
            result_ttl.as_secs(),
            ""
        )?;
        writeln!(stdout, "  {:>4} s  DynamoDB may be that far behind", READ_LAG.as_secs())?;
        writeln!(stdout, "Functions without GATEPOST_REVOCATION=on do not look, and WebSocket")?;
        writeln!(stdout, "connections that are open stay open, for two hours at most.")?;
        if self.revocable.kind() != RevocableKind::User {
            writeln!(stdout, "The user can sign in again; to keep them out, revoke user:SUB.")?;
        }
        Ok(())
    }
}

/// To the second.
fn written(time: SystemTime) -> anyhow::Result<String> {
    let time = OffsetDateTime::from(time).replace_nanosecond(0)?;
    time.format(&Rfc3339).context("the time cannot be written")
}
