//! Who is answered, and who is not: each rule with a request that breaks it and one that does not.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::asking::{Answer, Explorer, example, request};
use crate::program::gatepost;

/// What every answer says.
const ALWAYS: [&str; 6] = [
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
     data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options: nosniff",
    "referrer-policy: no-referrer",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-resource-policy: same-origin",
    "cache-control: no-store",
];

fn assert_headers(answer: &Answer) {
    for header in ALWAYS {
        assert!(answer.head.lines().any(|line| line == header), "{header}: {answer:?}");
    }
    assert!(!answer.head.contains("access-control-"), "{answer:?}");
}

/// Asks with these headers beside the host's.
fn ask(explorer: &Explorer, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let host = explorer.host();
    let own: Vec<(&str, String)> = std::iter::once(("Host", host.to_owned()))
        .chain(headers.iter().map(|(name, value)| (*name, value.replace("OWN", host))))
        .collect();
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = request(host, line, &own, body);
    assert_headers(&answer);
    answer
}

#[test]
fn only_this_host_is_answered() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let host = explorer.host();
    let port = host.rsplit_once(':').unwrap().1;
    for (name, status) in [
        (host.to_owned(), 200),
        (format!("localhost:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        (format!("evil.example:{port}"), 421),
        ("127.0.0.1".to_owned(), 421),
        ("127.0.0.1:1".to_owned(), 421),
        (format!("127.0.0.1.evil.example:{port}"), 421),
        (String::new(), 421),
    ] {
        for path in ["/", "/api/about"] {
            let answer = request(host, &format!("GET {path}"), &[("Host", &name)], "");
            assert_eq!(answer.status, status, "{name}");
            assert_headers(&answer);
        }
    }
    let twice = request(host, "GET /", &[("Host", host), ("Host", "evil.example")], "");
    assert!([400, 421].contains(&twice.status), "{twice:?}");
    let absolute = request(host, "GET http://evil.example/", &[("Host", host)], "");
    assert_eq!(absolute.status, 421);
}

#[test]
fn the_page_of_another_site_is_not_answered() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    for (line, headers, status) in [
        ("GET /api/about", vec![("Sec-Fetch-Site", "same-origin")], 200),
        ("GET /api/about", vec![("Sec-Fetch-Site", "none")], 200),
        ("GET /api/about", vec![("Sec-Fetch-Site", "cross-site")], 403),
        ("GET /api/about", vec![("Sec-Fetch-Site", "same-site")], 403),
        ("GET /api/about", vec![("Sec-Fetch-Site", "anything")], 403),
        ("GET /api/about", vec![("Origin", "http://OWN")], 200),
        ("GET /api/about", vec![("Origin", "https://OWN")], 403),
        ("GET /api/about", vec![("Origin", "http://evil.example")], 403),
        ("GET /api/about", vec![("Origin", "null")], 403),
        // A link to the page is followed, as a whole page only.
        ("GET /", [vec![("Sec-Fetch-Site", "cross-site")], navigation.to_vec()].concat(), 200),
        ("GET /try/a", [vec![("Sec-Fetch-Site", "same-site")], navigation.to_vec()].concat(), 200),
        (
            "GET /src/x.js",
            [vec![("Sec-Fetch-Site", "cross-site")], navigation.to_vec()].concat(),
            403,
        ),
        ("GET /", vec![("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")], 403),
        (
            "GET /",
            vec![
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "iframe"),
            ],
            403,
        ),
        (
            "GET /api/map",
            [vec![("Sec-Fetch-Site", "cross-site")], navigation.to_vec()].concat(),
            403,
        ),
    ] {
        assert_eq!(ask(&explorer, line, &headers, "").status, status, "{line} {headers:?}");
    }
}

#[test]
fn what_a_form_can_send_is_not_taken() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let body = json!({ "groups": [], "method": "GET", "path": "/movies" }).to_string();
    let (json_type, mark) = (("Content-Type", "application/json"), ("X-Gatepost-Explorer", "1"));
    for (headers, status) in [
        (vec![json_type, mark], 200),
        (vec![("Content-Type", "Application/JSON; charset=utf-8"), mark], 200),
        (vec![json_type], 403),
        (vec![json_type, ("X-Gatepost-Explorer", "0")], 403),
        (vec![mark], 415),
        (vec![("Content-Type", "text/plain"), mark], 415),
        (vec![("Content-Type", "application/x-www-form-urlencoded"), mark], 415),
        (vec![json_type, mark, ("Origin", "http://evil.example")], 403),
        (vec![json_type, mark, ("Sec-Fetch-Site", "same-site")], 403),
    ] {
        let answer = ask(&explorer, "POST /api/explain", &headers, &body);
        assert_eq!(answer.status, status, "{headers:?}");
    }
    for method in ["OPTIONS", "DELETE", "PATCH", "TRACE"] {
        let asks = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "PUT")];
        let headers: &[(&str, &str)] = if method == "OPTIONS" { &asks } else { &[] };
        let status = ask(&explorer, &format!("{method} /api/explain"), headers, "").status;
        assert!([403, 405].contains(&status), "{method}: {status}");
    }
    assert_eq!(ask(&explorer, "GET /api/explain", &[], "").status, 405);
    assert_eq!(ask(&explorer, "HEAD /", &[], "").status, 200);
}

