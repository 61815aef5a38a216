//! The settings of the session function, read once from the environment; every fault is reported, not
//! only the first. This table is made from [`settings`] by `scripts/reference`.
//!
//! | name | unit and range | default | where the limit comes from |
//! | --- | --- | --- | --- |
//! | `GATEPOST_LEEWAY_SECONDS` | 0 to 300 s | 0 | RFC 7519 section 4.1.4: a few minutes |
//! | `GATEPOST_PAGE_PASS_SECONDS` | 60 to 3,600 s | 300 | |
//! | `GATEPOST_POLICY_TABLE` | table name or ARN | required | DynamoDB: 3 to 1,024 bytes |
//! | `GATEPOST_SESSION_ISSUER` | JSON object; may hold a secret | required | |
//! | `GATEPOST_SESSION_KEYS` | JSON array of 1 to 4 `{"id", "key"}`, the current one first; a secret | required | |
//! | `GATEPOST_SESSION_MODE` | `opaque`, `token` | `token` | |
//! | `GATEPOST_SESSION_ORIGIN` | `https://HOST`; `http:` for this machine only | required | |
//! | `GATEPOST_SESSION_SECONDS` | 300 to 31,536,000 s | 86400 | |
//! | `GATEPOST_SESSION_TABLE` | table name or ARN | required with `GATEPOST_SESSION_MODE=opaque` | DynamoDB: 3 to 1,024 bytes |
//! | `GATEPOST_SUBJECTS` | any of `client`, `group`, `scope`, `user` | `group` | |
//! | `GATEPOST_TABLE_LAYOUT` | `aws-sample`, `gatepost` | `gatepost` | |
//!
//! `GATEPOST_SESSION_ISSUER` has `issuer` and `client_id`, perhaps `client_secret` and `scopes` (a list;
//! `["openid"]` if it is left out), and whatever else the authorizer's
//! [`GATEPOST_ISSUERS`](gatepost_authorizer::config::issuers) can say of an issuer but `token_use`: the
//! cookie holds an access token. `audience` is `[client_id]` if it is left out. It must say the same as
//! the authorizer's setting, or people are signed in whom the API does not know.
//!
//! Settings of the authorizer may stand beside these and are not read; any other `GATEPOST_…` name is a
//! fault. No fault repeats a value.

pub mod settings;

use std::time::Duration;

use gatepost_authorizer::config::issuers::{self, Issuer};
use gatepost_authorizer::config::variables::Variables;
use gatepost_authorizer::config::{ConfigFaults, NAMES};
use gatepost_authorizer::url::SecureUrl;
use gatepost_core::json::Json;
use gatepost_core::secret::Secret;
use gatepost_core::subject::SubjectKind;
use gatepost_core::token::{Leeway, TokenUse};
use gatepost_store::TableLayout;

use crate::keys::SessionKeys;

/// Everything the session function can be told.
#[derive(Debug)]
pub struct SessionConfig {
    /// Who signs people in: what its access tokens must say, and where its keys are.
    pub issuer: Issuer,
    /// As whom we speak to it.
    pub client: Client,
    /// How long a page pass is good for.
    pub page_pass: Duration,
    /// The name or ARN of the table of policy documents.
    pub policy_table: String,
    /// What cookies are sealed and page passes signed with.
    pub keys: SessionKeys,
    /// Where sessions are.
    pub mode: SessionMode,
    /// Where all this is served.
    pub origin: Origin,
    /// The kinds of subject whose documents count. At least one.
    pub subjects: Vec<SubjectKind>,
    /// How the table is laid out.
    pub table_layout: TableLayout,
}

/// Where sessions are kept (`GATEPOST_SESSION_MODE`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SessionMode {
    /// In a table; a cookie has the id.
    Opaque {
        /// The name or ARN of the table.
        table: String,
        /// How long a session lasts from signing in.
        lifetime: Duration,
    },
    /// In cookies: the access token in one, the refresh token in another.
    Token,
}

/// The client that the session function is at the provider.
#[derive(Debug)]
pub struct Client {
    /// Its name there.
    pub id: String,
    /// What it authenticates with at the token endpoint; `None` for a public client.
    pub secret: Option<Secret<String>>,
    /// What it asks for, between spaces.
    pub scopes: String,
}

/// Scheme, host and perhaps port: `https://www.example`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin(String);

