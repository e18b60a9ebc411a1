//! Signatures of messages, and the page of the certificate that they are verified with.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Error, Expect, RecordKey, Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use service::{Page, PageRequest, Reply, ServiceError};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::envelope::Signed;
use crate::records::TopicRecord;
use crate::signing_key::{KeyRecord, SigningKey, Version, failed};
use crate::{Sns, records};

const PATH: &str = "/SimpleNotificationService-";
const KEY: &str = "sns/signing-key";

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

struct Keys {
    key: SigningKey,
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
                    let made = tokio::task::spawn_blocking(KeyRecord::make).await.map_err(failed)??;
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

    /// Signs a text, base64.
    async fn sign(&self, text: String, version: Version) -> Result<String, ServiceError> {
        let keys = self.keys().await?;
        let signed = if keys.key.is_quick() {
            let signed = keys.key.sign(text.as_bytes(), version)?;
            // Other requests come before the next signature of a batch.
            tokio::task::yield_now().await;
            signed
        } else {
            // Off the threads that serve requests: it takes as long as many of them.
            let signing = tokio::task::spawn_blocking(move || keys.key.sign(text.as_bytes(), version));
            signing.await.map_err(failed)??
        };
        Ok(STANDARD.encode(signed))
    }
}

fn load(record: KeyRecord) -> Result<Keys, ServiceError> {
    let key = SigningKey::new(record.key()?);
    let digest = hex::encode(&Sha256::digest(&record.certificate)[..16]);
    Ok(Keys { key, path: format!("{PATH}{digest}.pem"), certificate: record.certificate })
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