#[test]
fn a_body_has_a_limit_and_is_what_it_should_be() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let headers = [("Content-Type", "application/json"), ("X-Gatepost-Explorer", "1")];
    let large = format!("{{\"token\":\"{}\"}}", "x".repeat(6 * 1024 * 1024));
    let answer = ask(&explorer, "POST /api/explain", &headers, &large);
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error"].is_string(), "{answer:?}");
    for (body, field) in [
        ("{", None),
        ("[]", Some(".")),
        (r#"{"groups": "movies-group"}"#, Some("groups")),
        (r#"{"group": []}"#, Some("group")),
        (r#"{"source_ip": "here"}"#, Some("source_ip")),
        (r#"{"drafts": {"group:a": 1}}"#, Some("drafts.group:a")),
        (r#"{"drafts": {"nobody": "{}"}}"#, Some("drafts")),
    ] {
        let answer = ask(&explorer, "POST /api/explain", &headers, body);
        assert_eq!(
            (answer.status, answer.json()["field"].as_str()),
            (400, field),
            "{body}: {answer:?}"
        );
    }
}

/// Whatever is wrong with a request that has a token, the answer does not have it, nor does anything
/// that is printed.
#[test]
fn a_token_is_not_repeated() {
    let folder = example();
    let mut command = gatepost();
    command.args(["explore", "--port", "0"]).current_dir(folder.path()).stdout(Stdio::piped());
    let explorer = Explorer::of(command);
    let headers = [("Content-Type", "application/json"), ("X-Gatepost-Explorer", "1")];
    let secret = "eyJhbGciOiJub25lIn0.eyJzZWNyZXQiOiJ0b3Atc2VjcmV0In0.c2VjcmV0";
    for body in [
        json!({ "token": secret, "method": "GET", "path": "/movies" }).to_string(),
        json!({ "token": format!("{secret}.x"), "method": "GET", "path": "/movies" }).to_string(),
        json!({ "groups": secret, "method": "GET", "path": "/movies" }).to_string(),
        json!({ "source_ip": secret }).to_string(),
        json!({ "token": [secret] }).to_string(),
        json!({ "drafts": secret }).to_string(),
        json!({ "expect": secret }).to_string(),
        json!({ secret.repeat(2): 1 }).to_string(),
        format!("{{\"token\": \"{secret}\""),
        format!("\"{secret}\""),
    ] {
        for path in ["/api/explain", "/api/case"] {
            let answer = ask(&explorer, &format!("POST {path}"), &headers, &body);
            for part in [secret, "top-secret", "eyJzZWNyZXQi"] {
                assert!(!answer.body.contains(part), "{body}: {answer:?}");
            }
        }
    }
}

/// Beyond this machine: at all of its addresses, of which the loopback is one.
#[test]
fn beyond_this_machine_a_key_is_exchanged_once_for_a_cookie() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &["--listen", "0.0.0.0"]);
    let (origin, key) = explorer.url.split_once("/?key=").unwrap();
    let port = origin.rsplit_once(':').unwrap().1;
    let host = format!("127.0.0.1:{port}");
    let get = |path: &str, headers: &[(&str, &str)]| {
        let headers = [&[("Host", host.as_str())], headers].concat();
        let answer = request(&host, &format!("GET {path}"), &headers, "");
        assert_headers(&answer);
        answer
    };
    for path in
        ["/", "/api/about", "/api/map", "/?key=", "/?key=wrong", &format!("/api/about?key={key}")]
    {
        assert_eq!(get(path, &[]).status, 401, "{path}");
    }
    let exchanged = get(&format!("/?key={key}"), &[]);
    assert_eq!(exchanged.status, 303);
    assert!(origin.starts_with("http://127.0.0.1:"), "what can be opened here: {origin}");
    assert!(exchanged.head.lines().any(|line| line == "location: /"), "{exchanged:?}");
    let cookie = exchanged.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.ends_with("; httponly; samesite=strict; path=/"), "{cookie}");
    let again = get(&format!("/?key={key}"), &[]);
    assert_eq!(again.status, 401, "a key is good once");
    assert!(!again.body.contains(key), "{again:?}");
    for name in ["evil.example", "laptop.local"] {
        let answer = request(&host, "GET /", &[("Host", &format!("{name}:{port}"))], "");
        assert_eq!(answer.status, 421, "{name}");
    }
}

/// The head is in small letters above, and a cookie is not: so it is taken from the wire.
#[test]
fn whoever_has_the_cookie_is_answered() {
    use std::io::{Read as _, Write as _};

    let folder = example();
    let explorer = Explorer::start(folder.path(), &["--listen", "0.0.0.0"]);
    let (origin, key) = explorer.url.split_once("/?key=").unwrap();
    let host = format!("127.0.0.1:{}", origin.rsplit_once(':').unwrap().1);
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    write!(stream, "GET /?key={key} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let cookie = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let get = |path: &str, cookie: &str| {
        request(&host, &format!("GET {path}"), &[("Host", &host), ("Cookie", cookie)], "").status
    };
    assert_eq!(get("/", cookie), 200);
    assert_eq!(get("/api/about", &format!("other=1; {cookie}")), 200);
    assert_eq!(get(&format!("/?key={key}"), cookie), 303, "the address is made clean");
    assert_eq!(get("/", &format!("{cookie}x")), 401);
    assert_eq!(get("/", cookie.split_once('=').unwrap().0), 401);
    let (name, _) = cookie.split_once('=').unwrap();
    assert_eq!(get("/", &format!("{name}={key}")), 401, "the key is not the cookie");
}

#[test]
fn what_cannot_be_explored_is_said() {
    let folder = example();
    let ran = |arguments: &[&str]| {
        let mut command: Command = gatepost();
        let output =
            command.arg("explore").args(arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(ran(&["nowhere"]).contains("`nowhere`"));
    assert!(ran(&["policies/groups/movies-group.json"]).contains("is one file"));
    assert!(ran(&["git:HEAD:policies", "--edit"]).contains("`--edit` needs a folder or a table"));
    assert!(ran(&["git:HEAD:policies"]).contains("cannot read"));
}
