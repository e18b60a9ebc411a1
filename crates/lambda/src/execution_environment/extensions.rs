//! External extensions: the programs in `/opt/extensions`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::failure::NotStarted;
use crate::execution::FunctionSpec;

/// A program that is started beside the runtime.
pub(super) struct External {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

/// Variables of the function that extensions do not have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
const NOT_FOR_EXTENSIONS: [&str; 8] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
];

/// The extensions of a function's layers, in order of their names; a later layer lies over the earlier ones.
pub(super) fn external(spec: &FunctionSpec) -> Result<Vec<External>, NotStarted> {
    let mut found = BTreeMap::new();
    for layer in &spec.layers {
        let entries = match std::fs::read_dir(layer.join("extensions")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            let file = entry?.path();
            let metadata = file.metadata()?;
            let name = file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            if let Some(name) = name.filter(|_| metadata.is_file()) {
                if metadata.permissions().mode() & 0o111 == 0 {
                    let message = format!("extension {name} is not executable");
                    return Err(NotStarted::new("Extension.LaunchError", message));
                }
                found.insert(name, file);
            }
        }
    }
    Ok(found.into_iter().map(|(name, file)| External { name, file }).collect())
}

/// The variables that extensions have.
pub(super) fn variables(all: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut variables = all.clone();
    variables.retain(|name, _| !NOT_FOR_EXTENSIONS.contains(&name.as_str()));
    variables
}
