//! Functions that are container images: run by podman or docker, on the host's network.

use std::collections::BTreeMap;

use super::{NotStarted, Site, Started, find};
use crate::execution::{FunctionSpec, Image};

/// Variables of the machine that an image has its own of.
const NOT_FOR_IMAGES: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG"];

pub(super) fn of(
    site: &Site,
    spec: &FunctionSpec,
    image: &Image,
    variables: &BTreeMap<String, String>,
) -> Result<Started, NotStarted> {
    let Some(engine) = ["podman", "docker"].iter().find_map(|name| find(&site.path, name)) else {
        let message = "a function of a container image needs podman or docker: install one of them (Debian: apt-get \
                       install podman)";
        return Err(NotStarted::new("Runtime.InvalidRuntime", message));
    };
    let memory = format!("{}m", spec.memory_mb);
    let mut arguments: Vec<String> =
        ["run", "--rm", "--init", "--sig-proxy=true", "--network=host", "--memory", &memory]
            .map(str::to_owned)
            .to_vec();
    for (name, value) in variables.iter().filter(|(name, _)| !NOT_FOR_IMAGES.contains(&name.as_str())) {
        arguments.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    if let Some(folder) = &image.working_directory {
        arguments.extend(["--workdir".to_owned(), folder.clone()]);
    }
    let mut entry = image.entry_point.iter();
    if let Some(first) = entry.next() {
        arguments.extend(["--entrypoint".to_owned(), first.clone()]);
    }
    arguments.push(image.uri.clone());
    arguments.extend(entry.cloned());
    arguments.extend(image.command.iter().cloned());
    Ok(Started { file: engine, arguments })
}
