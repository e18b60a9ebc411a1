//! `konekuta up TEMPLATE`: brings a SAM or CloudFormation template up on a running server, and keeps a record of it
//! there, so that a second `up` changes only what changed. A signed client like any other.

mod deploy;
mod package;
mod record;
mod report;
mod resources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use client::Client;
use engine::Clock;
use template::{Deployment, Plan, Scope};

use crate::connection::Connection;
use deploy::Deploy;
use record::StackRecord;

/// Bring a SAM or CloudFormation template up.
#[derive(clap::Args, Debug)]
pub(crate) struct Up {
    /// The template, YAML or JSON.
    template: PathBuf,
    /// Name of the stack; the template's folder where absent.
    #[arg(long)]
    stack_name: Option<String>,
    /// A parameter of the template; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Take a stack down: remove what `up` created, buckets that still hold objects excepted.
#[derive(clap::Args, Debug)]
pub(crate) struct Down {
    /// Name of the stack.
    stack_name: String,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn up(arguments: Up, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let file = arguments.template.display().to_string();
    let text = std::fs::read_to_string(&arguments.template).with_context(|| format!("cannot read {file}"))?;
    let folder = arguments.template.canonicalize()?.parent().map(Path::to_path_buf).unwrap_or_default();
    let stack_name = match arguments.stack_name {
        Some(name) => name,
        None => stack_name_of(&folder)?,
    };
    let scope =
        Scope::new(deployment(&stack_name, &arguments.connection), parameters(&arguments.parameters)?);
    let (plan, scope) = template::read(&file, &text)?.plan(&file, scope)?;
    let client = arguments.connection.client(clock);
    Deploy::new(client, stack_name, folder, file).await?.run(&plan, scope).await
}

pub(crate) async fn down(arguments: Down, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let stack_name = arguments.stack_name;
    let scope = Scope::new(deployment(&stack_name, &arguments.connection), BTreeMap::new());
    let client = arguments.connection.client(clock);
    if StackRecord::load(&client, &stack_name).await?.is_new() {
        bail!("there is no stack {stack_name}");
    }
    let nothing = Plan { resources: Vec::new(), outputs: Vec::new() };
    Deploy::new(client.clone(), stack_name.clone(), PathBuf::new(), String::new())
        .await?
        .run(&nothing, scope)
        .await?;
    record::forget(&client, &stack_name).await
}

fn parameters(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => bail!("--parameter {text}: give it as NAME=VALUE"),
    };
    given.iter().map(pair).collect()
}

/// A folder's name as a stack's: letters, digits and hyphens.
fn stack_name_of(folder: &Path) -> anyhow::Result<String> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    match name.trim_start_matches(|c: char| !c.is_ascii_alphabetic()) {
        "" => bail!("give the stack a name with --stack-name"),
        name => Ok(name.to_owned()),
    }
}

fn deployment(stack_name: &str, connection: &Connection) -> Deployment {
    let (account, region) = (connection.account(), connection.region.clone());
    let stack_id = format!("arn:aws:cloudformation:{region}:{account}:stack/{stack_name}/konekuta");
    Deployment { account, region, stack_name: stack_name.to_owned(), stack_id }
}

/// What a resource is created with, besides its properties.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) client: Client,
    pub(crate) deployment: Deployment,
    pub(crate) logical_id: String,
}

impl Site {
    /// A name for a resource that has none: `<stack>-<logical id>-<12 letters and digits>`. Always the same one, so
    /// that a lost record does not duplicate what exists.
    pub(crate) fn generated_name(&self, length_max: usize) -> String {
        use sha2::Digest as _;
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let Deployment { stack_name, account, region, .. } = &self.deployment;
        let seed = format!("{account}/{region}/{stack_name}/{}", self.logical_id);
        let digest = sha2::Sha256::digest(seed);
        let suffix: String =
            digest.iter().take(12).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        let mut stem = format!("{stack_name}-{}", self.logical_id);
        stem.truncate(length_max.saturating_sub(suffix.len() + 1));
        format!("{stem}-{suffix}")
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let Deployment { account, region, .. } = &self.deployment;
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }
}
