//! Signed requests as bytes, made once and sent often.

use std::net::SocketAddr;

use http::{HeaderMap, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;
use time::macros::format_description;
use wire::sigv4::{Signer, Unsigned};

/// Makes requests for one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    pub(crate) address: SocketAddr,
}

impl Requests {
    /// An SQS action in awsJson.
    pub(crate) fn sqs(&self, action: &str, body: &serde_json::Value) -> Vec<u8> {
        let target = format!("AmazonSQS.{action}");
        self.signed(
            ("sqs", Method::POST, "/"),
            &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &target)],
            &body.to_string(),
        )
    }

    /// An SNS action in awsQuery.
    pub(crate) fn sns(&self, action: &str, members: &[(&str, &str)]) -> Vec<u8> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let members: String = members
            .iter()
            .flat_map(|(name, value)| ["&".to_owned(), encode(name), "=".to_owned(), encode(value)])
            .collect();
        let form = format!("Action={action}&Version=2010-03-31{members}");
        self.signed(
            ("sns", Method::POST, "/"),
            &[("content-type", "application/x-www-form-urlencoded")],
            &form,
        )
    }

    /// A Lambda action in restJson.
    pub(crate) fn lambda(&self, method: Method, path: &str, body: &str) -> Vec<u8> {
        self.signed(("lambda", method, path), &[("content-type", "application/json")], body)
    }

    /// `PutObject`.
    pub(crate) fn put_object(&self, bucket: &str, key: &str, body: &str) -> Vec<u8> {
        let path = format!("/{bucket}/{key}");
        self.signed(("s3", Method::PUT, &path), &[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], body)
    }

    /// `call`: the service, the method and the path.
    fn signed(&self, call: (&str, Method, &str), extra: &[(&'static str, &str)], body: &str) -> Vec<u8> {
        let (service, method, path) = call;
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let date = OffsetDateTime::now_utc().format(format).expect("the format has every part");
        let host = self.address.to_string();
        let mut headers = HeaderMap::new();
        for (name, value) in [("host", host.as_str()), ("x-amz-date", &date)].iter().chain(extra) {
            headers.insert(*name, value.parse().expect("header values are plain text"));
        }
        let signer = Signer {
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
        };
        let unsigned = Unsigned {
            method: &method,
            path,
            query: "",
            headers: &headers,
            body: body.as_bytes(),
            date: &date,
        };
        let authorization = signer.authorization(&unsigned);
        let mut lines = String::new();
        for (name, value) in &headers {
            lines.extend([name.as_str(), ": ", value.to_str().unwrap_or_default(), "\r\n"]);
        }
        let length = body.len();
        format!("{method} {path} HTTP/1.1\r\n{lines}authorization: {authorization}\r\ncontent-length: {length}\r\n\r\n{body}")
            .into_bytes()
    }
}
