//! `GATEPOST_ISSUERS`: whose tokens are accepted, and what they must say.
//!
//! A JSON array of objects; `issuer` and `audience` are required, all else has a default:
//!
//! | member | what | default |
//! | --- | --- | --- |
//! | `issuer` | the `iss` claim, compared character by character | |
//! | `audience` | client ids: the `aud` of an ID token, the `client_id` of an access token | |
//! | `jwks_uri` | where the keys are | `{issuer}/.well-known/jwks.json` |
//! | `jwks` | the keys themselves; nothing is fetched then | |
//! | `token_use` | `access`, `id` or both | `["access"]` |
//! | `groups_claim` | the claim that lists the groups | `cognito:groups` |
//! | `algorithms` | signature algorithms | `["RS256"]` |
//!
//! Unknown members are faults: a misspelt `audience` must not mean that any audience will do.

use std::fmt::Display;
use std::sync::Arc;

use gatepost_core::json::{Json, pointer};
use gatepost_core::token::{Algorithm, ExpectedToken, KeySet, Leeway, TokenUse};

use super::variables::Variables;
use crate::url::SecureUrl;

/// One issuer whose tokens are accepted.
#[derive(Debug)]
pub struct Issuer {
    /// What its tokens must say.
    pub expected: ExpectedToken,
    /// Where its keys come from.
    pub keys: KeyOrigin,
}

/// Where the keys of an issuer come from.
#[derive(Debug)]
pub enum KeyOrigin {
    /// From this address, again and again.
    Fetched(SecureUrl),
    /// From the settings. They never change and never die.
    Inline(Arc<KeySet>),
}

const NAME: &str = "GATEPOST_ISSUERS";

const MEMBERS: [&str; 7] =
    ["algorithms", "audience", "groups_claim", "issuer", "jwks", "jwks_uri", "token_use"];

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
        let mut entry = Entry { vars: &mut *vars, place: pointer("", index), json: element };
        let Some(issuer) = entry.read(leeway) else { continue };
        if issuers.iter().any(|other| other.expected.issuer() == issuer.expected.issuer()) {
            entry.fault("issuer", "is the same as in another entry");
        }
        issuers.push(issuer);
    }
    issuers
}

/// One element of the array. Where a method returns `None` it has noted a fault.
struct Entry<'a, 'v> {
    vars: &'a mut Variables<'v>,
    place: String,
    json: &'a Json,
}

impl Entry<'_, '_> {
    fn fault(&mut self, member: &str, message: impl Display) {
        let place = pointer(&self.place, member);
        self.vars.fault(NAME, format_args!("at `{place}` {message}"));
    }

    fn read(&mut self, leeway: Leeway) -> Option<Issuer> {
        let Some(members) = self.json.as_object() else {
            let place = &self.place;
            self.vars.fault(NAME, format_args!("at `{place}` must be an object"));
            return None;
        };
        for (name, _) in members {
            if !MEMBERS.contains(&name.as_str()) {
                self.fault(name, "is not a known member");
            }
        }
        let expected = self.expected(leeway);
        let keys = self.keys(expected.as_ref());
        Some(Issuer { expected: expected?, keys: keys? })
    }

    fn expected(&mut self, leeway: Leeway) -> Option<ExpectedToken> {
        // All of them are read before the first `?`, so that all faults are found.
        let issuer = self.text("issuer", None);
        let audience = self.list("audience", None, |text| Ok(text.to_owned()));
        let token_use = self.list("token_use", Some(TokenUse::Access), |text| {
            text.parse().map_err(|_| "may hold `access` and `id`".to_owned())
        });
        let groups_claim = self.text("groups_claim", Some("cognito:groups"));
        let algorithms = self.list("algorithms", Some(Algorithm::Rs256), |text| {
            let names = Algorithm::ALL.map(Algorithm::as_str).join("`, `");
            text.parse().map_err(|error| format!("may hold `{names}`: {error}"))
        });
        let (issuer, audience, token_use) = (issuer?, audience?, token_use?);
        let (groups_claim, algorithms) = (groups_claim?, algorithms?);
        let expected = ExpectedToken::new(issuer, audience)
            .and_then(|expected| expected.with_token_use(token_use))
            .and_then(|expected| expected.with_groups_claim(groups_claim))
            .and_then(|expected| expected.with_algorithms(algorithms))
            .map(|expected| expected.with_leeway(leeway));
        if let Err(error) = &expected {
            let place = &self.place;
            self.vars.fault(NAME, format_args!("at `{place}` {error}"));
        }
        expected.ok()
    }

