//! What documents say to the requests of one route of an API, for every value of its parameters, or
//! to all pages that a pattern names.

use std::collections::BTreeSet;

use super::automaton::{Automaton, Node, OverBudget, Walk};
use super::diff::{Scope, Unknown, method_universe};
use super::language::{Claims, Universe};
use super::outcomes::{Applicable, Goal, Reached};
use super::rules::{Rules, Side, Sides};
use super::witness::{Guard, Witness, WitnessTarget};
use crate::gateway::PathTemplate;
use crate::policy::{Decision, Effect, PolicyDocument, ResourcePattern, Verdict};

const INVOKE: &str = "execute-api:Invoke";
const VIEW_PAGE: &str = "gatepost:ViewPage";

/// The requests of one route.
#[derive(Clone, Copy, Debug)]
pub struct RouteRequests<'a> {
    /// One of [`VERBS`](crate::gateway::VERBS).
    pub verb: &'a str,
    /// Its path.
    pub template: &'a PathTemplate,
    /// The other paths of the API: requests that belong to one of them are not this route's.
    pub others: &'a [&'a PathTemplate],
}

/// What documents say to all requests of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteAccess {
    /// All in all.
    pub decision: RouteDecision,
    /// Whether a Deny denies wherever it is denied; false if it is allowed everywhere.
    pub explicit: bool,
    /// A shortest request that is allowed, if there is any, and rather on no condition than on one.
    pub allowed: Option<RouteExample>,
    /// A shortest request that is denied, likewise.
    pub denied: Option<RouteExample>,
    /// Why it is not known; `None` unless the decision is [`RouteDecision::Unknown`].
    pub unknown: Option<Unknown>,
}

/// The answer to all requests of a route.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RouteDecision {
    /// Every request is allowed.
    Allow,
    /// Whatever the path, a condition or a claim decides.
    Conditional,
    /// No request is allowed.
    Deny,
    /// It depends on the path, or on the API and stage.
    Partial,
    /// It could not be found out.
    Unknown,
}

impl RouteDecision {
    /// `allow`, `conditional`, `deny`, `partial` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Conditional => "conditional",
            Self::Deny => "deny",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }
}

/// A request of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteExample {
    /// The request.
    pub witness: Witness,
    /// What the documents say to it.
    pub verdict: Verdict,
    /// The conditions it depends on, if it does.
    pub when: Option<Guard>,
}

/// Decides every request of `route`.
pub fn route_access(
    documents: &[&PolicyDocument],
    route: &RouteRequests<'_>,
    scope: &Scope,
) -> RouteAccess {
    let sides = Sides { before: &[], after: documents };
    let universe = method_universe(sides, scope);
    access(sides, INVOKE, &universe, scope, |automaton, first| {
        let mut starts = universe.add_route(automaton, route.verb, route.template, first);
        for (number, other) in (first + 1..).zip(route.others) {
            if other.may_win_over(route.template) {
                let (verb, template) = (route.verb, route.template);
                starts.extend(universe.add_route_taken(automaton, verb, template, other, number));
            }
        }
        starts
    })
}

/// Decides every page that `pattern` matches, its claims standing for any text.
pub fn page_access(
    documents: &[&PolicyDocument],
    pattern: &ResourcePattern,
    scope: &Scope,
) -> RouteAccess {
    let sides = Sides { before: &[], after: documents };
    access(sides, VIEW_PAGE, &Universe::Pages, scope, |automaton, first| {
        Universe::Pages.add(automaton, pattern, Claims::Unusable, first)
    })
}

/// Decides every call that `pattern` matches, its claims standing for any text, whatever the routes of
/// the API are. A pattern of pages matches no call.
pub fn method_access(
    documents: &[&PolicyDocument],
    pattern: &ResourcePattern,
    scope: &Scope,
) -> RouteAccess {
    let sides = Sides { before: &[], after: documents };
    let universe = method_universe(sides, scope);
    access(sides, INVOKE, &universe, scope, |automaton, first| {
        universe.add(automaton, pattern, Claims::Unusable, first)
    })
}

