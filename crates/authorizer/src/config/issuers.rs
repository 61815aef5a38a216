//! `GATEPOST_ISSUERS`: whose tokens are accepted, and what they must say.
//!
//! A JSON array of objects; `issuer` and `audience` are required, all else has a default:
//!
//! | member | what | default |
//! | --- | --- | --- |
//! | `issuer` | the `iss` claim, compared character by character | |
//! | `audience` | client ids (the `aud` of an ID token, the `client_id` of an access token of Cognito) and identifiers of APIs (the `aud` of other access tokens) | |
//! | `jwks_uri` | where the keys are | `{issuer}/.well-known/jwks.json` |
//! | `jwks` | the keys themselves: without `jwks_uri` nothing is ever fetched; beside it they are those a new function begins with, until the first fetch brings others | |
//! | `token_use` | `access`, `id` or both | `["access"]`; `["id"]` with `unmarked-id` |
//! | `token_profile` | how tokens say what they are for, below | `marked` |
//! | `required_claims` | an object: each claim with an array of the values that will do | `{}` |
//! | `groups_claim` | the claim that lists the groups | `cognito:groups` |
//! | `subject_prefix` | put before every group, user, client and scope: 1 to 128 bytes | none |
//! | `algorithms` | signature algorithms | `["RS256"]` |
//!
//! Unknown members are faults: a misspelt `audience` must not mean that any audience will do.
//!
//! **`token_profile`** is one of [`TokenProfile`](gatepost_core::token::TokenProfile):
//!
//! | value | an access token is | an ID token is |
//! | --- | --- | --- |
//! | `marked` | one with `token_use` `access`, or of the type `at+jwt` | one with `token_use` `id` |
//! | `rfc9068` | one of the type `at+jwt` with `aud`, `client_id`, `iat` and `jti` | any other |
//! | `unmarked-access` | as `marked`, and one with neither mark | as `marked` |
//! | `unmarked-id` | as `marked` | as `marked`, and one with neither mark |
//!
//! With `unmarked-access` nothing but the audience tells an access token from an ID token of the
//! same issuer, so `audience` must list identifiers of APIs and no client ids.
//!
//! **`required_claims`** have strings, numbers or booleans as values, as in
//! `{"custom:tenant": ["blue", "green"], "email_verified": [true]}`: each claim must be there and
//! equal one of its values, or be a list that has one of them in it. See
//! [`RequiredClaim`](gatepost_core::token::RequiredClaim).
//!
//! **`subject_prefix`** keeps issuers apart: with `partner/`, what the issuer calls `admin` is
//! `group:partner/admin` in the policy table. A name that begins with the prefix of another issuer
//! counts as no subject at all, and no prefix begins another, so no issuer can name what is
//! another's. End a prefix in a character such as `/`: with `p`, no other issuer could have a group
//! `people`. Claims in the answer's context and in `${token:CLAIM}` stay as they are, and so do the
//! names by which tokens are revoked.

mod entry;

use std::sync::Arc;

use gatepost_core::json::{Json, pointer};
use gatepost_core::token::{ExpectedToken, KeySet, Leeway};

use super::variables::Variables;
use crate::url::SecureUrl;
use entry::Entry;

/// One issuer whose tokens are accepted.
#[derive(Debug)]
pub struct Issuer {
    /// What its tokens must say.
    pub expected: ExpectedToken,
    /// Where its keys come from.
    pub keys: KeyOrigin,
    /// Put before the name of every subject that its tokens name. Empty: nothing is.
    pub subject_prefix: String,
}

/// Where the keys of an issuer come from.
#[derive(Debug)]
pub enum KeyOrigin {
    /// From an address, again and again.
    Fetched {
        /// The address.
        url: SecureUrl,
        /// Keys to begin with, so that a new function need not wait for its first fetch. They are
        /// taken for keys that were fetched when it started.
        first: Option<Arc<KeySet>>,
    },
    /// From the settings. They never change and never die.
    Inline(Arc<KeySet>),
}

const NAME: &str = "GATEPOST_ISSUERS";

