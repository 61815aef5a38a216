//! A set of policies that nobody wrote, with every kind of statement, and the same each time.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

const SUBJECTS: usize = 20;
const NOUNS: [&str; 5] = ["orders", "customers", "invoices", "users", "reports"];

/// Numbers that look like chance: a linear congruential generator.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Writes `policies/` with documents of groups and users, routes and tests to a folder.
pub(crate) fn policies() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("policies");
    let mut paths = Map::new();
    let guarded = json!({ "security": [{ "authorizer": [] }], "responses": {} });
    for noun in NOUNS {
        let [all, one, below] = ["", "/{id}", "/{id}/items"].map(|rest| format!("/{noun}{rest}"));
        paths.insert(
            all,
            json!({ "get": guarded, "post": guarded, "options": { "responses": {} } }),
        );
        paths.insert(one, json!({ "get": guarded, "put": guarded, "delete": guarded }));
        paths.insert(below, json!({ "x-amazon-apigateway-any-method": guarded }));
    }
    let authorizer = json!({
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request", "identitySource": "method.request.header.Authorization" },
    });
    let api = json!({
        "openapi": "3.0.1", "info": { "title": "Generated", "version": "1" }, "paths": paths,
        "components": { "securitySchemes": { "authorizer": authorizer } },
    });
    write(&root.join("routes/openapi.yaml"), &api);
    let mut chance = Chance(7);
    for number in 0..SUBJECTS {
        let count = 2 + chance.below(5);
        let statements: Vec<Value> = (0..count).map(|at| statement(at, &mut chance)).collect();
        let kind = if number % 5 == 4 { "users" } else { "groups" };
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        write(&root.join(format!("{kind}/team-{number:02}.json")), &document);
    }
    let requests: Map<String, Value> =
        NOUNS.iter().map(|noun| (format!("GET /{noun}/7"), json!("allow"))).collect();
    let suite = json!({
        "principals": { "one": { "groups": ["team-00"] }, "two": { "groups": ["team-01", "team-02"] } },
        "tests": [{ "principal": "one", "requests": requests },
                  { "principal": "two", "requests": requests }],
    });
    write(&root.join("tests/all.yaml"), &suite);
    folder
}

fn statement(at: usize, chance: &mut Chance) -> Value {
    let (noun, verb) = (*chance.of(&NOUNS), *chance.of(&["GET", "POST", "PUT", "DELETE", "*"]));
    let (effect, resource, condition) = match chance.below(7) {
        0 => ("Deny", format!("DELETE/{noun}/*"), Value::Null),
        1 => ("Allow", format!("{verb}/{noun}/a*"), Value::Null),
        2 => ("Allow", "GET/users/${token:sub}".to_owned(), Value::Null),
        3 => (
            "Allow",
            format!("{verb}/{noun}*"),
            json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
        ),
        4 => ("Allow", format!("page/app/{noun}/*"), Value::Null),
        _ => ("Allow", format!("{verb}/{noun}/*"), Value::Null),
    };
    let action =
        if resource.starts_with("page/") { "gatepost:ViewPage" } else { "execute-api:Invoke" };
    let mut statement = json!({ "Sid": format!("S{at}"), "Effect": effect, "Action": action, "Resource": [resource] });
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    statement
}

fn write(path: &Path, content: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{content:#}\n")).unwrap();
}
