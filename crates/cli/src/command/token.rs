//! `gatepost token`: development tokens, minted and read.

use std::io::{BufRead, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail, ensure};
use gatepost_core::token::TokenUse;
use gatepost_emulator::issuer::{Account, Bearer, MACHINE_CLIENT, TokenRequest};
use serde_json::{Map, Value, json};

use crate::development::{CLIENT, ISSUER, IssuerArgs, offline_issuer};
use crate::exit_status::ExitStatus;
use crate::unverified::{claims_of, read_token};

/// How long the issuer of a token may take to be found on this machine.
const PATIENCE: Duration = Duration::from_millis(200);

/// Mint a development token, or read any token
///
/// The token is signed by the development issuer's own key, so that a running `gatepost dev`
/// accepts it and nothing else does.
#[derive(clap::Args, Debug)]
pub(crate) struct TokenArgs {
    /// Whose token: alice, bob, carol, admin, dave, or any name together with --groups
    #[arg(value_name = "ACCOUNT", required_unless_present_any = ["read", "machine"])]
    account: Option<String>,

    /// The groups it is to name, separated by commas, instead of the account's own; "" for none
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', conflicts_with = "machine")]
    groups: Option<Vec<String>>,

    /// An ID token instead of an access token
    #[arg(long, conflicts_with = "machine")]
    id: bool,

    /// A token of the client-credentials grant, for a client without a user
    #[arg(long, conflicts_with = "account")]
    machine: bool,

    /// Its scopes, separated by spaces
    #[arg(long, default_value = "openid email", value_name = "SCOPES")]
    scope: String,

    /// Seconds until it expires; 0 for one that has expired
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    expires_in: u64,

    /// A claim to set, as NAME=VALUE; the value is JSON, or else a text; null takes a claim away
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = parse_claim)]
    claims: Vec<(String, Value)>,

    /// The `iss` claim: the address of the sign-in page of the `gatepost dev` that is to accept it
    #[arg(long, default_value = ISSUER, value_name = "URL")]
    issuer: String,

    #[command(flatten)]
    development: IssuerArgs,

    /// Print the claims of this token, unverified, instead of minting one; `-` reads it from
    /// standard input
    #[arg(long, value_name = "TOKEN", exclusive = true)]
    read: Option<String>,
}

impl TokenArgs {
    pub(crate) fn run(
        self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        if let Some(token) = self.read {
            let token = read_token(token, stdin)?;
            let claims = claims_of(&token).context("this is no token")?;
            writeln!(stdout, "{}", serde_json::to_string_pretty(&claims)?)?;
            return Ok(ExitStatus::Yes);
        }
        let issuer = offline_issuer(&self.development.state, &self.issuer)?;
        let bearer = match self.account {
            None => Bearer::Machine,
            Some(name) => Bearer::NewSignIn(match (self.groups, issuer.account(&name)) {
                (Some(groups), _) if groups == [""] => Account::new(name, Vec::<String>::new()),
                (Some(groups), _) => {
                    ensure!(
                        groups.iter().all(|group| !group.is_empty() && group.trim() == group),
                        "a group in `--groups` is empty, or begins or ends with a space"
                    );
                    Account::new(name, groups)
                }
                (None, Some(account)) => account.clone(),
                (None, None) => bail!(
                    "there is no account `{name}`: choose one of {}, or say what groups it is in \
                     with `--groups`",
                    issuer
                        .accounts()
                        .iter()
                        .map(|one| one.username.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }),
        };
        let client = if self.machine { MACHINE_CLIENT } else { CLIENT };
        let token = issuer.mint(&TokenRequest {
            bearer,
            token_use: if self.id { TokenUse::Id } else { TokenUse::Access },
            client_id: client.to_owned(),
            scope: self.scope,
            lifetime: Duration::from_secs(self.expires_in),
            now: SystemTime::now(),
            claims: Map::from_iter(self.claims),
        })?;
        if self.issuer != ISSUER && is_silent(&self.issuer) {
            writeln!(
                stderr,
                "note: nothing answers at {}: a `gatepost dev` whose sign-in page is elsewhere \
                 refuses this token",
                self.issuer
            )?;
        }
        writeln!(stdout, "{token}")?;
        Ok(ExitStatus::Yes)
    }
}

/// Whether the issuer would be on this machine, and nothing listens at its address. Others are not
/// asked: minting a token tells nobody of it.
fn is_silent(issuer: &str) -> bool {
    let Some(authority) = issuer.strip_prefix("http://") else { return false };
    let addresses = match authority.rsplit_once(':') {
        Some(("127.0.0.1" | "localhost", _)) => authority.to_socket_addrs(),
        _ => return false,
    };
    addresses.is_ok_and(|addresses| {
        addresses.into_iter().all(|one| TcpStream::connect_timeout(&one, PATIENCE).is_err())
    })
}

fn parse_claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((name.to_owned(), value))
}