    fn keys(&mut self, expected: Option<&ExpectedToken>) -> Option<KeyOrigin> {
        match (self.json.get("jwks"), self.json.get("jwks_uri")) {
            (None, None) => {
                let issuer = expected?.issuer().trim_end_matches('/');
                self.url("issuer", &format!("{issuer}/.well-known/jwks.json"))
            }
            (None, Some(_)) => {
                let address = self.text("jwks_uri", None)?;
                self.url("jwks_uri", &address)
            }
            (Some(json), None) => match KeySet::from_json_for(json, expected?) {
                Ok(set) => Some(KeyOrigin::Inline(Arc::new(set))),
                Err(error) => {
                    self.fault("jwks", format_args!("is no usable key set: {error}"));
                    None
                }
            },
            (Some(_), Some(_)) => {
                self.fault("jwks", "cannot stand beside `jwks_uri`");
                None
            }
        }
    }

    fn url(&mut self, member: &str, address: &str) -> Option<KeyOrigin> {
        match address.parse::<SecureUrl>() {
            Ok(address) => Some(KeyOrigin::Fetched(address)),
            Err(error) => {
                self.fault(member, error);
                None
            }
        }
    }

    /// A text that is not empty; required where there is no default.
    fn text(&mut self, member: &str, default: Option<&str>) -> Option<String> {
        match (self.json.get(member), default) {
            (Some(Json::String(text)), _) if !text.is_empty() => return Some(text.clone()),
            (Some(_), _) => self.fault(member, "must be a string that is not empty"),
            (None, Some(default)) => return Some(default.to_owned()),
            (None, None) => self.fault(member, "is required"),
        }
        None
    }

    /// An array of one text or more, none empty and none twice; required where there is no
    /// default.
    fn list<T: PartialEq>(
        &mut self,
        member: &str,
        default: Option<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let elements = match (self.json.get(member), default) {
            (None, Some(default)) => return Some(vec![default]),
            (None, None) => {
                self.fault(member, "is required");
                return None;
            }
            (Some(json), _) => json.as_array().unwrap_or_default(),
        };
        let mut values = Vec::new();
        for element in elements {
            let text = element.as_str().filter(|text| !text.is_empty());
            match text.ok_or_else(|| STRINGS.to_owned()).and_then(&parse) {
                Ok(value) if values.contains(&value) => self.fault(member, "lists something twice"),
                Ok(value) => values.push(value),
                Err(message) => self.fault(member, message),
            }
        }
        if elements.is_empty() {
            self.fault(member, STRINGS);
        }
        (values.len() == elements.len() && !values.is_empty()).then_some(values)
    }
}

const STRINGS: &str = "must be an array of one string or more, none of them empty";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{config, fault_of};

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
        let KeyOrigin::Fetched(url) = &issuers[0].keys else { panic!("keys are fetched") };
        assert_eq!(
            url.as_str(),
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a/.well-known/jwks.json"
        );
    }

    #[test]
    fn every_member_can_be_set() {
        let issuers = issuers(
            r#"[{"issuer":"https://one.example/","audience":["a"],"jwks_uri":"https://keys.example/1",
                 "token_use":["id","access"],"groups_claim":"roles","algorithms":["ES256","EdDSA"]},
                {"issuer":"http://localhost:9000","audience":["a"]}]"#,
        );
        let expected = &issuers[0].expected;
        assert_eq!(expected.token_use(), [TokenUse::Id, TokenUse::Access]);
        assert_eq!(expected.groups_claim(), "roles");
        assert_eq!(expected.algorithms(), [Algorithm::Es256, Algorithm::EdDsa]);
        let KeyOrigin::Fetched(url) = &issuers[0].keys else { panic!("keys are fetched") };
        assert_eq!(url.as_str(), "https://keys.example/1");
        assert_eq!(issuers.len(), 2);
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
