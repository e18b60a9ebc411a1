//! The receiver's URL, and further headers.

use std::str::FromStr;

use http::{HeaderName, HeaderValue, Uri};

/// Where OTLP over HTTP takes traces, below a receiver's URL.
const TRACES: &str = "/v1/traces";

/// Where spans are posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl Endpoint {
    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = String;

    /// Reads `http://host:4318` or `https://…`; `/v1/traces` is added unless it is there.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a URL such as http://127.0.0.1:4318");
        let given: Uri = text.parse().map_err(|_| wrong())?;
        let scheme =
            given.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(wrong)?;
        let authority = given.authority().ok_or_else(wrong)?;
        let path = given.path().trim_end_matches('/');
        let path = path.strip_suffix(TRACES).unwrap_or(path);
        let query = given.query().map(|query| format!("?{query}")).unwrap_or_default();
        let whole = format!("{scheme}://{authority}{path}{TRACES}{query}");
        whole.parse().map(Self).map_err(|_| wrong())
    }
}

/// A header of every post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl FromStr for Header {
    type Err = String;

    /// Reads `name=value`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a header is name=value".to_owned();
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        let name = name.trim().parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
        // It may be a key: no log shows it.
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_traces_is_added_unless_it_is_there() {
        let uri = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.0.to_string());
        assert_eq!(uri("http://h:4318"), Ok("http://h:4318/v1/traces".to_owned()));
        assert_eq!(uri("https://h/otlp/"), Ok("https://h/otlp/v1/traces".to_owned()));
        assert_eq!(uri("https://h/otlp/v1/traces?k=v"), Ok("https://h/otlp/v1/traces?k=v".to_owned()));
        for wrong in ["", "h:4318", "grpc://h:4317", "/v1/traces"] {
            assert!(uri(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_is_a_name_and_a_value_and_its_value_is_not_shown() {
        let header: Header = "x-api-key=a=b".parse().unwrap();
        assert_eq!((header.name.as_str(), header.value.as_bytes()), ("x-api-key", &b"a=b"[..]));
        assert!(!format!("{header:?}").contains("a=b"));
        assert!("x-api-key".parse::<Header>().is_err() && "a b=c".parse::<Header>().is_err());
    }
}
