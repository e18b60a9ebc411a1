//! Deployment packages: where they come from, what they must be, and the folder they are unpacked in.

mod archive;
mod source;
mod unpacked;

pub(crate) use archive::BadArchive;
pub(crate) use source::CodeSource;
pub(crate) use unpacked::{Folders, Keep};
