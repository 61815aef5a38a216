//! The people who can sign in.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Builder;

/// Somebody who can sign in, without a password: this is a stand-in for development.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The name he signs in with, and the `username` claim.
    pub username: String,
    /// The `sub` claim, a UUID.
    pub sub: String,
    /// The `email` claim of ID tokens.
    pub email: String,
    /// The `cognito:groups` claim; with no group the claim is left out, as in Cognito.
    pub groups: Vec<String>,
}

impl Account {
    /// An account whose `sub` and address follow from its name, so that they are the same after
    /// every start and on every machine.
    pub fn new<G: Into<String>>(
        username: impl Into<String>,
        groups: impl IntoIterator<Item = G>,
    ) -> Self {
        let username = username.into();
        Self {
            sub: stable_sub(&username),
            email: format!("{username}@example.com"),
            groups: groups.into_iter().map(Into::into).collect(),
            username,
        }
    }
}

/// The accounts of the movies and shows example.
pub fn demo_accounts() -> Vec<Account> {
    const NO_GROUPS: [&str; 0] = [];
    vec![
        Account::new("alice", ["movies-group"]),
        Account::new("bob", ["shows-group"]),
        Account::new("carol", ["movies-group", "shows-group"]),
        Account::new("admin", ["admin-group"]),
        Account::new("dave", NO_GROUPS),
    ]
}

fn stable_sub(username: &str) -> String {
    let hash = digest(&SHA256, format!("gatepost account {username}").as_bytes());
    let bytes = hash.as_ref().first_chunk().copied().unwrap_or_default();
    Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_follows_from_the_name_alone() {
        let first = Account::new("alice", ["movies-group"]);
        let second = Account::new("alice", ["shows-group"]);
        assert_eq!(first.sub, second.sub);
        assert_ne!(first.sub, Account::new("bob", ["movies-group"]).sub);
    }

    #[test]
    fn sub_of_a_demo_account_never_changes() {
        let subs: Vec<_> = demo_accounts().into_iter().map(|account| account.sub).collect();
        assert_eq!(
            subs,
            [
                "aa8608dc-9e1d-8675-ae49-2b3215b5af2b",
                "b1492726-7d51-868d-8ba5-db444acdcd87",
                "36b9c615-8a4e-8001-8b52-8a772916c3ee",
                "4408b045-673a-813a-8069-5edd875923a1",
                "5955edd0-9480-83ea-8e7e-70505591a2a8",
            ]
        );
    }
}
