//! The program that runs a function: its own, or an interpreter with a client of the Runtime API.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Site;
use super::failure::NotStarted;
use crate::execution::FunctionSpec;

/// A program, and variables of its own.
pub(super) struct Started {
    pub(super) file: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(&'static str, String)>,
}

impl Started {
    fn new(file: PathBuf, arguments: Vec<String>) -> Self {
        Self { file, arguments, variables: Vec::new() }
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
pub(super) async fn of(site: &Site, spec: &FunctionSpec) -> Result<Started, NotStarted> {
    let wrapper = spec.environment.get("AWS_LAMBDA_EXEC_WRAPPER");
    let invalid = |message| NotStarted::new("Runtime.InvalidRuntime", message);
    if spec.runtime.starts_with("provided") {
        return bootstrap(spec).map(|file| Started::new(file, Vec::new()));
    }
    if spec.runtime.starts_with("python3.") {
        let python = site.interpreters.of(&spec.runtime).await.map_err(invalid)?;
        let arguments = ["-m", "awslambdaric", &spec.handler].map(str::to_owned).to_vec();
        return Ok(Started::new(python, arguments).wrapped(wrapper));
    }
    Err(invalid(format!("runtime {} is not supported by Konekuta", spec.runtime)))
}

/// `bootstrap` of the function or of a layer; a layer that comes later lies over the earlier ones.
fn bootstrap(spec: &FunctionSpec) -> Result<PathBuf, NotStarted> {
    let places = std::iter::once(&spec.code).chain(spec.layers.iter().rev());
    let found = places.map(|folder| folder.join("bootstrap")).find(|file| file.is_file());
    found.ok_or_else(|| {
        let message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
        NotStarted::new("Runtime.InvalidEntrypoint", message)
    })
}

/// The function's variables and the program's own.
pub(super) fn with_variables(
    mut all: BTreeMap<String, String>,
    own: Vec<(&'static str, String)>,
) -> BTreeMap<String, String> {
    all.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    all
}
