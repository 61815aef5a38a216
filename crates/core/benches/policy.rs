//! The policy engine at 1, 5, 50 and 100 groups of five statements with three resources each, and
//! decisions with and without an index over 10 to 10,000 such statements.
//!
//! `cargo bench -p gatepost-core --bench policy`
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{
    Access, BoundPolicy, Context, PolicyDocument, PolicyIndex, decide, merge,
};
use serde_json::json;

const GROUPS: [usize; 4] = [1, 5, 50, 100];

/// The document of one group, about routes that no other group has.
fn text(group: usize) -> Vec<u8> {
    let statements: Vec<_> = (0..5)
        .map(|index| {
            let path = format!("team-{group}/part-{index}");
            json!({
                "Sid": format!("Part{index}"),
                "Effect": if index == 4 { "Deny" } else { "Allow" },
                "Action": "execute-api:Invoke",
                "Resource": [format!("GET/{path}"), format!("GET/{path}/*"), format!("POST/{path}")],
            })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string().into_bytes()
}

fn policy(criterion: &mut Criterion) {
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/team-0/part-2/7";
    let method: MethodArn = arn.parse().unwrap();
    let stage = method.stage_arn();
    let context = Context::new();
    for groups in GROUPS {
        let texts: Vec<_> = (0..groups).map(text).collect();
        let parse = || -> Vec<_> {
            texts.iter().map(|text| PolicyDocument::parse(text).unwrap()).collect()
        };
        let documents = parse();
        let mut bench = |name: &str, run: &mut dyn FnMut()| bench(criterion, name, groups, run);
        bench("parse", &mut || {
            black_box(parse());
        });
        bench("merge", &mut || {
            black_box(merge(&documents));
        });
        bench("bind", &mut || {
            black_box(BoundPolicy::build(&documents, stage, &context).unwrap());
        });
        bench("merge, text to text", &mut || {
            black_box(serde_json::to_string(&merge(&parse())).unwrap());
        });
        bench("bind, text to text", &mut || {
            let bound = BoundPolicy::build(&parse(), stage, &context).unwrap();
            black_box(serde_json::to_string(&bound).unwrap());
        });
    }
}

/// Decisions about a method that one statement names.
fn decisions(criterion: &mut Criterion) {
    let context = Context::new();
    for statements in [10, 100, 1_000, 10_000] {
        let groups = statements / 5;
        let documents: Vec<_> =
            (0..groups).map(|group| PolicyDocument::parse(&text(group)).unwrap()).collect();
        let index = PolicyIndex::new(documents.clone());
        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod";
        let method = format!("{stage}/GET/team-{}/part-2/7", groups / 2);
        let method: MethodArn = method.parse().unwrap();
        let access =
            Access { action: "execute-api:Invoke", resource: (&method).into(), context: &context };
        assert_eq!(index.decide(&access), decide(&documents, &access));
        let mut bench = |name: &str, run: &mut dyn FnMut()| bench(criterion, name, statements, run);
        bench("decide", &mut || {
            black_box(decide(&documents, &access));
        });
        bench("decide by index", &mut || {
            black_box(index.decide(&access));
        });
        let mut group = criterion.benchmark_group("build an index");
        group.bench_function(BenchmarkId::from_parameter(statements), |bencher| {
            bencher.iter_batched(|| documents.clone(), PolicyIndex::new, BatchSize::LargeInput);
        });
        group.finish();
    }
}

fn bench(criterion: &mut Criterion, name: &str, size: usize, run: &mut dyn FnMut()) {
    let mut group = criterion.benchmark_group(name);
    group.bench_function(BenchmarkId::from_parameter(size), |bencher| bencher.iter(&mut *run));
    group.finish();
}

criterion_group!(benches, policy, decisions);
criterion_main!(benches);
