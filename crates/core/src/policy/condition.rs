//! The `Condition` of a statement: operators, keys and values, and whether a request meets them.
//!
//! Every operator and key must be met, and one value of a key is enough; for a negated operator
//! none of the values may match. Source: [condition operators][operators] and [multivalued keys][multi].
//!
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
//! [multi]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html

mod conjunction;
mod date;
mod decimal;
mod negation;
mod operand;
mod operator;
mod standing;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::SystemTime;

pub use self::standing::ClauseStanding;

use self::operand::Operand;
pub(crate) use self::operand::Sample;
use self::operator::{Operator, Quantifier};
use super::context::{Context, folded, scalar};
use super::document::{Fault, Rule};
use crate::json::{At, Json, JsonRef};

/// `aws:CurrentTime`, as the context knows it.
const CURRENT_TIME: &str = "aws:currenttime";

/// What must hold for a statement to apply; an empty condition always does.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Condition {
    // In the order of their text, so that equal conditions are equal.
    clauses: Vec<Clause>,
}

/// A time as the values of `aws:CurrentTime` are written, to the second.
pub(super) fn time_text(time: SystemTime) -> String {
    date::Instant::of(time).to_string()
}

/// One operator on one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Clause {
    operator: Operator,
    key: String,
    // As the context knows it.
    lookup: String,
    values: Vec<String>,
    // INVARIANT: one for each of `values`, read as the operator's comparison wants them.
    operands: Vec<Operand>,
}

impl Condition {
    /// Reads a `Condition` member, adding what is wrong with it to `faults`.
    pub(super) fn parse(json: &JsonRef<'_>, at: &At<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut clauses = Vec::new();
        let Some(operators) = json.as_object() else {
            faults.push(Fault::wrong_type(at, json, "an object of condition operators"));
            return Self::default();
        };
        for (name, keys) in operators {
            let at = At::Member(at, name);
            let operator = match Operator::parse(name) {
                Ok(operator) => operator,
                Err((rule, message)) => {
                    faults.push(Fault::new(at, rule, message));
                    continue;
                }
            };
            let Some(keys) = keys.as_object() else {
                faults.push(Fault::wrong_type(&at, keys, "an object of condition keys"));
                continue;
            };
            let mut seen = std::collections::BTreeSet::new();
            for (key, values) in keys {
                let at = At::Member(&at, key);
                if !seen.insert(folded(key)) {
                    let message = "stands twice in this operator, in another case".to_owned();
                    faults.push(Fault::new(at, Rule::RepeatedConditionKey, message));
                    continue;
                }
                if key.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("token:")) {
                    // API Gateway has no such key: a Deny would never apply, a negated Allow always.
                    let message = "claims can stand in `Resource` only, as in `GET/${token:sub}/*`";
                    faults.push(Fault::new(at, Rule::InvalidConditionKey, message));
                } else if !is_key(key) {
                    let message =
                        "a condition key is written `prefix:name`, such as `aws:SourceIp`";
                    faults.push(Fault::new(at, Rule::InvalidConditionKey, message));
                }
                if let Some((values, operands)) = read_values(operator, values, &at, faults) {
                    let lookup = folded(key);
                    clauses.push(Clause {
                        operator,
                        key: key.clone().into_owned(),
                        lookup,
                        values,
                        operands,
                    });
                }
            }
        }
        clauses.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { clauses }
    }

    /// What is asked, one operator and key at a time; all of it must hold.
    pub(crate) fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Whether `context` meets all of it.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        self.clauses.iter().all(|clause| clause.holds(context.all(&clause.lookup)))
    }

    /// The same condition, and the request comes before `end` too.
    #[must_use]
    pub(super) fn before(mut self, end: SystemTime) -> Self {
        let end = date::Instant::of(end);
        // One value of a key is enough, so a second bound on the same key would widen the first:
        // the tighter of both is what holds of both.
        let bound = |clause: &Clause| {
            clause.operator == Operator::DATE_LESS_THAN && clause.lookup == CURRENT_TIME
        };
        let before =
            self.clauses.iter().find(|clause| bound(clause)).and_then(|clause| {
                clause.operands.iter().filter_map(Operand::as_date).max().cloned()
            });
        self.clauses.retain(|clause| !bound(clause));
        let end = before.into_iter().fold(end, Ord::min);
        self.clauses.push(Clause::on_current_time(Operator::DATE_LESS_THAN, end));
        self.clauses.sort_by(|a, b| a.order().cmp(&b.order()));
        self
    }

    /// That the request does not come before `end`, exactly where [`before`](Self::before) would
    /// not let it pass.
    pub(super) fn not_before(end: SystemTime) -> Self {
        let operator = Operator::FOR_ALL_VALUES_DATE_GREATER_THAN_EQUALS;
        Self { clauses: vec![Clause::on_current_time(operator, date::Instant::of(end))] }
    }

    /// The same condition in canonical form: values sorted and once each.
    pub(crate) fn normalized(&self) -> Cow<'_, Self> {
        let in_order = |clause: &Clause| clause.values.is_sorted_by(|one, next| one < next);
        if self.clauses.iter().all(in_order) {
            return Cow::Borrowed(self);
        }
        let mut clauses = self.clauses.clone();
        for clause in &mut clauses {
            let values = std::mem::take(&mut clause.values);
            let operands = std::mem::take(&mut clause.operands);
            let pairs: BTreeMap<String, Operand> = values.into_iter().zip(operands).collect();
            (clause.values, clause.operands) = pairs.into_iter().unzip();
        }
        Cow::Owned(Self { clauses })
    }

    /// The condition as a JSON object.
    pub fn to_json(&self) -> Json {
        let mut operators: Vec<(String, Vec<(String, Json)>)> = Vec::new();
        for clause in &self.clauses {
            let name = clause.operator.to_string();
            let value = one_or_list(clause.values.iter().cloned().map(Json::String).collect());
            match operators.last_mut() {
                Some((last, keys)) if *last == name => keys.push((clause.key.clone(), value)),
                Some(_) | None => operators.push((name, vec![(clause.key.clone(), value)])),
            }
        }
        Json::Object(operators.into_iter().map(|(name, keys)| (name, Json::Object(keys))).collect())
    }
}

