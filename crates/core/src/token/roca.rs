//! The fingerprint of RSA keys that a faulty generator made (ROCA, CVE-2017-15361).
//!
//! Smart cards and TPMs of one maker chose primes of the form `k * M + (65537^a mod M)`, `M` being
//! the product of the first primes. Such a modulus can be factored at the lengths in use, and is
//! told by its remainders: by each of these primes, the remainder is a power of 65537. Source:
//! Nemec et al., "The Return of Coppersmith's Attack", ACM CCS 2017, section 5.1.

/// The odd primes up to 167: those of the 39 that `M` has at least where keys have 512 bits or
/// more.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether every remainder of `modulus`, big endian, is a power of 65537. Of other moduli, one in
/// 2^27 or fewer is taken for one of these.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.into_iter().all(|prime| is_power(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, octet| ((rest << 8) | u32::from(*octet)) % prime)
}

/// Whether `number` is a power of 65537, modulo `prime`.
fn is_power(number: u32, prime: u32) -> bool {
    let mut power = 1;
    // The powers come back to 1 before there have been as many as the prime.
    (1..prime).any(|_| {
        power = power * 65_537 % prime;
        power == number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_65537_are_told_from_other_numbers() {
        let powers = |prime| (0..prime).filter(|n| is_power(*n, prime)).collect::<Vec<_>>();
        assert_eq!(powers(3), [1, 2]);
        assert_eq!(powers(11), [1, 10]);
        assert_eq!(powers(13), [1, 3, 4, 9, 10, 12]);
        assert_eq!(powers(37), [1, 10, 26]);
    }

    #[test]
    fn one_remainder_that_is_no_power_is_enough_to_acquit() {
        assert!(has_fingerprint(&[1]));
        assert!(has_fingerprint(&[1, 0, 1]));
        assert!(!has_fingerprint(&[3]));
        assert!(!has_fingerprint(&[0xff; 256]));
    }
}
