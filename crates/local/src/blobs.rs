//! Blobs: a file each, complete and synced before its name appears. A small one lies in its own id: it becomes durable
//! with the record that names it, in the same write, and goes with it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use engine::{BlobId, BlobStream, Blobs, ByteRange, Error, Refusal};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use rustix::fs::{FlockOperation, flock};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::task::spawn_blocking;

use crate::engine_error::io as failed;
use crate::open::OpenError;
use crate::sweep::Sweep;
use crate::{Local, limits};

/// Digits of the name of a blob's file.
pub(crate) const NAME_DIGITS: usize = 32;
/// What an id begins with that is its blob, in base64; the others are names of files.
const WITHIN: &str = ".";

/// The id of a small blob.
fn holding(content: &[u8]) -> BlobId {
    BlobId(format!("{WITHIN}{}", URL_SAFE_NO_PAD.encode(content)))
}

/// The blob that lies in an id.
fn held(id: &BlobId) -> Option<Bytes> {
    URL_SAFE_NO_PAD.decode(id.0.strip_prefix(WITHIN)?).ok().map(Bytes::from)
}

/// The folder of blobs. Unfinished ones lie in `incoming` and are removed when the store is opened.
pub(crate) struct BlobFolder {
    root: PathBuf,
    /// While a copy is being made: the files that are to be removed afterwards.
    deferred: Mutex<Option<Vec<PathBuf>>>,
    /// Removes the folder with the engine, if blobs are to live no longer than the process.
    temporary: Option<Temporary>,
    /// What removes the blobs that nothing names.
    pub(crate) sweep: Sweep,
}

/// A folder that goes with the process; one of a killed process goes when the next one makes its own.
struct Temporary {
    _folder: tempfile::TempDir,
    /// Locked as long as it is in use.
    _lock: std::fs::File,
}

/// How the names of such folders begin.
const TEMPORARY: &str = "blobs-";

impl Temporary {
    /// Makes one below `folder`.
    fn new(folder: &Path) -> io::Result<(Self, PathBuf)> {
        std::fs::create_dir_all(folder)?;
        // As long as this is locked, nobody has a folder that is not locked yet.
        let all = std::fs::File::open(folder)?;
        flock(&all, FlockOperation::LockExclusive)?;
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                let left = std::fs::File::open(entry.path())?;
                if flock(&left, FlockOperation::NonBlockingLockExclusive).is_ok() {
                    std::fs::remove_dir_all(entry.path())?;
                }
            }
        }
        let made = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder)?;
        let (lock, root) = (std::fs::File::open(made.path())?, made.path().to_path_buf());
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok((Self { _folder: made, _lock: lock }, root))
    }
}

/// Removes an unfinished file, unless it was finished.
struct Unfinished {
    path: PathBuf,
    finished: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed when the store is opened next.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl BlobFolder {
    pub(crate) fn open(root: &Path) -> Result<Self, OpenError> {
        Self::prepare(root, None)
    }

    /// Below `folder`, and gone with the engine.
    pub(crate) fn temporary(folder: &Path) -> Result<Self, OpenError> {
        let unusable = |error: io::Error| OpenError::Unusable {
            folder: folder.to_path_buf(),
            reason: error.to_string(),
        };
        let (temporary, root) = Temporary::new(folder).map_err(unusable)?;
        Self::prepare(&root, Some(temporary))
    }

    fn prepare(root: &Path, temporary: Option<Temporary>) -> Result<Self, OpenError> {
        let incoming = root.join("incoming");
        let prepare = || -> io::Result<()> {
            if incoming.exists() {
                std::fs::remove_dir_all(&incoming)?;
            }
            std::fs::create_dir_all(&incoming)
        };
        prepare()
            .map_err(|error| OpenError::Unusable { folder: root.to_path_buf(), reason: error.to_string() })?;
        let sweep = if temporary.is_none() { Sweep::begun() } else { Sweep::default() };
        Ok(Self { root: root.to_path_buf(), deferred: Mutex::default(), temporary, sweep })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Removes a blob, now or after a copy is made; one that is not there is fine. Answers its length.
    pub(crate) fn remove(&self, id: &str) -> io::Result<u64> {
        let path = self.root.join(&id[..2]).join(id);
        let length = path.metadata().map_or(0, |file| file.len());
        if self.defer(&path) {
            return Ok(length);
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(length),
        }
    }

    fn deferred(&self) -> MutexGuard<'_, Option<Vec<PathBuf>>> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes no blob until `unpin`.
    pub(crate) fn pin(&self) {
        self.deferred().get_or_insert_default();
    }

    /// Removes what was to be removed meanwhile.
    pub(crate) fn unpin(&self) {
        for path in self.deferred().take().into_iter().flatten() {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "cannot remove a blob that is no longer needed");
            }
        }
    }

