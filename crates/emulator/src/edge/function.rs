//! A CloudFront Function, run in a small engine.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use rquickjs::context::intrinsic;
use rquickjs::promise::MaybePromise;
use rquickjs::{CatchResultExt as _, CaughtError, Context, Ctx, Function, Module, Runtime, Value};

use super::host;

/// The function that lets pages be seen by those whose pass says so, as it is deployed.
const PAGES: &str = include_str!("../../assets/pages.js");

/// What a function finds beside the language: the module `cloudfront`, and globals.
const RUNTIME: &str = include_str!("../../assets/cloudfront-runtime.js");

/// What of the language it has. Generators, proxies and the like are not among it.
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// CloudFront's own, and what the engine needs for itself:
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions>
const MAX_MEMORY_BYTES: usize = 2 * 1024 * 1024 + 1024 * 1024;

/// Far more than CloudFront gives it: what is meant here is a function that does not end.
const MAX_TIME: Duration = Duration::from_secs(2);

/// What a function can ask for: text by name.
pub type KeyValueStore = BTreeMap<String, String>;

/// A function for viewer requests, of the runtime `cloudfront-js-2.0`.
#[derive(Clone, Debug)]
pub struct EdgeFunction {
    code: String,
    max_time: Duration,
}

/// What came of a call.
#[derive(Debug)]
pub struct Run {
    /// What the handler returned, as JSON.
    pub answer: Result<String, FunctionFault>,
    /// What it said by `console.log`, line by line.
    pub log: Vec<String>,
}

impl EdgeFunction {
    /// The function of the pages.
    pub fn pages() -> Self {
        Self::new(PAGES)
    }

    /// A function of this code, which has a `handler(event)`.
    pub fn new(code: &str) -> Self {
        Self { code: format!("{code}\nexport {{ handler }};"), max_time: MAX_TIME }
    }

    /// Calls the handler with `event`, which is JSON, as if it were `now`.
    pub fn call(&self, event: &str, store: &KeyValueStore, now: SystemTime) -> Run {
        let is_over_time = Rc::new(Cell::new(false));
        let log = Rc::new(RefCell::new(Vec::new()));
        let answer = self.run(event, &host::Loan { store, now, log: &log }, &is_over_time);
        // Whatever the code has made of being interrupted.
        let answer = if is_over_time.get() { Err(FunctionFault::NeverEnds) } else { answer };
        Run { answer, log: log.take() }
    }

    fn run(
        &self,
        event: &str,
        loan: &host::Loan<'_>,
        is_over_time: &Rc<Cell<bool>>,
    ) -> Result<String, FunctionFault> {
        let engine = |error: rquickjs::Error| FunctionFault::Threw(error.to_string());
        let runtime = Runtime::new().map_err(engine)?;
        runtime.set_memory_limit(MAX_MEMORY_BYTES);
        let (deadline, flag) = (Instant::now() + self.max_time, Rc::clone(is_over_time));
        runtime.set_interrupt_handler(Some(Box::new(move || {
            flag.set(flag.get() || Instant::now() >= deadline);
            flag.get()
        })));
        let context = Context::custom::<Language>(&runtime).map_err(engine)?;
        context.with(|ctx| {
            let answer = self.run_in(&ctx, event, loan).catch(&ctx);
            answer.map_err(|error| fault(&error))?.ok_or(FunctionFault::NoAnswer)
        })
    }

    fn run_in(
        &self,
        ctx: &Ctx<'_>,
        event: &str,
        loan: &host::Loan<'_>,
    ) -> rquickjs::Result<Option<String>> {
        ctx.globals().set("host", host::object(ctx, loan)?)?;
        let (_, ready) = Module::declare(ctx.clone(), "cloudfront", RUNTIME)?.eval()?;
        ready.finish::<()>()?;
        let (module, ready) = Module::declare(ctx.clone(), "function", &*self.code)?.eval()?;
        ready.finish::<()>()?;
        let handler: Function<'_> = module.get("handler")?;
        let answer: MaybePromise<'_> = handler.call((ctx.json_parse(event)?,))?;
        let answer: Value<'_> = answer.finish()?;
        ctx.json_stringify(answer)?.map(|text| text.to_string()).transpose()
    }
}

fn fault(error: &CaughtError<'_>) -> FunctionFault {
    match error {
        CaughtError::Error(rquickjs::Error::WouldBlock) => FunctionFault::NeverEnds,
        CaughtError::Exception(exception) => {
            FunctionFault::Threw(exception.message().unwrap_or_default())
        }
        CaughtError::Error(error) => FunctionFault::Threw(error.to_string()),
        CaughtError::Value(_) => FunctionFault::Threw("no error, but a value".to_owned()),
    }
}

