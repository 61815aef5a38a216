//! An event as a line of JSON: `timestamp`, `level`, the event's own fields, `target`.
//!
//! The subscriber's own JSON format writes the same, but hands its text on in some hundred and forty
//! pieces and has each of them looked at again. A line is written for every call.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// What a line of the decision log takes, or more: so that it is written without moving.
const ROOM: usize = 1_024;

/// The format of the log.
#[derive(Clone, Copy, Debug)]
pub struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::with_capacity(32);
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut members = Members(Vec::with_capacity(ROOM));
        members.put("timestamp", &time);
        members.put("level", event.metadata().level().as_str());
        event.record(&mut members);
        members.put("target", event.metadata().target());
        let text = str::from_utf8(&members.0).map_err(|_| fmt::Error)?;
        writeln!(writer, "{{{text}}}")
    }
}

/// The members of an object, as text.
struct Members(Vec<u8>);

impl Members {
    fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        // Texts and numbers can be written, and memory takes them.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
    }
}

impl Visit for Members {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field.name(), &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn fields_stand_in_one_object_as_json_writes_them() {
        let written = Written::default();
        let to = written.clone();
        let layer =
            tracing_subscriber::fmt::layer().event_format(JsonLine).with_writer(move || to.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let error = io::Error::other("no \"table\"");
            let absent: Option<&str> = None;
            tracing::warn!(
                %error,
                absent,
                cause = &error as &(dyn Error + 'static),
                count = 3_u64,
                change = -1_i64,
                share = 0.5,
                yes = true,
                "two\nlines"
            );
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line: Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
        let mut line = line.as_object().unwrap().clone();
        let time = line.remove("timestamp").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        let want = json!({
            "level": "WARN",
            "message": "two\nlines",
            "error": "no \"table\"",
            "cause": "no \"table\"",
            "count": 3,
            "change": -1,
            "share": 0.5,
            "yes": true,
            "target": module_path!(),
        });
        assert_eq!(Value::Object(line), want);
        assert!(text.starts_with("{\"timestamp\":\"2"), "{text}");
        assert_eq!(text.matches('\n').count(), 1, "{text}");
    }
}
