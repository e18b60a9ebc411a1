//! An answer that is sent while it is made, with a status, headers and a cookie.

use lambda_runtime::streaming::{Body, Response, Sender, channel};
use lambda_runtime::{Error, LambdaEvent, MetadataPrelude, run, service_fn};
use serde_json::{Value, json};

async fn handle(_: LambdaEvent<Value>) -> Result<Response<Body>, Error> {
    let (sender, body) = channel();
    tokio::spawn(send(sender));
    let headers = json!({"content-type": "text/plain", "x-kind": "stream"});
    let prelude = json!({"statusCode": 206, "headers": headers, "cookies": ["a=1"]});
    let metadata_prelude: MetadataPrelude = serde_json::from_value(prelude)?;
    Ok(Response { metadata_prelude, stream: body })
}

async fn send(mut sender: Sender) {
    for piece in ["one\n", "two\n", "three\n"] {
        // An error means that nobody reads any more.
        let _ = sender.send_data(piece.into()).await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
