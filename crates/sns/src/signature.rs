//! The key that signs messages, and its certificate.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Error, Expect, RecordKey, Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde::{Deserialize, Serialize};
use service::{Page, PageRequest, Reply, ServiceError};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::envelope::Signed;
use crate::records::TopicRecord;
use crate::{Sns, records};

const BITS: usize = 2048;
const PATH: &str = "/SimpleNotificationService-";
const KEY: &str = "sns/signing-key";

/// Which digest a topic's signatures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

/// A signature and where its certificate lies.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    version: &'static str,
    signature: String,
    certificate_url: String,
}

impl Signature {
    pub(crate) fn as_signed(&self) -> Signed<'_> {
        Signed { version: self.version, signature: &self.signature, certificate_url: &self.certificate_url }
    }
}

/// The key as the registry keeps it. Version 1.
#[derive(Serialize, Deserialize)]
struct KeyRecord {
    version: u32,
    /// PKCS#8, base64.
    private_key: String,
    /// PEM.
    certificate: String,
}

struct Keys {
    /// ring does not sign SHA-1 digests.
    sha1: SigningKey<sha1::Sha1>,
    /// Nearly three times as fast.
    sha256: RsaKeyPair,
    certificate: String,
    /// The certificate's page.
    path: String,
}

/// The store's key, made when it is first needed.
#[derive(Default)]
pub(crate) struct Signer(OnceCell<Arc<Keys>>);

impl Sns {
    async fn keys(&self) -> Result<Arc<Keys>, ServiceError> {
        let keys = self.signer.0.get_or_try_init(|| async {
            let key = RecordKey::new(KEY);
            let record: KeyRecord = match self.engine.get(&key).await? {
                Some(record) => records::decode(&record.value)?,
                None => {
                    let made = tokio::task::spawn_blocking(make).await.map_err(failed)??;
                    match self.engine.put(key.clone(), records::encode(&made), Expect::Absent).await {
                        Ok(_) => made,
                        Err(Error::Refused(Refusal::RecordChanged(_))) => {
                            let stored = self.engine.get(&key).await?;
                            records::decode(&stored.ok_or_else(|| failed("the signing key vanished"))?.value)?
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            load(record).map(Arc::new)
        });
        keys.await.map(Arc::clone)
    }

    /// Where the certificate is served.
    async fn certificate_url(&self) -> Result<String, ServiceError> {
        Ok(format!("{}{}", self.settings.endpoint, self.keys().await?.path))
    }

    /// Signs a text as a topic's `SignatureVersion` has it.
    pub(crate) async fn sign_for(
        &self,
        topic: &TopicRecord,
        text: String,
    ) -> Result<Signature, ServiceError> {
        let second = topic.attributes.get("SignatureVersion").is_some_and(|version| version == "2");
        let version = if second { Version::Two } else { Version::One };
        Ok(Signature {
            version: if second { "2" } else { "1" },
            signature: self.sign(text, version).await?,
            certificate_url: self.certificate_url().await?,
        })
    }

    /// Signs a text, base64. Off the async threads: it takes about a millisecond.
    async fn sign(&self, text: String, version: Version) -> Result<String, ServiceError> {
        let keys = self.keys().await?;
        let signed = tokio::task::spawn_blocking(move || match version {
            Version::One => {
                keys.sha1.try_sign(text.as_bytes()).map(|signature| signature.to_vec()).map_err(failed)
            }
            Version::Two => sign_sha256(&keys.sha256, text.as_bytes()),
        });
        Ok(STANDARD.encode(signed.await.map_err(failed)??))
    }
}

fn sign_sha256(key: &RsaKeyPair, text: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).map_err(failed)?;
    Ok(signature)
}

fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::internal(format!("signing: {error}"))
}

fn make() -> Result<KeyRecord, ServiceError> {
    let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(failed)?;
    let der = private.to_pkcs8_der().map_err(failed)?;
    let pair = rcgen::KeyPair::try_from(der.as_bytes()).map_err(failed)?;
    let parameters = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).map_err(failed)?;
    let certificate = parameters.self_signed(&pair).map_err(failed)?;
    Ok(KeyRecord { version: 1, private_key: STANDARD.encode(der.as_bytes()), certificate: certificate.pem() })
}

fn load(record: KeyRecord) -> Result<Keys, ServiceError> {
    let der = STANDARD.decode(&record.private_key).map_err(failed)?;
    let private = RsaPrivateKey::from_pkcs8_der(&der).map_err(failed)?;
    let digest = hex::encode(&Sha256::digest(&record.certificate)[..16]);
    Ok(Keys {
        sha1: SigningKey::new(private),
        sha256: RsaKeyPair::from_pkcs8(&der).map_err(failed)?,
        certificate: record.certificate,
        path: format!("{PATH}{digest}.pem"),
    })
}

/// Serves the certificate.
pub(crate) fn certificate_page(state: &Arc<Sns>) -> Page {
    let state = Arc::clone(state);
    let answer = move |request: PageRequest| {
        let state = Arc::clone(&state);
        Box::pin(async move {
            match state.keys().await {
                Ok(keys) if keys.path == request.path => {
                    let mut headers = HeaderMap::new();
                    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
                    Reply { status: StatusCode::OK, headers, body: keys.certificate.clone().into() }
                }
                _ => Reply {
                    status: StatusCode::NOT_FOUND,
                    headers: HeaderMap::new(),
                    body: bytes::Bytes::new(),
                },
            }
        }) as futures_util::future::BoxFuture<'static, Reply>
    };
    Page { path_prefix: PATH, answer: Box::new(answer) }
}
