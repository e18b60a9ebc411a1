//! From a function's record to a call of it: the code unpacked, the reserved concurrency kept, the executor asked.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws::{AccountId, Arn, Region, TraceHeader};
use bytes::BytesMut;
use engine::{Error, Refusal, Timestamp};
use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Lambda;
use crate::code::{BadArchive, Folders, Keep};
use crate::execution::{FunctionSpec, Image, Invocation, InvokeError, Outcome, Piece};
use crate::function_name::{LATEST, qualified};
use crate::logging_config::LoggingConfig;
use crate::records::{Code, FunctionRecord, ImageRecord, LayerUse};

/// Pieces of a streamed answer that wait for their reader; then the function waits too.
const STREAMED_PIECES_MAX: usize = 16;

/// Why a package could not be made ready to run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    #[error(transparent)]
    Archive(#[from] BadArchive),
    #[error(transparent)]
    Engine(#[from] Error),
    #[error("reading the deployment package: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// What the program remembers of functions between their calls.
#[derive(Default)]
pub(crate) struct Calls {
    /// By function, of all its versions.
    specs: Mutex<HashMap<Arn, Vec<Arc<FunctionSpec>>>>,
    running: Arc<Mutex<HashMap<Arn, u32>>>,
    unpacking: tokio::sync::Mutex<()>,
}

/// One execution of a function, counted as long as it lasts.
struct Counted {
    running: Arc<Mutex<HashMap<Arn, u32>>>,
    function: Arn,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.function) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.function);
            }
        }
    }
}

impl Calls {
    fn begin(&self, record: &FunctionRecord) -> Result<Counted, InvokeError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.get(&record.arn).copied().unwrap_or(0);
        if record.reserved_concurrency.is_some_and(|reserved| count >= reserved) {
            return Err(InvokeError::Throttled);
        }
        running.insert(record.arn.clone(), count + 1);
        Ok(Counted { running: Arc::clone(&self.running), function: record.arn.clone() })
    }

    fn known(&self, record: &FunctionRecord) -> Option<Arc<FunctionSpec>> {
        let specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        let spec = specs.get(&record.arn)?.iter().find(|spec| spec.version == record.version)?;
        (spec.revision == record.environment_revision).then(|| Arc::clone(spec))
    }

    fn remember(&self, spec: &Arc<FunctionSpec>) {
        let mut specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = specs.entry(spec.arn.clone()).or_default();
        versions.retain(|known| known.version != spec.version);
        versions.push(Arc::clone(spec));
    }

    /// Packages of long ago may have been removed for the sake of newer ones: they are to be unpacked again.
    fn forget_removed(&self) {
        let mut specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        specs.retain(|_, versions| {
            versions.retain(|spec| spec.image.is_some() || spec.code.exists());
            !versions.is_empty()
        });
    }

    /// The version is gone.
    pub(crate) fn forget(&self, version: &Arn) {
        let mut specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        specs.retain(|_, versions| {
            versions.retain(|spec| spec.version_arn != *version);
            !versions.is_empty()
        });
    }
}

impl Lambda {
    /// Calls a version of a function once, whatever its state says: callers have looked at it.
    pub(crate) async fn call(
        &self,
        function: &FunctionRecord,
        version: &FunctionRecord,
        invocation: Invocation,
    ) -> Result<Outcome, InvokeError> {
        // A task of its own: the caller may go away, the function runs on and is counted until it ends.
        let running = tokio::spawn(self.begin(function, version, invocation, None).await?);
        running.await.map_err(|error| InvokeError::Failed(error.to_string()))?
    }

    /// The same for a caller that waits for the end in any case, unless the program ends.
    pub(crate) async fn call_to_its_end(
        &self,
        function: &FunctionRecord,
        version: &FunctionRecord,
        invocation: Invocation,
    ) -> Result<Outcome, InvokeError> {
        self.begin(function, version, invocation, None).await?.await
    }

    /// The same for an answer that is handed on while it is made.
    pub(crate) async fn call_streaming(
        &self,
        function: &FunctionRecord,
        version: &FunctionRecord,
        invocation: Invocation,
    ) -> Result<(mpsc::Receiver<Piece>, JoinHandle<Result<Outcome, InvokeError>>), InvokeError> {
        let (send, pieces) = mpsc::channel(STREAMED_PIECES_MAX);
        let running = tokio::spawn(self.begin(function, version, invocation, Some(send)).await?);
        Ok((pieces, running))
    }