/// Decides all texts that `add` adds under the number it is given, and under no number after that.
fn access(
    sides: Sides<'_>,
    action: &'static str,
    universe: &Universe,
    scope: &Scope,
    add: impl FnOnce(&mut Automaton, u32) -> Vec<Node>,
) -> RouteAccess {
    let documents = sides.after;
    let rules = Rules::of(sides, &action.to_ascii_lowercase());
    let mut automaton = Automaton::default();
    let mut starts = rules.add_to(&mut automaton, universe);
    let first = u32::try_from(rules.patterns.len()).unwrap_or(u32::MAX);
    starts.extend(add(&mut automaton, first));
    let mut seen = Seen::of(action);
    let mut known: BTreeSet<BTreeSet<u32>> = BTreeSet::new();
    let start = automaton.start(starts);
    let mut walk = Walk::new(&automaton, start, scope.max_states);
    while let Some((index, state)) = walk.next() {
        if !automaton.alive(&state).any(|number| number == first) {
            continue;
        }
        let accepted: BTreeSet<u32> = automaton.accepted(&state).collect();
        let is_of_route = accepted.range(first..).eq([&first]);
        if is_of_route && known.insert(accepted.clone()) {
            match universe.target(&walk.text(index)) {
                Some(target) => {
                    seen.look_at(&target, &Applicable::new(&rules, &accepted), documents);
                }
                None => seen.unknown = Some(Unknown::Undecided),
            }
        }
        if walk.go_on(index, &state) == Err(OverBudget) {
            seen.unknown = Some(Unknown::OverBudget { max_states: scope.max_states });
            break;
        }
    }
    seen.access()
}

/// What has been seen of a route.
struct Seen {
    action: &'static str,
    allowed: Option<RouteExample>,
    denied: Option<RouteExample>,
    /// Whether there are requests for which nothing allows and nothing denies.
    implicit: bool,
    turns: BTreeSet<Turn>,
    unknown: Option<Unknown>,
}

/// How requests turn out that are alike to all patterns.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Turn {
    Allowed,
    Denied,
    /// As conditions and claims have it.
    Either,
}

impl Seen {
    fn of(action: &'static str) -> Self {
        let (allowed, denied, unknown) = (None, None, None);
        Self { action, allowed, denied, implicit: false, turns: BTreeSet::new(), unknown }
    }

    fn look_at(
        &mut self,
        target: &WitnessTarget,
        applicable: &Applicable<'_, '_>,
        documents: &[&PolicyDocument],
    ) {
        let allows = applicable.of(Side::After, Effect::Allow);
        let denies = applicable.of(Side::After, Effect::Deny);
        let allowing = allows
            .iter()
            .map(|allow| Goal { applying: vec![*allow], not_applying: denies.clone() });
        let denying =
            denies.iter().map(|deny| Goal { applying: vec![*deny], not_applying: Vec::new() });
        let all = [denies.as_slice(), &allows].concat();
        let silent = Goal { applying: Vec::new(), not_applying: all };
        let mut find = |goals: Vec<Goal>, wanted: Decision| {
            self.example(goals, wanted, target, applicable, documents)
        };
        let allowed = find(allowing.collect(), Decision::Allow);
        let explicit = find(denying.collect(), Decision::ExplicitDeny);
        let implicit = find(vec![silent], Decision::ImplicitDeny);
        self.implicit |= implicit.is_some();
        let denied = better(explicit, implicit);
        self.turns.insert(match (&allowed, &denied) {
            (Some(_), None) => Turn::Allowed,
            (None, _) => Turn::Denied,
            (Some(_), Some(_)) => Turn::Either,
        });
        self.allowed = better(self.allowed.take(), allowed);
        self.denied = better(self.denied.take(), denied);
    }

    /// The request for `target` that reaches one of `goals` on the fewest conditions.
    fn example(
        &mut self,
        mut goals: Vec<Goal>,
        wanted: Decision,
        target: &WitnessTarget,
        applicable: &Applicable<'_, '_>,
        documents: &[&PolicyDocument],
    ) -> Option<RouteExample> {
        goals.retain(|goal| applicable.is_consistent(goal));
        goals.sort_by_cached_key(|goal| applicable.conditions_of(goal));
        let (mut doubtful, action) = (false, self.action);
        for goal in &goals {
            let reached = applicable.realise(goal, target.as_target(), |context| {
                let witness = Witness { action, target: target.clone(), context };
                let verdict = witness.decide(documents);
                (verdict.decision == wanted).then_some((witness, verdict))
            });
            match reached {
                Reached::By((witness, verdict), guard) => {
                    let when = (!guard.is_empty()).then_some(guard);
                    return Some(RouteExample { witness, verdict, when });
                }
                Reached::Never => {}
                Reached::Unknown => doubtful = true,
            }
        }
        if doubtful {
            self.unknown = Some(Unknown::Undecided);
        }
        None
    }

