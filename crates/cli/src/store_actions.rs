//! What can be asked of the store as a whole while it is in use: a consistent copy. No service of AWS: it lives under
//! `/_konekuta/backup`.

use std::path::PathBuf;
use std::sync::Arc;

use local::Local;
use serde::{Deserialize, Serialize};
use service::{Action, Context, ErrorRow, Ids, Method, Rest, Row, Service, ServiceError, Speaks, row};

const INVALID: ErrorRow =
    ErrorRow { shape: "ValidationException", query_code: "ValidationException", status: 400, sender: true };
const REST: Rest = Rest::new(Method::Post, "/_konekuta/backup", 200);
const ACTIONS: &[Row<Store>] = &[row::<BackUp>()];

/// The running store.
pub(crate) struct Store {
    pub(crate) local: Arc<Local>,
    pub(crate) ids: Arc<dyn Ids>,
}

/// The store's actions as the server takes them.
pub(crate) fn service(store: &Arc<Store>) -> Service {
    let speaks = Speaks {
        json_target: None,
        query: None,
        on_decode_error: |error| ServiceError::new(&INVALID, error.to_string()),
    };
    service::bind("konekuta", speaks, ACTIONS, store)
}

/// Makes a consistent copy inside the data folder and tells where. Whoever asked moves it away.
struct BackUp;

#[derive(Deserialize)]
struct Input {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    folder: PathBuf,
}

impl Action for BackUp {
    const NAME: &'static str = "BackUp";
    const REST: Option<&'static Rest> = Some(&REST);
    type Service = Store;
    type Input = Input;
    type Output = Output;

    async fn run(store: &Store, _: &Context, _: Input) -> Result<Output, ServiceError> {
        let id = store.ids.uuid().as_simple().to_string();
        let made = store.local.back_up(&id).await;
        let folder = made.map_err(|error| ServiceError::new(&INVALID, error.to_string()))?;
        Ok(Output { folder })
    }
}
