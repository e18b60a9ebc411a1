//! The client for all endpoints: HTTP/1.1, and TLS against the public certificate authorities.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Legacy, Error};
use hyper_util::rt::TokioExecutor;

/// Keeps connections alive between posts.
pub(crate) struct Client(Legacy<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Default for Client {
    fn default() -> Self {
        Self::over(HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build())
    }
}

impl Client {
    pub(super) fn over(connector: HttpsConnector<HttpConnector>) -> Self {
        Self(Legacy::builder(TokioExecutor::new()).pool_max_idle_per_host(4).build(connector))
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        self.0.request(request).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

    use super::*;

    async fn post(client: &Client, url: &str) -> Result<Bytes, Error> {
        let request = Request::post(url).body(Full::new(Bytes::from_static(b"hi"))).unwrap();
        let answer = client.send(request).await?;
        Ok(answer.into_body().collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn tls_is_spoken_with_whom_an_authority_vouches_for_and_with_nobody_else() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let crypto = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&crypto))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(server)), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                    .await;
                let _ = stream.shutdown().await;
            }
        });
        let mut authorities = RootCertStore::empty();
        authorities.add(certificate).unwrap();
        let trusting = ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(authorities)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(trusting).https_or_http().enable_http1().build();
        assert_eq!(post(&Client::over(connector), &url).await.unwrap(), "ok");
        assert!(post(&Client::default(), &url).await.is_err());
    }
}