    fn access(self) -> RouteAccess {
        let turns: Vec<Turn> = self.turns.iter().copied().collect();
        let decision = match (self.unknown, turns.as_slice()) {
            (Some(_), _) => RouteDecision::Unknown,
            // A route without requests, all of which belong to others, allows nobody anything.
            (None, [] | [Turn::Denied]) => RouteDecision::Deny,
            (None, [Turn::Allowed]) => RouteDecision::Allow,
            (None, [Turn::Either]) => RouteDecision::Conditional,
            (None, [_, _, ..]) => RouteDecision::Partial,
        };
        let explicit = self.denied.is_some() && !self.implicit;
        let Self { allowed, denied, unknown, .. } = self;
        RouteAccess { decision, explicit, allowed, denied, unknown }
    }
}

/// The one that depends on fewer conditions, and of equals the first.
fn better(one: Option<RouteExample>, other: Option<RouteExample>) -> Option<RouteExample> {
    let conditions = |example: &RouteExample| {
        (example.when.as_ref().map_or(0, Guard::len), example.witness.context.iter().count())
    };
    match (one, other) {
        (Some(one), Some(other)) if conditions(&other) < conditions(&one) => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = r#""Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;

    fn access(statements: &[&str], route: &str, others: &[&str]) -> RouteAccess {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let document = PolicyDocument::parse(text.as_bytes()).unwrap();
        let (verb, template) = route.split_once(' ').unwrap();
        let template = template.parse().unwrap();
        let others: Vec<PathTemplate> = others.iter().map(|other| other.parse().unwrap()).collect();
        let others: Vec<&PathTemplate> = others.iter().collect();
        let route = RouteRequests { verb, template: &template, others: &others };
        route_access(&[&document], &route, &Scope::default())
    }

    fn statement(effect: &str, resource: &str, rest: &str) -> String {
        let rest = if rest.is_empty() { String::new() } else { format!(",{rest}") };
        format!(
            r#"{{"Effect":"{effect}","Action":"execute-api:Invoke","Resource":"{resource}"{rest}}}"#
        )
    }

    macro_rules! decides {
        ($($name:ident: [$($effect:ident $resource:literal $rest:expr),*], $route:literal beside [$($other:literal),*] => $want:ident $allowed:expr, $denied:expr;)*) => {$(
            #[test]
            fn $name() {
                let statements = [$(statement(stringify!($effect), $resource, $rest)),*];
                let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
                let found = access(&statements, $route, &[$($other),*]);
                let path = |example: &Option<RouteExample>| {
                    example.as_ref().map(|example| example.witness.to_string())
                };
                let (allowed, denied) = (path(&found.allowed), path(&found.denied));
                let want: (Option<&str>, Option<&str>) = ($allowed, $denied);
                assert_eq!(found.decision, RouteDecision::$want, "{found:?}");
                assert_eq!((allowed.as_deref(), denied.as_deref()), want);
            }
        )*};
    }

    decides! {
        all_of_a_route: [Allow "GET/movies/*" ""], "GET /movies/{id}" beside [] => Allow Some("GET /movies/x"), None;
        none_of_a_route: [Allow "GET/movies" ""], "GET /movies/{id}" beside [] => Deny None, Some("GET /movies/x");
        some_values_of_a_parameter: [Allow "GET/movies/*" "", Deny "GET/movies/secret" ""], "GET /movies/{id}" beside [] => Partial Some("GET /movies/x"), Some("GET /movies/secret");
        a_literal_sibling_is_another_route: [Allow "GET/movies/*" "", Deny "GET/movies/secret" ""], "GET /movies/{id}" beside ["/movies/secret", "/movies"] => Allow Some("GET /movies/x"), None;
        a_literal_sibling_takes_what_is_below_it: [Allow "GET/a/*" "", Deny "GET/a/b/*" ""], "GET /a/{rest+}" beside ["/a/b/c"] => Allow Some("GET /a/"), None;
        a_condition_decides_everywhere: [Allow "GET/movies/*" HOME], "GET /movies/{id}" beside [] => Conditional Some("GET /movies/x"), Some("GET /movies/x");
        a_claim_names_one_of_them: [Allow "GET/users/${token:sub}" ""], "GET /users/{id}" beside [] => Partial Some("GET /users/x"), Some("GET /users/~");
        the_root_has_no_parameters: [Allow "GET/" ""], "GET /" beside ["/{proxy+}"] => Allow Some("GET /"), None;
        an_arn_of_one_stage_is_a_part: [Allow "arn:aws:execute-api:eu:1:a1/prod/*" ""], "GET /a" beside [] => Partial Some("GET /a"), Some("GET /a");
    }

    #[test]
    fn all_calls_of_a_pattern_are_decided() {
        let (movies, secret) =
            (statement("Allow", "GET/movies/*", ""), statement("Deny", "GET/movies/secret", ""));
        let at_home = statement("Allow", "GET/shows/*", HOME);
        for (statements, pattern, want, denied) in [
            (vec![&movies], "GET/movies/*", RouteDecision::Allow, None),
            (
                vec![&movies, &secret],
                "GET/movies/*",
                RouteDecision::Partial,
                Some("GET /movies/secret"),
            ),
            (vec![&movies], "GET/*", RouteDecision::Partial, Some("GET /")),
            (vec![&movies], "DELETE/movies/*", RouteDecision::Deny, Some("DELETE /movies/")),
            (vec![&movies], "GET/movies/7", RouteDecision::Allow, None),
            (vec![&at_home], "GET/shows/7", RouteDecision::Conditional, Some("GET /shows/7")),
            (vec![&movies], "page/movies/*", RouteDecision::Deny, None),
        ] {
            let texts: Vec<&str> = statements.iter().map(|text| text.as_str()).collect();
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","));
            let document = PolicyDocument::parse(text.as_bytes()).unwrap();
            let pattern = ResourcePattern::parse(pattern).unwrap();
            let found = method_access(&[&document], &pattern, &Scope::default());
            assert_eq!(found.decision, want, "{pattern:?}: {found:?}");
            let shown = found.denied.map(|example| example.witness.to_string());
            assert_eq!(shown.as_deref(), denied, "{pattern:?}");
        }
    }

    #[test]
    fn all_pages_of_a_pattern_are_decided() {
        let view = |effect: &str, resource: &str| {
            statement(effect, resource, "").replace("execute-api:Invoke", "gatepost:ViewPage")
        };
        let (app, all) = (view("Allow", "page/app/*"), view("Allow", "*"));
        let (admin, call) = (view("Deny", "page/app/admin/*"), statement("Deny", "*", ""));
        for (statements, pattern, want, denied) in [
            (vec![&app, &call], "page/app/movies/*", RouteDecision::Allow, None),
            (vec![&all], "page/of/${token:sub}", RouteDecision::Allow, None),
            (vec![&app], "page/", RouteDecision::Deny, Some("page /")),
            (vec![&app, &admin], "page/app/admin/*", RouteDecision::Deny, Some("page /app/admin/")),
            (vec![&app, &admin], "page/app/*", RouteDecision::Partial, Some("page /app/admin/")),
            (vec![&call], "page/app/", RouteDecision::Deny, Some("page /app/")),
        ] {
            let statements: Vec<&str> = statements.into_iter().map(String::as_str).collect();
            let text =
                format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
            let document = PolicyDocument::parse(text.as_bytes()).unwrap();
            let pattern = ResourcePattern::parse(pattern).unwrap();
            let found = page_access(&[&document], &pattern, &Scope::default());
            let shown = found.denied.map(|example| example.witness.to_string());
            assert_eq!((found.decision, shown.as_deref()), (want, denied), "{}", pattern.as_str());
        }
    }

    #[test]
    fn a_deny_that_denies_wherever_it_is_denied_is_explicit() {
        let deny = statement("Deny", "GET/a", "");
        assert!(access(&[&deny], "GET /a", &[]).explicit);
        assert!(!access(&[&deny], "GET /{id}", &[]).explicit);
        assert!(!access(&[&statement("Allow", "GET/a", "")], "GET /a", &[]).explicit);
    }
}
