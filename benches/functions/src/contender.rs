//! Who takes part: Gatepost, its peers, and the floors that nobody can be below.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::world::{AUDIENCE, ISSUER, TABLE};

/// One program with its settings.
pub struct Contender {
    pub name: &'static str,
    pub kind: Kind,
    command: Vec<PathBuf>,
    settings: Vec<(&'static str, String)>,
}

/// What a contender is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Does less than an authorizer has to: what the machine itself takes.
    Floor,
    Gatepost(Credential),
    Peer,
}

/// Where Gatepost finds the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Credential {
    /// In a cookie.
    Cookie,
    /// In the header `Authorization`.
    Header,
    /// There too, and the same for every call.
    KnownHeader,
    /// In a row of a table, whose id a cookie has.
    Session,
}

/// Where the world is.
pub struct Addresses {
    pub ca_bundle: Option<PathBuf>,
    pub dynamodb: String,
    pub keys: String,
    pub public_key: String,
}

impl Contender {
    pub fn command(&self) -> (&Path, &[PathBuf]) {
        self.command
            .split_first()
            .map_or((Path::new("false"), &[]), |(program, rest)| (program, rest))
    }

    pub fn environment(&self, addresses: &Addresses) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            ("AWS_SESSION_TOKEN", "s".repeat(800)),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", addresses.dynamodb.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("NODE_NO_WARNINGS", "1".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TZ", ":UTC".to_owned()),
        ];
        if let Some(bundle) = &addresses.ca_bundle {
            let bundle = bundle.display().to_string();
            all.extend(
                ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]
                    .map(|name| (name, bundle.clone())),
            );
        }
        all.extend(match self.kind {
            Kind::Gatepost(credential) => gatepost(credential, addresses),
            Kind::Floor | Kind::Peer => vec![
                ("AUDIENCE", AUDIENCE.to_owned()),
                ("ISSUER", ISSUER.to_owned()),
                ("JWKS_URI", addresses.keys.clone()),
                ("PUBLIC_KEY", addresses.public_key.clone()),
                ("TABLE", TABLE.to_owned()),
            ],
        });
        all.extend(self.settings.iter().cloned());
        all
    }
}

fn gatepost(credential: Credential, addresses: &Addresses) -> Vec<(&'static str, String)> {
    let issuers = json!([{ "issuer": ISSUER, "audience": [AUDIENCE], "jwks_uri": addresses.keys }]);
    let mut settings = vec![
        ("GATEPOST_ISSUERS", issuers.to_string()),
        ("GATEPOST_POLICY_TABLE", TABLE.to_owned()),
        ("GATEPOST_MAX_POLICY_BYTES", "100000".to_owned()),
    ];
    match credential {
        Credential::Header | Credential::KnownHeader => {}
        Credential::Cookie => settings.extend([
            ("GATEPOST_CSRF_HEADER", "X-CSRF-Token".to_owned()),
            ("GATEPOST_TOKEN_SOURCES", "cookie:__Host-gatepost".to_owned()),
        ]),
        Credential::Session => settings.extend([
            ("GATEPOST_CSRF_HEADER", "X-CSRF-Token".to_owned()),
            ("GATEPOST_SESSION_TABLE", "sessions".to_owned()),
            ("GATEPOST_TOKEN_SOURCES", "session:__Host-gatepost".to_owned()),
        ]),
    }
    settings
}

/// Everyone, in the order of the tables. `authorizer` and `floor` are the programs; the others' are in
/// the repository at `root`.
pub fn all(root: &Path, authorizer: &Path, floor: &Path) -> Vec<Contender> {
    let here = root.join("benches/functions");
    let authorizer = || vec![root.join(authorizer)];
    let floor = |what: &str| vec![root.join(floor), PathBuf::from(what)];
    let node = || vec![PathBuf::from("node"), here.join("node/dist/index.cjs")];
    let python = || vec![root.join(".tools/bench/bin/python"), here.join("python/authorizer.py")];
    let ttl = |seconds: &str| vec![("GATEPOST_POLICY_TTL_SECONDS", seconds.to_owned())];
    let session_ttl = |seconds: &str| ("GATEPOST_SESSION_TTL_SECONDS", seconds.to_owned());
    let peer_ttl = |seconds: &str| vec![("POLICY_TTL_SECONDS", seconds.to_owned())];
    let gatepost = |name, credential, seconds| Contender {
        name,
        kind: Kind::Gatepost(credential),
        command: authorizer(),
        settings: ttl(seconds),
    };
    let peer = |name, command, seconds| Contender {
        name,
        kind: Kind::Peer,
        command,
        settings: peer_ttl(seconds),
    };
    let floors = |name, what| Contender {
        name,
        kind: Kind::Floor,
        command: floor(what),
        settings: Vec::new(),
    };
    let session = |name, seconds| {
        let mut contender = gatepost(name, Credential::Session, "60");
        contender.settings.push(session_ttl(seconds));
        contender
    };
    vec![
        gatepost("Gatepost", Credential::Header, "0"),
        gatepost("Gatepost, cached", Credential::Header, "60"),
        gatepost("Gatepost, known token, cached", Credential::KnownHeader, "60"),
        gatepost("Gatepost, token cookie, cached", Credential::Cookie, "60"),
        session("Gatepost, session, cached", "60"),
        session("Gatepost, session read each time", "0"),
        peer("Node.js", node(), "0"),
        peer("Node.js, cached", node(), "60"),
        peer("Python", python(), "0"),
        floors("floor: no-op", "no-op"),
        floors("floor: signature, cached", "signature"),
        floors("floor: signature and read", "read"),
    ]
}
