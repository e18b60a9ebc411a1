//! A zip file: checked before it is accepted, and unpacked without leaving its folder.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::limits::{UNZIPPED_BYTES_MAX, ZIP_ENTRIES_MAX};

/// The name of the file that `provided` runtimes start.
const BOOTSTRAP: &str = "bootstrap";
/// Everyone may read what a function is made of, as AWS demands it.
const READABLE: u32 = 0o444;
const EXECUTABLE: u32 = 0o755;
/// What the zip reader answers for files that were packed without Unix modes.
const MODELESS: [u32; 2] = [0o664, 0o444];

/// Why a package is refused, in AWS's words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadArchive {
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    Unreadable(#[source] ZipError),
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    Escapes(String),
    #[error("Uploaded file must be a non-empty zip")]
    Empty,
    #[error("Unzipped size must be smaller than 262144000 bytes")]
    TooLarge,
    #[error("Konekuta unpacks at most {ZIP_ENTRIES_MAX} files of a deployment package")]
    TooManyEntries,
    #[error("could not unpack the deployment package: {0}")]
    Io(#[from] io::Error),
}

impl From<ZipError> for BadArchive {
    fn from(error: ZipError) -> Self {
        Self::Unreadable(error)
    }
}

/// Looks at every entry's head: names, methods, sizes. Answers the bytes of all files.
pub(crate) fn check(zip: &Bytes) -> Result<u64, BadArchive> {
    check_within(zip, UNZIPPED_BYTES_MAX)
}

fn check_within(zip: &Bytes, bytes_max: u64) -> Result<u64, BadArchive> {
    let mut archive = open(zip)?;
    let mut unzipped: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        inside(&entry)?;
        unzipped = unzipped.saturating_add(entry.size());
        if unzipped > bytes_max {
            return Err(BadArchive::TooLarge);
        }
    }
    Ok(unzipped)
}

/// Unpacks into an existing folder. What an entry says of its size is not believed.
pub(crate) fn unpack(zip: &Bytes, folder: &Path) -> Result<(), BadArchive> {
    unpack_within(zip, folder, UNZIPPED_BYTES_MAX)
}

fn unpack_within(zip: &Bytes, folder: &Path, bytes_max: u64) -> Result<(), BadArchive> {
    let mut archive = open(zip)?;
    let mut left = bytes_max;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let path = folder.join(inside(&entry)?);
        if entry.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if entry.is_symlink() {
            link(entry, &path, folder)?;
        } else {
            left -= write(entry, &path, left)?;
        }
    }
    Ok(())
}

fn open(zip: &Bytes) -> Result<ZipArchive<Cursor<Bytes>>, BadArchive> {
    let archive = ZipArchive::new(Cursor::new(zip.clone()))?;
    match archive.len() {
        0 => Err(BadArchive::Empty),
        entries if entries > ZIP_ENTRIES_MAX => Err(BadArchive::TooManyEntries),
        _ => Ok(archive),
    }
}

/// The entry's path, if it stays in its folder.
fn inside<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf, BadArchive> {
    entry.enclosed_name().ok_or_else(|| BadArchive::Escapes(entry.name().to_owned()))
}

fn write<R: Read>(entry: ZipFile<'_, R>, path: &Path, left: u64) -> Result<u64, BadArchive> {
    let mode = mode(&entry, path);
    // A package may name a file twice; the later one counts. A link that was unpacked before is not followed.
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    let mut file = fs::File::create_new(path)?;
    let written = io::copy(&mut entry.take(left.saturating_add(1)), &mut file).map_err(unreadable)?;
    if written > left {
        return Err(BadArchive::TooLarge);
    }
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(written)
}

/// Broken content shows up while it is inflated.
fn unreadable(error: io::Error) -> BadArchive {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            BadArchive::Unreadable(ZipError::Io(error))
        }
        _ if error.raw_os_error().is_none() => BadArchive::Unreadable(ZipError::Io(error)),
        _ => BadArchive::Io(error),
    }
}

fn mode<R: Read>(entry: &ZipFile<'_, R>, path: &Path) -> u32 {
    let given = entry.unix_mode().map_or(0, |mode| mode & 0o777);
    let is_bootstrap = path.file_name().is_some_and(|name| name == BOOTSTRAP);
    match given {
        0 if is_bootstrap => EXECUTABLE,
        modeless if is_bootstrap && MODELESS.contains(&modeless) => EXECUTABLE,
        0 => 0o644,
        given => given | READABLE,
    }
}

