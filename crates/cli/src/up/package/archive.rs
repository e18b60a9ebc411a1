//! Zips whose bytes depend on their content alone, so that an unchanged function is seen to be unchanged.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use zip::write::SimpleFileOptions;

/// Folders that belong to tools, not to the function.
const LEFT_OUT: [&str; 7] =
    [".git", ".konekuta", ".aws-sam", ".venv", "__pycache__", "node_modules/.cache", "target"];

/// A zip of files given by name, content and whether they may be executed.
pub(super) fn of_bytes(files: &[(&str, &[u8], bool)]) -> anyhow::Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content, executable) in files {
        let mode = if *executable { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(1))
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        zip.start_file(*name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A zip of everything in these folders; where two hold the same name, the later one counts.
pub(super) fn of_folders(folders: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in folders {
        collect(folder, folder, &mut files)?;
    }
    let contents: Vec<(String, Vec<u8>, bool)> = files
        .into_iter()
        .map(|(name, path)| {
            let content = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((name, content, is_executable(&path)?))
        })
        .collect::<anyhow::Result<_>>()?;
    let borrowed: Vec<(&str, &[u8], bool)> = contents
        .iter()
        .map(|(name, content, executable)| (name.as_str(), content.as_slice(), *executable))
        .collect();
    of_bytes(&borrowed)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        if LEFT_OUT.iter().any(|left_out| name == *left_out || path.ends_with(left_out)) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.insert(name, path);
        }
    }
    Ok(())
}

fn is_executable(path: &Path) -> anyhow::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_later_folders_win() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(a.path().join("x.py"), "old").unwrap();
        std::fs::write(b.path().join("x.py"), "new").unwrap();
        std::fs::create_dir(b.path().join("__pycache__")).unwrap();
        std::fs::write(b.path().join("__pycache__/x.pyc"), "cache").unwrap();
        let folders = [a.path().to_path_buf(), b.path().to_path_buf()];
        let zip = of_folders(&folders).unwrap();
        assert_eq!(zip, of_folders(&folders).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("x.py").unwrap(), &mut text).unwrap();
        assert_eq!(text, "new");
    }
}
