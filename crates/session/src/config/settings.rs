//! What can be set, as the guide's reference has it; see
//! [the authorizer's](gatepost_authorizer::config::settings).

use gatepost_authorizer::config::settings::{
    Initial, LAYOUTS, LEEWAY, SUBJECTS, Setting, TABLE, Values, names,
};

/// Every `GATEPOST_…` name that the session function reads.
pub const NAMES: [&str; SETTINGS.len()] = names(&SETTINGS);

/// All settings of the session function, by name.
pub const SETTINGS: [Setting; 11] = [
    Setting {
        name: "GATEPOST_LEEWAY_SECONDS",
        values: LEEWAY,
        initial: Initial::Value("0"),
        limit: "RFC 7519 section 4.1.4: a few minutes",
        what: "The clock skew that is tolerated. Say the same as to the authorizer, or one of them takes a token \
               for good that the other does not.",
    },
    Setting {
        name: "GATEPOST_PAGE_PASS_SECONDS",
        values: Values::Number { least: 60, most: 3_600, unit: "s" },
        initial: Initial::Value("300"),
        limit: "",
        what: "How long a [page pass](../session.md#the-page-pass) is good for. A right to a page that was \
               withdrawn may be used for up to this long.",
    },
    Setting {
        name: "GATEPOST_POLICY_TABLE",
        values: TABLE,
        initial: Initial::Required,
        limit: "DynamoDB: 3 to 1,024 bytes",
        what: "The [policy table](table.md), from which page passes are made. If it cannot be read none is made.",
    },
    Setting {
        name: "GATEPOST_SESSION_ISSUER",
        values: Values::Text("JSON object; may hold a secret"),
        initial: Initial::Required,
        limit: "",
        what: "Who signs people in: `issuer`, `client_id`, perhaps `client_secret` and `scopes` (a list with \
               `openid` in it; only that if it is left out), and every [member of an \
               issuer](#the-members-of-an-issuer) but `token_use`. `audience` is the client id if it is left \
               out. Say what the authorizer is told of the same issuer, or people are signed in whom the API \
               does not know.",
    },
    Setting {
        name: "GATEPOST_SESSION_KEYS",
        values: Values::Text(
            "JSON array of 1 to 4 `{\"id\", \"key\"}`, the current one first; a secret",
        ),
        initial: Initial::Required,
        limit: "",
        what: "What cookies are sealed and page passes signed with: keys of 32 bytes in base64url. Keep the key \
               before while its cookies are about ([cookies](../session.md#cookies)): whoever has one that no \
               key opens must sign in again.",
    },
    Setting {
        name: "GATEPOST_SESSION_MODE",
        values: Values::Words(&["opaque", "token"]),
        initial: Initial::Value("token"),
        limit: "",
        what: "Where sessions are: in cookies (`token`), or in a table of which a cookie has the key \
               ([two modes](../session.md#two-modes)). The authorizer's source is `cookie:__Host-gatepost` with \
               `token`, and `session:__Host-gatepost` with `opaque`; otherwise it knows nobody.",
    },
    Setting {
        name: "GATEPOST_SESSION_ORIGIN",
        values: Values::Text("`https://HOST`; `http:` for this machine only"),
        initial: Initial::Required,
        limit: "",
        what: "Where the function is served, as browsers write it: in lower case, without a slash at the end. \
               Its callback is `/auth/callback` there; the provider must know that address.",
    },
    Setting {
        name: "GATEPOST_SESSION_SECONDS",
        values: Values::Number { least: 300, most: 31_536_000, unit: "s" },
        initial: Initial::Value("86400"),
        limit: "",
        what: "How long a session lasts from signing in, whatever is renewed in between. Only with \
               `GATEPOST_SESSION_MODE=opaque`.",
    },
    Setting {
        name: "GATEPOST_SESSION_TABLE",
        values: TABLE,
        initial: Initial::RequiredWith("`GATEPOST_SESSION_MODE=opaque`"),
        limit: "DynamoDB: 3 to 1,024 bytes",
        what: "The [table of sessions](table.md#the-table-of-sessions), the same as the authorizer's. Only with \
               `GATEPOST_SESSION_MODE=opaque`.",
    },
    Setting {
        name: "GATEPOST_SUBJECTS",
        values: SUBJECTS,
        initial: Initial::Value("group"),
        limit: "",
        what: "The kinds of subject whose documents say which pages may be opened. Say the same as to the \
               authorizer.",
    },
    Setting {
        name: "GATEPOST_TABLE_LAYOUT",
        values: LAYOUTS,
        initial: Initial::Value("gatepost"),
        limit: "",
        what: "How the policy table is [laid out](table.md). Say the same as to the authorizer.",
    },
];