impl Origin {
    /// As it was written, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, as browsers write them into `Host`.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, host)| host)
    }

    /// An address under it. `path` begins with a slash.
    pub(crate) fn at(&self, path: &str) -> String {
        [&self.0, path].concat()
    }

    fn parse(text: &str) -> Option<Self> {
        let url: SecureUrl = text.parse().ok()?;
        let (_, host) = url.as_str().split_once("://")?;
        // In lower case, as browsers write it, because it is compared.
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte)
        };
        (host.bytes().all(plain) && !text.ends_with(":443")).then(|| Self(text.to_owned()))
    }
}

const ISSUER: &str = "GATEPOST_SESSION_ISSUER";
const KEYS: &str = "GATEPOST_SESSION_KEYS";
const MODE: &str = "GATEPOST_SESSION_MODE";
const ORIGIN: &str = "GATEPOST_SESSION_ORIGIN";
const PAGE_PASS: &str = "GATEPOST_PAGE_PASS_SECONDS";
const SECONDS: &str = "GATEPOST_SESSION_SECONDS";
const TABLE: &str = "GATEPOST_SESSION_TABLE";

impl SessionConfig {
    /// Reads the settings through `variable`; `names` are the names of all variables there are.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] with every fault of every setting.
    pub fn from_vars(
        variable: impl Fn(&str) -> Option<String>,
        names: impl Iterator<Item = String>,
    ) -> Result<Self, ConfigFaults> {
        let mut vars = Variables::new(&variable);
        for name in names.filter(|name| name.starts_with("GATEPOST_")) {
            if !settings::NAMES.contains(&name.as_str()) && !NAMES.contains(&name.as_str()) {
                vars.fault(&name, "is not a setting of this version");
            }
        }
        let leeway = vars.seconds("GATEPOST_LEEWAY_SECONDS", 0, 0..=Leeway::MAX.as_secs());
        let provider = provider(&mut vars, Leeway::try_from(leeway).unwrap_or(Leeway::NONE));
        let keys = keys(&mut vars);
        let mode = mode(&mut vars);
        let origin = origin(&mut vars);
        let page_pass = vars.seconds(PAGE_PASS, 300, 60..=3_600);
        let policy_table = vars.policy_table();
        let subjects = vars.subjects();
        let table_layout = vars.table_layout();
        if table_layout == TableLayout::AwsSample && subjects != [SubjectKind::Group] {
            vars.fault(
                "GATEPOST_SUBJECTS",
                "must be `group` with `GATEPOST_TABLE_LAYOUT=aws-sample`, which has no other rows",
            );
        }
        let (Some((issuer, client)), Some(keys), Some(origin)) = (provider, keys, origin) else {
            // Each has noted a fault.
            return vars.finish(()).and_then(|()| Err(ConfigFaults::from_iter([])));
        };
        vars.finish(Self {
            issuer,
            client,
            page_pass,
            policy_table,
            keys,
            mode,
            origin,
            subjects,
            table_layout,
        })
    }
}

fn keys(vars: &mut Variables<'_>) -> Option<SessionKeys> {
    let text = vars.required(KEYS)?;
    let keys = SessionKeys::parse(&text);
    if let Err(error) = &keys {
        vars.fault(KEYS, error);
    }
    keys.ok()
}

fn mode(vars: &mut Variables<'_>) -> SessionMode {
    if vars.choice(MODE, ("token", false), &[("opaque", true)]) {
        let lifetime = vars.seconds(SECONDS, 86_400, 300..=31_536_000);
        return SessionMode::Opaque { table: vars.table(TABLE), lifetime };
    }
    for name in [SECONDS, TABLE] {
        if vars.raw(name).is_some() {
            vars.fault(name, format_args!("is for `{MODE}=opaque`"));
        }
    }
    SessionMode::Token
}

fn origin(vars: &mut Variables<'_>) -> Option<Origin> {
    let text = vars.required(ORIGIN)?;
    let origin = Origin::parse(&text);
    if origin.is_none() {
        let form = "must be `https://` and a host in lower case, without a slash at the end; `http:` is accepted for this machine only";
        vars.fault(ORIGIN, form);
    }
    origin
}

