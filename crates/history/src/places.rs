//! Where messages have words besides those at their top: as the settings say, for all or by name, and as each resource
//! says itself. What resources said is kept in a file, because the newest segment is indexed anew after a start.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use engine::WordPath;

use crate::limits::RESOURCES_WITH_PATHS_MAX;

const FILE: &str = "paths.json";

/// The places of words.
#[derive(Debug, Default)]
pub(crate) struct Places {
    everywhere: Vec<WordPath>,
    /// By ARN or bare name.
    named: HashMap<String, Vec<WordPath>>,
    told: BTreeMap<String, Vec<WordPath>>,
}

impl Places {
    /// Those of the settings, each of a named resource or of all, and those that an earlier run was told.
    pub(crate) fn open(folder: &Path, settings: Vec<(Option<String>, WordPath)>) -> Self {
        let mut places = Self::default();
        for (resource, path) in settings {
            match resource {
                Some(resource) => places.named.entry(resource).or_default().push(path),
                None => places.everywhere.push(path),
            }
        }
        places.told = match std::fs::read(folder.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(_) => BTreeMap::new(),
        };
        places
    }

    /// Writes down what was told.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let unfinished = folder.join("paths.new");
        std::fs::write(&unfinished, serde_json::to_vec(&self.told)?)?;
        std::fs::rename(unfinished, folder.join(FILE))
    }

    /// Whether a resource says the same already.
    pub(crate) fn knows(&self, resource: &str, paths: &[WordPath]) -> bool {
        self.told.get(resource).map(Vec::as_slice).unwrap_or_default() == paths
    }

    /// A resource says where its words are. Beyond the bound it is not heard.
    pub(crate) fn tell(&mut self, resource: &str, paths: Vec<WordPath>) {
        if paths.is_empty() {
            self.told.remove(resource);
        } else if self.told.contains_key(resource) || self.told.len() < RESOURCES_WITH_PATHS_MAX {
            self.told.insert(resource.to_owned(), paths);
        }
    }

    /// The places in messages of a resource.
    pub(crate) fn of<'a>(&'a self, resource: &str) -> Vec<&'a WordPath> {
        if self.everywhere.is_empty() && self.named.is_empty() && self.told.is_empty() {
            return Vec::new();
        }
        let name = resource.rsplit(':').next().unwrap_or(resource);
        let named = [resource, name].into_iter().filter_map(|key| self.named.get(key)).flatten();
        let told = self.told.get(resource).into_iter().flatten();
        self.everywhere.iter().chain(named).chain(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_hold_for_all_or_one_and_resources_speak_for_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| vec![name.to_owned()];
        let settings = vec![(None, path("all")), (Some("orders".to_owned()), path("named"))];
        let mut places = Places::open(folder.path(), settings.clone());
        let orders = "arn:aws:sqs:us-east-1:000000000000:orders";
        places.tell(orders, vec![path("told")]);
        assert!(places.knows(orders, &[path("told")]) && places.knows("other", &[]));
        assert_eq!(places.of(orders), [&path("all"), &path("named"), &path("told")]);
        assert_eq!(places.of("other"), [&path("all")]);
        places.write(folder.path()).unwrap();
        let mut again = Places::open(folder.path(), settings);
        assert_eq!(again.of(orders).len(), 3);
        again.tell(orders, Vec::new());
        assert_eq!(again.of(orders).len(), 2);
    }
}
