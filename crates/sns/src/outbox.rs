//! The outbox folder: where lands what would leave the machine.

use std::path::Path;

use tokio::io::AsyncWriteExt as _;

/// Writes a file, whole or not at all, and durable.
pub(crate) async fn keep(outbox: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(outbox).await?;
    let (unfinished, path) = (outbox.join(format!(".{name}")), outbox.join(name));
    let mut file = tokio::fs::File::create(&unfinished).await?;
    file.write_all(content).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, &path).await?;
    tokio::fs::File::open(outbox).await?.sync_all().await
}
