//! `gatepost verify`: why a token is accepted or refused, step by step.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::jwks::FetchKeySet as _;
use gatepost_core::token::{
    Algorithm, Claims, ExpectedToken, KeySet, Leeway, TokenError, TokenUse, UnverifiedToken,
};
use gatepost_emulator::issuer::MACHINE_CLIENT;
use serde_json::{Value, json};

use super::Format;
use crate::development::{CLIENT, ISSUER, IssuerArgs, offline_issuer};
use crate::exit_status::ExitStatus;
use crate::unverified::read_token;

/// Show why a token is accepted or refused, step by step
///
/// Without --issuer it is judged as `gatepost dev` would. The token is sent nowhere: only the
/// issuer's public keys are fetched. Exit status 1 if it is refused.
#[derive(clap::Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The token; `-` reads it from standard input, where other users of the machine cannot see it
    #[arg(value_name = "TOKEN")]
    token: String,

    /// The `iss` it must have
    #[arg(long, value_name = "URL", requires = "audience")]
    issuer: Option<String>,

    /// A client id or audience that is accepted; can be given more than once
    #[arg(long, value_name = "ID", requires = "issuer")]
    audience: Vec<String>,

    /// The issuer's keys: a file or an https URL [default: the issuer's /.well-known/jwks.json]
    #[arg(long, value_name = "FILE_OR_URL", requires = "issuer")]
    jwks: Option<String>,

    /// A use that is accepted: access or id; can be given more than once
    #[arg(long, value_name = "USE", default_value = "access")]
    token_use: Vec<TokenUse>,

    /// An algorithm that is accepted; can be given more than once
    #[arg(long, value_name = "ALG", default_value = "RS256")]
    algorithm: Vec<Algorithm>,

    /// The claim that lists the groups
    #[arg(long, value_name = "NAME", default_value = "cognito:groups")]
    groups_claim: String,

    /// Clock skew allowed on `exp` and `nbf`, in seconds, at most 300
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    leeway: u64,

    /// How the steps are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    development: IssuerArgs,
}

impl VerifyArgs {
    pub(crate) fn run(
        self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let expected = self.expected()?;
        let token = read_token(self.token.clone(), stdin)?;
        let mut steps = Steps::default();
        let outcome = self.judge(&token, &expected, &mut steps)?;
        match self.format {
            Format::Text => steps.write_text(&outcome, stdout)?,
            Format::Json => steps.write_json(&outcome, stdout)?,
        }
        Ok(if outcome.is_ok() { ExitStatus::Yes } else { ExitStatus::No })
    }

    fn expected(&self) -> anyhow::Result<ExpectedToken> {
        let issuer = self.issuer.as_deref().unwrap_or(ISSUER);
        let audience = if self.issuer.is_some() {
            self.audience.clone()
        } else {
            [CLIENT, MACHINE_CLIENT].map(str::to_owned).to_vec()
        };
        Ok(ExpectedToken::new(issuer, audience)?
            .with_token_use(self.token_use.iter().copied())?
            .with_algorithms(self.algorithm.iter().copied())?
            .with_groups_claim(self.groups_claim.as_str())?
            .with_leeway(Leeway::try_from(Duration::from_secs(self.leeway))?))
    }

    /// The steps in the authorizer's order; the last one that is noted is the one that failed.
    fn judge(
        &self,
        token: &str,
        expected: &ExpectedToken,
        steps: &mut Steps,
    ) -> anyhow::Result<Result<Claims, TokenError>> {
        let token = match UnverifiedToken::parse(token) {
            Ok(token) => token,
            Err(error) => return Ok(Err(error)),
        };
        steps.note(
            "shape",
            format!("a compact JWS that says it is signed with {}", token.algorithm()),
        );
        if token.issuer() != expected.issuer() {
            return Ok(Err(TokenError::IssuerMismatch));
        }
        steps.note("issuer", expected.issuer().to_owned());
        let keys = self.keys(expected)?;
        let key = match keys.key_for(&token) {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        steps.note("key", format!("`{}`, one of {}", key.kid(), keys.len()));
        let claims = token.verify(key, expected, SystemTime::now());
        if let Ok(claims) = &claims {
            steps.note("signature", format!("good by {}", key.algorithm()));
            steps.note("claims", "time, use and audience are as expected".to_owned());
            steps.note("groups", listed(claims.groups()));
        }
        Ok(claims)
    }

    fn keys(&self, expected: &ExpectedToken) -> anyhow::Result<KeySet> {
        let Some(issuer) = &self.issuer else {
            let issuer = offline_issuer(&self.development.state, ISSUER)?;
            return Ok(KeySet::parse_for(issuer.jwks().to_string().as_bytes(), expected)?);
        };
        let source = self
            .jwks
            .clone()
            .unwrap_or_else(|| format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/')));
        let text = if source.contains("://") {
            fetch(&source)?
        } else {
            std::fs::read(Path::new(&source)).with_context(|| format!("cannot read `{source}`"))?
        };
        KeySet::parse_for(&text, expected).with_context(|| format!("the keys of `{source}`"))
    }
}

fn fetch(address: &str) -> anyhow::Result<Vec<u8>> {
    let context = || format!("cannot fetch `{address}`");
    let url = address.parse().with_context(context)?;
    let client = HttpsClient::from_vars(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body = runtime.block_on(client.fetch(&url, KeySet::MAX_BYTES)).with_context(context)?;
    Ok(body.to_vec())
}

/// What went well, in order.
#[derive(Default)]
struct Steps(Vec<(&'static str, String)>);

impl Steps {
    fn note(&mut self, name: &'static str, found: String) {
        self.0.push((name, found));
    }

    fn write_text(
        &self,
        outcome: &Result<Claims, TokenError>,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<()> {
        for (name, found) in &self.0 {
            writeln!(stdout, "ok       {name:<10} {found}")?;
        }
        match outcome {
            Ok(claims) => {
                let left = claims.expires_at().duration_since(SystemTime::now());
                let left = left.map_or(0, |left| left.as_secs());
                writeln!(
                    stdout,
                    "ACCEPTED {} for {left} seconds more",
                    claims.sub().escape_debug()
                )?;
            }
            Err(error) => writeln!(stdout, "REFUSED  {error} [{}]", error.reason())?,
        }
        Ok(())
    }

    fn write_json(
        &self,
        outcome: &Result<Claims, TokenError>,
        stdout: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let steps = self.0.iter().map(|(name, found)| json!({ "step": name, "found": found }));
        let steps: Vec<Value> = steps.collect();
        let report = match outcome {
            Ok(claims) => json!({
                "accepted": true,
                "steps": steps,
                "sub": claims.sub(),
                "groups": claims.groups(),
                "expires_at": claims.expires_at().duration_since(UNIX_EPOCH)?.as_secs(),
            }),
            Err(error) => json!({
                "accepted": false,
                "steps": steps,
                "reason": error.reason(),
                "message": error.to_string(),
            }),
        };
        writeln!(stdout, "{report}")?;
        Ok(())
    }
}

fn listed(groups: &[String]) -> String {
    // A name may hold what a terminal would act on.
    let names: Vec<String> = groups.iter().map(|name| name.escape_debug().to_string()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