/// Reads the setting, noting every fault.
pub(super) fn read(vars: &mut Variables<'_>, leeway: Leeway) -> Vec<Issuer> {
    let Some(text) = vars.required(NAME) else { return Vec::new() };
    let json = match Json::parse(text.as_bytes()) {
        Ok(json) => json,
        Err(error) => {
            vars.fault(NAME, format_args!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let elements = json.as_array().unwrap_or_default();
    if elements.is_empty() {
        vars.fault(NAME, "must be a JSON array of one issuer or more");
    }
    let mut issuers: Vec<Issuer> = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let place = pointer("", index);
        let mut entry = Entry { vars: &mut *vars, setting: NAME, place, json: element };
        let Some(issuer) = entry.read(leeway) else { continue };
        if issuers.iter().any(|other| other.expected.issuer() == issuer.expected.issuer()) {
            entry.fault("issuer", "is the same as in another entry");
        }
        if issuers.iter().any(|other| overlap(&other.subject_prefix, &issuer.subject_prefix)) {
            entry.fault("subject_prefix", "begins like that of another entry, or is the same");
        }
        issuers.push(issuer);
    }
    issuers
}

/// Reads one issuer that is the whole of `setting`, noting every fault. The clocks may differ by
/// `leeway`.
pub fn read_one(
    vars: &mut Variables<'_>,
    setting: &'static str,
    json: &Json,
    leeway: Leeway,
) -> Option<Issuer> {
    Entry { vars, setting, place: String::new(), json }.read(leeway)
}

/// Whether a name could have both prefixes. One that is empty is none.
fn overlap(one: &str, other: &str) -> bool {
    let begins = one.starts_with(other) || other.starts_with(one);
    begins && !one.is_empty() && !other.is_empty()
}

#[cfg(test)]
mod tests {
    use gatepost_core::token::{Algorithm, ClaimValue, TokenProfile, TokenUse};

    use super::*;
    use crate::config::tests::{config, fault_of};

    /// What an issuer may have, as the documentation of this module has it.
    fn documented_members() -> Vec<&'static str> {
        let (_, table) = include_str!("issuers.rs").split_once("| member |").unwrap();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with("//! | `"));
        rows.filter_map(|row| row.split('`').nth(1)).collect()
    }

    #[test]
    fn every_member_is_documented_and_no_other() {
        let mut documented = documented_members();
        documented.sort_unstable();
        assert_eq!(documented, entry::MEMBERS);
    }

    const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"key-1","alg":"EdDSA",
        "use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn issuers(text: &str) -> Vec<Issuer> {
        config(&[("GATEPOST_ISSUERS", text)]).unwrap().issuers
    }

    #[test]
    fn a_user_pool_needs_its_issuer_and_client_ids_only() {
        let issuers = issuers(
            r#"[{"issuer":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
                 "audience":["one","two"]}]"#,
        );
        let expected = &issuers[0].expected;
        assert_eq!(expected.issuer(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a");
        assert_eq!(expected.audience(), ["one", "two"]);
        assert_eq!(expected.token_use(), [TokenUse::Access]);
        assert_eq!(expected.groups_claim(), "cognito:groups");
        assert_eq!(expected.algorithms(), [Algorithm::Rs256]);
        assert_eq!(expected.profile(), TokenProfile::Marked);
        assert!(expected.required_claims().is_empty());
        assert_eq!(issuers[0].subject_prefix, "");
        let KeyOrigin::Fetched { url, first: None } = &issuers[0].keys else {
            panic!("keys are fetched")
        };
        assert_eq!(
            url.as_str(),
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a/.well-known/jwks.json"
        );
    }

    #[test]
    fn every_member_can_be_set() {
        let issuers = issuers(
            r#"[{"issuer":"https://one.example/","audience":["a"],"jwks_uri":"https://keys.example/1",
                 "token_use":["id","access"],"groups_claim":"roles","algorithms":["ES256","EdDSA"],
                 "token_profile":"rfc9068","subject_prefix":"partner/",
                 "required_claims":{"tenant":["blue",7,true]}},
                {"issuer":"http://localhost:9000","audience":["a"]}]"#,
        );
        let expected = &issuers[0].expected;
        assert_eq!(expected.token_use(), [TokenUse::Id, TokenUse::Access]);
        assert_eq!(expected.groups_claim(), "roles");
        assert_eq!(expected.algorithms(), [Algorithm::Es256, Algorithm::EdDsa]);
        assert_eq!(expected.profile(), TokenProfile::Rfc9068);
        assert_eq!(expected.required_claims()[0].name(), "tenant");
        let text = ClaimValue::Text("blue".to_owned());
        let values = [text, ClaimValue::Number(7.into()), ClaimValue::Boolean(true)];
        assert_eq!(expected.required_claims()[0].values(), values);
        assert_eq!(issuers[0].subject_prefix, "partner/");
        let KeyOrigin::Fetched { url, first: None } = &issuers[0].keys else {
            panic!("keys are fetched")
        };
        assert_eq!(url.as_str(), "https://keys.example/1");
        assert_eq!(issuers.len(), 2);
    }

    #[test]
    fn a_profile_of_id_tokens_accepts_id_tokens() {
        for (members, want) in [
            (r#""token_profile":"unmarked-id""#, TokenUse::Id),
            (r#""token_profile":"unmarked-access""#, TokenUse::Access),
            (r#""token_profile":"marked""#, TokenUse::Access),
        ] {
            let text = format!(r#"[{{"issuer":"https://i.example","audience":["a"],{members}}}]"#);
            assert_eq!(issuers(&text)[0].expected.token_use(), [want], "{members}");
        }
    }

    #[test]
    fn no_prefix_begins_another() {
        let prefixes = |one: &str, other: &str| {
            format!(
                r#"[{{"issuer":"https://one.example","audience":["a"],"subject_prefix":"{one}"}},
                    {{"issuer":"https://none.example","audience":["a"]}},
                    {{"issuer":"https://other.example","audience":["a"],"subject_prefix":"{other}"}}]"#
            )
        };
        for (one, other) in [("a/", "b/"), ("ab", "ac"), ("a", "A")] {
            assert_eq!(issuers(&prefixes(one, other)).len(), 3, "{one} {other}");
        }
        let longest = "x".repeat(128);
        assert_eq!(issuers(&prefixes(&longest, "b")).len(), 3);
        let fault = fault_of("GATEPOST_ISSUERS", &prefixes("a", &(longest + "x")));
        assert!(fault.contains("at `/2/subject_prefix` must have up to 128 bytes"), "{fault}");
        for (one, other) in [("a/", "a/"), ("a", "ab"), ("ab", "a")] {
            let fault = fault_of("GATEPOST_ISSUERS", &prefixes(one, other));
            let want = "`GATEPOST_ISSUERS` at `/2/subject_prefix` begins like that of another \
                entry, or is the same";
            assert_eq!(fault, want, "{one} {other}");
        }
    }

    #[test]
    fn faults_of_one_entry_are_reported_together() {
        let faults = fault_of(
            "GATEPOST_ISSUERS",
            r#"[{"audience":[],"token_profile":"cognito","subject_prefix":"",
                 "required_claims":{"iss":["x"],"a/b":[],"level":[1,null],"ok":["x"]}}]"#,
        );
        for place in [
            "issuer",
            "audience",
            "token_profile",
            "required_claims/iss",
            "required_claims/a~1b",
            "required_claims/level",
            "subject_prefix",
        ] {
            assert!(faults.contains(&format!("at `/0/{place}` ")), "{place}: {faults}");
        }
        assert_eq!(faults.matches("at `/0/").count(), 7, "{faults}");
    }

    #[test]
    fn keys_can_stand_in_the_settings() {
        let text = format!(r#"[{{"issuer":"urn:issuer","audience":["a"],"jwks":{JWKS}}}]"#);
        let issuers = issuers(&text);
        let KeyOrigin::Inline(set) = &issuers[0].keys else { panic!("keys are inline") };
        assert!(set.get("key-1").is_some());
    }

    #[test]
    fn every_fault_is_named_by_its_place() {
        for (text, want) in [
            ("{", "cannot be read: not JSON at line 1 column 1: EOF while parsing an object"),
            ("{}", "must be a JSON array of one issuer or more"),
            ("[]", "must be a JSON array of one issuer or more"),
            ("[1]", "at `/0` must be an object"),
            (r#"[{"audience":["a"]}]"#, "at `/0/issuer` is required"),
            (r#"[{"issuer":"https://i.example"}]"#, "at `/0/audience` is required"),
        ] {
            assert_eq!(fault_of("GATEPOST_ISSUERS", text), format!("`GATEPOST_ISSUERS` {want}"));
        }
        for (member, place) in [
            (r#""audience":[]"#, "audience"),
            (r#""audience":"a""#, "audience"),
            (r#""audience":["a",""]"#, "audience"),
            (r#""audience":["a",1]"#, "audience"),
            (r#""audience":["a","a"]"#, "audience"),
            (r#""audiences":["a"]"#, "audiences"),
            (r#""issuer":"""#, "issuer"),
            (r#""issuer":"issuer.example""#, "issuer"),
            (r#""issuer":"http://issuer.example""#, "issuer"),
            (r#""issuer":"https://issuer.example""#, "issuer"),
            (r#""jwks_uri":"http://issuer.example/""#, "jwks_uri"),
            (r#""jwks_uri":null"#, "jwks_uri"),
            (r#""jwks":{"keys":1}"#, "jwks"),
            (r#""jwks":{},"jwks_uri":"https://i.example""#, "jwks"),
            (r#""token_use":["refresh"]"#, "token_use"),
            (r#""token_use":null"#, "token_use"),
            (r#""token_profile":"""#, "token_profile"),
            (r#""token_profile":["marked"]"#, "token_profile"),
            (r#""token_profile":"Marked""#, "token_profile"),
            (r#""token_profile":"unmarked-id","token_use":["access"]"#, "token_profile"),
            (r#""token_profile":"unmarked-access","token_use":["id"]"#, "token_profile"),
            (r#""token_profile":"rfc9068","token_use":["id"]"#, "token_profile"),
            (r#""required_claims":[]"#, "required_claims"),
            (r#""required_claims":null"#, "required_claims"),
            (r#""required_claims":{"a":"x"}"#, "required_claims/a"),
            (r#""required_claims":{"a":[]}"#, "required_claims/a"),
            (r#""required_claims":{"a":[null]}"#, "required_claims/a"),
            (r#""required_claims":{"a":[["x"]]}"#, "required_claims/a"),
            (r#""required_claims":{"a":[""]}"#, "required_claims/a"),
            (r#""required_claims":{"":["x"]}"#, "required_claims/"),
            (r#""required_claims":{"iss":["x"]}"#, "required_claims/iss"),
            (r#""subject_prefix":"""#, "subject_prefix"),
            (r#""subject_prefix":null"#, "subject_prefix"),
            (r#""subject_prefix":"a\u0000""#, "subject_prefix"),
            (r#""groups_claim":"""#, "groups_claim"),
            (r#""algorithms":["HS256"]"#, "algorithms"),
            (r#""algorithms":["none"]"#, "algorithms"),
        ] {
            let mut entry =
                format!(r#"{{{member},"issuer":"https://two.example","audience":["a"]}}"#);
            for required in [r#","issuer":"https://two.example""#, r#","audience":["a"]"#] {
                let name = required.split('"').nth(1).unwrap();
                if member.starts_with(&format!("\"{name}\":")) {
                    entry = entry.replace(required, "");
                }
            }
            let text =
                format!(r#"[{{"issuer":"https://issuer.example","audience":["a"]}},{entry}]"#);
            let fault = fault_of("GATEPOST_ISSUERS", &text);
            let want = format!("`GATEPOST_ISSUERS` at `/1/{place}` ");
            assert!(fault.starts_with(&want), "{member}: {fault}");
        }
    }
}
