//! What can be set, as the guide's reference has it: `docs/reference/settings.md` and the tables in
//! the documentation of the modules that read settings are made from what stands here, and a test
//! tries every range with what reads it.
//!
//! The functions look at names only, and those are made when they are compiled: none of the texts is
//! in their packages.

/// A setting of a function.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// What it may be set to.
    pub values: Values,
    /// What counts if it is not set.
    pub initial: Initial,
    /// Where the limit comes from. Empty if nothing outside has a say in it.
    pub limit: &'static str,
    /// What it does, and what comes of a value that fits badly: Markdown of `docs/reference/`.
    pub what: &'static str,
}

/// What a setting may be set to.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// Some of these words, with commas between them.
    List(&'static [&'static str]),
    /// A whole number.
    Number {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
        /// Of what: `s`, `ms`, `bytes`, `%`.
        unit: &'static str,
    },
    /// A text of this form.
    Text(&'static str),
    /// One of these words.
    Words(&'static [&'static str]),
}

/// What counts if a setting is not set.
#[derive(Clone, Copy, Debug)]
pub enum Initial {
    /// Nothing.
    None,
    /// The function does not start.
    Required,
    /// The same, where this holds.
    RequiredWith(&'static str),
    /// This, as it would be set.
    Value(&'static str),
}

/// The names of some settings.
#[expect(clippy::indexing_slicing, reason = "no iterator is const; the compiler counts")]
pub const fn names<const N: usize>(settings: &[Setting; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = settings[at].name;
        at += 1;
    }
    names
}

/// Every `GATEPOST_…` name that this version of the authorizer knows.
pub const NAMES: [&str; SETTINGS.len()] = names(&SETTINGS);

const SWITCH: Values = Values::Words(&["off", "on"]);

/// A table's name or ARN, as DynamoDB has them.
pub const TABLE: Values = Values::Text("table name or ARN");

/// The kinds of subject.
pub const SUBJECTS: Values = Values::List(&["client", "group", "scope", "user"]);

/// The layouts of a table.
pub const LAYOUTS: Values = Values::Words(&["aws-sample", "gatepost"]);

/// The clock skew that is tolerated.
pub const LEEWAY: Values = Values::Number { least: 0, most: 300, unit: "s" };

/// All settings of the authorizer, by name.
pub const SETTINGS: [Setting; 22] = [
    Setting {
        name: "GATEPOST_CONTEXT_CLAIMS",
        values: Values::Text("claim names; may be empty"),
        initial: Initial::Value("sub,username,client_id,scope,groups"),
        limit: "names that API Gateway adds are reserved",
        what: "The claims that the back end receives in `$context.authorizer`, each under its own name. Only \
               texts are handed on, and `groups` as the text of a JSON array. Each of them makes the answer \
               longer. Set to nothing, none is handed on.",
    },
    Setting {
        name: "GATEPOST_CSRF_HEADER",
        values: Values::Text("the name of a header"),
        initial: Initial::None,
        limit: "",
        what: "The header in which a call has to bring the token against cross-site request forgery, if its \
               own token is in a cookie. Without the setting the cookie is enough, whichever page had the \
               browser send it. The header must be an identity source of the authorizer, as the cookie is: \
               API Gateway's cache knows nothing else of a request. Only with a `cookie:` or `session:` \
               source.",
    },
    Setting {
        name: "GATEPOST_DEADLINE_MS",
        values: Values::Number { least: 100, most: 25_000, unit: "ms" },
        initial: Initial::Value("4000"),
        limit: "below the 29 s after which REST APIs give up on a back end",
        what: "For all that one call waits for, tries that are made again included. If it is too short, a slow \
               answer of the table or the issuer becomes a 500; if it is too long, callers wait for an answer \
               that does not come. The function's own timeout must be longer, or Lambda ends the call without \
               a line in the log. HTTP APIs wait 10 s for an authorizer: stay below that.",
    },
    Setting {
        name: "GATEPOST_EXPIRY_CONDITION",
        values: SWITCH,
        initial: Initial::Value("off"),
        limit: "",
        what: "`on` ends every Allow with the token, by a condition on `aws:CurrentTime`. With `off` an answer \
               that API Gateway keeps can outlive the token by the result TTL. Whether API Gateway judges such \
               a condition is not documented; [`gatepost doctor`](../doctor.md) finds out.",
    },
    Setting {
        name: "GATEPOST_IMPLICIT_DENY",
        values: Values::Words(&["explicit", "implicit"]),
        initial: Initial::Value("implicit"),
        limit: "",
        what: "`explicit` denies by a statement whatever no document allows. It is for an API with a resource \
               policy, which could turn an implicit deny into an Allow. Answers are about twice as long, and a \
               call whose documents leave something that cannot be denied exactly fails with \
               `deny_not_expressible`.",
    },
    Setting {
        name: "GATEPOST_ISSUERS",
        values: Values::Text("JSON array of issuers"),
        initial: Initial::Required,
        limit: "",
        what: "Whose tokens are accepted, and what they must say. Its members are listed \
               [below](#the-members-of-an-issuer). Of an issuer that is not in it every token is refused with \
               `issuer_mismatch`.",
    },
    Setting {
        name: "GATEPOST_JWKS_MAX_STALE_SECONDS",
        values: Values::Number { least: 60, most: 604_800, unit: "s" },
        initial: Initial::Value("86400"),
        limit: "",
        what: "The age at which a fetched key dies, even when the issuer is down; not less than \
               `GATEPOST_JWKS_TTL_SECONDS`. An outage of the issuer is ridden out for this long, and a key that \
               was withdrawn during one is accepted for as long. After that, calls fail with \
               `keys_unavailable`.",
    },
    Setting {
        name: "GATEPOST_JWKS_TTL_SECONDS",
        values: Values::Number { least: 60, most: 86_400, unit: "s" },
        initial: Initial::Value("3600"),
        limit: "",
        what: "The age at which a key set is fetched again. A key that the issuer has withdrawn is accepted \
               for up to this long. A new key is noticed earlier: by the first token that names it.",
    },
    Setting {
        name: "GATEPOST_LEEWAY_SECONDS",
        values: LEEWAY,
        initial: Initial::Value("0"),
        limit: "RFC 7519 section 4.1.4: a few minutes",
        what: "The clock skew that is tolerated in `exp` and `nbf`. A token is good for so much longer.",
    },
    Setting {
        name: "GATEPOST_LOG_SAMPLE_PERCENT",
        values: Values::Number { least: 1, most: 100, unit: "%" },
        initial: Initial::Value("100"),
        limit: "",
        what: "For how many of a hundred calls that got a policy a line is written to the \
               [log](../decision-log.md). For all others one always is. The [metrics](metrics.md) count \
               every call.",
    },
    Setting {
        name: "GATEPOST_MAX_POLICY_BYTES",
        values: Values::Number { least: 1_024, most: 6_000_000, unit: "bytes" },
        initial: Initial::Value("8192"),
        limit: "Lambda's response limit of 6 MB",
        what: "The budget of one answer, its context included. Over it the call fails with \
               `answer_too_large`, and nothing is cut. How much a REST API takes is \
               [not documented](../unverified.md); [`gatepost doctor`](../doctor.md) tries up to this budget.",
    },
    Setting {
        name: "GATEPOST_POLICY_TABLE",
        values: TABLE,
        initial: Initial::Required,
        limit: "DynamoDB: 3 to 1,024 bytes",
        what: "The [policy table](table.md). If there is no such table, or the function may not read it, every \
               call fails, with `table_not_found` or `access_denied`.",
    },
    Setting {
        name: "GATEPOST_POLICY_TTL_SECONDS",
        values: Values::Number { least: 0, most: 3_600, unit: "s" },
        initial: Initial::Value("30"),
        limit: "API Gateway's own cache: 3,600 s",
        what: "How long documents that were read are answered from; with 0 they are read for every call. A \
               change goes unnoticed for up to this long, and then for the result TTL of API Gateway \
               ([when callers see it](../publish.md#when-callers-see-it)).",
    },
    Setting {
        name: "GATEPOST_RESPONSE",
        values: Values::Words(&["policy", "simple"]),
        initial: Initial::Value("policy"),
        limit: "`simple` needs `GATEPOST_SCOPE=method`",
        what: "`simple` answers `isAuthorized`, which HTTP APIs with payload format 2.0 take; every other front \
               door then fails with `simple_answer_impossible`. It is about the called method only: kept by a \
               result cache, one yes would open every route to the caller, so there must be none.",
    },
    Setting {
        name: "GATEPOST_REVOCATION",
        values: SWITCH,
        initial: Initial::Value("off"),
        limit: "",
        what: "`on` reads the caller's revocation rows with every call: of the user, of the session and of the \
               token. With `off` what `gatepost revoke` writes has no effect, and a token is good until it \
               ends. Not with `GATEPOST_TABLE_LAYOUT=aws-sample`.",
    },
    Setting {
        name: "GATEPOST_SCOPE",
        values: Values::Words(&["api", "method"]),
        initial: Initial::Value("api"),
        limit: "",
        what: "`api` answers for every method of the API, as API Gateway's result cache needs it. `method` \
               answers for the called method only, and is for authorizers whose result TTL is 0: a kept answer \
               would deny the caller's next call of another method.",
    },
    Setting {
        name: "GATEPOST_SESSION_TABLE",
        values: TABLE,
        initial: Initial::RequiredWith("a `session:` source"),
        limit: "DynamoDB: 3 to 1,024 bytes",
        what: "The [table of sessions](table.md#the-table-of-sessions), which the session function writes. Only \
               with a `session:` source. If it cannot be read, calls with a session fail with \
               `sessions_unavailable`.",
    },
    Setting {
        name: "GATEPOST_SESSION_TTL_SECONDS",
        values: Values::Number { least: 0, most: 300, unit: "s" },
        initial: Initial::Value("30"),
        limit: "how long a logout may go unnoticed",
        what: "How long a session that was read is answered from; with 0 it is read for every call. A \
               logout goes unnoticed for up to this long, and then for the result TTL of API Gateway. Only with \
               a `session:` source.",
    },
    Setting {
        name: "GATEPOST_SUBJECTS",
        values: SUBJECTS,
        initial: Initial::Value("group"),
        limit: "",
        what: "The kinds of subject whose documents count. Documents of another kind are not read, and a Deny in \
               them denies nothing. Only `group` with `GATEPOST_TABLE_LAYOUT=aws-sample`.",
    },
    Setting {
        name: "GATEPOST_TABLE_LAYOUT",
        values: LAYOUTS,
        initial: Initial::Value("gatepost"),
        limit: "",
        what: "How the policy table is [laid out](table.md). With the wrong layout every read of it is refused, \
               and calls fail with `request_refused`.",
    },
    Setting {
        name: "GATEPOST_TOKEN_SOURCES",
        values: Values::Text("`header:NAME`, `cookie:NAME`, `query:NAME`, `session:NAME`"),
        initial: Initial::Value("header:Authorization"),
        limit: "",
        what: "Where a token is looked for, in this order. In the header `Authorization` it follows the scheme \
               `Bearer`. `session:` is a cookie with the id of a session, in whose row the token is. Two sources \
               that hold different tokens are refused with `different_tokens`. One cookie cannot be a `cookie:` \
               and a `session:`. All of them must be identity sources of the authorizer, or API Gateway gives \
               one caller's kept answer to another.",
    },
    Setting {
        name: "GATEPOST_USAGE_IDENTIFIER_KEY",
        values: SWITCH,
        initial: Initial::Value("off"),
        limit: "",
        what: "`on` names the API key of the caller's usage plan in the answer, as `usage_identifier_key` of a \
               [row](table.md#what-others-may-add) of the caller has it; for APIs whose API key source is \
               `AUTHORIZER`. Rows with different keys fail the call with `different_usage_keys`.",
    },
];
