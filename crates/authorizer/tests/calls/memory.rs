//! An authorizer that has answered before answers as a new one does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use gatepost_authorizer::Authorizer;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use gatepost_store::{PolicyStore, Rows, StoreError, StoredPolicy};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{NOW, NoFetch, Signer, access_claims, document, now};

/// A table that a test can change, with rows that stay the same documents until it does.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<BTreeMap<String, StoredPolicy>>>);

impl Table {
    fn put(&self, group: &str, resources: &Value) {
        let subject: Subject = format!("group:{group}").parse().unwrap();
        let document = document(&json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources },
            { "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "DELETE/*" },
        ] }));
        let policy = StoredPolicy::new(subject.clone(), 1, document);
        self.0.lock().unwrap().insert(subject.to_string(), policy);
    }
}

impl PolicyStore for Table {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        _revocables: &[Revocable],
        _deadline: Instant,
    ) -> Result<Rows, StoreError> {
        let rows = self.0.lock().unwrap();
        let policies =
            subjects.iter().filter_map(|subject| rows.get(&subject.to_string()).cloned());
        Ok(Rows { policies: policies.collect(), ..Rows::default() })
    }
}

fn event(token: &str, method: &str) -> String {
    json!({
        "type": "REQUEST",
        "methodArn": format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/{method}"),
        "headers": { "Authorization": format!("Bearer {token}") },
    })
    .to_string()
}

#[tokio::test]
async fn whatever_was_asked_before_an_answer_is_that_of_a_new_authorizer() {
    let signer = Signer::new();
    let people = [
        json!({}),
        json!({ "sub": "someone-else" }),
        json!({ "exp": NOW + 900 }),
        json!({ "cognito:groups": ["movies-group", "shows-group"] }),
        json!({ "cognito:groups": ["shows-group"], "sub": "someone-else" }),
        json!({ "cognito:groups": ["nobody"] }),
    ];
    let methods = ["prod/GET/movies", "prod/GET/users/8a7d/list", "test/GET/movies"];
    let settings: [&[(&str, &str)]; 4] = [
        &[],
        &[("GATEPOST_SCOPE", "method")],
        &[("GATEPOST_EXPIRY_CONDITION", "on")],
        &[("GATEPOST_IMPLICIT_DENY", "explicit")],
    ];
    for settings in settings {
        let mut settings = settings.to_vec();
        settings.push(("GATEPOST_POLICY_TTL_SECONDS", "0"));
        let table = Table::default();
        let build = || {
            let vars =
                settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Authorizer::new(signer.config(&vars.collect()), table.clone(), NoFetch)
        };
        let old = build();
        let mut different = BTreeSet::new();
        for (movies, shows) in [
            (json!(["GET/movies", "GET/users/${token:sub}/*"]), json!("GET/shows")),
            (json!(["GET/movies", "GET/users/${token:sub}/*"]), json!("*/*")),
            (json!("POST/movies"), json!("*/*")),
        ] {
            table.put("movies-group", &movies);
            table.put("shows-group", &shows);
            for (changes, method) in
                people.iter().flat_map(|one| methods.map(|method| (one, method)))
            {
                let event = event(&signer.sign(&access_claims(changes)), method);
                let want = build().answer(event.as_bytes(), now()).await.unwrap();
                for _ in 0..2 {
                    let got = old.answer(event.as_bytes(), now()).await.unwrap();
                    assert_eq!(got, want, "{settings:?} {changes} {method}");
                }
                different.insert(want);
            }
        }
        // Were all of them alike, nothing would have been shown.
        assert!(different.len() >= 12, "{} {settings:?}", different.len());
    }
}
