//! What others do to those who sign in.

use std::time::Duration;

use gatepost_core::token::TokenUse;
use gatepost_emulator::issuer::{Account, Bearer, TokenRequest, WEB_CLIENT};
use http::Method;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::browser::{Answered as _, Jar};
use crate::world::{Fault, SECRET_CLIENT, World, csrf};

const LOGIN: &str = "__Host-gatepost-login";
const REFRESH: &str = "__Secure-gatepost-refresh";
const SESSION: &str = "__Host-gatepost";

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    let before = jar.clone();
    assert_eq!(world.get(&mut jar, &back).await.code(), 303);
    let again = world.get(&mut jar, &back).await;
    assert_eq!(again.code(), 400, "the login is over");
    assert_eq!(again.set_cookies(), [""; 0]);
    // Whoever has copied the login cookie meets the provider's own refusal.
    let replayed = world.peek(&before, Method::GET, &back, &[]).await;
    assert_eq!(replayed.code(), 400, "{}", replayed.body());
    assert!(replayed.body().contains("used already"));
    assert!(replayed.set_cookies().iter().all(|cookie| cookie.starts_with(LOGIN)));
}

#[tokio::test]
async fn an_answer_belongs_to_the_browser_that_asked() {
    let world = World::start().await;
    let mut attacker = Jar::default();
    let back = world.come_back(&mut attacker, "bob", "/").await;
    // The victim has no login under way, or another one.
    let mut victim = Jar::default();
    assert_eq!(world.get(&mut victim, &back).await.code(), 400);
    assert!(victim.0.is_empty());
    let own = world.come_back(&mut victim, "alice", "/").await;
    let refused = world.get(&mut victim, &back).await;
    assert_eq!((refused.code(), refused.set_cookies()), (400, vec![]));
    assert_eq!(world.provider.exchanges(), 0, "the code was shown to nobody");
    // And their own is not broken off by that.
    assert_eq!(world.get(&mut victim, &own).await.code(), 303);
}

#[tokio::test]
async fn a_login_that_was_changed_or_is_too_old_is_none() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    let genuine = jar.get(LOGIN).unwrap().to_owned();
    let mut changed = genuine.clone().into_bytes();
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let refresh = world.sign_in("alice").await.get(REFRESH).unwrap().to_owned();
    for value in [
        String::from_utf8(changed).unwrap(),
        genuine.replace("one.", "two."),
        "x".to_owned(),
        refresh,
    ] {
        let mut jar = Jar::default();
        jar.put(LOGIN, &value, "/");
        assert_eq!(world.peek(&jar, Method::GET, &back, &[]).await.code(), 400, "{value}");
    }
    world.pass(Duration::from_mins(10));
    assert_eq!(world.get(&mut jar, &back).await.code(), 400);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_before_its_code_is_shown_to_anyone() {
    let world = World::start().await;
    for iss in ["https://evil.example", "", "x&iss=y"] {
        let mut jar = Jar::default();
        let back = world.come_back(&mut jar, "alice", "/").await;
        let answer = world.get(&mut jar, &format!("{back}&iss={iss}")).await;
        assert_eq!(answer.code(), 400, "{iss}: {}", answer.body());
        assert!(jar.0.is_empty());
    }
    assert_eq!(world.provider.exchanges(), 0);
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    let own = world.provider.origin.replace(':', "%3A");
    assert_eq!(world.get(&mut jar, &format!("{back}&iss={own}")).await.code(), 303);
}

#[tokio::test]
async fn an_issuer_that_always_names_itself_must() {
    let world = World::start().await;
    let mut document = world.issuer.discovery();
    document["authorization_response_iss_parameter_supported"] = true.into();
    let well_known = "/.well-known/openid-configuration";
    world.provider.fail(well_known, Fault::Answer(200, document.to_string()));
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    assert_eq!(world.get(&mut jar, &back).await.code(), 400);
}

#[tokio::test]
async fn cookies_that_were_there_before_are_replaced() {
    let world = World::start().await;
    let theirs = world.sign_in("bob").await;
    let mut jar = theirs.clone();
    let back = world.come_back(&mut jar, "alice", "/").await;
    assert_eq!(world.get(&mut jar, &back).await.code(), 303);
    for name in [SESSION, REFRESH, "__Host-gatepost-pages"] {
        assert_ne!(jar.get(name), theirs.get(name), "{name}");
    }
    assert_eq!(world.get(&mut jar, "/auth/me").await.json()["username"], "alice");
}

