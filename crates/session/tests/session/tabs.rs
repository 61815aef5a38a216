//! Several tabs of one browser, which share its cookies and know nothing of each other.

use std::time::Duration;

use http::Method;

use crate::browser::Answered as _;
use crate::world::{World, csrf};

#[tokio::test]
async fn tabs_that_refresh_at_once_get_the_same_and_the_provider_sees_one() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let exchanges = world.provider.exchanges();
    world.pass(Duration::from_mins(59));
    let token = csrf(&jar);
    let headers = [("x-csrf-token", token.as_str())];
    let refresh = || world.peek(&jar, Method::POST, "/auth/refresh", &headers);
    let answers = tokio::join!(refresh(), refresh(), refresh());
    let answers = [answers.0, answers.1, answers.2];
    assert_eq!(world.provider.exchanges(), exchanges + 1);
    for answer in &answers {
        assert_eq!(answer.code(), 200, "{}", answer.body());
    }
    // Whichever comes last, the session goes on.
    for answer in answers.iter().rev() {
        jar.take(answer);
        assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
    }
    let later = world.post(&mut jar, "/auth/refresh").await;
    assert_eq!(later.code(), 200, "{}", later.body());
}

#[tokio::test]
async fn a_tab_that_loses_to_another_instance_tries_again_with_the_new_cookies() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let instance = world.another(&[]);
    let old = jar.clone();
    // The provider counts a second use as an error without ending the session, as in a grace period
    // that is over: a fault stands in for that.
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    let refused = crate::world::Fault::Answer(400, r#"{"error":"invalid_grant"}"#.to_owned());
    world.provider.fail("/oauth2/token", refused);
    let mut loser = old;
    let answer = instance.post(&mut loser, "/auth/refresh").await;
    assert_eq!((answer.code(), answer.set_cookies()), (409, vec![]), "no cookie is taken away");
    world.provider.heal();
    assert_eq!(instance.post(&mut jar, "/auth/refresh").await.code(), 200);
}

#[tokio::test]
async fn a_login_in_each_of_two_tabs_ends_with_the_later_one() {
    let world = World::start().await;
    let mut jar = crate::browser::Jar::default();
    let first = world.come_back(&mut jar, "alice", "/one").await;
    let second = world.come_back(&mut jar, "alice", "/two").await;
    assert_eq!(world.get(&mut jar, &first).await.code(), 400);
    let answer = world.get(&mut jar, &second).await;
    assert_eq!((answer.code(), answer.location()), (303, "/two"));
}

#[tokio::test]
async fn a_tab_that_knows_the_token_of_one_refresh_ago_may_refresh_and_sign_out() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let first = csrf(&jar);
    let post = async |jar: &mut crate::browser::Jar, target: &str, token: &str| {
        world.send(jar, Method::POST, target, &[("x-csrf-token", token)]).await.code()
    };
    assert_eq!(post(&mut jar, "/auth/refresh", &first).await, 200);
    let mut out = jar.clone();
    assert_eq!(post(&mut out, "/auth/logout", &first).await, 200);
    let mut jar = world.sign_in("alice").await;
    let (first, bob) = (csrf(&jar), csrf(&world.sign_in("bob").await));
    assert_eq!(post(&mut jar, "/auth/refresh", &first).await, 200);
    assert_eq!(post(&mut jar, "/auth/refresh", &bob).await, 401);
    assert_eq!(post(&mut jar, "/auth/refresh", &first).await, 200);
    // Two refreshes ago is too long.
    assert_eq!(post(&mut jar, "/auth/refresh", &first).await, 401);
}
