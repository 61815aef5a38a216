//! What follows for the settings: which are safe here, and which of those in force are not.

use super::probe::{Probe, Verdict};
use super::world::{Facts, World};

/// A setting, and whether it is safe here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Advice {
    pub(super) setting: &'static str,
    /// `None` where the probes do not say.
    pub(super) safe: Option<bool>,
    pub(super) why: String,
}

fn advice(setting: &'static str, safe: Option<bool>, why: impl Into<String>) -> Advice {
    Advice { setting, safe, why: why.into() }
}

/// What the facts say of every setting that hangs on one.
pub(super) fn safe(facts: &Facts) -> Vec<Advice> {
    let expiry = match (facts.time, facts.expiry) {
        (Some(true), Some(true)) => {
            advice("GATEPOST_EXPIRY_CONDITION=on", Some(true), "a kept answer ends with its token")
        }
        (Some(false), _) | (_, Some(false)) => advice(
            "GATEPOST_EXPIRY_CONDITION=on",
            Some(false),
            "the condition does not do what it is for: leave it off",
        ),
        _ => advice("GATEPOST_EXPIRY_CONDITION=on", None, "not shown: leave it off"),
    };
    let implicit = advice(
        "GATEPOST_IMPLICIT_DENY=explicit",
        both(facts.not_resource, facts.deny_wins),
        match both(facts.not_resource, facts.deny_wins) {
            Some(true) => "Deny with NotResource is honoured",
            Some(false) => "Deny with NotResource is not honoured",
            None => "not shown",
        },
    );
    let ttl = match (facts.kept, facts.whole_api) {
        (Some(true), Some(true)) => advice(
            "a result TTL",
            Some(true),
            "answers are kept by token and right for every route; a change is seen when it ends",
        ),
        (_, Some(false)) => {
            advice("a result TTL", Some(false), "answers are about one route: keep it at 0")
        }
        (Some(false), _) => advice("a result TTL", None, "not in force: answers are not kept"),
        _ => advice("a result TTL", None, "not shown"),
    };
    let bytes = match facts.taken_bytes {
        Some(bytes) => advice(
            "GATEPOST_MAX_POLICY_BYTES",
            Some(true),
            format!("up to {bytes} at least: API Gateway takes a policy of that size"),
        ),
        None => advice("GATEPOST_MAX_POLICY_BYTES", None, "not shown: leave it at 8192 or less"),
    };
    let key = |name: &'static str, holds: Option<bool>| {
        let why = match holds {
            Some(true) => "honoured, met and unmet",
            Some(false) => "not honoured",
            None => "not shown",
        };
        advice(name, holds, why)
    };
    vec![
        expiry,
        implicit,
        ttl,
        bytes,
        key("conditions on aws:CurrentTime", facts.time),
        key("conditions on aws:SourceIp", facts.source_ip),
        key("conditions on aws:SecureTransport", facts.secure_transport),
        key("NotResource in a Deny", facts.not_resource),
        match facts.spelling {
            Some(true) => advice(
                "a Deny of one path beside a wider Allow",
                both(facts.spelling, facts.deny_wins),
                "no other spelling of the path is served",
            ),
            Some(false) => advice(
                "a Deny of one path beside a wider Allow",
                Some(false),
                "another spelling of the path is served",
            ),
            None => advice("a Deny of one path beside a wider Allow", None, "not shown"),
        },
    ]
}

/// Yes where both are, no where one is not.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        _ => None,
    }
}

