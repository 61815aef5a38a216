//! Who calls in the soak, and with what tokens.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use gatepost_authorizer::jwks::PAUSE;
use gatepost_emulator::issuer::OldKeys;
use serde_json::json;
use tokio::time::Instant;

use crate::world::World;

/// What is special about a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Expired,
    Good,
    Missing,
    /// Signed before the keys were rotated the last time.
    Old {
        /// Whether its key has left the issuer's set.
        withdrawn: bool,
    },
    Tampered,
    UnknownKey,
}

pub(super) struct Callers {
    /// Good tokens by their groups.
    tokens: HashMap<String, String>,
    old: Option<(String, Vec<String>, bool)>,
    /// When the function last asked for keys, as far as is known, and how often it had.
    fetched: (Instant, usize),
    /// Whether a token of the newest keys has been accepted.
    is_known: bool,
    rotations: usize,
}

impl Callers {
    pub(super) fn new(world: &World) -> Self {
        let fetched = (Instant::now(), world.keys.requests());
        Self { tokens: HashMap::new(), old: None, fetched, is_known: true, rotations: 0 }
    }

    pub(super) fn rotations(&self) -> usize {
        self.rotations
    }

    /// Rotates the issuer's keys when the function may fetch the new ones at once.
    pub(super) async fn rotate_when_due(&mut self, world: &World) {
        let is_first = self.rotations == 0 && self.tokens.len() > 20;
        if !is_first && self.fetched.0.elapsed() < PAUSE + Duration::from_secs(1) {
            return;
        }
        let withdrawn = self.rotations % 2 == 1;
        let old_keys = if withdrawn { OldKeys::Withdrawn } else { OldKeys::Published };
        world.rotate(old_keys).await;
        let old = self.tokens.drain().next();
        self.old = old.map(|(groups, token)| {
            (token, groups.split(',').map(str::to_owned).collect(), withdrawn)
        });
        self.rotations += 1;
        self.is_known = false;
        self.fetched.0 = Instant::now();
    }

    /// What the next caller comes with.
    pub(super) fn kind(&self, random: &mut fastrand::Rng) -> Kind {
        match random.u8(..100) {
            _ if !self.is_known => Kind::Good,
            0..2 => Kind::Expired,
            2..3 => Kind::Missing,
            3..5 => Kind::Tampered,
            // A fetch for it now would put off the one for the next rotation.
            5..7 if self.rotations > 0 && self.fetched.0.elapsed() < PAUSE / 2 => Kind::UnknownKey,
            7..9 => self
                .old
                .as_ref()
                .map_or(Kind::Good, |(_, _, withdrawn)| Kind::Old { withdrawn: *withdrawn }),
            _ => Kind::Good,
        }
    }

    /// A token of this kind for a member of `groups`, which an old one replaces by its own.
    pub(super) fn token(
        &mut self,
        world: &World,
        kind: Kind,
        groups: &mut Vec<String>,
    ) -> Option<String> {
        let names: Vec<&str> = groups.iter().map(String::as_str).collect();
        match kind {
            Kind::Expired => {
                let hours_ago = SystemTime::now() - Duration::from_hours(2);
                Some(world.token_at(hours_ago, &names, json!({})))
            }
            Kind::Good => {
                // They are not to fill the memory of this process.
                if self.tokens.len() > 1_000 {
                    self.tokens.clear();
                }
                let fresh = || world.token(&names, json!({}));
                Some(self.tokens.entry(names.join(",")).or_insert_with(fresh).clone())
            }
            Kind::Missing => None,
            Kind::Old { .. } => {
                let (token, its_groups, _) = self.old.clone()?;
                *groups = its_groups;
                Some(token)
            }
            Kind::Tampered => {
                let (one, other) = (world.token(&names, json!({})), world.alice());
                let (head, _) = one.rsplit_once('.').unwrap();
                Some(format!("{head}.{}", other.rsplit_once('.').unwrap().1))
            }
            Kind::UnknownKey => Some(world.token_of_key("no-such-key")),
        }
    }

    /// Takes in that a call of this kind has been answered.
    pub(super) fn note(&mut self, kind: Kind, world: &World) {
        self.is_known |= kind == Kind::Good;
        let requests = world.keys.requests();
        if requests > self.fetched.1 {
            self.fetched = (Instant::now(), requests);
        }
    }
}
