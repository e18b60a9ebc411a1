//! ListLayers: the layers of the caller, each with its latest version that suits.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::layers::{LAYERS, LayerRecord, LayerVersionRecord, ListedVersion};
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;
use crate::records;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    compatible_architecture: Option<String>,
    compatible_runtime: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    layers: Vec<Layer>,
}

/// The action.
pub(crate) struct ListLayers;

impl Action for ListLayers {
    const NAME: &'static str = "ListLayers";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "CompatibleArchitecture", name: "CompatibleArchitecture" },
            Binding { member: "CompatibleRuntime", name: "CompatibleRuntime" },
            Binding { member: "Marker", name: "Marker" },
            Binding { member: "MaxItems", name: "MaxItems" },
        ],
        ..Rest::new(Method::Get, "/2018-10-31/layers", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (region, account) = (&context.caller.region, &context.caller.account);
        let own = format!("{LAYERS}arn:aws:lambda:{region}:{account}:layer:");
        let (runtime, architecture) =
            (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
        let mut all = Vec::new();
        for found in lambda.all_records(&own).await? {
            let layer: LayerRecord = records::decode(&found)?;
            let versions = lambda.layer_versions(&layer.arn).await?;
            let latest = versions.iter().find(|version| version.suits(runtime, architecture));
            all.extend(latest.map(|latest| Layer::of(&layer, latest)));
        }
        let position = |layer: &Layer| layer.layer_name.clone();
        let (layers, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, position)?;
        Ok(Output { next_marker, layers })
    }
}

/// `LayersListItem`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Layer {
    layer_name: String,
    layer_arn: String,
    latest_matching_version: ListedVersion,
}

impl Layer {
    fn of(layer: &LayerRecord, latest: &LayerVersionRecord) -> Self {
        Self {
            layer_name: layer.arn.resource().trim_start_matches("layer:").to_owned(),
            layer_arn: layer.arn.to_string(),
            latest_matching_version: ListedVersion::of(latest),
        }
    }
}
