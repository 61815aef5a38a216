//! One decision over 10, 100 and 1,000 statements: Gatepost without and with its index, Cedar and
//! Casbin, in the same run and about the same routes.
//!
//! A statement has three routes and every fifth denies. For Cedar it is one policy whose `when`
//! asks for one of three routes, for Casbin three lines matched with `keyMatch`. Each engine has
//! read its policies beforehand and is asked about a route that one statement allows.
//!
//! `cargo bench`
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::fmt::Write;
use std::hint::black_box;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request, RestrictedExpression};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{self, Access, Decision, PolicyDocument, PolicyIndex};

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod";

const CASBIN_MODEL: &str = "
[request_definition]
r = act, obj
[policy_definition]
p = act, obj, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && keyMatch(r.obj, p.obj)
";

fn path(statement: usize) -> String {
    format!("team-{}/part-{}", statement / 5, statement % 5)
}

fn denies(statement: usize) -> bool {
    statement % 5 == 4
}

fn gatepost(statements: usize) -> Vec<PolicyDocument> {
    let group = |first: usize| {
        let statement = |number: usize| {
            let (path, effect) = (path(number), if denies(number) { "Deny" } else { "Allow" });
            format!(
                r#"{{"Effect":"{effect}","Action":"execute-api:Invoke",
                     "Resource":["GET/{path}","GET/{path}/*","POST/{path}"]}}"#
            )
        };
        let list: Vec<String> = (first..first + 5).map(statement).collect();
        PolicyDocument::parse(format!(r#"{{"Statement":[{}]}}"#, list.join(",")).as_bytes())
            .unwrap()
    };
    (0..statements).step_by(5).map(group).collect()
}

fn cedar(statements: usize) -> PolicySet {
    let mut text = String::new();
    for number in 0..statements {
        let (path, effect) = (path(number), if denies(number) { "forbid" } else { "permit" });
        writeln!(
            text,
            r#"{effect}(principal, action == Action::"Invoke", resource) when {{
                 (context.verb == "GET" && (context.path == "{path}" || context.path like "{path}/*"))
                 || (context.verb == "POST" && context.path == "{path}") }};"#
        )
        .unwrap();
    }
    text.parse().unwrap()
}

fn casbin(statements: usize) -> Enforcer {
    let mut lines = Vec::new();
    for number in 0..statements {
        let (path, effect) = (path(number), if denies(number) { "deny" } else { "allow" });
        for (verb, path) in [("GET", path.clone()), ("GET", format!("{path}/*")), ("POST", path)] {
            lines.push(vec![verb.to_owned(), path, effect.to_owned()]);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let model = DefaultModel::from_str(CASBIN_MODEL).await.unwrap();
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
        enforcer.add_policies(lines).await.unwrap();
        enforcer
    })
}

fn decide(criterion: &mut Criterion) {
    for statements in [10, 100, 1_000] {
        let asked = format!("{}/7", path(statements / 2 + 1));
        let mut bench = |name: &str, decide: &dyn Fn() -> bool| {
            assert!(decide(), "{name} does not allow {asked}");
            let mut group = criterion.benchmark_group("decide");
            group.bench_function(BenchmarkId::new(name, statements), |bencher| {
                bencher.iter(|| black_box(decide()));
            });
            group.finish();
        };

        let documents = gatepost(statements);
        let method: MethodArn = format!("{STAGE}/GET/{asked}").parse().unwrap();
        let context = policy::Context::new();
        let access =
            Access { action: "execute-api:Invoke", resource: (&method).into(), context: &context };
        bench("gatepost", &|| policy::decide(&documents, &access).decision == Decision::Allow);
        let index = PolicyIndex::new(documents.clone());
        bench("gatepost by index", &|| index.decide(&access).decision == Decision::Allow);

        let policies = cedar(statements);
        let (authorizer, entities) = (Authorizer::new(), Entities::empty());
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let pairs = [("verb".to_owned(), text("GET")), ("path".to_owned(), text(&asked))];
        let request = Request::new(
            r#"User::"u""#.parse().unwrap(),
            r#"Action::"Invoke""#.parse().unwrap(),
            r#"Api::"a1b2c3d4e5""#.parse().unwrap(),
            Context::from_pairs(pairs).unwrap(),
            None,
        )
        .unwrap();
        bench("cedar", &|| {
            let answer = authorizer.is_authorized(&request, &policies, &entities);
            answer.decision() == cedar_policy::Decision::Allow
        });

        let enforcer = casbin(statements);
        bench("casbin", &|| enforcer.enforce(("GET", asked.as_str())).unwrap());
    }
}

criterion_group!(benches, decide);
criterion_main!(benches);
