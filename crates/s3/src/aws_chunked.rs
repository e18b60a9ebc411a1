//! `aws-chunked` bodies: chunks with their length (and a signature, not verified yet), then trailers with checksums.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use service::StreamingBody;

use crate::limits;

/// The trailers, there once the body is read to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trailers(Arc<Mutex<HeaderMap>>);

impl Trailers {
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let trailers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }
}

type StdError = Box<dyn std::error::Error + Send + Sync>;

struct Decoder {
    body: StreamingBody,
    buffer: BytesMut,
    /// Bytes of the current chunk that are still to come.
    left: u64,
    /// A chunk's bytes are followed by a line end.
    within: bool,
    trailers: Trailers,
}

/// The content of a chunked body.
pub(crate) fn decode(body: StreamingBody, trailers: Trailers) -> StreamingBody {
    let decoder = Decoder { body, buffer: BytesMut::new(), left: 0, within: false, trailers };
    StreamBody::new(frames(decoder)).boxed_unsync()
}

fn frames(decoder: Decoder) -> impl Stream<Item = Result<Frame<Bytes>, StdError>> {
    stream::try_unfold(decoder, |mut decoder| async move {
        let piece = decoder.next().await?;
        Ok(piece.map(|piece| (Frame::data(piece), decoder)))
    })
}

fn malformed(reason: &str) -> StdError {
    Box::new(io::Error::new(io::ErrorKind::InvalidData, format!("aws-chunked body: {reason}")))
}

impl Decoder {
    /// Reads more of the body; whether there was more.
    async fn fill(&mut self) -> Result<bool, StdError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                self.buffer.extend_from_slice(&bytes);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A line without its end; `None` at the end of the body.
    async fn line(&mut self) -> Result<Option<String>, StdError> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.buffer.len() > limits::CHUNK_LINE_BYTES_MAX {
                return Err(malformed("a line is too long"));
            }
            if !self.fill().await? {
                // Some clients end the last trailer without a line end.
                let rest = self.buffer.split();
                return Ok((!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned()));
            }
        }
    }

    /// The next bytes of content; `None` behind the last chunk.
    async fn next(&mut self) -> Result<Option<Bytes>, StdError> {
        if self.left == 0 {
            if self.within && self.line().await?.is_none_or(|line| !line.is_empty()) {
                return Err(malformed("a chunk is longer than it says"));
            }
            let head = self.line().await?.ok_or_else(|| malformed("it ends before its last chunk"))?;
            let length = head.split(';').next().unwrap_or_default().trim();
            self.left = u64::from_str_radix(length, 16).map_err(|_| malformed("a chunk has no length"))?;
            self.within = true;
            if self.left == 0 {
                self.read_trailers().await?;
                return Ok(None);
            }
        }
        if self.buffer.is_empty() && !self.fill().await? {
            return Err(malformed("it ends within a chunk"));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.buffer.len());
        let piece = self.buffer.split_to(most).freeze();
        self.left -= piece.len() as u64;
        Ok(Some(piece))
    }

    async fn read_trailers(&mut self) -> Result<(), StdError> {
        while let Some(line) = self.line().await? {
            let Some((name, value)) = line.split_once(':') else { continue };
            let name = HeaderName::try_from(name.trim()).map_err(|_| malformed("a trailer has no name"))?;
            let value =
                HeaderValue::from_str(value.trim()).map_err(|_| malformed("a trailer has no value"))?;
            self.trailers.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    async fn decoded(text: &'static str) -> (Result<Bytes, String>, Trailers) {
        let trailers = Trailers::default();
        let body =
            Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
        let content = decode(body, trailers.clone()).collect().await;
        (content.map(http_body_util::Collected::to_bytes).map_err(|error| error.to_string()), trailers)
    }

    #[tokio::test]
    async fn chunks_are_joined_and_trailers_kept() {
        let text = "5;chunk-signature=aa\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        let (content, trailers) = decoded(text).await;
        assert_eq!(content.unwrap(), "hello world");
        assert_eq!(trailers.get("x-amz-checksum-crc32").as_deref(), Some("AAAA"));
        assert_eq!(decoded("0\r\n\r\n").await.0.unwrap(), "");
    }

    #[tokio::test]
    async fn what_is_cut_off_or_malformed_is_an_error() {
        for text in ["5\r\nhel", "5\r\nhello\r\n", "x\r\n", "", "2\r\nhello\r\n0\r\n\r\n"] {
            assert!(decoded(text).await.0.is_err(), "{text:?}");
        }
    }
}
