//! From the authorization request to the code, and every way it comes to nothing.

use gatepost_emulator::issuer::{Client, MACHINE_CLIENT, WEB_CLIENT};
use http::{HeaderValue, Method, StatusCode};

use crate::world::{CALLBACK, Pairs, World, authorization, encode, form_request, request, with};

fn login(query: &Pairs) -> String {
    format!("/login?{}", encode(query))
}

#[tokio::test]
async fn code_and_state_go_to_the_redirect_address() {
    let world = World::new();
    let page = world.get(&format!("/oauth2/authorize?{}", encode(&authorization()))).await;
    assert_eq!(page.status, StatusCode::OK);
    let query = encode(&authorization()).replace('&', "&amp;");
    assert!(page.body.contains(&format!("action=\"/login?{query}\"")), "{}", page.body);

    let choice = vec![("username", "alice".to_owned())];
    let (address, answer) = world.post(&login(&authorization()), &choice).await.redirect();
    assert_eq!(address, CALLBACK);
    assert_eq!(answer[0].0, "code");
    assert_eq!(answer[0].1.len(), 43);
    assert_eq!(answer[1..], [("state".to_owned(), "s t&te".to_owned())]);
}

#[tokio::test]
async fn answer_is_added_to_the_query_of_a_redirect_address() {
    let uri = "https://app.example.com/callback?tenant=a";
    let world = World::with_clients(vec![Client::web("app", [uri.to_owned()], [])]);
    let query = with(authorization(), "client_id", Some("app"));
    let query = with(query, "redirect_uri", Some(uri));
    let choice = vec![("username", "alice".to_owned())];
    let (address, answer) = world.post(&login(&query), &choice).await.redirect();
    assert_eq!(address, "https://app.example.com/callback");
    assert_eq!(answer[0], ("tenant".to_owned(), "a".to_owned()));
    assert_eq!(answer[1].0, "code");
}

#[tokio::test]
async fn client_is_told_what_is_wrong_with_its_request() {
    const CASES: &[(&str, Option<&str>, &str)] = &[
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code token"), "unsupported_response_type"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some(""), "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        (
            "code_challenge",
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMAAAA"),
            "invalid_request",
        ),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", Some("s256"), "invalid_request"),
        ("scope", Some("openid admin"), "invalid_scope"),
        ("prompt", Some("none"), "login_required"),
    ];
    let world = World::new();
    for (name, value, want) in CASES {
        let query = with(authorization(), name, *value);
        // The same request is judged alike before and after the choice of an account.
        let choice = vec![("username", "alice".to_owned())];
        for reply in [world.get(&login(&query)).await, world.post(&login(&query), &choice).await] {
            let (address, answer) = reply.redirect();
            assert_eq!(address, CALLBACK, "{name}={value:?}");
            assert_eq!(answer[0], ("error".to_owned(), (*want).to_owned()), "{name}={value:?}");
            assert_eq!(answer[2], ("state".to_owned(), "s t&te".to_owned()), "{name}={value:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_registered() {
    const CASES: &[(&str, Option<&str>)] = &[
        ("client_id", None),
        ("client_id", Some("another")),
        ("client_id", Some(MACHINE_CLIENT)),
        ("redirect_uri", None),
        ("redirect_uri", Some("")),
        ("redirect_uri", Some("https://evil.example/callback")),
        ("redirect_uri", Some("http://localhost:5173/callback/../evil")),
        ("redirect_uri", Some("http://localhost:5173@evil.example/callback")),
        ("redirect_uri", Some("http://localhost.evil.example/callback")),
        ("redirect_uri", Some("javascript:alert(1)")),
    ];
    let world = World::new();
    for (name, value) in CASES {
        let query = with(authorization(), name, *value);
        let choice = vec![("username", "alice".to_owned())];
        for reply in [world.get(&login(&query)).await, world.post(&login(&query), &choice).await] {
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}={value:?}");
            assert_eq!(reply.header("location"), "", "{name}={value:?}");
        }
    }
}

#[tokio::test]
async fn parameter_given_twice_is_refused() {
    let world = World::new();
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", login(&authorization()));
    let reply = world.get(&twice).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.header("location"), "");
}

#[tokio::test]
async fn user_may_go_back_without_signing_in() {
    let world = World::new();
    let (address, answer) = world.post(&login(&authorization()), &vec![]).await.redirect();
    assert_eq!(address, CALLBACK);
    assert_eq!(answer[0], ("error".to_owned(), "access_denied".to_owned()));
}

#[tokio::test]
async fn account_that_does_not_exist_cannot_sign_in() {
    let world = World::new();
    let choice = vec![("username", "mallory".to_owned())];
    let reply = world.post(&login(&authorization()), &choice).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn forms_of_other_sites_sign_nobody_in() {
    const CASES: &[(&str, &str, bool)] = &[
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "cross-site", false),
        ("origin", "http://127.0.0.1:4000", true),
        ("origin", "http://127.0.0.1:5000", false),
        ("origin", "https://evil.example", false),
        ("origin", "null", false),
    ];
    let world = World::new();
    for (name, value, accepted) in CASES {
        let choice = vec![("username", "alice".to_owned())];
        let mut request = form_request(&login(&authorization()), &choice);
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
        let want = if *accepted { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(world.send(request).await.status, want, "{name}: {value}");
    }
}

#[tokio::test]
async fn hint_is_followed_only_from_the_start_page() {
    let world = World::new();
    let path = login(&with(authorization(), "login_hint", Some("carol")));

    let own = request(Method::GET, &path, &[("sec-fetch-site", "same-origin")]);
    assert_eq!(world.send(own).await.redirect().0, CALLBACK);

    for site in ["none", "same-site", "cross-site"] {
        let reply = world.send(request(Method::GET, &path, &[("sec-fetch-site", site)])).await;
        assert_eq!(reply.status, StatusCode::OK, "{site}");
        let position = |name: &str| reply.body.find(&format!("value=\"{name}\"")).unwrap();
        assert!(position("carol") < position("alice"), "{site}");
    }
}

#[tokio::test]
async fn signing_out_leads_to_registered_addresses_only() {
    const CASES: &[(&str, &str, bool)] = &[
        (WEB_CLIENT, "http://localhost:5173/", true),
        (WEB_CLIENT, "https://evil.example/", false),
        (WEB_CLIENT, "", false),
        (MACHINE_CLIENT, "http://localhost:5173/", false),
        ("another", "http://localhost:5173/", false),
    ];
    let world = World::new();
    for (client_id, uri, accepted) in CASES {
        let query = vec![("client_id", (*client_id).to_owned()), ("logout_uri", (*uri).to_owned())];
        let reply = world.get(&format!("/logout?{}", encode(&query))).await;
        if *accepted {
            assert_eq!(reply.redirect().0, *uri);
        } else {
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{client_id} {uri}");
        }
    }
}
