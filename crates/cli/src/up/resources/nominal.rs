//! Resources of AWS's account world, which have a name here and no more: roles, policies, log groups.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use template::ResourceValues;

use super::text;
use crate::up::Site;

pub(super) fn role(site: &Site, properties: &Json) -> ResourceValues {
    let name = text(properties, "RoleName").map_or_else(|| site.generated_name(64), str::to_owned);
    let arn = format!("arn:aws:iam::{}:role/{name}", site.deployment.account);
    let attributes = BTreeMap::from([
        ("Arn".to_owned(), arn),
        (
            "RoleId".to_owned(),
            format!("AROA{}", site.generated_name(16).rsplit('-').next().unwrap_or_default()),
        ),
    ]);
    ResourceValues { reference: name, attributes }
}

pub(super) fn log_group(site: &Site, properties: &Json) -> ResourceValues {
    let name = text(properties, "LogGroupName").map_or_else(|| site.generated_name(512), str::to_owned);
    let arn = site.arn("logs", &format!("log-group:{name}:*"));
    ResourceValues { reference: name, attributes: BTreeMap::from([("Arn".to_owned(), arn)]) }
}

pub(super) fn named(site: &Site) -> ResourceValues {
    let id = site.logical_id.clone();
    ResourceValues { attributes: BTreeMap::from([("Id".to_owned(), id.clone())]), reference: id }
}