/// Another host of the site can set cookies that begin with `__Secure-`, but not the session's.
#[tokio::test]
async fn a_refresh_cookie_of_someone_else_turns_nobody_into_them() {
    let world = World::start().await;
    let attacker = world.sign_in("bob").await;
    let mut victim = world.sign_in("alice").await;
    victim.put(REFRESH, attacker.get(REFRESH).unwrap(), "/auth");
    let answer = world.post(&mut victim, "/auth/refresh").await;
    assert_eq!((answer.code(), answer.json()["error"].as_str()), (401, Some("session_over")));
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(world.get(&mut victim, "/auth/me").await.json()["username"], "alice");
}

#[tokio::test]
async fn nothing_is_changed_without_the_token_of_this_very_session() {
    let world = World::start().await;
    let bob = csrf(&world.sign_in("bob").await);
    let mut jar = world.sign_in("alice").await;
    let own = csrf(&jar);
    let shorter = own.get(1..).unwrap();
    for path in ["/auth/refresh", "/auth/logout"] {
        for token in [None, Some(""), Some("x"), Some(bob.as_str()), Some(shorter)] {
            let header = token.map(|token| ("x-csrf-token", token));
            let headers: Vec<_> = header.into_iter().collect();
            let answer = world.send(&mut jar, Method::POST, path, &headers).await;
            assert_eq!((answer.code(), answer.json()["error"].as_str()), (401, Some("csrf_token")));
        }
        let twice = [("x-csrf-token", own.as_str()), ("x-csrf-token", own.as_str())];
        assert_eq!(world.send(&mut jar, Method::POST, path, &twice).await.code(), 401);
        let nobody = world.send(&mut Jar::default(), Method::POST, path, &twice[..1]).await;
        assert_eq!((nobody.code(), nobody.set_cookies()), (401, vec![]), "{path}");
    }
    assert_eq!(world.provider.exchanges(), 2, "only the two logins");
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_not_accepted() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let issuer = json!({"issuer": world.provider.origin, "client_id": SECRET_CLIENT,
        "client_secret": crate::world::CLIENT_SECRET, "audience": [WEB_CLIENT, SECRET_CLIENT]});
    let other = world.another(&[("GATEPOST_SESSION_ISSUER", &issuer.to_string())]);
    for want in [409, 401] {
        assert_eq!(other.post(&mut jar, "/auth/refresh").await.code(), want);
    }
}

#[derive(Deserialize)]
struct Corpus {
    local: Vec<String>,
    elsewhere: Vec<String>,
}

#[tokio::test]
async fn signing_in_leads_nowhere_else() {
    let world = World::start().await;
    let corpus: Corpus = serde_json::from_str(include_str!("../next.json")).unwrap();
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let cases = corpus.local.iter().map(|text| (text, text.as_str()));
    for (next, want) in cases.chain(corpus.elsewhere.iter().map(|text| (text, "/"))) {
        let mut jar = Jar::default();
        let back = world.come_back(&mut jar, "alice", &encode(next)).await;
        let answer = world.get(&mut jar, &back).await;
        assert_eq!((answer.code(), answer.location()), (303, want), "{next}");
    }
}

#[tokio::test]
async fn no_parameter_gets_into_a_header_or_a_page() {
    let world = World::start().await;
    let mark = "%0d%0aX-Injected:%201%22%3E%3Cscript%3Emark";
    let signed_in = world.sign_in("alice").await;
    let mut jar = Jar::default();
    let state = world.come_back(&mut jar, "alice", "/").await;
    let state = state.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    for target in [
        format!("/auth/login?next={mark}"),
        format!("/auth/login?next=/{mark}&x={mark}"),
        format!("/auth/callback?code={mark}&state={mark}"),
        format!("/auth/callback?code={mark}&state={state}"),
        format!("/auth/callback?error={mark}&error_description={mark}&state={state}"),
        format!("/auth/callback?iss={mark}&code=x&state={state}"),
        format!("/auth/me?x={mark}"),
        format!("/auth/{mark}"),
    ] {
        for jar in [&jar, &signed_in] {
            let answer = world.peek(jar, Method::GET, &target, &[("accept", "text/html")]).await;
            let headers = format!("{:?}", answer.headers()).to_ascii_lowercase();
            assert!(!headers.contains("x-injected"), "{target}: {headers}");
            let body = answer.body();
            assert!(!body.contains("mark") && !body.contains("<script"), "{target}: {body}");
            if answer
                .headers()
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
            {
                let policy = answer.headers()["content-security-policy"].to_str().unwrap();
                // Nothing but the style that the page has.
                let rest = policy.strip_prefix("default-src 'none'; style-src 'sha256-").unwrap();
                assert!(rest.ends_with("='; frame-ancestors 'none'"), "{policy}");
            }
        }
    }
}