/// The members that are ours are taken out; what is left is what the authorizer reads of an issuer.
fn provider(vars: &mut Variables<'_>, leeway: Leeway) -> Option<(Issuer, Client)> {
    let text = vars.required(ISSUER)?;
    let json = match Json::parse(text.as_bytes()) {
        Ok(json) => json,
        Err(error) => {
            vars.fault(ISSUER, format_args!("cannot be read: {error}"));
            return None;
        }
    };
    let members = json.as_object().unwrap_or_default();
    let is_ours = |name: &str| ["client_id", "client_secret", "scopes"].contains(&name);
    let mut theirs: Vec<_> = members.iter().filter(|(name, _)| !is_ours(name)).cloned().collect();
    let id = text_member(&json, "client_id");
    if id.is_none() {
        vars.fault(ISSUER, "at `/client_id` must be a text that is not empty");
    }
    if json.get("audience").is_none() {
        let audience = Json::Array(vec![Json::String(id.clone().unwrap_or("?".to_owned()))]);
        theirs.push(("audience".to_owned(), audience));
    }
    let secret = json.get("client_secret").map(|_| text_member(&json, "client_secret"));
    if secret == Some(None) {
        vars.fault(ISSUER, "at `/client_secret` must be a text that is not empty");
    }
    let scopes = scopes(&json);
    if scopes.is_none() {
        vars.fault(ISSUER, "at `/scopes` must list `openid`, and no text with spaces in it");
    }
    if json.get("token_use").is_some() {
        vars.fault(ISSUER, "at `/token_use` is not known here: the cookie holds an access token");
    }
    let issuer = issuers::read_one(vars, ISSUER, &Json::Object(theirs), leeway)?;
    if issuer.expected.token_use() != [TokenUse::Access] {
        vars.fault(
            ISSUER,
            "at `/token_profile` is about ID tokens, and the cookie holds an access token",
        );
    }
    if issuer.expected.issuer().parse::<SecureUrl>().is_err() {
        vars.fault(
            ISSUER,
            "at `/issuer` must be an `https:` URL, under which its discovery document is",
        );
    }
    let secret = secret.flatten().map(Secret::new);
    Some((issuer, Client { id: id?, secret, scopes: scopes? }))
}

fn text_member(json: &Json, name: &str) -> Option<String> {
    let text = json.get(name)?.as_str()?;
    // Neither has a place for anything else in HTTP Basic.
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && !text.is_empty()).then(|| text.to_owned())
}

