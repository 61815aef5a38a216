//! What the pages hold, and that nothing else gets into them.

use gatepost_emulator::issuer::{Account, ListedMethod, SettingsError, SigningKeys, demo_accounts};

use crate::world::{World, authorization, encode, with};

#[tokio::test]
async fn start_page_shows_every_account_and_method() {
    let page = World::new().get("/").await;
    for account in demo_accounts() {
        assert!(page.body.contains(&format!("data-username=\"{}\"", account.username)));
    }
    assert!(page.body.contains("no groups"));
    assert!(page.body.contains("value=\"/movies\""));
    assert!(page.body.contains("value=\"/shows/1\""));
    assert!(page.body.contains("data-api-url=\"http://127.0.0.1:3000\""));
}

#[tokio::test]
async fn those_who_are_let_in_later_are_shown_and_those_before_them_are_not() {
    let world = World::new();
    let erin = Account::new("erin", ["clerks"]);
    world.issuer.set_accounts(vec![erin.clone()]).unwrap();
    for path in ["/".to_owned(), format!("/login?{}", encode(&authorization()))] {
        let page = world.get(&path).await.body;
        assert!(page.contains("erin") && !page.contains("alice"), "{path}");
    }
    assert_eq!(world.issuer.account("erin"), Some(erin.clone()));
    assert_eq!(
        world.issuer.set_accounts(vec![erin.clone(), erin.clone()]),
        Err(SettingsError::RepeatedAccount)
    );
    assert_eq!(world.issuer.accounts(), [erin]);
}

#[tokio::test]
async fn start_page_may_call_the_issuer_and_the_api_only() {
    let page = World::new().get("/").await;
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' http://127.0.0.1:3000; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
}

#[tokio::test]
async fn sign_in_form_may_lead_to_the_client_only() {
    let page = World::new().get(&format!("/login?{}", encode(&authorization()))).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http://localhost:5173;"), "{policy}");
    assert!(policy.contains("connect-src 'self';"), "{policy}");
}

#[tokio::test]
async fn pages_have_no_inline_script_or_style() {
    let world = World::new();
    for path in ["/".to_owned(), format!("/login?{}", encode(&authorization()))] {
        let page = world.get(&path).await.body;
        assert!(!page.contains(" style="), "{path}");
        assert!(!page.contains("<style"), "{path}");
        let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
        assert!(!page.split_whitespace().any(is_handler), "{path}");
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches("<script type=\"module\" src=\"/assets/").count());
    }
}

#[tokio::test]
async fn files_that_pages_refer_to_are_there() {
    let world = World::new();
    let page = world.get("/").await.body;
    let mut count = 0;
    for behind in page.split("\"/assets/").skip(1) {
        let (name, _) = behind.split_once('"').unwrap();
        assert_eq!(world.get(&format!("/assets/{name}")).await.status, 200, "{name}");
        count += 1;
    }
    assert_eq!(count, 4);
}

#[tokio::test]
async fn text_of_others_is_shown_and_not_run() {
    const ATTACK: &str = "\"><script>alert(1)</script>";
    let world = World::new();
    for name in ["state", "nonce", "login_hint", "unknown"] {
        let query = with(authorization(), name, Some(ATTACK));
        let page = world.get(&format!("/login?{}", encode(&query))).await;
        assert!(!page.body.contains("<script>"), "{name}");
    }

    let world = World::build(SigningKeys::generate().unwrap(), |settings| {
        settings.accounts = vec![Account::new(ATTACK, [ATTACK])];
        settings.api.methods = vec![ListedMethod {
            verb: ATTACK.to_owned(),
            path: ATTACK.to_owned(),
            is_public: false,
            summary: ATTACK.to_owned(),
        }];
    });
    for path in ["/".to_owned(), format!("/login?{}", encode(&authorization()))] {
        let page = world.get(&path).await.body;
        assert!(page.contains("&lt;script&gt;"), "{path}");
        assert!(!page.contains("<script>"), "{path}");
    }
}
