//! Errors of a type of its own, of the standard library's, panics, and events that cannot be read.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fail {
    Custom,
    Text,
    Io,
    Panic,
}

#[derive(Debug)]
enum Problem {
    OutOfStock { article: &'static str },
    Other(Error),
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::OutOfStock { article } => Self {
                error_type: "OutOfStock".to_owned(),
                error_message: format!("there is no {article} left"),
            },
            Problem::Other(error) => error.into(),
        }
    }
}

async fn handle(event: LambdaEvent<Fail>) -> Result<(), Problem> {
    match event.payload {
        Fail::Custom => Err(Problem::OutOfStock { article: "tea" }),
        Fail::Text => Err(Problem::Other("as asked".into())),
        Fail::Io => std::fs::read("/nowhere").map(drop).map_err(|error| Problem::Other(error.into())),
        Fail::Panic => panic!("as asked"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
