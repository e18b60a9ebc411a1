//! ListLayerVersions: the versions of a layer that suit, the latest first.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayerVersions.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::layers::{LayerVersionRecord, ListedVersion, layer_arn};
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    layer_name: String,
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
    layer_versions: Vec<ListedVersion>,
}

/// The action.
pub(crate) struct ListLayerVersions;

impl Action for ListLayerVersions {
    const NAME: &'static str = "ListLayerVersions";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "CompatibleArchitecture", name: "CompatibleArchitecture" },
            Binding { member: "CompatibleRuntime", name: "CompatibleRuntime" },
            Binding { member: "Marker", name: "Marker" },
            Binding { member: "MaxItems", name: "MaxItems" },
        ],
        ..Rest::new(Method::Get, "/2018-10-31/layers/{LayerName}/versions", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let layer = layer_arn(&input.layer_name, &context.caller)?;
        let (runtime, architecture) =
            (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
        let mut all = lambda.layer_versions(&layer).await?;
        all.retain(|version| version.suits(runtime, architecture));
        // Positions grow while the numbers go down.
        let position = |version: &LayerVersionRecord| format!("{:020}", u64::MAX - version.version);
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, position)?;
        Ok(Output { next_marker, layer_versions: shown.iter().map(ListedVersion::of).collect() })
    }
}
