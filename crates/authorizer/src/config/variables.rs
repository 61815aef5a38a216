//! Reading variables of a known form, and gathering what is wrong with them.
//!
//! Every method returns a value of its type even where it notes a fault; such a value never gets
//! out, because a configuration with faults is not built.

use std::fmt::{self, Display};
use std::iter;
use std::ops::RangeInclusive;
use std::time::Duration;

use gatepost_core::subject::SubjectKind;
use gatepost_store::TableLayout;

use super::{ConfigFault, ConfigFaults};

/// The variables, and the faults found in them so far. The values are not shown: some are secrets.
pub struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<ConfigFault>,
}

impl<'a> Variables<'a> {
    /// The variables that `variable` reads.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variable, faults: Vec::new() }
    }

    /// Notes what is wrong with `name`; `message` is read after it.
    pub fn fault(&mut self, name: &str, message: impl Display) {
        self.faults.push(ConfigFault { setting: name.to_owned(), message: message.to_string() });
    }

    /// The settings that were read, if they have no fault.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] with every fault.
    pub fn finish<T>(self, settings: T) -> Result<T, ConfigFaults> {
        if self.faults.is_empty() { Ok(settings) } else { Err(ConfigFaults(self.faults)) }
    }

    /// The value as it was set, be it empty.
    pub fn raw(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// The value, if the variable is set. Set and empty is a fault.
    pub fn get(&mut self, name: &str) -> Option<String> {
        let value = self.raw(name)?;
        if value.is_empty() {
            self.fault(name, "is set but empty");
            return None;
        }
        Some(value)
    }

    /// The value of a variable that must be set.
    pub fn required(&mut self, name: &str) -> Option<String> {
        if self.raw(name).is_none() {
            self.fault(name, "is required");
        }
        self.get(name)
    }

    /// A whole number; only digits, so that `+3` and `3 ` are no second spelling.
    pub fn number(
        &mut self,
        name: &str,
        default: u64,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> u64 {
        let Some(text) = self.get(name) else { return default };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && range.contains(&number) => number,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.fault(
                    name,
                    format_args!("must be a whole number of {unit} from {least} to {most}"),
                );
                default
            }
        }
    }

    /// A whole number of seconds.
    pub fn seconds(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(name, default, range, "s"))
    }

    /// `off`, which is the default, or `on`.
    pub fn switch<T: Copy>(&mut self, name: &str, off: T, on: T) -> T {
        self.choice(name, ("off", off), &[("on", on)])
    }

    /// One word of a few.
    pub fn choice<T: Copy>(&mut self, name: &str, default: (&str, T), others: &[(&str, T)]) -> T {
        let Some(text) = self.get(name) else { return default.1 };
        let words = || iter::once(&default).chain(others);
        if let Some((_, value)) = words().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<String> = words().map(|(word, _)| format!("`{word}`")).collect();
        self.fault(name, format_args!("must be {}", words.join(" or ")));
        default.1
    }

    /// Words between commas, spaces around them not counted; none twice, and at least one.
    pub fn list<T: PartialEq>(
        &mut self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Vec<T> {
        let text = self.get(name).unwrap_or_else(|| default.to_owned());
        let mut values = Vec::new();
        for word in text.split(',') {
            match parse(word.trim()) {
                Ok(value) if values.contains(&value) => self.fault(name, "lists something twice"),
                Ok(value) => values.push(value),
                Err(message) => self.fault(name, message),
            }
        }
        values
    }

    /// `GATEPOST_POLICY_TABLE`: the name or the ARN of the table of policy documents.
    pub fn policy_table(&mut self) -> String {
        self.table("GATEPOST_POLICY_TABLE")
    }

    /// The name or the ARN of a table, which must be set.
    pub fn table(&mut self, name: &str) -> String {
        let Some(table) = self.required(name) else { return String::new() };
        let well_formed =
            table.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:/".contains(&byte));
        if !well_formed || !(3..=1_024).contains(&table.len()) {
            self.fault(name, "must be the name or the ARN of a DynamoDB table");
        }
        table
    }

    /// `GATEPOST_SUBJECTS`: the kinds of subject whose documents count.
    pub fn subjects(&mut self) -> Vec<SubjectKind> {
        self.list("GATEPOST_SUBJECTS", "group", |kind| {
            kind.parse().map_err(|_| "may list `client`, `group`, `scope` and `user`")
        })
    }

    /// `GATEPOST_TABLE_LAYOUT`: how that table is laid out.
    pub fn table_layout(&mut self) -> TableLayout {
        self.choice(
            "GATEPOST_TABLE_LAYOUT",
            ("gatepost", TableLayout::Gatepost),
            &[("aws-sample", TableLayout::AwsSample)],
        )
    }
}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").field("faults", &self.faults).finish_non_exhaustive()
    }
}
