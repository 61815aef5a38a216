//! Who can sign in at `gatepost dev`.

use std::collections::BTreeSet;

use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_emulator::issuer::{Account, demo_accounts};

/// The people of the movies and shows example, and before them one more for each group and each user
/// that has a document, if none of these is in it or is it. No two have one name.
pub(super) fn accounts<'a>(subjects: impl Iterator<Item = &'a Subject>) -> Vec<Account> {
    let example = demo_accounts();
    let mut accounts: Vec<Account> =
        subjects.filter_map(|subject| further(subject, &example)).collect();
    accounts.extend(example);
    let mut names = BTreeSet::new();
    accounts.retain(|account| names.insert(account.username.clone()));
    accounts
}

fn further(subject: &Subject, example: &[Account]) -> Option<Account> {
    let name = subject.name();
    match subject.kind() {
        SubjectKind::Group => {
            let has_member = example.iter().any(|one| one.groups.iter().any(|group| group == name));
            (!has_member).then(|| Account::new(format!("{name}-member"), [name]))
        }
        SubjectKind::User => {
            let is_there = example.iter().any(|one| one.sub == name);
            let nobodys = || Account::new(name, Vec::<String>::new());
            (!is_there).then(|| Account { sub: name.to_owned(), ..nobodys() })
        }
        // No person has them.
        SubjectKind::Client | SubjectKind::Scope => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(subjects: &[&str]) -> Vec<Account> {
        let subjects: Vec<Subject> =
            subjects.iter().map(|subject| subject.parse().unwrap()).collect();
        accounts(subjects.iter())
    }

    fn signs_in(subjects: &[&str]) -> Vec<String> {
        let shown = |one: Account| format!("{} {}", one.username, one.groups.join(","));
        people(subjects).into_iter().map(shown).collect()
    }

    const EXAMPLE: [&str; 5] = [
        "alice movies-group",
        "bob shows-group",
        "carol movies-group,shows-group",
        "admin admin-group",
        "dave ",
    ];

    #[test]
    fn the_example_has_its_five_people() {
        let alice = format!("user:{}", Account::new("alice", ["movies-group"]).sub);
        assert_eq!(signs_in(&[]), EXAMPLE);
        assert_eq!(
            signs_in(&["client:c", "group:movies-group", "group:shows-group", "scope:s", &alice]),
            EXAMPLE
        );
    }

    #[test]
    fn every_further_group_and_user_of_the_folder_has_an_account() {
        let own = signs_in(&["group:clerks", "group:shows-group", "user:u-1"]);
        assert_eq!(own[..2], ["clerks-member clerks", "u-1 "]);
        assert_eq!(own[2..], EXAMPLE);
        assert_eq!(people(&["user:u-1"])[0].sub, "u-1");
    }

    #[test]
    fn no_two_accounts_have_one_name() {
        let own = signs_in(&["group:clerks", "user:alice", "user:clerks-member"]);
        assert_eq!(own[..2], ["clerks-member clerks", "alice "]);
        assert_eq!(own[2..], EXAMPLE[1..]);
    }
}
