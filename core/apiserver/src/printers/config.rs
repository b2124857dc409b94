//! Tables of ConfigMap, Secret and ServiceAccount.

use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::{Columns, age};

pub(super) const CONFIG_MAP_COLUMNS: Columns = (&["Name", "Data", "Age"], &[]);
pub(super) const SECRET_COLUMNS: Columns = (&["Name", "Type", "Data", "Age"], &[]);
pub(super) const SERVICE_ACCOUNT_COLUMNS: Columns = (&["Name", "Secrets", "Age"], &[]);

pub(super) fn config_map_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let config_map = object.spec::<ConfigMap>();
    let count = config_map.data.iter().flatten().count() + config_map.binary_data.iter().flatten().count();
    vec![object.name().to_owned(), count.to_string(), age(object, now)]
}

pub(super) fn secret_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let secret = object.spec::<Secret>();
    let count = secret.data.iter().flatten().count().to_string();
    vec![object.name().to_owned(), secret.type_.clone().unwrap_or_default(), count, age(object, now)]
}

pub(super) fn service_account_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let count = object.spec::<ServiceAccount>().secrets.iter().flatten().count().to_string();
    vec![object.name().to_owned(), count, age(object, now)]
}