/// The answer of a token endpoint with tokens of these claims.
pub(crate) fn answer(world: &World, access: &Value, id: Option<&Value>) -> Fault {
    let mint = |token_use, changes: &Value| {
        let alice = Account::new("alice", ["movies-group"]);
        let mut request =
            TokenRequest::new(token_use, Bearer::NewSignIn(alice), WEB_CLIENT, world.now());
        request.claims = changes.as_object().cloned().unwrap_or_else(Map::new);
        world.issuer.mint(&request).unwrap()
    };
    let mut body = json!({"token_type": "Bearer", "access_token": mint(TokenUse::Access, access)});
    if let Some(id) = id {
        body["id_token"] = mint(TokenUse::Id, id).into();
    }
    Fault::Answer(200, body.to_string())
}

/// Claims of an access token and of an ID token, for a nonce.
type TokensFor<'a> = dyn Fn(&str) -> (Value, Option<Value>) + 'a;

#[tokio::test]
async fn tokens_that_are_not_for_this_login_are_refused() {
    let world = World::start().await;
    let bob = json!("00000000-0000-4000-8000-000000000000");
    // The nonce of the login, where a case needs the right one.
    let good = |nonce: &str| json!({ "nonce": nonce });
    let cases: &[(&str, &TokensFor<'_>)] = &[
        ("no ID token", &|_| (json!({}), None)),
        ("no nonce", &|_| (json!({}), Some(json!({})))),
        ("another nonce", &|_| (json!({}), Some(json!({"nonce": "other"})))),
        ("another audience", &|nonce| (json!({}), Some(json!({"nonce": nonce, "aud": "other"})))),
        ("another client", &|nonce| (json!({"client_id": "other"}), Some(good(nonce)))),
        ("another issuer", &|nonce| (json!({"iss": "https://evil.example"}), Some(good(nonce)))),
        ("an ended token", &|nonce| (json!({"exp": 1}), Some(good(nonce)))),
        ("someone else's", &|nonce| (json!({ "sub": bob }), Some(good(nonce)))),
        ("an ID token as access token", &|nonce| (json!({"token_use": "id"}), Some(good(nonce)))),
    ];
    for (case, tokens) in cases {
        let mut jar = Jar::default();
        let (back, nonce) = back_with_nonce(&world, &mut jar).await;
        let (access, id) = tokens(&nonce);
        world.provider.fail("/oauth2/token", answer(&world, &access, id.as_ref()));
        let answer = world.get(&mut jar, &back).await;
        assert_eq!(answer.code(), 502, "{case}: {}", answer.body());
        assert!(jar.0.is_empty(), "{case}");
    }
    let mut jar = Jar::default();
    let (back, nonce) = back_with_nonce(&world, &mut jar).await;
    world.provider.fail("/oauth2/token", answer(&world, &json!({}), Some(&good(&nonce))));
    assert_eq!(world.get(&mut jar, &back).await.code(), 303, "what is right is accepted");
}

#[tokio::test]
async fn new_tokens_of_someone_else_are_not_taken() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let before = jar.0.clone();
    let other = json!({"sub": "00000000-0000-4000-8000-000000000000"});
    world.provider.fail("/oauth2/token", answer(&world, &other, None));
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 502);
    assert_eq!(jar.0, before);
}

pub(crate) async fn back_with_nonce(world: &World, jar: &mut Jar) -> (String, String) {
    let login = world.get(jar, "/auth/login").await;
    let nonce =
        login.location().split("nonce=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let back = world.provider.choose(login.location(), "alice").await;
    (back.strip_prefix(crate::world::ORIGIN).unwrap().to_owned(), nonce)
}

#[tokio::test]
async fn a_token_that_no_cookie_can_hold_is_refused_with_the_limit() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let (back, nonce) = back_with_nonce(&world, &mut jar).await;
    let groups: Vec<_> = (0..200).map(|index| format!("group-number-{index}")).collect();
    let access = json!({ "cognito:groups": groups });
    world.provider.fail("/oauth2/token", answer(&world, &access, Some(&json!({ "nonce": nonce }))));
    let answer = world.get(&mut jar, &back).await;
    assert_eq!(answer.code(), 500);
    assert!(answer.body().contains("4096"), "{}", answer.body());
    assert!(jar.0.is_empty());
}

#[tokio::test]
async fn oversized_cookies_and_rubbish_are_nobodys() {
    let world = World::start().await;
    let long = "x".repeat(100_000);
    for value in ["", "x", "a.b.c", "=", "%00", &long] {
        let mut jar = Jar::default();
        for (name, path) in [(SESSION, "/"), (REFRESH, "/auth"), ("__Host-gatepost-pages", "/")] {
            jar.put(name, value, path);
        }
        let me = world.get(&mut jar, "/auth/me").await;
        assert_eq!((me.code(), me.json()), (401, json!({"signed_in": false})));
        jar.put(SESSION, if value.is_empty() { "x" } else { value }, "/");
        assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 401);
    }
}
