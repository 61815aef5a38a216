//! What the build of AWS-LC seeds itself from.
//!
//! A rebuild without the variable in `.cargo/config.toml` costs each cold start 24 to 58 ms and changes
//! nothing else that anyone would notice (docs/adr/0004-entropy.md).

#![cfg(test)]

use std::{env, fs};

use aws_lc_rs::rand;

#[test]
fn aws_lc_is_built_without_jitter_entropy() {
    // So that it is linked here at all.
    rand::fill(&mut [0; 16]).unwrap();
    let program = fs::read(env::current_exe().unwrap()).unwrap();
    // As names stand in a table of symbols, which the names here do not.
    let has = |symbol: &str| {
        let name = format!("\0{symbol}\0");
        program.windows(name.len()).any(|bytes| bytes == name.as_bytes())
    };
    assert!(
        has("opt_out_cpu_jitter_entropy_source_methods_storage"),
        "what seeds it goes by another name, or has none"
    );
    let found = has("tree_jitter_entropy_source_methods_storage");
    assert!(!found, "build with AWS_LC_SYS_NO_JITTER_ENTROPY=1, as .cargo/config.toml says");
}
