//! What a page says a command prints, beside what it printed.

/// Stands for any text within a line, and alone on a line for any lines.
const ANYTHING: char = '…';

/// The difference, if there is one that `…` does not cover.
pub(crate) fn difference(wanted: &[String], got: &str) -> Option<String> {
    let wanted: Vec<&str> = without_empty_end(wanted.iter().map(String::as_str).collect());
    let got: Vec<&str> = without_empty_end(got.lines().collect());
    let is_any = |line: &&str| line.trim() == "…";
    if is_like(&wanted, &got, is_any, |pattern, line| is_line_like(pattern, line)) {
        return None;
    }
    Some(side_by_side(&wanted, &got))
}

fn without_empty_end(mut lines: Vec<&str>) -> Vec<&str> {
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

fn is_line_like(pattern: &str, line: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let line: Vec<char> = line.chars().collect();
    is_like(&pattern, &line, |part| *part == ANYTHING, |part, of| part == of)
}

/// Whether `parts` come to `whole` when those that are `any` stand for as many of it as need be.
fn is_like<P, T>(
    parts: &[P],
    whole: &[T],
    any: impl Fn(&P) -> bool,
    same: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut part, mut at) = (0, 0);
    // Where the last `any` stood, and how far it reaches so far.
    let mut last: Option<(usize, usize)> = None;
    while at < whole.len() {
        if part < parts.len() && any(&parts[part]) {
            last = Some((part, at));
            part += 1;
        } else if part < parts.len() && same(&parts[part], &whole[at]) {
            part += 1;
            at += 1;
        } else if let Some((any_part, reached)) = last {
            last = Some((any_part, reached + 1));
            part = any_part + 1;
            at = reached + 1;
        } else {
            return false;
        }
    }
    parts[part..].iter().all(any)
}

/// Lines of the page that did not come after `-`, lines that came instead after `+`.
fn side_by_side(wanted: &[&str], got: &[&str]) -> String {
    let mut common = vec![vec![0; got.len() + 1]; wanted.len() + 1];
    for left in (0..wanted.len()).rev() {
        for right in (0..got.len()).rev() {
            common[left][right] = if is_line_like(wanted[left], got[right]) {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    let mut text = String::new();
    let (mut left, mut right) = (0, 0);
    while left < wanted.len() || right < got.len() {
        let is_both =
            left < wanted.len() && right < got.len() && is_line_like(wanted[left], got[right]);
        let is_wanted = right == got.len()
            || left < wanted.len() && common[left + 1][right] >= common[left][right + 1];
        let (sign, line) = match (is_both, is_wanted) {
            (true, _) => (' ', got[right]),
            (false, true) => ('-', wanted[left]),
            (false, false) => ('+', got[right]),
        };
        left += usize::from(sign != '+');
        right += usize::from(sign != '-');
        text.extend([sign, ' ']);
        text.push_str(line);
        text.push('\n');
    }
    text
}
