//! What a call costs as things grow: groups, statements, issuers, policies that are kept, and callers. In
//! process and without I/O; the token is one that is remembered, so that no signature is in the figures,
//! but for callers who are all new.
//!
//! `cargo bench -p gatepost-authorizer --bench growth`
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

#[expect(clippy::indexing_slicing, reason = "shared with the tests")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gatepost_authorizer::{Authorizer, Config};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use self::support::{CLIENT, ISSUER, MemoryStore, NoFetch, Signer, access_claims, now};

fn name(group: usize) -> String {
    format!("group-{group}")
}

/// Documents of `groups` groups, about routes that no other group has.
fn store(groups: usize, statements: usize) -> MemoryStore {
    let document = |group: usize| {
        let statements: Vec<Value> = (0..statements)
            .map(|index| {
                let path = format!("team-{group}/part-{index}");
                json!({
                    "Sid": format!("Part{index}"), "Effect": "Allow", "Action": "execute-api:Invoke",
                    "Resource": [format!("GET/{path}"), format!("GET/{path}/*"), format!("POST/{path}")],
                })
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    };
    let documents =
        (0..groups).map(|group| (format!("group:{}", name(group)), document(group))).collect();
    MemoryStore { documents, ..MemoryStore::default() }
}

/// Settings with so many issuers, ours the last.
fn config(signer: &Signer, issuers: usize) -> Config {
    let keys = signer.jwks();
    let issuer = |url: String| json!({ "issuer": url, "audience": [CLIENT], "algorithms": ["EdDSA"], "jwks": keys });
    let others = (1..issuers).map(|number| issuer(format!("https://issuer-{number}.example")));
    let all: Vec<Value> = others.chain([issuer(ISSUER.to_owned())]).collect();
    signer.config(&BTreeMap::from(
        [
            ("GATEPOST_ISSUERS", json!(all).to_string()),
            ("GATEPOST_MAX_POLICY_BYTES", "1000000".to_owned()),
            ("GATEPOST_POLICY_TTL_SECONDS", "3600".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    ))
}

fn event(signer: &Signer, caller: usize, groups: impl Iterator<Item = usize>) -> String {
    let groups: Vec<String> = groups.map(name).collect();
    let claims =
        access_claims(&json!({ "sub": format!("caller-{caller}"), "cognito:groups": groups }));
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/team-0/part-0",
        "headers": { "Authorization": format!("Bearer {}", signer.sign(&claims)) },
        "requestContext": { "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef" },
    })
    .to_string()
}

struct World {
    runtime: Runtime,
    signer: Signer,
    authorizer: Authorizer<MemoryStore>,
}

impl World {
    fn new(groups: usize, statements: usize, issuers: usize) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let signer = Signer::new();
        let config = config(&signer, issuers);
        Self {
            authorizer: Authorizer::new(config, store(groups, statements), NoFetch),
            runtime,
            signer,
        }
    }

    fn call(&self, event: &str) -> String {
        self.runtime.block_on(self.authorizer.answer(event.as_bytes(), now())).unwrap()
    }
}

fn growth(criterion: &mut Criterion) {
    let mut bench = |what: &str, count: usize, world: &World, event: &str| {
        criterion.bench_with_input(BenchmarkId::new(what, count), &event, |bencher, event| {
            bencher.iter(|| black_box(world.call(event)));
        });
    };
    for groups in [1, 5, 50, 100] {
        let world = World::new(groups, 2, 1);
        bench("groups of the caller", groups, &world, &event(&world.signer, 0, 0..groups));
    }
    for statements in [1, 10, 100] {
        let world = World::new(5, statements, 1);
        bench("statements of a document", statements, &world, &event(&world.signer, 0, 0..5));
    }
    for issuers in [1, 10, 100] {
        let world = World::new(5, 2, issuers);
        bench("issuers", issuers, &world, &event(&world.signer, 0, 0..5));
    }
    for kept in [1, 100, 900] {
        let world = World::new(50, 2, 1);
        for other in 1..kept {
            // Another pair of groups each time.
            world.call(&event(&world.signer, other, [other % 50, other / 50 + 20].into_iter()));
        }
        bench("policies kept", kept, &world, &event(&world.signer, 0, 0..5));
    }
    let world = World::new(50, 2, 1);
    let mut caller = 0;
    criterion.bench_function("each caller is new, 5 of 50 groups", |bencher| {
        bencher.iter_batched(
            || {
                caller += 1;
                event(&world.signer, caller, (0..5).map(|nth| (caller + nth * 7) % 50))
            },
            |event| black_box(world.call(&event)),
            criterion::BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, growth);
criterion_main!(benches);
