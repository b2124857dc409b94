//! Config maps, secrets and service accounts.

use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use model::{Kind, Object};

use super::writer::Writer;
use crate::session::Session;

fn header(writer: &mut Writer, object: &Object) {
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
}

/// Describes a config map.
pub fn config_map(writer: &mut Writer, object: &Object) {
    let map = object.spec::<ConfigMap>();
    header(writer, object);
    writer.write(0, "\nData\n====\n");
    for (key, value) in map.data.iter().flatten() {
        writer.write(0, &format!("{key}:\n----\n{value}\n\n"));
    }
    writer.write(0, "\nBinaryData\n====\n");
    for (key, value) in map.binary_data.iter().flatten() {
        writer.write(0, &format!("{key}: {} bytes\n", value.0.len()));
    }
    writer.write(0, "\n");
}

/// Describes a secret: how long its values are, not what they are.
pub fn secret(writer: &mut Writer, object: &Object) {
    let secret = object.spec::<Secret>();
    header(writer, object);
    writer.write(0, &format!("\nType:\t{}\n", secret.type_.clone().unwrap_or_default()));
    writer.write(0, "\nData\n====\n");
    for (key, value) in secret.data.iter().flatten() {
        let is_token =
            secret.type_.as_deref() == Some("kubernetes.io/service-account-token") && key == "token";
        if is_token {
            writer.write(0, &format!("{key}:\t{}\n", String::from_utf8_lossy(&value.0)));
        } else {
            writer.write(0, &format!("{key}:\t{} bytes\n", value.0.len()));
        }
    }
}

/// Describes a service account; secrets that it names and that are not there are told of.
pub fn service_account(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let account = object.spec::<ServiceAccount>();
    header(writer, object);
    let shown = |name: &String| {
        let found = session.api.get(&session.client.caller, Kind::Secret, object.namespace(), name);
        if found.is_ok() { name.clone() } else { format!("{name} (not found)") }
    };
    let pull: Vec<String> =
        account.image_pull_secrets.iter().flatten().map(|secret| shown(&secret.name)).collect();
    let mountable: Vec<String> =
        account.secrets.iter().flatten().filter_map(|secret| secret.name.as_ref().map(shown)).collect();
    for (title, names) in
        [("Image pull secrets", pull), ("Mountable secrets", mountable), ("Tokens", Vec::new())]
    {
        writer.lines(0, title, &names);
    }
}
