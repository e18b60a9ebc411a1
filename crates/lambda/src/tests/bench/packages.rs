//! Functions and their packages.

use std::io::{Cursor, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// A package with one file.
pub(in crate::tests) fn package(content: &str) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

/// A package with these files.
pub(in crate::tests) fn files(files: &[(&str, &str)]) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

/// CreateFunction's input.
pub(in crate::tests) fn function(name: &str, more: &Json) -> Json {
    let mut input = json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ZipFile": package("#!/bin/sh\n")},
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}
