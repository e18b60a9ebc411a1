//! Takes orders over HTTP, behind a function URL, and tells what has become of them.
//!
//! `POST /orders` answers at once; who sends the same `Idempotency-Key` again gets the same order, fulfilled once.
//! `GET /orders/ID` has the order as soon as it is fulfilled.

use lambda_http::{Body, Error, Request, RequestExt as _, Response, run, service_fn};
use orders::{Order, Priced, Store};
use serde_json::{Value, json};

struct Intake {
    store: Store,
    sns: aws_sdk_sns::Client,
    topic: String,
}

impl Intake {
    async fn answer(&self, request: Request) -> Result<Response<Body>, Error> {
        match (request.method().as_str(), request.uri().path().split_once("/orders")) {
            ("POST", Some(("", ""))) => self.take(&request).await,
            ("GET", Some(("", order))) => self.show(order.trim_start_matches('/')).await,
            _ => answer(404, &json!({"error": "POST /orders, or GET /orders/ID"})),
        }
    }

    async fn take(&self, request: &Request) -> Result<Response<Body>, Error> {
        let mut order: Order = match serde_json::from_slice(request.body()) {
            Ok(order) => order,
            Err(error) => return answer(400, &json!({"error": error.to_string()})),
        };
        let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
        order.id = key.map_or_else(|| request.lambda_context().request_id, str::to_owned);
        if let Some(problem) = order.problem() {
            return answer(400, &json!({"error": problem}));
        }
        let publish = self.sns.publish().topic_arn(&self.topic).message(serde_json::to_string(&order)?);
        publish.message_group_id(&order.customer).message_deduplication_id(&order.id).send().await?;
        answer(202, &json!({"id": order.id}))
    }

    async fn show(&self, id: &str) -> Result<Response<Body>, Error> {
        match self.store.read::<Priced>(&format!("orders/{id}.json")).await? {
            Some(order) => answer(200, &serde_json::to_value(order)?),
            None => answer(404, &json!({"error": format!("order {id} is not fulfilled")})),
        }
    }
}

fn answer(status: u16, body: &Value) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Ok(answer.body(body.to_string().into())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let intake = &Intake {
        store: Store::new(&config, std::env::var("BUCKET")?),
        sns: aws_sdk_sns::Client::new(&config),
        topic: std::env::var("TOPIC")?,
    };
    run(service_fn(|request| intake.answer(request))).await
}
