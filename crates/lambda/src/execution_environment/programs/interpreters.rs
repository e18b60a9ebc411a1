//! Node.js with our own client; Java, Ruby and .NET with AWS's, where they are found.

use std::path::PathBuf;

use super::{NotStarted, Site, Started, find, places};
use crate::execution::FunctionSpec;

/// Runs Node.js functions.
const NODE_CLIENT: &str = include_str!("../../node/index.mjs");
/// Finds and starts AWS's client for Ruby.
const RUBY_START: &str = include_str!("../../ruby/start.rb");

fn missing(message: String) -> NotStarted {
    NotStarted::new("Runtime.InvalidRuntime", message)
}

/// The interpreter of a family, the very version if there is one of that name.
fn interpreter(
    site: &Site,
    spec: &FunctionSpec,
    names: &[&str],
    install: &str,
) -> Result<PathBuf, NotStarted> {
    let found = names.iter().find_map(|name| find(&site.path, name));
    found.ok_or_else(|| missing(format!("{} needs {}: {install}", spec.runtime, names.join(" or "))))
}

/// `node22` if there is one, else `node`, whichever version that is: only AWS's oldest calls differ between them.
pub(super) fn node(site: &Site, spec: &FunctionSpec) -> Result<Started, NotStarted> {
    let version = spec.runtime.trim_start_matches("nodejs").trim_end_matches(".x");
    let exact = format!("node{version}");
    let names = [exact.as_str(), "node", "nodejs"];
    let node =
        interpreter(site, spec, &names, "install Node.js 18 or newer (Debian: apt-get install nodejs)")?;
    let client = laid_down(site, "node/index.mjs", NODE_CLIENT)?;
    Ok(Started::new(node, &[&client]))
}

/// A file of ours where functions see it, as it is now.
fn laid_down(site: &Site, name: &str, text: &str) -> std::io::Result<String> {
    let file = site.runtimes.join(name);
    let shown = file.display().to_string();
    if std::fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return Ok(shown);
    }
    let folder = file.parent().unwrap_or(&site.runtimes);
    std::fs::create_dir_all(folder)?;
    let new = tempfile::NamedTempFile::new_in(folder)?;
    std::fs::write(new.path(), text)?;
    std::fs::set_permissions(new.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(shown)
}

const JAVA_CLIENT: &str = "aws-lambda-java-runtime-interface-client";

pub(super) fn java(site: &Site, spec: &FunctionSpec) -> Result<Started, NotStarted> {
    let java = interpreter(
        site,
        spec,
        &["java"],
        "install a Java runtime (Debian: apt-get install default-jre-headless)",
    )?;
    let folders: Vec<PathBuf> = places(spec)
        .flat_map(|place| [place.join("lib"), place.join("java/lib")])
        .filter(|folder| folder.is_dir())
        .collect();
    let has_client = folders
        .iter()
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with(JAVA_CLIENT));
    if !has_client {
        return Err(missing(format!(
            "{} needs AWS's {JAVA_CLIENT}: put its jar and its dependencies into the package's lib/ or a layer's java/lib/",
            spec.runtime
        )));
    }
    let jars = folders.iter().map(|folder| format!("{}/*", folder.display()));
    let classes: Vec<String> = std::iter::once(spec.code.display().to_string()).chain(jars).collect();
    let main = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
    Ok(Started::new(java, &["-cp", &classes.join(":"), main, &spec.handler]))
}

pub(super) fn ruby(site: &Site, spec: &FunctionSpec) -> Result<Started, NotStarted> {
    let names = [spec.runtime.as_str(), "ruby"];
    let ruby = interpreter(site, spec, &names, "install Ruby (Debian: apt-get install ruby)")?;
    let start = laid_down(site, "ruby/start.rb", RUBY_START)?;
    Ok(Started::new(ruby, &[&start]))
}

pub(super) fn dotnet(site: &Site, spec: &FunctionSpec) -> Result<Started, NotStarted> {
    let dotnet = interpreter(site, spec, &["dotnet"], "install the .NET runtime")?;
    let in_code = |name: String| spec.code.join(name);
    let (assembly, rest) = spec.handler.split_once("::").unwrap_or((&spec.handler, ""));
    if rest.is_empty() {
        let program = in_code(format!("{assembly}.dll"));
        return Ok(Started::new(dotnet, &[&program.display().to_string()]));
    }
    let client = in_code("Amazon.Lambda.RuntimeSupport.dll".to_owned());
    if !client.is_file() {
        return Err(missing(format!(
            "{} needs AWS's Amazon.Lambda.RuntimeSupport: add that package to the function's project",
            spec.runtime
        )));
    }
    let (dependencies, runtime) =
        (in_code(format!("{assembly}.deps.json")), in_code(format!("{assembly}.runtimeconfig.json")));
    let arguments = [
        "exec",
        "--depsfile",
        &dependencies.display().to_string(),
        "--runtimeconfig",
        &runtime.display().to_string(),
        &client.display().to_string(),
        &spec.handler,
    ];
    Ok(Started::new(dotnet, &arguments))
}
