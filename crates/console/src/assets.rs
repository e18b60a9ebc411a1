//! Style, script and mark: inside the program, named by what they contain, so that browsers may keep them.

use std::sync::LazyLock;

use crate::PREFIX;

/// A file of the console.
pub(crate) struct Asset {
    name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "console.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../assets/console.css"),
    },
    Asset {
        name: "console.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../assets/console.js"),
    },
    Asset {
        name: "morph.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../assets/morph.js"),
    },
    Asset { name: "mark.svg", content_type: "image/svg+xml", content: include_str!("../assets/mark.svg") },
];

/// Changes when any of them does: they refer to each other.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = crc32fast::Hasher::new();
    for asset in &ASSETS {
        digest.update(asset.content.as_bytes());
    }
    format!("{:08x}", digest.finalize())
});

/// Where a file is.
pub(crate) fn path(name: &str) -> String {
    format!("{PREFIX}/static/{}/{name}", *VERSION)
}

/// The file of that version and name.
pub(crate) fn find(version: &str, name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name && version == *VERSION)
}