fn scopes(json: &Json) -> Option<String> {
    let Some(scopes) = json.get("scopes") else { return Some("openid".to_owned()) };
    let scopes: Option<Vec<&str>> = scopes.as_array()?.iter().map(Json::as_str).collect();
    let scopes = scopes?;
    // Without `openid` there is no ID token, and so no nonce.
    let plain =
        |scope: &&str| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    (scopes.contains(&"openid") && scopes.iter().all(plain)).then(|| scopes.join(" "))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const KEY_LIST: &str =
        r#"[{"id":"new","key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}]"#;

    /// The smallest whole configuration, with `changes` on top; an empty value takes one away.
    pub(crate) fn config(changes: &[(&str, &str)]) -> Result<SessionConfig, ConfigFaults> {
        let mut vars = vec![
            (ISSUER, r#"{"issuer":"https://id.example/pool","client_id":"client-1"}"#),
            (KEYS, KEY_LIST),
            (ORIGIN, "https://www.example"),
            ("GATEPOST_POLICY_TABLE", "policies"),
        ];
        for change in changes {
            vars.retain(|(name, _)| name != &change.0);
            vars.extend((!change.1.is_empty()).then_some(*change));
        }
        SessionConfig::from_vars(
            |name| vars.iter().find_map(|(key, value)| (*key == name).then(|| (*value).to_owned())),
            vars.iter().map(|(name, _)| (*name).to_owned()),
        )
    }

    fn fault_of(name: &str, value: &str) -> String {
        config(&[(name, value)]).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = config(&[]).unwrap();
        assert_eq!(config.issuer.expected.issuer(), "https://id.example/pool");
        assert_eq!(config.issuer.expected.audience(), ["client-1"]);
        assert_eq!(config.client.id, "client-1");
        assert!(config.client.secret.is_none());
        assert_eq!(config.client.scopes, "openid");
        assert_eq!(config.mode, SessionMode::Token);
        assert_eq!(config.page_pass, Duration::from_mins(5));
        assert_eq!(config.subjects, [SubjectKind::Group]);
        assert_eq!(config.table_layout, TableLayout::Gatepost);
        assert_eq!(config.origin.host(), "www.example");
    }

    #[test]
    fn whatever_the_authorizer_knows_of_an_issuer_can_be_said() {
        let config = config(&[(
            ISSUER,
            r#"{"issuer":"https://id.example","client_id":"c","client_secret":"hush",
                "scopes":["openid","api/read"],"audience":["api"],"groups_claim":"roles",
                "subject_prefix":"partner/","token_profile":"unmarked-access"}"#,
        )])
        .unwrap();
        assert_eq!(config.issuer.expected.audience(), ["api"]);
        assert_eq!(config.issuer.expected.groups_claim(), "roles");
        assert_eq!(config.issuer.subject_prefix, "partner/");
        assert_eq!(config.client.scopes, "openid api/read");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn sessions_in_a_table_have_a_table_and_a_lifetime() {
        let opaque = (MODE, "opaque");
        let table = (TABLE, "sessions");
        let read = |changes: &[(&str, &str)]| config(changes).map(|config| config.mode);
        let mode = |seconds| {
            let lifetime = Duration::from_secs(seconds);
            Ok(SessionMode::Opaque { table: "sessions".to_owned(), lifetime })
        };
        assert_eq!(read(&[opaque, table]), mode(86_400));
        assert_eq!(read(&[opaque, table, (SECONDS, "300")]), mode(300));
        // What only the authorizer reads.
        assert_eq!(read(&[opaque, table, ("GATEPOST_SESSION_TTL_SECONDS", "0")]), mode(86_400));
        for (changes, want) in [
            (&[opaque][..], "`GATEPOST_SESSION_TABLE` is required"),
            (&[opaque, table, (SECONDS, "299")], "from 300 to 31536000"),
            (&[table], "`GATEPOST_SESSION_TABLE` is for `GATEPOST_SESSION_MODE=opaque`"),
            (&[(SECONDS, "300")], "`GATEPOST_SESSION_SECONDS` is for"),
        ] {
            let fault = config(changes).unwrap_err().to_string();
            assert!(fault.contains(want), "{fault}");
        }
    }

    #[test]
    fn settings_of_the_authorizer_may_stand_beside_ours_and_no_others() {
        config(&[("GATEPOST_ISSUERS", "whatever"), ("HOME", "/")]).unwrap();
        for name in ["GATEPOST_SESSION_KEY", "GATEPOST_SESSION_TABLES", "GATEPOST_SUBJECT"] {
            assert_eq!(fault_of(name, "x"), format!("`{name}` is not a setting of this version"));
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_no_value() {
        let faults = config(&[
            (ISSUER, r#"{"issuer":"id.example","client_secret":"","scopes":["email"],"token_use":["id"],"secret":"hush"}"#),
            (KEYS, r#"[{"id":"hush","key":"hush"}]"#),
            (MODE, "jwt"),
            (ORIGIN, "https://hush.example/"),
            (PAGE_PASS, "59"),
            ("GATEPOST_POLICY_TABLE", ""),
        ])
        .unwrap_err();
        let text = faults.to_string();
        for name in [
            "`GATEPOST_SESSION_ISSUER` at `/client_id`",
            "`GATEPOST_SESSION_ISSUER` at `/client_secret`",
            "`GATEPOST_SESSION_ISSUER` at `/issuer`",
            "`GATEPOST_SESSION_ISSUER` at `/scopes`",
            "`GATEPOST_SESSION_ISSUER` at `/secret`",
            "`GATEPOST_SESSION_ISSUER` at `/token_use`",
            "`GATEPOST_SESSION_KEYS` ",
            "`GATEPOST_SESSION_MODE` ",
            "`GATEPOST_SESSION_ORIGIN` ",
            "`GATEPOST_PAGE_PASS_SECONDS` ",
            "`GATEPOST_POLICY_TABLE` is required",
        ] {
            assert!(text.contains(name), "{name}: {text}");
        }
        assert!(!text.contains("hush"), "{text}");
        assert_eq!(
            config(&[(KEYS, "")]).unwrap_err().to_string(),
            "`GATEPOST_SESSION_KEYS` is required"
        );
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for text in [
            "https://www.example",
            "https://www.example:8443",
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "http://[::1]:3000",
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "https://www.example/",
            "https://WWW.example",
            "https://www.example:443",
            "http://www.example",
            "www.example",
            "https://a@www.example",
            "https://www.example?x",
            "https://www.exämple",
            "https://",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
