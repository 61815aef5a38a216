//! A method ARN is taken apart into parts that make it up again, none with another's separators.

#![no_main]

use gatepost_core::gateway::MethodArn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(method) = text.parse::<MethodArn>() else { return };
    assert!(text.len() <= MethodArn::MAX_BYTES);
    let stage = method.stage_arn();
    let fields = [stage.partition(), stage.region(), stage.account(), stage.api_id(), stage.stage()];
    for field in fields {
        assert!(!field.is_empty() && !field.contains([':', '/', '?']), "{field}");
    }
    assert!(!method.verb().is_empty() && !method.verb().contains('/'));
    let [partition, region, account, api, stage] = fields;
    let start = format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}");
    assert_eq!(method.stage_arn().as_str(), start);
    let path = if method.has_path() { format!("/{}", method.path()) } else { String::new() };
    assert_eq!(format!("{start}/{}{path}", method.verb()), text);
});
