//! One question to all contenders, in turn and in several rounds, so that a change of the machine's mood
//! meets all of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::contender::{Addresses, Contender, Credential, Kind};
use crate::run::{Life, Plan, live};
use crate::session::Session;
use crate::statistics::Spread;
use crate::stub::Stub;
use crate::world::{Issuer, Tables, check, event};
use crate::{cores, tls};

/// How long the table takes to answer.
const TABLE_LATENCY: Duration = Duration::from_micros(200);

/// How many tokens there are.
const TOKENS: usize = 1_100;

/// What is asked, and under which conditions.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub groups: usize,
    pub https: bool,
    pub plan: Plan,
    pub rounds: usize,
}

/// What one contender came to, over all rounds.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub contender: &'static str,
    #[serde(skip)]
    pub kind: Option<Kind>,
    pub init_ms: Spread,
    pub first_ms: Spread,
    /// Start and first call together.
    pub cold_ms: Spread,
    pub init_requests: u64,
    pub first_requests: u64,
    pub warm: Vec<WarmFigures>,
    pub resident_mb: Spread,
}

/// One measurement of warm calls, over all rounds.
#[derive(Debug, Serialize)]
pub struct WarmFigures {
    pub after: usize,
    pub p50_us: Spread,
    pub p99_us: Spread,
    pub cpu_us: Spread,
    pub requests: f64,
    pub connections: f64,
}

impl Scenario {
    /// In words, for a heading.
    pub fn title(&self) -> String {
        let groups =
            if self.groups == 1 { "1 group".to_owned() } else { format!("{} groups", self.groups) };
        let scheme = if self.https { "HTTPS" } else { "HTTP" };
        let core = match self.plan.core_percent {
            None => "a whole core".to_owned(),
            Some(percent) => format!("{percent} % of a core, as with 128 MB"),
        };
        format!("{groups}, {scheme}, {core}")
    }

    /// Runs every contender once in each round, with the stub for a table or with the `engine` at an
    /// address. `tell` hears what is under way.
    pub fn run(
        &self,
        contenders: &[&Contender],
        engine: Option<&str>,
        tell: &mut dyn FnMut(usize, &str),
    ) -> anyhow::Result<Vec<Figures>> {
        let world = World::start(self, engine)?;
        let mut lives: Vec<Vec<Life>> = contenders.iter().map(|_| Vec::new()).collect();
        for round in 0..self.rounds {
            for (contender, lives) in contenders.iter().zip(&mut lives) {
                tell(round, contender.name);
                lives.push(world.live(contender, self).with_context(|| contender.name)?);
            }
        }
        Ok(contenders
            .iter()
            .zip(&lives)
            .filter_map(|(contender, lives)| figures(contender, lives))
            .collect())
    }
}

/// The stubs and the caller of one scenario.
struct World {
    addresses: Addresses,
    keys: Stub,
    table: Stub,
    session: Session,
    /// More than Gatepost remembers, so that it knows none of them again when its turn comes.
    tokens: Vec<String>,
    _folder: tempfile::TempDir,
}

impl World {
    fn start(scenario: &Scenario, engine: Option<&str>) -> anyhow::Result<Self> {
        cores::take(cores::DRIVER)?;
        let folder = tempfile::tempdir()?;
        let ca_bundle = folder.path().join("ca.pem");
        let tls = if scenario.https { Some(tls::server(&ca_bundle)?) } else { None };
        let issuer = Issuer::new()?;
        let key_set = issuer.key_set().into_bytes();
        let keys = Stub::start(tls.clone(), Duration::ZERO, Arc::new(move |_| key_set.clone()))?;
        let tokens = (0..TOKENS).map(|number| issuer.token(scenario.groups, number));
        let tokens = tokens.collect::<anyhow::Result<Vec<_>>>()?;
        let session = Session::new();
        let tables = Tables::new(session.row(tokens.first().context("no token")?)?);
        let table =
            Stub::start(tls, TABLE_LATENCY, Arc::new(move |request| tables.answer(request)))?;
        let scheme = if scenario.https { "https" } else { "http" };
        let url = |stub: &Stub, path: &str| format!("{scheme}://localhost:{}{path}", stub.port());
        let addresses = Addresses {
            ca_bundle: scenario.https.then_some(ca_bundle),
            dynamodb: engine.map_or_else(|| url(&table, ""), str::to_owned),
            keys: url(&keys, "/jwks.json"),
            public_key: issuer.public_key()?,
        };
        Ok(Self { addresses, keys, table, session, tokens, _folder: folder })
    }

    fn live(&self, contender: &Contender, scenario: &Scenario) -> anyhow::Result<Life> {
        let events = self.events(contender.kind);
        let is_authorizer = contender.kind != Kind::Floor || contender.name.ends_with("read");
        let check =
            |answer: &[u8]| if is_authorizer { check(answer, scenario.groups) } else { Ok(()) };
        live(contender, &self.addresses, &[&self.keys, &self.table], &events, scenario.plan, check)
    }

    /// What is sent, in turn.
    fn events(&self, kind: Kind) -> Vec<Vec<u8>> {
        let bearer = |token: &String| event(&[("Authorization", &format!("Bearer {token}"))]);
        match kind {
            Kind::Floor | Kind::Peer | Kind::Gatepost(Credential::Header) => {
                self.tokens.iter().map(bearer).collect()
            }
            Kind::Gatepost(Credential::KnownHeader) => {
                self.tokens.iter().take(1).map(bearer).collect()
            }
            Kind::Gatepost(Credential::Cookie) => {
                self.tokens.iter().map(|token| with_cookie(token)).collect()
            }
            Kind::Gatepost(Credential::Session) => vec![with_cookie(&self.session.cookie())],
        }
    }
}

/// Beside the cookie, the code that a page of the same origin sends with it.
fn with_cookie(value: &str) -> Vec<u8> {
    let code = sign(&Key::new(HMAC_SHA256, value.as_bytes()), b"gatepost-csrf-v1");
    let code = URL_SAFE_NO_PAD.encode(code);
    event(&[("Cookie", &format!("theme=dark; __Host-gatepost={value}")), ("X-CSRF-Token", &code)])
}

fn figures(contender: &Contender, lives: &[Life]) -> Option<Figures> {
    let over = |figure: fn(&Life) -> f64| Spread::of(lives.iter().map(figure));
    let last = lives.last()?;
    let warm = last.warm.iter().enumerate().filter_map(|(index, warm)| {
        let over = |figure: fn(&crate::run::Warm) -> f64| {
            Spread::of(lives.iter().filter_map(|life| life.warm.get(index)).map(figure))
        };
        Some(WarmFigures {
            after: warm.after,
            p50_us: over(|warm| warm.p50_us)?,
            p99_us: over(|warm| warm.p99_us)?,
            cpu_us: over(|warm| warm.cpu_us)?,
            requests: warm.requests,
            connections: warm.connections,
        })
    });
    Some(Figures {
        contender: contender.name,
        kind: Some(contender.kind),
        init_ms: over(|life| life.init_ms)?,
        first_ms: over(|life| life.first_ms)?,
        cold_ms: over(|life| life.init_ms + life.first_ms)?,
        init_requests: last.init_requests,
        first_requests: last.first_requests,
        warm: warm.collect(),
        resident_mb: over(|life| life.resident_mb)?,
    })
}

/// Whether the program of a contender is there at all.
pub fn is_built(contender: &Contender) -> bool {
    let (program, arguments) = contender.command();
    let is_there = |path: &Path| path.components().count() == 1 || path.exists();
    is_there(program) && arguments.iter().all(|path| is_there(path))
}