    /// Answers what runs the function; its answer goes to `pieces` while it is made, if there are any.
    async fn begin(
        &self,
        function: &FunctionRecord,
        version: &FunctionRecord,
        mut invocation: Invocation,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Result<impl Future<Output = Result<Outcome, InvokeError>> + Send + use<>, InvokeError> {
        let counted = self.calls.begin(function)?;
        let spec =
            self.current_spec(version).await.map_err(|error| InvokeError::Failed(error.to_string()))?;
        let telling = self.tell_begun(function, &mut invocation);
        let (executor, this) = (Arc::clone(&self.executor), self.this.upgrade());
        Ok(async move {
            let outcome = match pieces {
                Some(pieces) => executor.invoke_streaming(spec, invocation, pieces).await,
                None => executor.invoke(spec, invocation).await,
            };
            drop(counted);
            if let Some(this) = this {
                this.tell_ended(telling, &outcome);
            }
            outcome
        })
    }

    /// The spec; of the newer record, if the function was updated since this one was read.
    async fn current_spec(&self, record: &FunctionRecord) -> Result<Arc<FunctionSpec>, NotReady> {
        match self.spec(record).await {
            Err(error) if is_outdated(&error) => match self.find_function(&record.arn).await? {
                Some(newer) if record.version == LATEST => self.spec(&newer.record).await,
                _ => Err(error),
            },
            other => other,
        }
    }

    /// What the executor must know, the code unpacked.
    pub(crate) async fn spec(&self, record: &FunctionRecord) -> Result<Arc<FunctionSpec>, NotReady> {
        match self.calls.known(record) {
            Some(spec) => Ok(spec),
            None => Box::pin(self.made_ready(record)).await,
        }
    }

    async fn made_ready(&self, record: &FunctionRecord) -> Result<Arc<FunctionSpec>, NotReady> {
        let code = if record.image.is_some() { PathBuf::new() } else { self.unpacked(record).await? };
        let mut layers = Vec::new();
        for layer in &record.layers {
            layers.push(self.unpacked_layer(layer).await?);
        }
        let spec = Arc::new(self.describe(record, code, layers));
        self.calls.remember(&spec);
        Ok(spec)
    }

    fn describe(&self, record: &FunctionRecord, code: PathBuf, layers: Vec<PathBuf>) -> FunctionSpec {
        FunctionSpec {
            arn: record.arn.clone(),
            version_arn: qualified(&record.arn, Some(&record.version)),
            name: record.name.clone(),
            version: record.version.clone(),
            runtime: record.runtime.clone(),
            handler: record.handler.clone(),
            timeout_seconds: record.timeout_seconds,
            memory_mb: record.memory_mb,
            ephemeral_storage_mb: record.ephemeral_storage_mb,
            environment: record.environment.clone().unwrap_or_default(),
            code,
            layers,
            image: record.image.as_ref().map(image),
            logging: LoggingConfig::of(record.logging_config.as_ref()),
            revision: record.environment_revision,
            region: Region::parse(record.arn.region()).unwrap_or_else(Region::default_region),
            account: AccountId::parse(record.arn.account()).unwrap_or_else(AccountId::local),
            role: record.role.clone(),
            endpoint: self.settings.endpoint.clone(),
        }
    }

    /// The folder with the function's code; unpacked first if need be, by one caller for all.
    async fn unpacked(&self, record: &FunctionRecord) -> Result<PathBuf, NotReady> {
        let folder = self.folders.of(record);
        let _alone = self.calls.unpacking.lock().await;
        if folder.exists() {
            return Ok(folder);
        }
        let keep = self.published_packages(record).await?;
        self.fill(&record.code, &folder, Some(keep)).await?;
        self.calls.forget_removed();
        Ok(folder)
    }

    /// The same for one of its layers.
    async fn unpacked_layer(&self, layer: &LayerUse) -> Result<PathBuf, NotReady> {
        let folder = self.folders.of_layer(layer);
        let _alone = self.calls.unpacking.lock().await;
        if !folder.exists() {
            self.fill(&layer.code, &folder, None).await?;
        }
        Ok(folder)
    }

    async fn fill(&self, code: &Code, folder: &Path, keep: Option<HashSet<String>>) -> Result<(), NotReady> {
        let mut content = self.engine.read_blob(&code.blob, None).await?;
        let mut zip = BytesMut::with_capacity(usize::try_from(code.size).unwrap_or(0));
        while let Some(piece) = content.try_next().await? {
            zip.extend_from_slice(&piece);
        }
        let (zip, target) = (zip.freeze(), folder.to_owned());
        let filling = move || Folders::fill(&target, &zip, keep.as_ref().map_or(Keep::All, Keep::Named));
        Ok(tokio::task::spawn_blocking(filling).await??)
    }

    /// The trace an invocation belongs to: the one it came with, or one that begins here.
    pub(crate) fn trace_or_new(&self, trace: Option<TraceHeader>, now: Timestamp) -> TraceHeader {
        trace.unwrap_or_else(|| {
            let id = TraceHeader::new_trace_id(now.seconds(), self.ids.uuid().as_u128());
            TraceHeader::begin(&id)
        })
    }
}

/// Whether the package was replaced while it was read: the record that was looked at is an old one.
pub(crate) fn is_outdated(error: &NotReady) -> bool {
    matches!(error, NotReady::Engine(Error::Refused(Refusal::NoSuchBlob)))
}

fn image(record: &ImageRecord) -> Image {
    let config = record.config.as_ref();
    let texts = |member: &str| {
        let list = config.and_then(|config| config[member].as_array());
        let texts = list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned));
        texts.collect()
    };
    Image {
        uri: record.uri.clone(),
        entry_point: texts("EntryPoint"),
        command: texts("Command"),
        working_directory: config.and_then(|config| config["WorkingDirectory"].as_str().map(str::to_owned)),
    }
}
