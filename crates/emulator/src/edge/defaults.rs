//! What `GatepostSite` makes of a site where nothing else is said.

use std::collections::BTreeMap;

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::behaviour::Behaviour;
use super::function::KeyValueStore;

/// The file that the construct reads too.
const FILE: &str = include_str!("../../assets/site.json");

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The file's content.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Defaults {
    config: serde_json::Value,
    content_security_policy: Vec<String>,
    permissions_policy: String,
    cache_control: CacheControl,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheControl {
    assets: String,
    pages: String,
}

impl Defaults {
    /// # Errors
    ///
    /// Never, as long as a test reads it.
    pub(super) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(FILE)
    }

    /// What the pages' function is told, with the page keys, by the ids of their session keys.
    pub(super) fn store(&self, page_keys: BTreeMap<String, String>) -> KeyValueStore {
        let keys = page_keys.into_iter().map(|(id, key)| (format!("key:{id}"), key));
        keys.chain([("config".to_owned(), self.config.to_string())]).collect()
    }

    /// Adds to what an origin has answered what the distribution's policies add. Without
    /// Strict-Transport-Security, which is not to be said over plain HTTP (RFC 6797, 7.2).
    pub(super) fn mark(&self, behaviour: Behaviour, response: &mut Response) {
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(X_FRAME_OPTIONS, "DENY");
        set(REFERRER_POLICY, "strict-origin-when-cross-origin");
        if matches!(behaviour, Behaviour::Assets | Behaviour::Pages) {
            set(CONTENT_SECURITY_POLICY, &self.content_security_policy.join("; "));
        }
        match behaviour {
            Behaviour::Assets => set(CACHE_CONTROL, &self.cache_control.assets),
            Behaviour::Pages => {
                set(CACHE_CONTROL, &self.cache_control.pages);
                set(PERMISSIONS_POLICY, &self.permissions_policy);
            }
            Behaviour::Api | Behaviour::Auth => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_told_what_the_construct_tells_it() {
        let keys = BTreeMap::from([("dev".to_owned(), "AQ".to_owned())]);
        let store = Defaults::read().unwrap().store(keys);
        assert_eq!(store["key:dev"], "AQ");
        let config: serde_json::Value = serde_json::from_str(&store["config"]).unwrap();
        assert_eq!(config["login"], "/auth/login");
    }
}
