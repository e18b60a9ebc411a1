//! Products of numbers of 256 bits modulo an odd one, divided by R = 2²⁵⁶. ruint has them for numbers of all sizes; these
//! take two thirds of the time, and a signature is nothing else.
//!
//! P. Montgomery, "Modular multiplication without trial division", 1985.

#![expect(clippy::inline_always, reason = "called, they take a seventh longer: words then go through memory")]

use ruint::aliases::{U64, U256};

/// Words of a number, the least first.
const WORDS: usize = 4;
type Words = [u64; WORDS];

/// A modulus of which the highest bit is set.
pub(super) struct Montgomery {
    modulus: Words,
    /// −1 / modulus modulo 2⁶⁴.
    reduction: u64,
}

impl Montgomery {
    /// `None`: it has no products, being even.
    pub(super) fn of(modulus: U256) -> Option<Self> {
        let modulus = modulus.into_limbs();
        Some(Self { modulus, reduction: U64::from(modulus[0]).inv_ring()?.wrapping_neg().to() })
    }

    /// The product of two numbers below the modulus.
    #[inline(always)]
    pub(super) fn times(&self, one: U256, other: U256) -> U256 {
        let (one, other) = (one.as_limbs(), other.as_limbs());
        let mut product = [0; 2 * WORDS];
        for (at, word) in other.iter().enumerate() {
            product[at + WORDS] = add_product(&mut product[at..], one, *word);
        }
        self.reduced(product)
    }

    /// The same of a number with itself: of two words each product is made once.
    #[inline(always)]
    pub(super) fn square(&self, number: U256) -> U256 {
        let words = number.as_limbs();
        let mut product = [0; 2 * WORDS];
        for at in 0..WORDS - 1 {
            product[at + WORDS] = add_product(&mut product[2 * at + 1..], &words[at + 1..], words[at]);
        }
        for at in (1..2 * WORDS).rev() {
            product[at] = product[at] << 1 | product[at - 1] >> 63;
        }
        let mut carry = false;
        for (at, word) in words.iter().enumerate() {
            let (low, high) = word.carrying_mul_add(*word, product[2 * at], 0);
            (product[2 * at], carry) = low.carrying_add(0, carry);
            (product[2 * at + 1], carry) = product[2 * at + 1].carrying_add(high, carry);
        }
        self.reduced(product)
    }

    /// A product divided by R: multiples of the modulus are added until its lower half is nothing.
    #[inline(always)]
    fn reduced(&self, mut product: [u64; 2 * WORDS]) -> U256 {
        let mut over = false;
        for at in 0..WORDS {
            let multiple = product[at].wrapping_mul(self.reduction);
            let carry = add_product(&mut product[at..], &self.modulus, multiple);
            (product[at + WORDS], over) = product[at + WORDS].carrying_add(carry, over);
        }
        let mut upper = [0; WORDS];
        upper.copy_from_slice(&product[WORDS..]);
        let mut below = false;
        let mut less = [0; WORDS];
        for at in 0..WORDS {
            (less[at], below) = upper[at].borrowing_sub(self.modulus[at], below);
        }
        U256::from_limbs(if below && !over { upper } else { less })
    }
}

/// Adds a number times a word to a sum; answers what goes beyond.
#[inline(always)]
fn add_product(sum: &mut [u64], number: &[u64], word: u64) -> u64 {
    let mut carry = 0;
    for (sum, digits) in sum.iter_mut().zip(number) {
        (*sum, carry) = digits.carrying_mul_add(word, *sum, carry);
    }
    carry
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest prime below 2²⁵⁶, and an odd number just above half of that.
    fn moduli() -> [U256; 2] {
        [U256::MAX - U256::from(188), (U256::ONE << 255) + U256::from(95)]
    }

    #[test]
    fn products_are_those_of_ruint() {
        for modulus in moduli() {
            let products = Montgomery::of(modulus).unwrap();
            let largest = modulus - U256::ONE;
            let mut numbers = vec![U256::ZERO, U256::ONE, largest, modulus >> 1, U256::from(u64::MAX)];
            for _ in 0..200 {
                let last = numbers[numbers.len() - 1];
                numbers.push(
                    last.mul_mod(largest - U256::from(12_345), modulus).add_mod(U256::from(7), modulus),
                );
            }
            for pair in numbers.windows(2) {
                let (one, other) = (pair[0], pair[1]);
                assert_eq!(products.times(one, other), one.mul_redc(other, modulus, products.reduction));
                assert_eq!(products.square(one), one.square_redc(modulus, products.reduction));
            }
        }
    }

    #[test]
    fn an_even_modulus_has_none() {
        assert!(Montgomery::of(U256::MAX - U256::ONE).is_none());
    }
}
