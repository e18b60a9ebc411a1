//! The key that signs messages, and its certificate.
//!
//! RSA of 2048 bits, as AWS's, but of eight primes: whoever verifies sees no difference, and a signature takes a
//! twenty-fifth of the time (`eight_primes.rs`). That such a key is easier to take apart gives nothing away: whoever reaches
//! this server may publish. See `docs/decisions/0014-signing-envelopes.md`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::{ModInverse as _, RandPrime as _};
use rcgen::{PublicKeyData, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey};
use serde::{Deserialize, Serialize};
use service::ServiceError;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::eight_primes::{EightPrimes, PRIME_BITS, PRIMES};

const BITS: usize = PRIMES * PRIME_BITS;
/// The usual one.
const EXPONENT: u32 = 65_537;

/// Which digest a topic's signatures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

/// The key as the registry keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    /// 2; records of version 1 have a `private_key` instead of primes.
    version: u32,
    /// PKCS#8, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    /// Big-endian, base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    primes: Vec<String>,
    /// PEM.
    pub(crate) certificate: String,
}

impl KeyRecord {
    /// A new key, with a certificate that it signs itself.
    pub(crate) fn make() -> Result<Self, ServiceError> {
        let primes = primes();
        let key = Certified::new(key_of(primes.clone())?)?;
        let parameters =
            rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).map_err(failed)?;
        let certificate = parameters.self_signed(&key).map_err(failed)?.pem();
        let primes = primes.iter().map(|prime| STANDARD.encode(prime.to_bytes_be())).collect();
        Ok(Self { version: 2, private_key: None, primes, certificate })
    }

    pub(crate) fn key(&self) -> Result<RsaPrivateKey, ServiceError> {
        if let Some(private) = &self.private_key {
            let der = STANDARD.decode(private).map_err(failed)?;
            return RsaPrivateKey::from_pkcs8_der(&der).map_err(failed);
        }
        let prime = |text: &String| STANDARD.decode(text).map(|bytes| BigUint::from_bytes_be(&bytes));
        key_of(self.primes.iter().map(prime).collect::<Result<_, _>>().map_err(failed)?)
    }
}

/// Makes signatures: RSASSA-PKCS1-v1_5.
pub(crate) enum SigningKey {
    /// In less than a tenth of a millisecond.
    Eight(Box<EightPrimes>),
    /// A key of an older store; in some tenths of a millisecond.
    Other(Box<RsaPrivateKey>),
}

impl SigningKey {
    pub(crate) fn new(key: RsaPrivateKey) -> Self {
        match EightPrimes::of(&key) {
            Some(eight) => Self::Eight(Box::new(eight)),
            None => Self::Other(Box::new(key)),
        }
    }

    /// Whether a signature takes about as long as to hand it to another thread would.
    pub(crate) fn is_quick(&self) -> bool {
        matches!(self, Self::Eight(_))
    }

    pub(crate) fn sign(&self, text: &[u8], version: Version) -> Result<Vec<u8>, ServiceError> {
        let (scheme, digest) = match version {
            Version::One => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(text).to_vec()),
            Version::Two => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(text).to_vec()),
        };
        match self {
            Self::Eight(key) => Ok(key.power(&padded(&scheme.prefix, &digest)).to_vec()),
            Self::Other(key) => key.sign(scheme, &digest).map_err(failed),
        }
    }
}

/// EMSA-PKCS1-v1_5: 0, 1, as many 255 as fit, 0, the digest's name, the digest.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-9.2>
fn padded(prefix: &[u8], digest: &[u8]) -> [u8; BITS / 8] {
    let mut padded = [0xff; BITS / 8];
    let digest_at = padded.len() - digest.len();
    let prefix_at = digest_at - prefix.len();
    padded[..2].copy_from_slice(&[0, 1]);
    padded[prefix_at - 1] = 0;
    padded[prefix_at..digest_at].copy_from_slice(prefix);
    padded[digest_at..].copy_from_slice(digest);
    padded
}

/// Primes of the same size whose product has all the bits.
fn primes() -> Vec<BigUint> {
    let mut random = rsa::rand_core::OsRng;
    let mut primes: Vec<BigUint> = Vec::new();
    while primes.len() < PRIMES {
        let prime: BigUint = random.gen_prime(PRIME_BITS);
        if !primes.contains(&prime) && (&prime - 1_u32) % EXPONENT != BigUint::from(0_u32) {
            primes.push(prime);
        }
        let is_short = || primes.iter().product::<BigUint>().bits() < BITS;
        if primes.len() == PRIMES && is_short() {
            primes.sort();
            primes.remove(0);
        }
    }
    primes
}

fn key_of(primes: Vec<BigUint>) -> Result<RsaPrivateKey, ServiceError> {
    let one = || BigUint::from(1_u32);
    let modulus = primes.iter().fold(one(), |product, prime| product * prime);
    let totient = primes.iter().fold(one(), |product, prime| product * (prime - 1_u32));
    let exponent = BigUint::from(EXPONENT);
    let inverse = (&exponent).mod_inverse(&totient).and_then(|inverse| inverse.to_biguint());
    let inverse = inverse.ok_or_else(|| failed("the primes do not fit the exponent"))?;
    let mut key = RsaPrivateKey::from_components(modulus, exponent, inverse, primes).map_err(failed)?;
    key.precompute().map_err(failed)?;
    Ok(key)
}

/// A key that signs its certificate.
struct Certified {
    key: SigningKey,
    public: Vec<u8>,
}

impl Certified {
    fn new(key: RsaPrivateKey) -> Result<Self, ServiceError> {
        let public = key.to_public_key().to_pkcs1_der().map_err(failed)?.into_vec();
        Ok(Self { key: SigningKey::new(key), public })
    }
}

impl PublicKeyData for Certified {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Certified {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key.sign(message, Version::Two).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

pub(crate) fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::internal(format!("signing: {error}"))
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1v15;
    use rsa::pkcs8::EncodePrivateKey as _;
    use rsa::signature::Verifier as _;
    use rsa::traits::PublicKeyParts as _;

    use super::*;

    fn verified(key: &RsaPrivateKey) {
        let signer = SigningKey::new(key.clone());
        let signature = |version| {
            let signature = signer.sign(b"text", version).unwrap();
            pkcs1v15::Signature::try_from(signature.as_slice()).unwrap()
        };
        let public = key.to_public_key();
        pkcs1v15::VerifyingKey::<Sha1>::new(public.clone())
            .verify(b"text", &signature(Version::One))
            .unwrap();
        pkcs1v15::VerifyingKey::<Sha256>::new(public).verify(b"text", &signature(Version::Two)).unwrap();
    }

    #[test]
    fn a_key_has_all_its_bits_and_is_the_same_after_it_was_stored() {
        let made = KeyRecord::make().unwrap();
        let stored: KeyRecord = serde_json::from_slice(&serde_json::to_vec(&made).unwrap()).unwrap();
        let key = stored.key().unwrap();
        assert_eq!(key.n().bits(), BITS);
        assert!(matches!(SigningKey::new(key.clone()), SigningKey::Eight(_)));
        assert_eq!(&key, &made.key().unwrap());
        verified(&key);
    }

    #[test]
    fn a_key_of_an_older_store_goes_on_signing() {
        let old = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
        let private = STANDARD.encode(old.to_pkcs8_der().unwrap().as_bytes());
        let record = serde_json::json!({"version": 1, "private_key": private, "certificate": "pem"});
        verified(&serde_json::from_value::<KeyRecord>(record).unwrap().key().unwrap());
    }
}
