//! The environment variables of a function: AWS's, the function's own, and nothing of the server's.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>

mod layers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Site;
use crate::execution::FunctionSpec;
use crate::logging_config::{LogFormat, LogLevel};
use crate::supervisor::{self, Mounts};

/// Where an environment lives.
pub(super) struct Place {
    /// The function's code.
    pub(super) task: PathBuf,
    /// Its temporary folder.
    pub(super) tmp: PathBuf,
    /// The folders of its layers.
    pub(super) layers: Vec<PathBuf>,
    pub(super) log_stream: String,
    /// What lies where for the function, if that differs.
    pub(super) mounts: Option<Mounts>,
    /// It is one of those that are kept initialised.
    pub(super) provisioned: bool,
}

impl Place {
    /// A path, or a text with paths, as the function sees it.
    pub(super) fn seen(&self, text: &str) -> String {
        let Some(mounts) = &self.mounts else { return text.to_owned() };
        let seen = text.replace(&mounts.task.display().to_string(), supervisor::TASK);
        let of_layer =
            |seen: String, layer: &PathBuf| seen.replace(&layer.display().to_string(), supervisor::OPT);
        mounts.layers.iter().fold(seen, of_layer)
    }
}

pub(super) fn initialization_type(place: &Place) -> &'static str {
    if place.provisioned { "provisioned-concurrency" } else { "on-demand" }
}

/// All variables of one environment.
pub(super) fn of(
    site: &Site,
    spec: &FunctionSpec,
    runtime_api: &str,
    place: &Place,
) -> BTreeMap<String, String> {
    let text = str::to_owned;
    let folder = |path: &Path| path.display().to_string();
    let mut all = spec.environment.clone();
    let own = [
        ("AWS_ACCESS_KEY_ID", spec.account.to_string()),
        ("AWS_DEFAULT_REGION", spec.region.to_string()),
        ("AWS_ENDPOINT_URL", spec.endpoint.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", spec.version.clone()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", text(initialization_type(place))),
        ("AWS_LAMBDA_LOG_GROUP_NAME", spec.logging.group_of(&spec.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream.clone()),
        ("AWS_LAMBDA_RUNTIME_API", text(runtime_api)),
        ("AWS_REGION", spec.region.to_string()),
        ("AWS_SECRET_ACCESS_KEY", site.ids.uuid().as_simple().to_string()),
        ("AWS_SESSION_TOKEN", site.ids.token()),
        ("AWS_XRAY_CONTEXT_MISSING", text("LOG_ERROR")),
        ("HOME", folder(&place.tmp)),
        ("LAMBDA_TASK_ROOT", folder(&place.task)),
        ("LANG", text("en_US.UTF-8")),
        ("PATH", site.path.clone()),
        ("TMPDIR", folder(&place.tmp)),
        ("TZ", text(":UTC")),
        ("_HANDLER", spec.handler.clone()),
    ];
    all.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    // A function may point its SDK elsewhere.
    if let Some(endpoint) = spec.environment.get("AWS_ENDPOINT_URL") {
        all.insert(text("AWS_ENDPOINT_URL"), endpoint.clone());
    }
    all.extend(xray_daemon(site, spec));
    if spec.logging.format == LogFormat::Json {
        let level = spec.logging.application_level.unwrap_or(LogLevel::Info);
        all.insert(text("AWS_LAMBDA_LOG_FORMAT"), text("JSON"));
        all.insert(text("AWS_LAMBDA_LOG_LEVEL"), text(level.as_str()));
    }
    let seen = FunctionSpec { code: place.task.clone(), layers: place.layers.clone(), ..spec.clone() };
    layers::extend(&mut all, &seen);
    if spec.runtime.starts_with("python") {
        all.insert(text("PYTHONDONTWRITEBYTECODE"), text("1"));
        all.insert(text("PYTHONUNBUFFERED"), text("1"));
    }
    if !spec.runtime.starts_with("provided") {
        let runtime = if spec.image.is_some() { "Image" } else { &spec.runtime };
        all.insert(text("AWS_EXECUTION_ENV"), format!("AWS_Lambda_{runtime}"));
    }
    all
}

/// Where X-Ray's SDKs send segments; a function may send them elsewhere.
fn xray_daemon(site: &Site, spec: &FunctionSpec) -> Vec<(String, String)> {
    const ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
    let Some(daemon) = site.xray_daemon.filter(|_| !spec.environment.contains_key(ADDRESS)) else {
        return Vec::new();
    };
    let (ip, port) = (daemon.ip().to_string(), daemon.port().to_string());
    let variables =
        [(ADDRESS, daemon.to_string()), ("_AWS_XRAY_DAEMON_ADDRESS", ip), ("_AWS_XRAY_DAEMON_PORT", port)];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
