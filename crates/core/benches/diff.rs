//! The exact difference of a hundred groups at once, and of patterns made to be hard.
//!
//! `cargo bench -p gatepost-core --bench diff`
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]
#![expect(clippy::indexing_slicing, reason = "as in a test")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gatepost_core::analysis::{Scope, diff};
use gatepost_core::policy::PolicyDocument;
use serde_json::{Value, json};

const GROUPS: usize = 100;
const STATEMENTS: usize = 20;

fn document(statements: &[Value]) -> PolicyDocument {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    PolicyDocument::parse(text.as_bytes()).unwrap()
}

/// One group's statements, three resources each, every fifth a Deny, every seventh on a condition.
fn statements(group: usize) -> Vec<Value> {
    let statement = |index: usize| {
        let path = format!("team-{group}/part-{index}");
        let mut statement = json!({
            "Effect": if index % 5 == 4 { "Deny" } else { "Allow" },
            "Action": "execute-api:Invoke",
            "Resource": [format!("GET/{path}"), format!("GET/{path}/*"), format!("*/{path}/own")],
        });
        if index % 7 == 6 {
            statement["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
        }
        statement
    };
    (0..STATEMENTS).map(statement).collect()
}

fn statement(resources: &[String]) -> Value {
    json!({ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources })
}

fn differences(criterion: &mut Criterion) {
    let scope = Scope::default();
    let before: Vec<_> = (0..GROUPS).map(|group| document(&statements(group))).collect();
    let edited = |edit: &dyn Fn(usize, &mut Vec<Value>)| -> Vec<PolicyDocument> {
        let document = |group| {
            let mut statements = statements(group);
            edit(group, &mut statements);
            document(&statements)
        };
        (0..GROUPS).map(document).collect()
    };
    let one_star = edited(&|group, statements| {
        if let Some(statement) = statements.get_mut(group % STATEMENTS) {
            statement["Resource"][1] = json!(format!("*/team-{group}/part-*"));
        }
    });
    let all_new = edited(&|group, statements| {
        *statements = self::statements(group + GROUPS);
    });
    let mut group = criterion.benchmark_group("diff of 100 documents");
    for (name, after) in [("equal", &before), ("a star in each", &one_star), ("all new", &all_new)]
    {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for (before, after) in before.iter().zip(after) {
                    black_box(diff(&[before], &[after], &scope));
                }
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("diff of hard patterns");
    for count in [6, 10] {
        let substrings: Vec<String> =
            ('a'..='z').take(count).map(|letter| format!("GET/*{letter}*")).collect();
        let sides =
            [document(&[statement(&substrings)]), document(&[statement(&["GET/*".into()])])];
        group.bench_function(BenchmarkId::new("substrings", count), |bencher| {
            bencher.iter(|| black_box(diff(&[&sides[0]], &[&sides[1]], &scope)));
        });
        let tail = format!("GET/*a{}", "?".repeat(count));
        let sides = [document(&[statement(&[tail])]), document(&[statement(&["GET/*a*".into()])])];
        group.bench_function(BenchmarkId::new("a letter from the end", count), |bencher| {
            bencher.iter(|| black_box(diff(&[&sides[0]], &[&sides[1]], &scope)));
        });
    }
    group.finish();
}

criterion_group!(benches, differences);
criterion_main!(benches);