/// Why a function has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FunctionFault {
    /// It did not return in time, or waits for what never comes.
    #[error("the function does not come to an end")]
    NeverEnds,

    /// It returned nothing, or what JSON does not know.
    #[error("the function returned nothing")]
    NoAnswer,

    /// What it returned is neither a request nor a response.
    #[error("the function returned what is neither a request nor a response: {0}")]
    Nonsense(String),

    /// It threw this, or could not be read.
    #[error("the function threw: {0}")]
    Threw(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: &str) -> Run {
        call(&EdgeFunction::new(code))
    }

    fn call(function: &EdgeFunction) -> Run {
        let store = KeyValueStore::from([("a".to_owned(), "b".to_owned())]);
        function.call(r#"{"request":{"uri":"/"}}"#, &store, SystemTime::UNIX_EPOCH)
    }

    fn answer(code: &str) -> String {
        run(code).answer.unwrap()
    }

    fn threw(code: &str) -> String {
        match run(code).answer {
            Err(FunctionFault::Threw(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_handler_may_wait_for_entries_and_learns_of_those_that_are_not_there() {
        let code = "import cf from 'cloudfront';
            async function handler(event) {
              const a = await cf.kvs().get('a');
              try { const c = await cf.kvs().get('c'); } catch (error) { return [a, error.message, event.request.uri]; }
            }";
        assert_eq!(answer(code), r#"["b","KeyNotFound: c","/"]"#);
        assert_eq!(answer("function handler(event) { return event.request; }"), r#"{"uri":"/"}"#);
    }

    #[test]
    fn buffers_and_digests_are_those_of_node() {
        let code = "const crypto = require('crypto');
            function handler() {
              const hmac = crypto.createHmac('sha256', Buffer.from('a2V5', 'base64url')).update('The quick brown ').update('fox jumps over the lazy dog');
              const bytes = Buffer.from('_-8=trailing', 'base64url');
              return [hmac.digest('base64url'), crypto.createHash('sha256').update('').digest().length, bytes.length, bytes.toString('utf8')];
            }";
        let want = r#"["97yD9DBThCSxMpjmqm-xQ-9NWaFJRhdZl0edvC0aPNg",32,2,"`"]"#
            .replace('`', "\u{fffd}\u{fffd}");
        assert_eq!(answer(code), want);
    }

    #[test]
    fn it_is_now_when_it_is_said_to_be_and_nothing_lasts_from_call_to_call() {
        let code = "let count = 0; function handler() { count += 1; return [count, Date.now()]; }";
        let function = EdgeFunction::new(code);
        for _ in 0..2 {
            let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_780_000_000_250);
            let run = function.call("{}", &KeyValueStore::new(), now);
            assert_eq!(run.answer.unwrap(), "[1,1780000000250]");
        }
    }

    #[test]
    fn what_it_logs_is_heard_also_if_it_fails() {
        let run = run("function handler() { console.log('a', 1); throw new Error('b'); }");
        assert_eq!(run.log, ["a 1"]);
        assert_eq!(run.answer, Err(FunctionFault::Threw("b".to_owned())));
    }

    #[test]
    fn a_function_that_does_not_end_has_no_answer() {
        for code in [
            "function handler() { for (;;); }",
            "async function handler() { for (;;); }",
            "for (;;); function handler() {}",
            "function handler() { try { for (;;); } finally { return {}; } }",
            "async function other() { for (;;); }
             async function handler() { try { await other(); } catch (error) { return {}; } }",
            "async function handler() { await new Promise(() => {}); return {}; }",
            "function handler() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }",
        ] {
            let function =
                EdgeFunction { max_time: Duration::from_millis(50), ..EdgeFunction::new(code) };
            assert_eq!(call(&function).answer, Err(FunctionFault::NeverEnds), "{code}");
        }
    }

    #[test]
    fn a_function_that_fails_has_no_answer() {
        for code in [
            "function handler() { return undefined; }",
            "function handler() { return handler; }",
            "async function handler() {}",
        ] {
            assert_eq!(run(code).answer, Err(FunctionFault::NoAnswer), "{code}");
        }
        let memory = threw(
            "function handler() { const all = []; for (;;) all.push('x'.repeat(1e6) + all.length); }",
        );
        assert!(memory.contains("memory"), "{memory}");
        assert!(threw("function handler() { return fetch; }").contains("fetch"));
        assert!(!threw("function handler(").is_empty());
        assert!(threw("import fs from 'fs'; function handler() {}").contains("fs"));
        assert!(threw("function handler() { return require('fs'); }").contains("fs"));
        assert!(threw("function handler() { return process; }").contains("process"));
        assert!(threw("function handler() { return host; }").contains("host"));
    }
}
