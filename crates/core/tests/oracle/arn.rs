//! ARNs: six fields between five colons, compared one by one.

use super::glob;

/// The six fields, the last with every further colon; `None` when there are fewer.
pub(crate) fn fields(arn: &str) -> Option<[&str; 6]> {
    arn.splitn(6, ':').collect::<Vec<_>>().try_into().ok()
}

/// `ArnLike` and `ArnEquals`, which behave identically.
///
/// Source: IAM user guide, `reference_policies_elements_condition_operators`: "Each of the six
/// colon-delimited components of the ARN is checked separately and each can include" wildcards.
pub(crate) fn like(pattern: &str, arn: &str) -> bool {
    match (fields(pattern), fields(arn)) {
        (Some(patterns), Some(found)) => {
            patterns.iter().zip(found).all(|(pattern, field)| glob::matches(pattern, field))
        }
        _ => false,
    }
}
