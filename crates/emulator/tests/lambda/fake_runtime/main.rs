//! A Lambda custom runtime that does what its event says. The tests build it with `rustc`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use std::{env, process, thread};

fn main() {
    match env::var("FAKE_INIT").as_deref() {
        Ok("exit") => process::exit(2),
        Ok("error") => {
            send("POST", "init/error", r#"{"errorMessage":"no settings"}"#);
            process::exit(1);
        }
        Ok("hang") => hang(),
        _ => {}
    }
    let mut count = 0;
    loop {
        let (headers, event) = send("GET", "invocation/next", "");
        count += 1;
        let id = header(&headers, "lambda-runtime-aws-request-id");
        let answer = match event.as_str() {
            "count" => count.to_string(),
            "environment" => env::vars().map(|(name, value)| format!("{name}={value}\n")).collect(),
            "print" => {
                println!("to stdout");
                eprintln!("to stderr");
                "printed".to_owned()
            }
            "fail" => {
                let report = r#"{"errorType":"E","errorMessage":"Unauthorized"}"#;
                send("POST", &format!("invocation/{id}/error"), report);
                continue;
            }
            "hang" => hang(),
            "exit" => process::exit(3),
            "answer and exit" => {
                send("POST", &format!("invocation/{id}/response"), "last");
                process::exit(0);
            }
            _ => event,
        };
        send("POST", &format!("invocation/{id}/response"), &answer);
    }
}

fn hang() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

fn send(method: &str, path: &str, body: &str) -> (String, String) {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&api).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {api}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn header(headers: &str, name: &str) -> String {
    let prefix = format!("{name}: ");
    headers.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().to_owned()
}
