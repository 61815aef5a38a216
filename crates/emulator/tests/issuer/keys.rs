//! What the issuer publishes, and that its tokens are good by it.

use std::collections::BTreeSet;

use gatepost_core::token::{Claims, ExpectedToken, KeySet, TokenError, TokenUse, UnverifiedToken};
use gatepost_emulator::issuer::{Account, Bearer, OldKeys, SigningKeys, TokenRequest, WEB_CLIENT};
use http::StatusCode;
use serde_json::json;

use crate::world::{ORIGIN, World};

fn token_request(world: &World, account: &str, token_use: TokenUse) -> TokenRequest {
    let account = world.issuer.account(account).unwrap().clone();
    TokenRequest::new(token_use, Bearer::NewSignIn(account), WEB_CLIENT, world.now())
}

/// Verifies as an authorizer does that knows the issuer by its JWKS.
fn verify(world: &World, token: &str) -> Result<Claims, TokenError> {
    let keys = KeySet::parse(world.issuer.jwks().to_string().as_bytes()).unwrap();
    let expected = ExpectedToken::new(ORIGIN, [WEB_CLIENT])
        .unwrap()
        .with_token_use([TokenUse::Access, TokenUse::Id])
        .unwrap();
    let token = UnverifiedToken::parse(token).unwrap();
    let key = keys.get(token.kid()).expect("a published key");
    token.verify(key, &expected, world.now())
}

fn is_published(world: &World, token: &str) -> bool {
    let keys = KeySet::parse(world.issuer.jwks().to_string().as_bytes()).unwrap();
    keys.get(UnverifiedToken::parse(token).unwrap().kid()).is_some()
}

#[tokio::test]
async fn minted_tokens_are_good_by_the_published_keys() {
    let world = World::new();
    for (account, groups) in [("carol", vec!["movies-group", "shows-group"]), ("dave", vec![])] {
        for token_use in [TokenUse::Access, TokenUse::Id] {
            let token = world.issuer.mint(&token_request(&world, account, token_use)).unwrap();
            let claims = verify(&world, &token).unwrap();
            assert_eq!(claims.username(), Some(account));
            assert_eq!(claims.groups(), groups);
            assert_eq!(claims.token_use(), token_use);
            assert!(!claims.is_machine());
        }
    }
}

#[tokio::test]
async fn machine_token_is_good_and_a_machines() {
    let world = World::new();
    let request = TokenRequest {
        bearer: Bearer::Machine,
        ..token_request(&world, "alice", TokenUse::Access)
    };
    let claims = verify(&world, &world.issuer.mint(&request).unwrap()).unwrap();
    assert!(claims.is_machine());
    assert_eq!(claims.sub(), WEB_CLIENT);
}

#[tokio::test]
async fn faulty_tokens_can_be_minted_on_purpose() {
    let world = World::new();
    let cases = [
        (json!({ "iss": "https://evil.example" }), TokenError::IssuerMismatch),
        (json!({ "exp": 1 }), TokenError::Expired),
        (json!({ "client_id": "another" }), TokenError::ClientIdMismatch),
    ];
    for (claims, want) in cases {
        let request = TokenRequest {
            claims: claims.as_object().unwrap().clone(),
            ..token_request(&world, "alice", TokenUse::Access)
        };
        let token = world.issuer.mint(&request).unwrap();
        assert_eq!(verify(&world, &token).unwrap_err(), want);
    }
}

#[tokio::test]
async fn access_and_id_tokens_are_signed_with_different_keys() {
    let world = World::new();
    let kids: BTreeSet<_> = [TokenUse::Access, TokenUse::Id]
        .map(|token_use| world.issuer.mint(&token_request(&world, "alice", token_use)).unwrap())
        .iter()
        .map(|token| UnverifiedToken::parse(token).unwrap().kid().to_owned())
        .collect();
    assert_eq!(kids.len(), 2);
}

#[tokio::test]
async fn rotation_keeps_or_withdraws_the_old_keys() {
    let world = World::new();
    let mint = || world.issuer.mint(&token_request(&world, "alice", TokenUse::Access)).unwrap();

    let first = mint();
    world.issuer.rotate(OldKeys::Published).unwrap();
    let second = mint();
    assert!(verify(&world, &first).is_ok());
    assert!(verify(&world, &second).is_ok());

    world.issuer.rotate(OldKeys::Withdrawn).unwrap();
    let third = mint();
    assert!(!is_published(&world, &first));
    assert!(!is_published(&world, &second));
    assert!(verify(&world, &third).is_ok());
}

#[tokio::test]
async fn tokens_of_another_process_with_the_same_folder_are_good() {
    let folder = tempfile::tempdir().unwrap();
    let [running, minting] =
        [(); 2].map(|()| World::build(SigningKeys::open(folder.path()).unwrap(), |_| {}));
    let request = TokenRequest {
        bearer: Bearer::NewSignIn(Account::new("erin", ["movies-group"])),
        ..token_request(&minting, "alice", TokenUse::Access)
    };
    let token = minting.issuer.mint(&request).unwrap();
    assert_eq!(verify(&running, &token).unwrap().username(), Some("erin"));
}

#[tokio::test]
async fn discovery_document_names_addresses_that_answer() {
    let world = World::new();
    let discovery = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["issuer"], ORIGIN);
    let mut count = 0;
    for (name, address) in discovery.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = address.as_str().unwrap().strip_prefix(ORIGIN).unwrap();
            let status = world.get(path).await.status;
            assert_ne!(status, StatusCode::NOT_FOUND, "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 6);
    assert_eq!(world.get("/.well-known/jwks.json").await.json(), world.issuer.jwks());
}
