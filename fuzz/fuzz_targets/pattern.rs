//! A pattern matches what a reference says it matches; inclusion and overlap are never claimed
//! against that.

#![no_main]

use arbitrary::Unstructured;
use gatepost_core::policy::Glob;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Unstructured::new(bytes);
    let Ok([one, other]) = bytes.arbitrary::<[&str; 2]>() else { return };
    let Ok(text) = bytes.arbitrary::<&str>() else { return };
    if one.len() + other.len() + text.len() > 200 {
        return;
    }
    let (glob, another) = (Glob::new(one), Glob::new(other));
    let (first, second) = (reference(one, text), reference(other, text));
    assert_eq!(glob.matches(text), first, "{one:?} {text:?}");
    assert_eq!(glob.normalized().matches(text), first, "{one:?} {text:?}");
    assert!(!(glob.includes(&another) && second && !first), "{one:?} {other:?} {text:?}");
    assert!(glob.meets(&another) || !(first && second), "{one:?} {other:?} {text:?}");
    if let Some((prefix, rest)) = text.split_at_checked(text.len() / 2) {
        let after = glob.after(prefix).iter().any(|glob| glob.matches(rest));
        assert_eq!(after, first, "{one:?} after {prefix:?} {rest:?}");
    }
});

/// A table of which starts of the pattern match which starts of the text.
fn reference(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        next[0] = wanted == '*' && row[0];
        for (index, found) in text.iter().enumerate() {
            next[index + 1] = match wanted {
                '*' => row[index + 1] || next[index],
                '?' => row[index],
                letter => row[index] && letter == *found,
            };
        }
        row = next;
    }
    row[text.len()]
}
