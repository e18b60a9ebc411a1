//! Signing a request, as a client does.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use hmac::{Hmac, Mac};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What RFC 3986 leaves unencoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Who signs, and for what.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The access key id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The Region.
    pub region: String,
    /// The service's name in credential scopes.
    pub service: String,
}

/// The request as far as its signature covers it.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its path, percent-encoded as it goes over the wire.
    pub path: &'a str,
    /// Its query string, likewise.
    pub query: &'a str,
    /// The headers that are to be signed; `host` and `x-amz-date` must be among them.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// The moment, as in `x-amz-date`: `yyyymmddThhmmssZ`.
    pub date: &'a str,
}

impl Signer {
    /// The value of the `Authorization` header.
    pub fn authorization(&self, request: &Unsigned<'_>) -> String {
        let day = request.date.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let (canonical, signed_headers) = self.canonical_request(request);
        let digest = hex::encode(Sha256::digest(canonical));
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", request.date);
        let signature = hex::encode(hmac(&self.key(day), string_to_sign.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
            self.access_key_id
        )
    }

    /// The canonical request and the list of signed headers.
    fn canonical_request(&self, request: &Unsigned<'_>) -> (String, String) {
        // S3 signs the path as it is; every other service signs it encoded once more.
        let path = match self.service.as_str() {
            "s3" => request.path.to_owned(),
            _ => utf8_percent_encode(request.path, ENCODED_PATH).to_string(),
        };
        let mut headers: Vec<(&str, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), collapsed(value.to_str().unwrap_or_default())))
            .collect();
        headers.sort();
        let lines: String = headers.iter().flat_map(|(name, value)| [*name, ":", value, "\n"]).collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let query = canonical_query(request.query);
        let body = hex::encode(Sha256::digest(request.body));
        (format!("{}\n{path}\n{query}\n{lines}\n{names}\n{body}", request.method), names)
    }

    fn key(&self, day: &str) -> Vec<u8> {
        let secret = format!("AWS4{}", self.secret_access_key);
        [day, &self.region, &self.service, "aws4_request"]
            .into_iter()
            .fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()))
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn collapsed(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn canonical_query(query: &str) -> String {
    let encode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        utf8_percent_encode(&decoded, ENCODED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of AWS's documentation ("get-vanilla" of its test suite).
    #[test]
    fn the_documented_example_is_signed_as_documented() {
        let signer = Signer {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            region: "us-east-1".into(),
            service: "service".into(),
        };
        let mut headers = HeaderMap::new();
        headers.insert("host", "example.amazonaws.com".parse().unwrap());
        headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        let request = Unsigned {
            method: &Method::GET,
            path: "/",
            query: "",
            headers: &headers,
            body: b"",
            date: "20150830T123600Z",
        };
        assert_eq!(
            signer.authorization(&request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn the_query_is_sorted_and_encoded() {
        assert_eq!(canonical_query("b=2&a=x%20y&c&a=1"), "a=1&a=x%20y&b=2&c=");
    }
}