fn link<R: Read>(entry: ZipFile<'_, R>, path: &Path, folder: &Path) -> Result<(), BadArchive> {
    let name = entry.name().to_owned();
    let mut target = String::new();
    entry.take(4096).read_to_string(&mut target).map_err(unreadable)?;
    let stays = path.parent().is_some_and(|parent| stays_inside(parent, Path::new(&target), folder));
    if !stays {
        return Err(BadArchive::Escapes(name));
    }
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    std::os::unix::fs::symlink(&target, path)?;
    Ok(())
}

/// Whether a link's target, followed by names alone, stays in the folder.
fn stays_inside(parent: &Path, target: &Path, folder: &Path) -> bool {
    let Ok(below) = parent.strip_prefix(folder) else { return false };
    let mut depth = below.components().count();
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn zip(build: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Bytes {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        build(&mut writer);
        writer.finish().unwrap().into_inner().into()
    }

    fn file(writer: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, mode: u32, content: &[u8]) {
        writer.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        writer.write_all(content).unwrap();
    }

    fn mode_of(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_keep_content_and_modes() {
        let package = zip(|writer| {
            file(writer, "bootstrap", 0o755, b"#!/bin/sh\n");
            file(writer, "lib/data.txt", 0o600, b"hello");
        });
        check(&package).unwrap();
        let folder = tempfile::tempdir().unwrap();
        unpack(&package, folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("lib/data.txt")).unwrap(), b"hello");
        assert_eq!(mode_of(&folder.path().join("bootstrap")), 0o755);
        assert_eq!(mode_of(&folder.path().join("lib/data.txt")), 0o644, "readable for everyone");
    }

    #[test]
    fn what_is_no_zip_is_refused_in_aws_words() {
        let error = check(&Bytes::from_static(b"not a zip")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        );
        assert_eq!(check(&zip(|_| {})).unwrap_err().to_string(), "Uploaded file must be a non-empty zip");
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["../evil", "a/../../evil", "/../evil"] {
            let package = zip(|writer| file(writer, name, 0o644, b"x"));
            assert!(matches!(check(&package), Err(BadArchive::Escapes(_))), "{name}");
            let folder = tempfile::tempdir().unwrap();
            assert!(unpack(&package, folder.path()).is_err(), "{name}");
        }
    }

    #[test]
    fn links_stay_inside_and_are_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        for target in ["/etc", "../..", "a/../../.."] {
            let package = zip(|writer| {
                writer.add_symlink("link", target, SimpleFileOptions::default()).unwrap();
            });
            assert!(matches!(unpack(&package, folder.path()), Err(BadArchive::Escapes(_))), "{target}");
        }
        let package = zip(|writer| {
            file(writer, "bin/tool", 0o755, b"tool");
            writer.add_symlink("tool", "bin/tool", SimpleFileOptions::default()).unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        unpack(&package, folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("tool")).unwrap(), b"tool");
    }

    #[test]
    fn broken_content_is_found_when_it_is_unpacked() {
        let mut package = zip(|writer| {
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file("f", options).unwrap();
            writer.write_all(b"content").unwrap();
        })
        .to_vec();
        let at = package.windows(7).position(|window| window == b"content").unwrap();
        package[at] = b'X';
        let folder = tempfile::tempdir().unwrap();
        let result = unpack(&package.into(), folder.path());
        assert!(matches!(result, Err(BadArchive::Unreadable(_))), "{result:?}");
    }

    #[test]
    fn more_than_may_be_is_refused() {
        let package = zip(|writer| {
            file(writer, "a", 0o644, &[0; 600]);
            file(writer, "b", 0o644, &[0; 400]);
        });
        check_within(&package, 1000).unwrap();
        assert_eq!(
            check_within(&package, 999).unwrap_err().to_string(),
            "Unzipped size must be smaller than 262144000 bytes"
        );
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(unpack_within(&package, folder.path(), 999), Err(BadArchive::TooLarge)));
        let folder = tempfile::tempdir().unwrap();
        unpack_within(&package, folder.path(), 1000).unwrap();
    }
}