/// Compares what API Gateway and the function are set to, with each other and with the facts.
pub(super) fn compare(world: &mut World<'_>) {
    let Some(deployed) = &world.deployed else { return };
    let Some(authorizer) = &deployed.authorizer else {
        let found = "no authorizer of the API calls Gatepost";
        world.found(
            Probe::Settings,
            Verdict::Amiss,
            found,
            "look whether --api-id is the API that --url is the address of",
        );
        return;
    };
    let set = |name: &str, value: &str| deployed.setting(name) == Some(value);
    let mut dangers = Vec::new();
    let mut faults = Vec::new();
    if authorizer.kind == "TOKEN" {
        faults.push(
            "the authorizer is of the type TOKEN, which does not see a second token: use REQUEST"
                .to_owned(),
        );
    }
    if authorizer.ttl_seconds > 0 {
        if set("GATEPOST_SCOPE", "method") {
            dangers.push(format!(
                "GATEPOST_SCOPE=method with a result TTL of {} s: an answer about one method is \
                 used for others",
                authorizer.ttl_seconds
            ));
        }
        if let Some(fault) = sources(deployed.setting("GATEPOST_TOKEN_SOURCES"), authorizer) {
            dangers.push(fault);
        }
        if world.facts.kept == Some(false) {
            faults.push(format!(
                "the result TTL is {} s, but answers are not kept: a change of the authorizer \
                 needs a deployment to the stage",
                authorizer.ttl_seconds
            ));
        }
    } else if world.facts.kept == Some(true) {
        dangers.push(
            "the result TTL is 0, but answers are kept: a change of the authorizer needs a \
             deployment to the stage"
                .to_owned(),
        );
    }
    if deployed.settings.is_ok()
        && deployed.api.has_resource_policy
        && !set("GATEPOST_IMPLICIT_DENY", "explicit")
    {
        dangers.push(
            "the API has a resource policy: where that allows, whatever no document allows is \
             allowed. Set GATEPOST_IMPLICIT_DENY=explicit"
                .to_owned(),
        );
    }
    let facts = &world.facts;
    for (status, seen, kind) in
        [(401, facts.cors_of_401, "UNAUTHORIZED"), (403, facts.cors_of_403, "ACCESS_DENIED")]
    {
        if seen == Some(false) && deployed.api.has_cors(kind) {
            faults.push(format!(
                "the gateway response {kind} has CORS headers, and a {status} has none: a change of \
                 it needs a deployment to the stage"
            ));
        }
    }
    if set("GATEPOST_EXPIRY_CONDITION", "on") && both(facts.time, facts.expiry) == Some(false) {
        dangers.push("GATEPOST_EXPIRY_CONDITION=on is set, and does not do what it is for".into());
    }
    if set("GATEPOST_IMPLICIT_DENY", "explicit") && facts.not_resource == Some(false) {
        dangers.push("GATEPOST_IMPLICIT_DENY=explicit is set, and does not work here".into());
    }
    let verdict = if !dangers.is_empty() {
        Verdict::Unsafe
    } else if !faults.is_empty() {
        Verdict::Amiss
    } else {
        Verdict::Safe
    };
    let described = format!(
        "authorizer `{}`, {}, {}, result TTL {} s",
        crate::visible::visible(&authorizer.name),
        crate::visible::visible(&authorizer.kind),
        crate::visible::visible(&authorizer.identity_source),
        authorizer.ttl_seconds
    );
    let unread = match &deployed.settings {
        Ok(_) => String::new(),
        Err(why) => format!("; the function's settings are not known: {why}"),
    };
    dangers.append(&mut faults);
    world.found(Probe::Settings, verdict, format!("{described}{unread}"), dangers.join("; "));
}

/// Whether answers are kept by something else than the token: then one caller gets another's.
fn sources(told: Option<&str>, authorizer: &crate::aws::Authorizer) -> Option<String> {
    let told = told.unwrap_or("header:Authorization");
    let keys = authorizer.identity_source.to_ascii_lowercase();
    let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
    let unkeyed = told.split(',').map(str::trim).find(|source| {
        let key = match source.split_once(':') {
            Some(("header", name)) => format!("method.request.header.{name}"),
            Some(("query", name)) => format!("method.request.querystring.{name}"),
            Some(("cookie", _)) => "method.request.header.cookie".to_owned(),
            _ => return false,
        };
        !keys.contains(&key.to_ascii_lowercase().as_str())
    })?;
    Some(format!(
        "the function reads tokens from `{unkeyed}`, and answers are kept by `{}`: one caller gets \
         another's",
        crate::visible::visible(&authorizer.identity_source)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Authorizer;

    fn authorizer(identity_source: &str) -> Authorizer {
        Authorizer {
            name: "a".to_owned(),
            kind: "REQUEST".to_owned(),
            identity_source: identity_source.to_owned(),
            ttl_seconds: 300,
            uri: String::new(),
        }
    }

    #[test]
    fn answers_must_be_kept_by_what_tokens_are_read_from() {
        let header = authorizer("method.request.header.Authorization");
        assert_eq!(sources(None, &header), None);
        assert_eq!(sources(Some("header:authorization"), &header), None);
        assert!(sources(Some("cookie:session"), &header).is_some());
        assert!(sources(Some("header:X-Token"), &header).is_some());
        let both = authorizer("method.request.header.Cookie, context.httpMethod");
        assert_eq!(sources(Some("cookie:session"), &both), None);
    }

    #[test]
    fn what_was_not_shown_is_not_called_safe() {
        assert!(safe(&Facts::default()).iter().all(|advice| advice.safe.is_none()));
        let facts = Facts { time: Some(true), expiry: Some(false), ..Facts::default() };
        assert_eq!(safe(&facts).first().and_then(|advice| advice.safe), Some(false));
    }
}
