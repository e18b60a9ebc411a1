//! Search paths into a function's code and its layers.
//!
//! On AWS layers lie over each other in `/opt`, which is on every search path. Without a mount of its own a function has
//! each layer's folder on the search paths instead, the last one first, as it would hide the others in `/opt`.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::execution::FunctionSpec;

/// Puts the folders of code and layers on the search paths, before what is there.
pub(super) fn extend(all: &mut BTreeMap<String, String>, spec: &FunctionSpec) {
    prepend(all, "PATH", &below(spec, &["bin"]));
    let libraries = [vec![spec.code.clone(), spec.code.join("lib")], below(spec, &["lib"])].concat();
    prepend(all, "LD_LIBRARY_PATH", &libraries);
    if let Some(version) = spec.runtime.strip_prefix("python") {
        let packages = format!("python/lib/python{version}/site-packages");
        let folders = [vec![spec.code.clone()], below(spec, &["python", &packages])].concat();
        prepend(all, "PYTHONPATH", &folders);
    }
    if let Some(version) = spec.runtime.strip_prefix("nodejs") {
        let major = format!("nodejs/node{}/node_modules", version.trim_end_matches(".x"));
        prepend(all, "NODE_PATH", &below(spec, &[&major, "nodejs/node_modules"]));
    }
    if spec.runtime.starts_with("java") {
        let jars: Vec<_> = below(spec, &["java/lib"]).iter().map(|folder| folder.join("*")).collect();
        prepend(all, "CLASSPATH", &jars);
    }
    if let Some(version) = spec.runtime.strip_prefix("ruby") {
        let bundled = spec.code.join(format!("vendor/bundle/ruby/{version}.0"));
        let gems = [vec![bundled], below(spec, &[&format!("ruby/gems/{version}.0")])].concat();
        prepend(all, "GEM_PATH", &gems);
        prepend(all, "RUBYLIB", &below(spec, &["ruby/lib"]));
    }
}

/// The layers' folders of these names, those of the last layer first.
fn below(spec: &FunctionSpec, names: &[&str]) -> Vec<PathBuf> {
    let layers = spec.layers.iter().rev();
    layers.flat_map(|layer| names.iter().map(|name| layer.join(name))).collect()
}

fn prepend(all: &mut BTreeMap<String, String>, variable: &str, folders: &[PathBuf]) {
    if folders.is_empty() {
        return;
    }
    let folders: Vec<String> =
        folders.iter().map(|folder: &PathBuf| Path::display(folder).to_string()).collect();
    let folders = folders.join(":");
    let joined = match all.get(variable).filter(|own| !own.is_empty()) {
        Some(own) => format!("{folders}:{own}"),
        None => folders,
    };
    all.insert(variable.to_owned(), joined);
}
