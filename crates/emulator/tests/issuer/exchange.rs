//! The token endpoint and the revocation endpoint.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use gatepost_emulator::issuer::{MACHINE_CLIENT, MACHINE_SECRET, WEB_CLIENT};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use crate::world::{
    CHALLENGE, Pairs, World, authorization, form_request, redemption, refresh, request, with,
};

fn claims_of(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn machine_form() -> Pairs {
    vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", MACHINE_CLIENT.to_owned()),
        ("client_secret", MACHINE_SECRET.to_owned()),
    ]
}

/// Status and `error` member.
type Refused = (u16, String);

fn refused(status: u16, error: &str) -> Refused {
    (status, error.to_owned())
}

#[tokio::test]
async fn user_gets_an_access_token_an_id_token_and_a_refresh_token() {
    let world = World::new();
    let tokens = world.tokens("carol").await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "openid email");

    let access = claims_of(&tokens["access_token"]);
    assert_eq!(access["username"], "carol");
    assert_eq!(access["client_id"], WEB_CLIENT);
    assert_eq!(access["cognito:groups"], serde_json::json!(["movies-group", "shows-group"]));

    let id = claims_of(&tokens["id_token"]);
    assert_eq!(id["nonce"], "n-once");
    assert_eq!(id["at_hash"].as_str().unwrap().len(), 22);
    for shared in ["sub", "origin_jti", "event_id", "auth_time", "cognito:groups"] {
        assert_eq!(id[shared], access[shared], "{shared}");
    }
}

#[tokio::test]
async fn id_token_comes_with_the_scope_openid_only() {
    let world = World::new();
    let code = world.code("alice", &with(authorization(), "scope", Some("email"))).await;
    let tokens = world.post("/oauth2/token", &redemption(&code)).await.json();
    assert_eq!(tokens.get("id_token"), None);
    assert_eq!(claims_of(&tokens["access_token"])["scope"], "email");
}

#[tokio::test]
async fn code_is_good_for_its_own_request_only_and_spent_by_any_try() {
    const CASES: &[(&str, Option<&str>, &str)] = &[
        ("code_verifier", Some(CHALLENGE), "invalid_grant"),
        ("code_verifier", Some(""), "invalid_grant"),
        ("redirect_uri", Some("http://localhost:5174/callback"), "invalid_grant"),
        ("client_id", Some("second-app"), "invalid_grant"),
    ];
    let world = World::with_second_app();
    for (name, value, want) in CASES {
        let code = world.code("alice", &authorization()).await;
        let reply = world.post("/oauth2/token", &with(redemption(&code), name, *value)).await;
        assert_eq!(reply.refusal(), refused(400, want), "{name}={value:?}");
        let reply = world.post("/oauth2/token", &redemption(&code)).await;
        assert_eq!(reply.refusal(), refused(400, "invalid_grant"), "{name}={value:?}, again");
    }
}