/// By operators, keys and values; only an order that stays the same is asked for.
impl Ord for Condition {
    fn cmp(&self, other: &Self) -> Ordering {
        let [one, two] = [self, other].map(|condition| {
            condition.clauses.iter().map(|clause| (clause.operator, &clause.key, &clause.values))
        });
        one.cmp(two)
    }
}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Clause {
    fn on_current_time(operator: Operator, date: date::Instant) -> Self {
        Self {
            operator,
            key: "aws:CurrentTime".to_owned(),
            lookup: CURRENT_TIME.to_owned(),
            values: vec![date.to_string()],
            operands: vec![Operand::Date(date)],
        }
    }

    fn order(&self) -> (String, &str) {
        (self.operator.to_string(), &self.lookup)
    }

    /// The operator as it is written.
    pub(crate) fn operator_name(&self) -> String {
        self.operator.to_string()
    }

    /// The key as it is written.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The key as requests are asked for it.
    pub(crate) fn lookup(&self) -> &str {
        &self.lookup
    }

    /// What a key that has values must be like for the clause to hold, or not to.
    pub(crate) fn demand(&self, holds: bool) -> Demand {
        let Operator { quantifier, comparison, .. } = self.operator;
        if let [Operand::Missing(missing)] = self.operands.as_slice() {
            return if *missing == holds { Demand::Never } else { Demand::Always };
        }
        let every = match quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => false,
            Quantifier::None => comparison.is_negated(),
        };
        if every == holds { Demand::EveryValue(holds) } else { Demand::SomeValue(holds) }
    }

    /// Whether one value is as the operator wants it.
    pub(crate) fn meets(&self, value: &str) -> bool {
        let comparison = self.operator.comparison;
        let matches = self.operands.iter().any(|operand| operand.matches(comparison, value));
        matches != comparison.is_negated()
    }

    /// Values for which the clause may turn out differently, and the patterns that others follow.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        self.operands.iter().flat_map(Operand::samples)
    }

    /// Whether the values of the key, if the request has it, are as the operator wants them.
    pub(crate) fn holds(&self, values: Option<&[String]>) -> bool {
        let Operator { quantifier, comparison, if_exists } = self.operator;
        if let [Operand::Missing(wanted)] = self.operands.as_slice() {
            return values.is_none() == *wanted;
        }
        let Some(values) = values else {
            return if_exists
                || match quantifier {
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                    Quantifier::None => comparison.is_negated(),
                };
        };
        let meets = |value: &String| self.meets(value);
        match quantifier {
            Quantifier::ForAllValues => values.iter().all(meets),
            // The documentation asks for a quantifier where a key has several values and says
            // nothing of its absence: one match counts, and so spoils a negated operator.
            Quantifier::None if comparison.is_negated() => values.iter().all(meets),
            Quantifier::None | Quantifier::ForAnyValue => values.iter().any(meets),
        }
    }
}

/// What the values of a key must be like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Demand {
    /// Whatever they are, as long as there is one.
    Always,
    /// No value will do: the key must be missing.
    Never,
    /// [`Clause::meets`] must say this of every value.
    EveryValue(bool),
    /// [`Clause::meets`] must say this of at least one value.
    SomeValue(bool),
}

/// One value as it is, several as a list.
pub(super) fn one_or_list(mut values: Vec<Json>) -> Json {
    match values.len() {
        1 => values.remove(0),
        _ => Json::Array(values),
    }
}

/// The values of one key, as texts and as the operator reads them; `None` if any is at fault.
fn read_values(
    operator: Operator,
    json: &JsonRef<'_>,
    at: &At<'_>,
    faults: &mut Vec<Fault>,
) -> Option<(Vec<String>, Vec<Operand>)> {
    let before = faults.len();
    let count = if let JsonRef::Array(elements) = json { elements.len() } else { 1 };
    if count == 0 {
        faults.push(Fault::new(at, Rule::EmptyList, "must hold at least one value"));
    }
    if count > 1 && operator.comparison.takes_one_value() {
        let message = format!("`{operator}` takes one value, `true` or `false`");
        faults.push(Fault::new(at, Rule::MultipleBooleans, message));
    }
    let (mut values, mut operands) = (Vec::with_capacity(count), Vec::with_capacity(count));
    json.each(at, |element, at| {
        let Some(text) = scalar(element) else {
            faults.push(Fault::wrong_type(at, element, "a string, number or boolean"));
            return;
        };
        if text.contains("${") {
            let message = "variables are filled in only in `Resource`";
            faults.push(Fault::new(at, Rule::InvalidVariable, message));
            return;
        }
        match Operand::parse(operator.comparison, &text) {
            Ok(operand) => {
                values.push(text);
                operands.push(operand);
            }
            Err(wanted) => {
                let message = format!("`{operator}` needs {wanted}");
                faults.push(Fault::new(at, Rule::InvalidConditionValue, message));
            }
        }
    });
    (faults.len() == before).then_some((values, operands))
}

fn is_key(key: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@=+".contains(&byte);
    key.split_once(':').is_some_and(|(prefix, name)| {
        !prefix.is_empty() && !name.is_empty() && key.bytes().all(word)
    })
}
