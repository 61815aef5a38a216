//! Merged and bound documents decide as their parts do, in whatever order the parts come.

#![no_main]

use gatepost_core::policy::{BoundPolicy, merge};
use gatepost_fuzz::{World, answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(World { documents, method, context, .. }) = World::from_bytes(bytes) else { return };
    let want = answer(&documents, &method, &context);

    let merged = merge(&documents);
    assert_eq!(answer([&merged], &method, &context), want, "merged: {merged}");
    assert_eq!(merge(documents.iter().rev()).to_string(), merged.to_string());
    assert_eq!(merge([&merged]), merged);

    let bound = BoundPolicy::build(&documents, method.stage_arn(), &context).expect("short patterns");
    assert_eq!(answer([bound.as_document()], &method, &context), want, "bound: {bound:?}");
    let one = bound.for_method(&method);
    assert_eq!(answer([one.as_document()], &method, &context), want, "one method: {one:?}");
});
