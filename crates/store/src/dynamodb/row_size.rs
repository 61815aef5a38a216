//! How large a row is, as DynamoDB counts.
//!
//! Source: [item sizes and formats][sizes]. The document says "approximately" for numbers; ours
//! are few and short.
//!
//! [sizes]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html

use aws_sdk_dynamodb::types::AttributeValue;

use super::row::Row;

/// The most bytes of one item, the names of its attributes included.
///
/// Source: [quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html).
pub(super) const MAX_BYTES: usize = 400 * 1024;

/// What a list or map takes besides its contents.
const CONTAINER: usize = 3;

/// What each element of a list or map takes besides itself.
const ELEMENT: usize = 1;

/// The size of a row, in bytes.
pub(super) fn bytes(row: &Row) -> usize {
    row.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(elements) => {
            CONTAINER + elements.iter().map(|element| ELEMENT + value_bytes(element)).sum::<usize>()
        }
        AttributeValue::M(members) => CONTAINER + members.len() * ELEMENT + bytes(members),
        AttributeValue::N(digits) => 1 + digits.len().div_ceil(2),
        AttributeValue::S(text) => text.len(),
        // Documents have none of these, and what others keep beside them may.
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bs(values) => values.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::Ns(values) => {
            values.iter().map(|digits| 1 + digits.len().div_ceil(2)).sum()
        }
        AttributeValue::Ss(values) => values.iter().map(String::len).sum(),
        AttributeValue::Unknown { .. } | _ => 0,
    }
}
