//! Texts that several patterns match at once: a nondeterministic automaton of all of them, walked
//! breadth first, so that the first text found is a shortest one.
//!
//! A pattern is a chain of nodes. A state is the set of nodes that a text can have led to, in the
//! order of their numbers; equal states are one, so that the walk ends. From each state it goes on
//! with the letters that some node there asks for by name, and with one letter of each kind that
//! nodes there tell apart (`/` from the rest where a node takes no slash): every other letter leads
//! where one of these does, so that nothing is missed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// A set of letters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Letters {
    /// Every one.
    All,
    /// Those of a claim that may be filled in: letters, digits and `_.@+=-`.
    Claim,
    /// Those of a field of an ARN, and of the name of a stage: letters, digits, `-` and `_`.
    Name,
    /// All but `:`.
    NoColon,
    /// All but `/`.
    NoSlash,
}

impl Letters {
    pub(super) fn contains(self, letter: char) -> bool {
        match self {
            Self::All => true,
            Self::Claim => letter.is_ascii_alphanumeric() || "_.@+=-".contains(letter),
            Self::Name => letter.is_ascii_alphanumeric() || letter == '-' || letter == '_',
            Self::NoColon => letter != ':',
            Self::NoSlash => letter != '/',
        }
    }
}

/// What a node does with the next letter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Step {
    /// The text may end here: the pattern of that number matches it.
    Accept(u32),
    /// Takes that letter.
    Letter(char, Node),
    /// Takes one of these letters.
    One(Letters, Node),
    /// Takes any number of these letters, none too.
    Run(Letters, Node),
}

/// A node's number.
pub(super) type Node = u32;

/// A set of nodes, in their order and once each.
pub(super) type State = Rc<[Node]>;

/// The nodes of all patterns.
#[derive(Debug, Default)]
pub(super) struct Automaton {
    steps: Vec<Step>,
    // INVARIANT: as long as `steps`: which pattern a node belongs to.
    owners: Vec<u32>,
    // The nodes of the pattern that is being built, so that its equal ends are shared.
    known: HashMap<Step, Node>,
}

impl Automaton {
    /// Begins the pattern of that number; returns the node where it matches.
    pub(super) fn begin(&mut self, pattern: u32) -> Node {
        self.known.clear();
        self.add(Step::Accept(pattern), pattern)
    }

    /// Puts one of `letters` before what `next` begins.
    pub(super) fn one(&mut self, letters: Letters, next: Node) -> Node {
        self.add(Step::One(letters, next), self.owner(next))
    }

    /// Puts any number of `letters` before what `next` begins.
    pub(super) fn run(&mut self, letters: Letters, next: Node) -> Node {
        self.add(Step::Run(letters, next), self.owner(next))
    }

    /// Puts at least one of `letters` before what `next` begins.
    pub(super) fn some(&mut self, letters: Letters, next: Node) -> Node {
        let run = self.run(letters, next);
        self.one(letters, run)
    }

    /// Puts `text` before what `next` begins, each letter itself.
    pub(super) fn text(&mut self, text: &str, next: Node) -> Node {
        text.chars()
            .rev()
            .fold(next, |next, letter| self.add(Step::Letter(letter, next), self.owner(next)))
    }

    /// Puts `glob` before what `next` begins, its wildcards standing for `letters`.
    pub(super) fn glob(&mut self, glob: &str, letters: Letters, next: Node) -> Node {
        glob.chars().rev().fold(next, |next, letter| match letter {
            '*' => self.run(letters, next),
            '?' => self.one(letters, next),
            _ => self.add(Step::Letter(letter, next), self.owner(next)),
        })
    }

    /// The state before the first letter, where the patterns begin at `starts`.
    pub(super) fn start(&self, starts: impl IntoIterator<Item = Node>) -> State {
        let mut nodes = Vec::new();
        for start in starts {
            self.enter(start, &mut nodes);
        }
        canonical(nodes)
    }

    /// The state after `letter`.
    pub(super) fn after(&self, state: &[Node], letter: char) -> State {
        let mut nodes = Vec::with_capacity(state.len() + 1);
        for &node in state {
            match self.step(node) {
                Step::Letter(wanted, next) if wanted == letter => self.enter(next, &mut nodes),
                Step::One(letters, next) if letters.contains(letter) => {
                    self.enter(next, &mut nodes);
                }
                Step::Run(letters, _) if letters.contains(letter) => self.enter(node, &mut nodes),
                Step::Accept(_) | Step::Letter(..) | Step::One(..) | Step::Run(..) => {}
            }
        }
        canonical(nodes)
    }

    /// The state after all of `text`.
    pub(super) fn after_text(&self, state: State, text: &str) -> State {
        text.chars().fold(state, |state, letter| self.after(&state, letter))
    }

    /// The numbers of the patterns that match a text that has led to `state`.
    pub(super) fn accepted<'a>(&'a self, state: &'a [Node]) -> impl Iterator<Item = u32> + 'a {
        state.iter().filter_map(|&node| match self.step(node) {
            Step::Accept(pattern) => Some(pattern),
            Step::Letter(..) | Step::One(..) | Step::Run(..) => None,
        })
    }

    /// The numbers of the patterns that still match something that begins as the text has that led
    /// to `state`, perhaps more than once each.
    pub(super) fn alive<'a>(&'a self, state: &'a [Node]) -> impl Iterator<Item = u32> + 'a {
        state.iter().map(|&node| self.owner(node))
    }

