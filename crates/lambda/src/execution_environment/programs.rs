//! The program that runs a function: its own, or an interpreter with a client of the Runtime API.

mod containers;
mod interpreters;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Site;
use super::containers::Container;
use super::failure::NotStarted;
use crate::execution::FunctionSpec;

/// A program with its arguments.
pub(super) struct Started {
    pub(super) file: PathBuf,
    pub(super) arguments: Vec<String>,
    /// What it runs in, if it is an image.
    pub(super) container: Option<Container>,
}

impl Started {
    fn new(file: PathBuf, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        Self { file, arguments, container: None }
    }

    /// A script of the function's or a layer's that starts the program.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper>
    fn wrapped(mut self, wrapper: Option<&String>) -> Self {
        if let Some(wrapper) = wrapper {
            self.arguments.insert(0, self.file.display().to_string());
            self.file = PathBuf::from(wrapper);
        }
        self
    }
}

/// The program of a function.
pub(super) async fn of(
    site: &Site,
    spec: &FunctionSpec,
    variables: &BTreeMap<String, String>,
) -> Result<Started, NotStarted> {
    if let Some(image) = &spec.image {
        return containers::of(site, spec, image, variables);
    }
    if spec.runtime.starts_with("provided") {
        return bootstrap(spec).map(|file| Started::new(file, &[]));
    }
    let started = if spec.runtime.starts_with("python3.") {
        let python = site.interpreters.of(&spec.runtime).await;
        let python = python.map_err(|message| NotStarted::new("Runtime.InvalidRuntime", message))?;
        Started::new(python, &["-m", "awslambdaric", &spec.handler])
    } else if spec.runtime.starts_with("nodejs") {
        interpreters::node(site, spec)?
    } else if spec.runtime.starts_with("java") {
        interpreters::java(site, spec)?
    } else if spec.runtime.starts_with("ruby") {
        interpreters::ruby(site, spec)?
    } else if spec.runtime.starts_with("dotnet") {
        interpreters::dotnet(site, spec)?
    } else {
        let message = format!("runtime {} is not supported by Konekuta", spec.runtime);
        return Err(NotStarted::new("Runtime.InvalidRuntime", message));
    };
    Ok(started.wrapped(spec.environment.get("AWS_LAMBDA_EXEC_WRAPPER")))
}

/// `bootstrap` of the function or of a layer; a layer that comes later lies over the earlier ones.
fn bootstrap(spec: &FunctionSpec) -> Result<PathBuf, NotStarted> {
    let found = places(spec).map(|folder| folder.join("bootstrap")).find(|file| file.is_file());
    found.ok_or_else(|| {
        let message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
        NotStarted::new("Runtime.InvalidEntrypoint", message)
    })
}

/// The folders of a function, in the order in which something is looked for.
fn places(spec: &FunctionSpec) -> impl Iterator<Item = &PathBuf> {
    std::iter::once(&spec.code).chain(spec.layers.iter().rev())
}

/// A program of the search path.
pub(super) fn find(path: &str, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
