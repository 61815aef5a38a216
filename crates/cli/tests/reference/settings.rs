//! The settings of both functions: what the page says of each is tried with what reads it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use gatepost_authorizer::config::settings::{Initial, Setting, Values};
use gatepost_authorizer::config::{self, Config, ConfigFaults};
use gatepost_session::SessionConfig;
use gatepost_session::config::settings as session;

use crate::page::{file, hold, hold_between, in_backticks, table, text, wrap};

const PAGE: &str = "docs/reference/settings.md";

/// Reads settings through the first, with the names of all variables there are.
type Read = fn(&dyn Fn(&str) -> Option<String>, Vec<String>) -> Result<String, ConfigFaults>;

/// A function, as far as its settings go.
struct Function {
    name: &'static str,
    settings: &'static [Setting],
    source: &'static str,
    /// What stands after the table there.
    after_table: &'static str,
    /// The least that it starts with.
    least: &'static [(&'static str, &'static str)],
    /// What reads them: shown as text, if they have no fault.
    read: Read,
}

const AUTHORIZER: Function = Function {
    name: "authorizer",
    settings: &config::SETTINGS,
    source: "crates/authorizer/src/config.rs",
    after_table: "\n\nmod answer_settings;",
    least: &[
        ("GATEPOST_ISSUERS", r#"[{"issuer":"https://id.example","audience":["a"]}]"#),
        ("GATEPOST_POLICY_TABLE", "policies"),
    ],
    read: |variable, names| {
        Config::from_vars(variable, names.into_iter()).map(|config| format!("{config:?}"))
    },
};

const SESSION: Function = Function {
    name: "session function",
    settings: &session::SETTINGS,
    source: "crates/session/src/config.rs",
    after_table: "\n//!\n",
    least: &[
        ("GATEPOST_POLICY_TABLE", "policies"),
        ("GATEPOST_SESSION_ISSUER", r#"{"issuer":"https://id.example","client_id":"a"}"#),
        (
            "GATEPOST_SESSION_KEYS",
            r#"[{"id":"new","key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}]"#,
        ),
        ("GATEPOST_SESSION_ORIGIN", "https://www.example"),
    ],
    read: |variable, names| {
        SessionConfig::from_vars(variable, names.into_iter()).map(|config| format!("{config:?}"))
    },
};

const BOTH: [&Function; 2] = [&AUTHORIZER, &SESSION];

type Variables = BTreeMap<String, String>;

impl Function {
    /// The least that it starts with, and what `setting` needs beside it.
    fn beside(&self, setting: &Setting) -> Variables {
        let more: &[(&str, &str)] = match (self.name, setting.name) {
            ("authorizer", "GATEPOST_CSRF_HEADER") => &[("GATEPOST_TOKEN_SOURCES", "cookie:id")],
            ("authorizer", "GATEPOST_JWKS_MAX_STALE_SECONDS") => {
                &[("GATEPOST_JWKS_TTL_SECONDS", "60")]
            }
            ("authorizer", "GATEPOST_RESPONSE") => &[("GATEPOST_SCOPE", "method")],
            ("authorizer", "GATEPOST_SESSION_TABLE" | "GATEPOST_SESSION_TTL_SECONDS") => {
                &[("GATEPOST_TOKEN_SOURCES", "session:id"), ("GATEPOST_SESSION_TABLE", "sessions")]
            }
            ("session function", "GATEPOST_SESSION_SECONDS" | "GATEPOST_SESSION_TABLE") => {
                &[("GATEPOST_SESSION_MODE", "opaque"), ("GATEPOST_SESSION_TABLE", "sessions")]
            }
            _ => &[],
        };
        let all = self.least.iter().chain(more);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(&self, variables: &Variables) -> Result<String, ConfigFaults> {
        (self.read)(&|name| variables.get(name).cloned(), variables.keys().cloned().collect())
    }

    /// What it makes of one value of a setting.
    fn read_with(&self, setting: &Setting, value: &str) -> Result<String, ConfigFaults> {
        let mut variables = self.beside(setting);
        if setting.name == "GATEPOST_SESSION_MODE" && value == "opaque" {
            variables.insert("GATEPOST_SESSION_TABLE".to_owned(), "sessions".to_owned());
        }
        variables.insert(setting.name.to_owned(), value.to_owned());
        self.read(&variables)
    }

    fn takes(&self, setting: &Setting, value: &str) {
        let read = self.read_with(setting, value);
        assert!(read.is_ok(), "{}={value}: {}", setting.name, read.unwrap_err());
    }

    fn refuses(&self, setting: &Setting, value: &str) {
        let faults = self.read_with(setting, value).expect_err(setting.name).to_string();
        let name = format!("`{}` ", setting.name);
        assert!(faults.contains(&name), "{}={value}: {faults}", setting.name);
    }
}

#[test]
fn every_range_is_the_one_that_is_read() {
    for function in BOTH {
        for setting in function.settings {
            function.refuses(setting, "no such value,");
            match setting.values {
                Values::Number { least, most, .. } => {
                    function.takes(setting, &least.to_string());
                    function.takes(setting, &most.to_string());
                    function.refuses(setting, &(i128::from(least) - 1).to_string());
                    function.refuses(setting, &(most + 1).to_string());
                }
                Values::Words(words) | Values::List(words) => {
                    for word in words {
                        function.takes(setting, word);
                        function.refuses(setting, &word.to_uppercase());
                    }
                    let all = function.read_with(setting, &words.join(","));
                    assert_eq!(all.is_ok(), matches!(setting.values, Values::List(_)));
                }
                Values::Text("table name or ARN") => {
                    function.takes(setting, "abc");
                    function.takes(setting, &"x".repeat(1_024));
                    function.refuses(setting, "ab");
                    function.refuses(setting, &"x".repeat(1_025));
                }
                Values::Text(_) => {}
            }
        }
    }
}

#[test]
fn every_word_that_is_read_is_told() {
    for function in BOTH {
        for setting in function.settings {
            let (Values::Words(words) | Values::List(words)) = setting.values else { continue };
            // A fault lists the words that there are.
            let faults = function.read_with(setting, "none").unwrap_err().to_string();
            let (_, listed) = faults.split_once(&format!("`{}` ", setting.name)).unwrap();
            let mut listed = in_backticks(listed);
            listed.sort_unstable();
            assert_eq!(listed, words, "{}", setting.name);
        }
    }
}

#[test]
fn what_is_not_set_counts_as_the_page_says() {
    for function in BOTH {
        for setting in function.settings {
            let mut without = function.beside(setting);
            without.remove(setting.name);
            let read = function.read(&without);
            match setting.initial {
                Initial::None => assert!(read.is_ok(), "{}", setting.name),
                Initial::Required | Initial::RequiredWith(_) => {
                    let want = format!("`{}` is required", setting.name);
                    assert_eq!(read.unwrap_err().to_string(), want);
                }
                Initial::Value(value) => {
                    let with = function.read_with(setting, value);
                    assert_eq!(read.unwrap(), with.unwrap(), "{}={value}", setting.name);
                }
            }
        }
    }
}

#[test]
fn every_name_that_is_read_is_told_and_no_other() {
    for function in BOTH {
        let read = RefCell::new(BTreeSet::new());
        for setting in function.settings {
            let variables = function.beside(setting);
            let note = |name: &str| {
                read.borrow_mut().insert(name.to_owned());
                variables.get(name).cloned()
            };
            (function.read)(&note, Vec::new()).unwrap();
        }
        let told: BTreeSet<String> =
            function.settings.iter().map(|setting| setting.name.to_owned()).collect();
        assert_eq!(read.into_inner(), told, "{}", function.name);
        assert!(function.settings.is_sorted_by_key(|setting| setting.name));
    }
}

#[test]
fn the_page_has_every_setting() {
    for function in BOTH {
        let rows = function.settings.iter().map(|setting| {
            let anchor = format!("[`{}`](#{})", setting.name, anchor(function, setting));
            vec![anchor, values(setting.values), initial(setting.initial), setting.limit.to_owned()]
        });
        let mut made = table(&["name", "values", "default", "where the limit comes from"], rows);
        for setting in function.settings {
            writeln!(made, "\n### {}\n\n{}", title(function, setting), wrap(setting.what)).unwrap();
        }
        hold(PAGE, &format!("settings of the {}", function.name), &made);
    }
}

#[test]
fn the_modules_that_read_settings_have_the_table() {
    for function in BOTH {
        let rows = function.settings.iter().map(|setting| {
            let (values, initial) = (values(setting.values), initial(setting.initial));
            vec![format!("`{}`", setting.name), values, initial, setting.limit.to_owned()]
        });
        let heads = ["name", "unit and range", "default", "where the limit comes from"];
        let made = table(&heads, rows).replace("\n|", "\n//! |");
        let begin = "by `scripts/reference`.\n//!\n//! ";
        hold_between(function.source, begin, function.after_table, made.trim_end());
    }
}

/// The heading of a setting. Those of the session function say so: a page has an anchor once.
fn title(function: &Function, setting: &Setting) -> String {
    let is_twice = function.name == "session function"
        && config::SETTINGS.iter().any(|other| other.name == setting.name);
    format!("`{}`{}", setting.name, if is_twice { " of the session function" } else { "" })
}

fn anchor(function: &Function, setting: &Setting) -> String {
    title(function, setting).to_lowercase().replace('`', "").replace(' ', "-")
}

fn values(values: Values) -> String {
    let listed = |words: &[&str]| {
        words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    };
    match values {
        Values::List(words) => format!("any of {}", listed(words)),
        Values::Number { least, most, unit } => {
            format!("{} to {} {unit}", with_commas(least), with_commas(most))
        }
        Values::Text(form) => form.to_owned(),
        Values::Words(words) => listed(words),
    }
}

fn initial(initial: Initial) -> String {
    match initial {
        Initial::None => "none".to_owned(),
        Initial::Required => "required".to_owned(),
        Initial::RequiredWith(what) => format!("required with {what}"),
        Initial::Value(value) if value.bytes().all(|byte| byte.is_ascii_digit()) => {
            value.to_owned()
        }
        Initial::Value(value) => format!("`{value}`"),
    }
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const ISSUERS: &str = "crates/authorizer/src/config/issuers.rs";

/// The lines of documentation of [`ISSUERS`] from `begin` to the next empty one.
fn documented(begin: &str) -> String {
    let source = text(ISSUERS);
    let lines = source.lines().skip_while(|line| !line.starts_with(&format!("//! {begin}")));
    let lines: Vec<&str> = lines
        .take_while(|line| *line != "//!")
        .map(|line| line.trim_start_matches("//! "))
        .collect();
    assert!(!lines.is_empty(), "{}: no {begin}", file(ISSUERS).display());
    lines.join("\n")
}

#[test]
fn the_page_has_every_member_of_an_issuer() {
    let members = documented("| member |");
    hold(PAGE, "members of an issuer", &members);
    hold(PAGE, "token profiles", &documented("| value | an access token is"));

    let fault_of = |member: &str, json: &str| {
        let mut issuer = serde_json::json!({"issuer": "https://id.example", "audience": ["a"]});
        issuer[member] = serde_json::from_str(json).unwrap();
        let setting =
            AUTHORIZER.settings.iter().find(|one| one.name == "GATEPOST_ISSUERS").unwrap();
        AUTHORIZER.read_with(setting, &format!("[{issuer}]"))
    };
    let plain = fault_of("audience", r#"["a"]"#).unwrap();
    for row in members.lines().skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [member, _, default] = cells[..] else { panic!("three cells: {row}") };
        let [member] = in_backticks(member).try_into().unwrap();
        assert!(
            fault_of(&member, "0").unwrap_err().to_string().contains(&format!("`/0/{member}`"))
        );
        // Without a default the member is required, or says itself what is without it.
        let defaults = in_backticks(default);
        let Some(default) = defaults.first().filter(|_| !member.starts_with("jwks")) else {
            continue;
        };
        let json =
            if default.starts_with(['[', '{']) { default.clone() } else { format!("{default:?}") };
        assert_eq!(fault_of(&member, &json).unwrap(), plain, "{member}");
    }
}