    /// Letters of which one leads wherever any letter leads from `state`.
    pub(super) fn letters(&self, state: &[Node]) -> Vec<char> {
        let mut named = Vec::with_capacity(state.len());
        let mut kinds = Vec::new();
        for &node in state {
            match self.step(node) {
                Step::Letter(letter, _) => named.push(letter),
                Step::One(letters, _) | Step::Run(letters, _) => {
                    if !kinds.contains(&letters) {
                        kinds.push(letters);
                    }
                }
                Step::Accept(_) => {}
            }
        }
        named.sort_unstable();
        named.dedup();
        let mut letters = if kinds.is_empty() { Vec::new() } else { unnamed(&named, &kinds) };
        letters.extend(named);
        letters
    }

    fn add(&mut self, step: Step, owner: u32) -> Node {
        if let Some(node) = self.known.get(&step) {
            return *node;
        }
        // More nodes than that would not fit into memory; the last one is then as good as any.
        let node = Node::try_from(self.steps.len()).unwrap_or(Node::MAX);
        self.steps.push(step);
        self.owners.push(owner);
        self.known.insert(step, node);
        node
    }

    fn step(&self, node: Node) -> Step {
        let step = usize::try_from(node).ok().and_then(|index| self.steps.get(index));
        step.copied().unwrap_or(Step::Accept(u32::MAX))
    }

    fn owner(&self, node: Node) -> u32 {
        let owner = usize::try_from(node).ok().and_then(|index| self.owners.get(index));
        owner.copied().unwrap_or(u32::MAX)
    }

    /// Adds `node`, and where it leads without a letter.
    fn enter(&self, mut node: Node, nodes: &mut Vec<Node>) {
        loop {
            nodes.push(node);
            match self.step(node) {
                Step::Run(_, next) => node = next,
                Step::Accept(_) | Step::Letter(..) | Step::One(..) => return,
            }
        }
    }
}

fn canonical(mut nodes: Vec<Node>) -> State {
    nodes.sort_unstable();
    nodes.dedup();
    nodes.into()
}

/// One letter of each kind that `kinds` tell apart and that is none of `named`, which is sorted:
/// the pleasantest.
fn unnamed(named: &[char], kinds: &[Letters]) -> Vec<char> {
    // Every set of `Letters` that a letter can be in has one here, and the last of these lines
    // never runs out: no pattern names them all.
    let pleasant = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('A'..='Z');
    let others = "-_.@+=~!$&'(),;%/:".chars().chain('\u{a1}'..='\u{10ffff}');
    let mut cells: Vec<(u8, char)> = Vec::new();
    for letter in pleasant.chain(others) {
        if named.binary_search(&letter).is_ok() {
            continue;
        }
        let contains = |kind: &Letters| u8::from(kind.contains(letter));
        let cell = kinds.iter().fold(0, |cell, kind| cell << 1 | contains(kind));
        if cell != 0 && cells.iter().all(|(known, _)| *known != cell) {
            cells.push((cell, letter));
        }
        // One kind is one cell, and nothing after the first letter beyond ASCII is of another.
        if (kinds.len() == 1 && !cells.is_empty()) || letter > '\u{7f}' {
            break;
        }
    }
    let mut letters: Vec<char> = cells.into_iter().map(|(_, letter)| letter).collect();
    letters.sort_by_key(|letter| (!letter.is_ascii_alphanumeric(), *letter));
    letters
}

/// How many nodes a state may have in the mean: what bounds the memory of a walk.
const MEAN_NODES: usize = 64;

/// A walk over all states, nearest first.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    automaton: &'a Automaton,
    found: Vec<Found>,
    known: HashMap<State, usize>,
    next: usize,
    max_states: usize,
    /// How many nodes all states may have together.
    nodes_left: usize,
}

#[derive(Debug)]
struct Found {
    state: State,
    /// The state it was reached from first, and the letter; none for the start.
    from: Option<(usize, char)>,
}

/// A walk had to end before it had seen every state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct OverBudget;

impl<'a> Walk<'a> {
    pub(super) fn new(automaton: &'a Automaton, start: State, max_states: usize) -> Self {
        let known = HashMap::from([(State::clone(&start), 0)]);
        let found = vec![Found { state: start, from: None }];
        let nodes_left = max_states.saturating_mul(MEAN_NODES);
        Self { automaton, found, known, next: 0, max_states, nodes_left }
    }

    /// The number of the next state, and the state; `None` once all were seen.
    pub(super) fn next(&mut self) -> Option<(usize, State)> {
        let index = self.next;
        let state = State::clone(&self.found.get(index)?.state);
        self.next += 1;
        Some((index, state))
    }

    /// Goes on from the state of that number. What is not gone on from is a dead end.
    pub(super) fn go_on(&mut self, index: usize, state: &[Node]) -> Result<(), OverBudget> {
        for letter in self.automaton.letters(state) {
            let after = self.automaton.after(state, letter);
            if after.is_empty() {
                continue;
            }
            let Entry::Vacant(unknown) = self.known.entry(after) else { continue };
            let after = State::clone(unknown.key());
            let nodes_left = self.nodes_left.checked_sub(after.len());
            let Some(nodes_left) = nodes_left.filter(|_| self.found.len() < self.max_states) else {
                return Err(OverBudget);
            };
            self.nodes_left = nodes_left;
            unknown.insert(self.found.len());
            self.found.push(Found { state: after, from: Some((index, letter)) });
        }
        Ok(())
    }

    /// A shortest text that leads to the state of that number.
    pub(super) fn text(&self, mut index: usize) -> String {
        let mut letters = Vec::new();
        while let Some((from, letter)) = self.found.get(index).and_then(|found| found.from) {
            letters.push(letter);
            index = from;
        }
        letters.into_iter().rev().collect()
    }
}