    /// Puts all blobs into another folder, as further names of the same files: they are never changed.
    pub(crate) fn copy_to(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        for entry in std::fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_name() == "incoming" || !entry.file_type()?.is_dir() {
                continue;
            }
            let to = folder.join(entry.file_name());
            std::fs::create_dir_all(&to)?;
            for blob in std::fs::read_dir(entry.path())? {
                let blob = blob?;
                std::fs::hard_link(blob.path(), to.join(blob.file_name()))?;
            }
        }
        Ok(())
    }

    /// Whether the removal waits for a copy to be finished.
    fn defer(&self, path: &Path) -> bool {
        self.deferred().as_mut().map(|deferred| deferred.push(path.to_path_buf())).is_some()
    }

    /// Blobs are spread over folders by the first two digits of their names.
    fn path(&self, id: &BlobId) -> Result<PathBuf, Refusal> {
        let known = id.0.len() == NAME_DIGITS && id.0.bytes().all(|byte| byte.is_ascii_hexdigit());
        if known { Ok(self.root.join(&id.0[..2]).join(&id.0)) } else { Err(Refusal::NoSuchBlob) }
    }

    async fn put(&self, mut content: BlobStream) -> Result<(BlobId, u64), Error> {
        let mut first = BytesMut::new();
        while first.len() <= limits::BLOB_WITHIN_ID_BYTES {
            match content.next().await {
                Some(piece) => {
                    first.extend_from_slice(&piece.map_err(|error| failed("cannot store a blob", &error))?);
                }
                None => return Ok((holding(&first), first.len() as u64)),
            }
        }
        self.put_file(stream::iter([Ok(first.freeze())]).chain(content).boxed()).await
    }

    async fn put_file(&self, mut content: BlobStream) -> Result<(BlobId, u64), Error> {
        let id = BlobId(hex::encode(rand::random::<[u8; 16]>()));
        let path = self.path(&id)?;
        self.sweep.born(&id.0);
        let mut unfinished = Unfinished { path: self.root.join("incoming").join(&id.0), finished: false };
        let mut length = 0;
        let mut write = async || -> io::Result<()> {
            let mut file = File::create(&unfinished.path).await?;
            while let Some(piece) = content.next().await {
                let piece = piece?;
                file.write_all(&piece).await?;
                length += piece.len() as u64;
            }
            file.flush().await?;
            let (file, incoming, path) = (file.into_std().await, unfinished.path.clone(), path.clone());
            let lasting = self.temporary.is_none();
            spawn_blocking(move || publish(&file, &incoming, &path, lasting))
                .await
                .map_err(io::Error::other)?
        };
        write().await.map_err(|error| failed("cannot store a blob", &error))?;
        unfinished.finished = true;
        Ok((id, length))
    }

    async fn read(&self, id: &BlobId, range: Option<ByteRange>) -> Result<BlobStream, Error> {
        if let Some(content) = held(id) {
            return Ok(stream::iter([Ok(part(&content, range))]).boxed());
        }
        let mut file = match File::open(self.path(id)?).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Refusal::NoSuchBlob.into()),
            Err(error) => return Err(failed("cannot open a blob", &error)),
        };
        let mut left = u64::MAX;
        if let Some(range) = range {
            left = range.length;
            file.seek(io::SeekFrom::Start(range.start))
                .await
                .map_err(|error| failed("cannot read a blob", &error))?;
        }
        Ok(stream::try_unfold((file, left), next_piece).boxed())
    }

    async fn delete(&self, id: &BlobId) -> Result<(), Error> {
        if held(id).is_some() {
            return Ok(());
        }
        let path = self.path(id)?;
        if self.defer(&path) {
            return Ok(());
        }
        match tokio::fs::remove_file(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("cannot remove a blob", &error))
            }
            _ => Ok(()),
        }
    }
}

/// Gives a complete file its name, after its content is safe if it is to outlast the process.
fn publish(file: &std::fs::File, incoming: &Path, path: &Path, lasting: bool) -> io::Result<()> {
    let sync = |folder: &Path| if lasting { std::fs::File::open(folder)?.sync_all() } else { Ok(()) };
    if lasting {
        file.sync_all()?;
    }
    let folder = path.parent().unwrap_or(path);
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    std::fs::rename(incoming, path)?;
    sync(folder)?;
    if is_new { sync(folder.parent().unwrap_or(folder)) } else { Ok(()) }
}

/// A part of a small blob, as much of it as there is.
fn part(content: &Bytes, range: Option<ByteRange>) -> Bytes {
    let Some(ByteRange { start, length }) = range else { return content.clone() };
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(content.len());
    content.slice(at(start)..at(start.saturating_add(length)))
}

async fn next_piece((mut file, left): (File, u64)) -> io::Result<Option<(Bytes, (File, u64))>> {
    let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(limits::BLOB_PIECE_BYTES);
    let mut piece = vec![0; wanted];
    let read = file.read(&mut piece).await?;
    if read == 0 {
        return Ok(None);
    }
    piece.truncate(read);
    Ok(Some((piece.into(), (file, left - read as u64))))
}

impl Blobs for Local {
    fn put_blob(&self, content: BlobStream) -> BoxFuture<'_, Result<(BlobId, u64), Error>> {
        Box::pin(self.blobs.put(content))
    }

    fn read_blob(&self, id: &BlobId, range: Option<ByteRange>) -> BoxFuture<'_, Result<BlobStream, Error>> {
        let id = id.clone();
        Box::pin(async move { self.blobs.read(&id, range).await })
    }

    fn delete_blob(&self, id: &BlobId) -> BoxFuture<'_, Result<(), Error>> {
        let id = id.clone();
        Box::pin(async move { self.blobs.delete(&id).await })
    }
}
