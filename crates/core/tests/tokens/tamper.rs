//! What is done to a token after it was signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::recipe::{Recipe, expand, text_of};

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    AddOrder,
    AddPart { text: Value },
    DropPart { part: Part },
    Fill { part: Part, octets: Vec<(u8, usize)> },
    FlipBit { part: Part, octet: usize },
    Insert { part: Part, at: usize, text: Value },
    NegateS,
    Resize { part: Part, octets: usize },
    SetMember { part: Part, member: String, value: Value },
    SetUnusedBits { part: Part },
    StandardAlphabet { part: Part },
    SwapHalves { part: Part },
    TakeFrom { part: Part, token: Box<Recipe> },
    ToDer,
    Write { part: Part, text: Value },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Header,
    Payload,
    Signature,
}

/// The order of P-256 (SEC 2), big endian.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of Ed25519 (RFC 8032 section 5.1), little endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

impl Step {
    /// Panics if it changes nothing: such a case would not say what it seems to say.
    pub(crate) fn apply(&self, parts: &mut Vec<String>) {
        let before = parts.clone();
        match self {
            Self::AddOrder => change(parts, Part::Signature, |signature| {
                let mut carry = 0;
                for (octet, order) in signature[32..].iter_mut().zip(ED25519_ORDER) {
                    let sum = u16::from(*octet) + u16::from(order) + carry;
                    *octet = sum.to_le_bytes()[0];
                    carry = sum >> 8;
                }
            }),
            Self::AddPart { text } => parts.push(text_of(text)),
            Self::DropPart { part } => drop(parts.remove(*part as usize)),
            Self::Fill { part, octets } => change(parts, *part, |content| {
                *content = octets.iter().flat_map(|(octet, times)| vec![*octet; *times]).collect();
            }),
            Self::FlipBit { part, octet } => change(parts, *part, |content| content[*octet] ^= 1),
            Self::Insert { part, at, text } => {
                parts[*part as usize].insert_str(*at, &text_of(text));
            }
            Self::NegateS => change(parts, Part::Signature, |signature| {
                let mut borrow = 0;
                for (octet, order) in signature[32..].iter_mut().zip(P256_ORDER).rev() {
                    let difference = 0x100 + u16::from(order) - u16::from(*octet) - borrow;
                    *octet = difference.to_le_bytes()[0];
                    borrow = 1 - (difference >> 8);
                }
            }),
            Self::Resize { part, octets } => {
                change(parts, *part, |content| content.resize(*octets, 0));
            }
            Self::SetMember { part, member, value } => change(parts, *part, |content| {
                let mut members: Value = serde_json::from_slice(content).unwrap();
                members[member] = expand(value);
                *content = members.to_string().into_bytes();
            }),
            Self::SetUnusedBits { part } => {
                let text = &mut parts[*part as usize];
                // The last character holds 2 or 4 bits that stand for nothing.
                let last = text.pop().unwrap();
                let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let place = alphabet.iter().position(|known| char::from(*known) == last).unwrap();
                text.push(char::from(alphabet[place | 1]));
            }
            Self::StandardAlphabet { part } => {
                let text = &mut parts[*part as usize];
                *text = text.replace('-', "+").replace('_', "/");
            }
            Self::SwapHalves { part } => change(parts, *part, |content| {
                let half = content.len() / 2;
                content.rotate_left(half);
            }),
            Self::TakeFrom { part, token } => {
                let other = token.make();
                parts[*part as usize] = other.split('.').nth(*part as usize).unwrap().to_owned();
            }
            Self::ToDer => change(parts, Part::Signature, |signature| {
                let (r, s) = signature.split_at(32);
                let integers = [r, s].map(|number| [&[0x02, 33, 0], number].concat()).concat();
                *signature = [&[0x30, 70][..], &integers].concat();
            }),
            Self::Write { part, text } => parts[*part as usize] = text_of(text),
        }
        assert_ne!(*parts, before, "{self:?} changes nothing");
    }
}

/// Changes what a part stands for.
fn change(parts: &mut [String], part: Part, by: impl FnOnce(&mut Vec<u8>)) {
    let text = &mut parts[part as usize];
    let mut content = URL_SAFE_NO_PAD.decode(&*text).unwrap();
    by(&mut content);
    *text = URL_SAFE_NO_PAD.encode(content);
}