#[tokio::test]
async fn code_is_good_for_five_minutes() {
    let world = World::new();
    let in_time = world.code("alice", &authorization()).await;
    world.pass(Duration::from_secs(299));
    let too_late = world.code("alice", &authorization()).await;
    assert_eq!(world.post("/oauth2/token", &redemption(&in_time)).await.status, StatusCode::OK);
    world.pass(Duration::from_mins(5));
    let reply = world.post("/oauth2/token", &redemption(&too_late)).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn second_use_of_a_code_ends_what_the_first_has_given() {
    let world = World::new();
    let code = world.code("alice", &authorization()).await;
    let tokens = world.post("/oauth2/token", &redemption(&code)).await.json();
    let replay = world.post("/oauth2/token", &redemption(&code)).await;
    assert_eq!(replay.refusal(), refused(400, "invalid_grant"));
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let reply = world.post("/oauth2/token", &refresh(refresh_token)).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn refreshed_tokens_belong_to_the_same_sign_in() {
    let world = World::new();
    let first = world.tokens("alice").await;
    world.pass(Duration::from_hours(2));
    let form = refresh(first["refresh_token"].as_str().unwrap());
    let second = world.post("/oauth2/token", &form).await.json();
    let (before, after) = (claims_of(&first["access_token"]), claims_of(&second["access_token"]));
    for kept in ["sub", "origin_jti", "auth_time", "scope"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["iat"].as_u64().unwrap() - before["iat"].as_u64().unwrap(), 7200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
}

#[tokio::test]
async fn refresh_token_that_turns_up_again_ends_its_family() {
    let world = World::new();
    let first = world.tokens("alice").await;
    let first = first["refresh_token"].as_str().unwrap();
    let second = world.post("/oauth2/token", &refresh(first)).await.json();
    let second = second["refresh_token"].as_str().unwrap();
    let reuse = world.post("/oauth2/token", &refresh(first)).await;
    assert_eq!(reuse.refusal(), refused(400, "invalid_grant"));
    let newest = world.post("/oauth2/token", &refresh(second)).await;
    assert_eq!(newest.refusal(), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn refresh_tokens_end_thirty_days_after_signing_in() {
    let world = World::new();
    let mut token = world.tokens("alice").await["refresh_token"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        world.pass(Duration::from_hours(10 * 24));
        let renewed = world.post("/oauth2/token", &refresh(&token)).await.json();
        token = renewed["refresh_token"].as_str().unwrap().to_owned();
    }
    world.pass(Duration::from_hours(10 * 24));
    let reply = world.post("/oauth2/token", &refresh(&token)).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn another_client_can_neither_use_nor_revoke_a_refresh_token() {
    let world = World::with_second_app();
    let tokens = world.tokens("alice").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let stolen = with(refresh(token), "client_id", Some("second-app"));
    let reply = world.post("/oauth2/token", &stolen).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_grant"));
    let form = vec![("client_id", "second-app".to_owned()), ("token", token.to_owned())];
    assert_eq!(world.post("/oauth2/revoke", &form).await.status, StatusCode::OK);
    assert_eq!(world.post("/oauth2/token", &refresh(token)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn revoked_refresh_token_is_good_no_more() {
    let world = World::new();
    let tokens = world.tokens("alice").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = vec![("client_id", WEB_CLIENT.to_owned()), ("token", token.to_owned())];
    for _ in 0..2 {
        assert_eq!(world.post("/oauth2/revoke", &form).await.status, StatusCode::OK);
    }
    let reply = world.post("/oauth2/token", &refresh(token)).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn access_token_cannot_be_revoked() {
    let world = World::new();
    let token = world.tokens("alice").await["access_token"].as_str().unwrap().to_owned();
    let form = vec![("client_id", WEB_CLIENT.to_owned()), ("token", token)];
    let reply = world.post("/oauth2/revoke", &form).await;
    assert_eq!(reply.refusal(), refused(400, "unsupported_token_type"));
}

#[tokio::test]
async fn machine_gets_a_token_of_its_own() {
    let world = World::new();
    let form = with(machine_form(), "scope", Some("catalogue/read"));
    let tokens = world.post("/oauth2/token", &form).await.json();
    let claims = claims_of(&tokens["access_token"]);
    assert_eq!(claims["sub"], MACHINE_CLIENT);
    assert_eq!(claims["scope"], "catalogue/read");
    assert_eq!(claims.get("username"), None);
    assert_eq!((tokens.get("id_token"), tokens.get("refresh_token")), (None, None));
}

#[tokio::test]
async fn client_authenticates_in_the_header_or_in_the_form() {
    let basic = |id: &str, secret: &str| {
        Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}"))))
    };
    let cases: Vec<(Option<String>, Pairs, Result<(), Refused>)> = vec![
        (basic(MACHINE_CLIENT, MACHINE_SECRET), vec![], Ok(())),
        (
            basic(MACHINE_CLIENT, MACHINE_SECRET),
            vec![("client_id", MACHINE_CLIENT.to_owned())],
            Ok(()),
        ),
        (None, machine_form(), Ok(())),
        (basic(MACHINE_CLIENT, "wrong"), vec![], Err(refused(401, "invalid_client"))),
        (basic("another", MACHINE_SECRET), vec![], Err(refused(401, "invalid_client"))),
        (Some("Basic ???".to_owned()), vec![], Err(refused(401, "invalid_client"))),
        (
            basic(MACHINE_CLIENT, MACHINE_SECRET),
            machine_form(),
            Err(refused(400, "invalid_request")),
        ),
        (
            basic(MACHINE_CLIENT, MACHINE_SECRET),
            vec![("client_id", WEB_CLIENT.to_owned())],
            Err(refused(400, "invalid_request")),
        ),
        (None, with(machine_form(), "client_secret", None), Err(refused(401, "invalid_client"))),
        (
            None,
            with(machine_form(), "client_id", Some(WEB_CLIENT)),
            Err(refused(401, "invalid_client")),
        ),
        (None, vec![], Err(refused(400, "invalid_request"))),
    ];
    let world = World::new();
    for (index, (authorization, form, want)) in cases.into_iter().enumerate() {
        let form = with(form, "grant_type", Some("client_credentials"));
        let mut request = form_request("/oauth2/token", &form);
        if let Some(value) = authorization {
            let value = HeaderValue::from_str(&value).unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let reply = world.send(request).await;
        match want {
            Ok(()) => assert_eq!(reply.status, StatusCode::OK, "case {index}: {}", reply.body),
            Err(refusal) => assert_eq!(reply.refusal(), refusal, "case {index}"),
        }
        assert_eq!(reply.status == 401, reply.headers.contains_key(header::WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn malformed_requests_are_named() {
    let cases: Vec<(Pairs, Refused)> = vec![
        (with(redemption("x"), "grant_type", None), refused(400, "invalid_request")),
        (with(redemption("x"), "code", None), refused(400, "invalid_request")),
        (with(redemption("x"), "code_verifier", None), refused(400, "invalid_request")),
        (with(redemption("x"), "redirect_uri", None), refused(400, "invalid_request")),
        (redemption("x"), refused(400, "invalid_grant")),
        (
            with(redemption("x"), "grant_type", Some("password")),
            refused(400, "unsupported_grant_type"),
        ),
        (
            with(redemption("x"), "grant_type", Some("client_credentials")),
            refused(400, "unauthorized_client"),
        ),
        (with(refresh("x"), "refresh_token", None), refused(400, "invalid_request")),
        (refresh("x"), refused(400, "invalid_grant")),
        (refresh("x.y"), refused(400, "invalid_grant")),
        (
            with(machine_form(), "grant_type", Some("refresh_token")),
            refused(400, "unauthorized_client"),
        ),
        (with(machine_form(), "scope", Some("admin")), refused(400, "invalid_scope")),
        (
            [redemption("x"), vec![("code", "y".to_owned())]].concat(),
            refused(400, "invalid_request"),
        ),
        (with(redemption("x"), "code", Some(&"x".repeat(20_000))), refused(400, "invalid_request")),
    ];
    let world = World::new();
    for (form, want) in cases {
        assert_eq!(world.post("/oauth2/token", &form).await.refusal(), want, "{form:.200?}");
    }
}

#[tokio::test]
async fn user_info_tells_who_signed_in() {
    let world = World::new();
    let tokens = world.tokens("alice").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    for method in [Method::GET, Method::POST] {
        let asked = request(method, "/oauth2/userInfo", &[("authorization", &bearer)]);
        let user = world.send(asked).await.json();
        assert_eq!(user["username"], "alice");
        assert_eq!(user["email"], "alice@example.com");
        assert_eq!(user["sub"], claims_of(&tokens["access_token"])["sub"]);
    }
}

#[tokio::test]
async fn user_info_wants_a_good_access_token_with_the_scope_openid() {
    let world = World::new();
    let tokens = world.tokens("alice").await;
    let machine = world.post("/oauth2/token", &machine_form()).await.json();
    let token = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let access = token(&tokens, "access_token");
    let cases = [
        String::new(),
        access.clone(),
        format!("Basic {access}"),
        format!("Bearer {}", token(&tokens, "id_token")),
        format!("Bearer {}", token(&machine, "access_token")),
        format!("Bearer {access}x"),
    ];
    for authorization in &cases {
        let asked = request(Method::GET, "/oauth2/userInfo", &[("authorization", authorization)]);
        assert_eq!(world.send(asked).await.refusal(), refused(401, "invalid_token"));
    }
    world.pass(Duration::from_hours(1));
    let late = format!("Bearer {access}");
    let asked = request(Method::GET, "/oauth2/userInfo", &[("authorization", &late)]);
    assert_eq!(world.send(asked).await.refusal(), refused(401, "invalid_token"));
}
