//! One issuer, as an element of `GATEPOST_ISSUERS` has it.

use std::fmt::Display;
use std::sync::Arc;

use gatepost_core::json::{Json, pointer};
use gatepost_core::token::{
    Algorithm, ClaimValue, ExpectedToken, KeySet, Leeway, RequiredClaim, TokenProfile, TokenUse,
};

use super::{Issuer, KeyOrigin};
use crate::config::variables::Variables;
use crate::url::{SecureUrl, SecureUrlError};

pub(super) const MEMBERS: [&str; 10] = [
    "algorithms",
    "audience",
    "groups_claim",
    "issuer",
    "jwks",
    "jwks_uri",
    "required_claims",
    "subject_prefix",
    "token_profile",
    "token_use",
];

/// An eighth of what a subject's name may have, and as much as a group's name has in Amazon
/// Cognito.
const MAX_PREFIX_BYTES: usize = 128;

/// One issuer. Where a method returns `None` it has noted a fault.
pub(super) struct Entry<'a, 'v> {
    pub(super) vars: &'a mut Variables<'v>,
    /// The variable that it stands in.
    pub(super) setting: &'static str,
    /// The JSON Pointer of the element.
    pub(super) place: String,
    pub(super) json: &'a Json,
}

impl Entry<'_, '_> {
    pub(super) fn fault(&mut self, member: &str, message: impl Display) {
        let place = pointer(&self.place, member);
        self.vars.fault(self.setting, format_args!("at `{place}` {message}"));
    }

    pub(super) fn read(&mut self, leeway: Leeway) -> Option<Issuer> {
        let Some(members) = self.json.as_object() else {
            let place = &self.place;
            self.vars.fault(self.setting, format_args!("at `{place}` must be an object"));
            return None;
        };
        for (name, _) in members {
            if !MEMBERS.contains(&name.as_str()) {
                self.fault(name, "is not a known member");
            }
        }
        let expected = self.expected(leeway);
        let keys = self.keys(expected.as_ref());
        let subject_prefix = self.subject_prefix();
        Some(Issuer { expected: expected?, keys: keys?, subject_prefix: subject_prefix? })
    }

    fn expected(&mut self, leeway: Leeway) -> Option<ExpectedToken> {
        // All of them are read before the first `?`, so that all faults are found.
        let issuer = self.text("issuer", None);
        let audience = self.list("audience", None, |text| Ok(text.to_owned()));
        let profile = self.token_profile();
        let usual = match profile {
            Some(TokenProfile::UnmarkedId) => TokenUse::Id,
            _ => TokenUse::Access,
        };
        let token_use = self.list("token_use", Some(usual), |text| {
            text.parse().map_err(|_| "may hold `access` and `id`".to_owned())
        });
        let required_claims = self.required_claims();
        let groups_claim = self.text("groups_claim", Some("cognito:groups"));
        let algorithms = self.list("algorithms", Some(Algorithm::Rs256), |text| {
            let names = Algorithm::ALL.map(Algorithm::as_str).join("`, `");
            text.parse().map_err(|error| format!("may hold `{names}`: {error}"))
        });
        let (issuer, audience, token_use) = (issuer?, audience?, token_use?);
        let (groups_claim, algorithms) = (groups_claim?, algorithms?);
        let (profile, required_claims) = (profile?, required_claims?);
        if let Some(purpose) = profile.purpose().filter(|purpose| !token_use.contains(purpose)) {
            let message = format_args!("is about `{purpose}`, which `token_use` does not list");
            self.fault("token_profile", message);
            return None;
        }
        let expected = ExpectedToken::new(issuer, audience)
            .and_then(|expected| expected.with_token_use(token_use))
            .and_then(|expected| expected.with_groups_claim(groups_claim))
            .and_then(|expected| expected.with_algorithms(algorithms))
            .map(|expected| expected.with_profile(profile))
            .map(|expected| expected.with_required_claims(required_claims))
            .map(|expected| expected.with_leeway(leeway));
        if let Err(error) = &expected {
            let place = &self.place;
            self.vars.fault(self.setting, format_args!("at `{place}` {error}"));
        }
        expected.ok()
    }

    fn token_profile(&mut self) -> Option<TokenProfile> {
        let text = self.text("token_profile", Some(TokenProfile::default().as_str()))?;
        let profile = text.parse();
        if profile.is_err() {
            let names = TokenProfile::ALL.map(TokenProfile::as_str).join("`, `");
            self.fault("token_profile", format_args!("must be one of `{names}`"));
        }
        profile.ok()
    }

    fn required_claims(&mut self) -> Option<Vec<RequiredClaim>> {
        let Some(json) = self.json.get("required_claims") else { return Some(Vec::new()) };
        let Some(members) = json.as_object() else {
            self.fault("required_claims", "must be an object of claims and their values");
            return None;
        };
        let mut claims = Vec::new();
        for (name, listed) in members {
            let values = listed.as_array().unwrap_or_default().iter().map(ClaimValue::from_json);
            let claim = match values.collect::<Option<Vec<_>>>() {
                Some(values) if !values.is_empty() => {
                    RequiredClaim::new(name, values).map_err(|error| error.to_string())
                }
                _ => Err(VALUES.to_owned()),
            };
            match claim {
                Ok(claim) => claims.push(claim),
                Err(message) => {
                    let place = pointer(&pointer(&self.place, "required_claims"), name);
                    self.vars.fault(self.setting, format_args!("at `{place}` {message}"));
                }
            }
        }
        (claims.len() == members.len()).then_some(claims)
    }

    fn subject_prefix(&mut self) -> Option<String> {
        if self.json.get("subject_prefix").is_none() {
            return Some(String::new());
        }
        let prefix = self.text("subject_prefix", None)?;
        if prefix.len() > MAX_PREFIX_BYTES || prefix.chars().any(char::is_control) {
            let message =
                format!("must have up to {MAX_PREFIX_BYTES} bytes, without control characters");
            self.fault("subject_prefix", message);
            return None;
        }
        Some(prefix)
    }

    fn keys(&mut self, expected: Option<&ExpectedToken>) -> Option<KeyOrigin> {
        let first = match self.json.get("jwks").map(|json| (json, expected)) {
            None => None,
            Some((json, expected)) => match KeySet::from_json_for(json, expected?) {
                Ok(set) => Some(Arc::new(set)),
                Err(error) => {
                    self.fault("jwks", format_args!("is no usable key set: {error}"));
                    return None;
                }
            },
        };
        let (url, first) = match (self.json.get("jwks_uri"), first) {
            (None, Some(set)) => return Some(KeyOrigin::Inline(set)),
            (None, None) => {
                let issuer = expected?.issuer().trim_end_matches('/');
                (self.url("issuer", &format!("{issuer}/.well-known/jwks.json"))?, None)
            }
            (Some(_), first) => {
                let address = self.text("jwks_uri", None)?;
                (self.url("jwks_uri", &address)?, first)
            }
        };
        Some(KeyOrigin::Fetched { url, first })
    }

    fn url(&mut self, member: &str, address: &str) -> Option<SecureUrl> {
        address.parse().map_err(|error: SecureUrlError| self.fault(member, error)).ok()
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

const VALUES: &str = "must be an array of one string, number or boolean or more";

const STRINGS: &str = "must be an array of one string or more, none of them empty";
