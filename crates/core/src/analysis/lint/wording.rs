//! Words for messages: lists, and the nearest of some names.

/// `A`, `A and B`, `A, B and C`.
pub(super) fn listed(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The one of `names` that takes the fewest edits to be `word`, if that is not most of it; without
/// regard to case.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_ascii_lowercase();
    let distances =
        names.into_iter().map(|name| (distance(&word, &name.to_ascii_lowercase()), name));
    let (edits, name) = distances.min_by_key(|(edits, _)| *edits)?;
    (edits * 3 <= word.chars().count()).then_some(name)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        let pairs = other.iter().zip(row.iter().zip(row.iter().skip(1)));
        for (wanted, (diagonal, above)) in pairs {
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(letter != *wanted);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_could_be_meant() {
        let names = ["execute-api:Invoke", "execute-api:InvalidateCache"];
        assert_eq!(nearest("execute-api:Invok", names), Some("execute-api:Invoke"));
        assert_eq!(
            nearest("EXECUTE-API:INVALIDATECACHES", names),
            Some("execute-api:InvalidateCache")
        );
        assert_eq!(nearest("s3:GetObject", names), None);
    }

    #[test]
    fn names_are_listed_as_people_do() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(listed(&names), "a, b and c");
        assert_eq!(listed(&names[..2]), "a and b");
        assert_eq!(listed(&names[..1]), "a");
    }
}
