//! The private operation of a key of eight primes of 256 bits each: eight small powers in place of a large one, put
//! together by the Chinese remainder theorem.
//!
//! Numbers of a fixed size, in Montgomery's form (`montgomery`): an eighth of the time that numbers of any size take. The
//! time tells of the key; why that gives nothing away: `docs/decisions/0014-signing-envelopes.md`.

mod montgomery;

use rsa::RsaPrivateKey;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use ruint::aliases::{U256, U2048};

use montgomery::Montgomery;

/// Primes of the key.
pub(crate) const PRIMES: usize = 8;
/// Bits of each.
pub(crate) const PRIME_BITS: usize = 256;
/// Bits of the exponent that one step takes.
const WINDOW: usize = 4;

/// A prepared key.
pub(crate) struct EightPrimes {
    modulus: U2048,
    parts: [Part; PRIMES],
}

impl EightPrimes {
    /// `None`: the key is of another form.
    pub(crate) fn of(key: &RsaPrivateKey) -> Option<Self> {
        let number = |prime: &rsa::BigUint| U256::try_from_be_slice(&prime.to_bytes_be());
        let primes: Vec<U256> = key.primes().iter().map(number).collect::<Option<_>>()?;
        let exponent = U256::try_from_be_slice(&key.e().to_bytes_be())?;
        let modulus = U2048::try_from_be_slice(&key.n().to_bytes_be())?;
        let parts: Option<Vec<Part>> =
            primes.iter().map(|prime| Part::new(*prime, exponent, modulus)).collect();
        Some(Self { modulus, parts: parts?.try_into().ok()? })
    }

    /// A number below the modulus to the power of the private exponent; both big-endian.
    pub(crate) fn power(&self, number: &[u8; U2048::BYTES]) -> [u8; U2048::BYTES] {
        let share = |part: &Part| U2048::from(part.share(number)) * part.others;
        let sum = |sum: U2048, share: U2048| sum.add_mod(share, self.modulus);
        self.parts.iter().map(share).fold(U2048::ZERO, sum).to_be_bytes()
    }
}

/// What one prime adds. R is 2²⁵⁶; a number in Montgomery's form is multiplied by it, and a product of two divided.
struct Part {
    prime: U256,
    products: Montgomery,
    /// R modulo the prime: one, in that form.
    one: U256,
    /// R² modulo the prime: brings numbers into that form.
    into: U256,
    /// The private exponent modulo prime − 1.
    exponent: U256,
    /// The product of the other primes.
    others: U2048,
    /// 1 / others modulo the prime.
    coefficient: U256,
}

impl Part {
    fn new(prime: U256, public_exponent: U256, modulus: U2048) -> Option<Self> {
        // Pieces of a number are then below twice the prime.
        if prime.bit_len() != PRIME_BITS {
            return None;
        }
        let others = modulus / U2048::from(prime);
        let one = (U256::MAX % prime).add_mod(U256::ONE, prime);
        Some(Self {
            prime,
            products: Montgomery::of(prime)?,
            one,
            into: one.mul_mod(one, prime),
            exponent: public_exponent.inv_mod(prime - U256::ONE)?,
            others,
            coefficient: U256::from(others % U2048::from(prime)).inv_mod(prime)?,
        })
    }

    fn times(&self, one: U256, other: U256) -> U256 {
        self.products.times(one, other)
    }

    /// The number's power modulo the prime, divided by the other primes.
    fn share(&self, number: &[u8; U2048::BYTES]) -> U256 {
        self.times(self.power(self.remainder(number)), self.coefficient)
    }

    /// A number modulo the prime, piece by piece.
    fn remainder(&self, number: &[u8; U2048::BYTES]) -> U256 {
        number.chunks_exact(U256::BYTES).map(U256::from_be_slice).fold(U256::ZERO, |remainder, piece| {
            self.times(remainder, self.into).add_mod(piece.reduce_mod(self.prime), self.prime)
        })
    }

    /// The power in Montgomery's form.
    fn power(&self, number: U256) -> U256 {
        let number = self.times(number, self.into);
        let mut powers = [self.one; 1 << WINDOW];
        for exponent in 1..powers.len() {
            powers[exponent] = self.times(powers[exponent - 1], number);
        }
        (0..PRIME_BITS / WINDOW).rev().fold(self.one, |power, window| {
            let squared = (0..WINDOW).fold(power, |power, _| self.products.square(power));
            let digit = (self.exponent >> (window * WINDOW)).as_limbs()[0] % (1 << WINDOW);
            self.times(squared, powers[usize::try_from(digit).expect("of four bits")])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing_key::KeyRecord;

    #[test]
    fn the_power_is_undone_by_the_public_exponent() {
        let key = KeyRecord::make().unwrap().key().unwrap();
        let eight = EightPrimes::of(&key).unwrap();
        let largest = eight.modulus - U2048::ONE;
        let multiple_of_a_prime = U2048::from(eight.parts[3].prime);
        for number in [U2048::ZERO, U2048::ONE, U2048::from(0x1234_5678), multiple_of_a_prime, largest] {
            let power = U2048::from_be_bytes(eight.power(&number.to_be_bytes()));
            assert_eq!(power.pow_mod(U2048::from(65_537), eight.modulus), number);
        }
    }

    #[test]
    fn other_keys_are_told_apart() {
        let two = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
        assert!(EightPrimes::of(&two).is_none());
    }
}
