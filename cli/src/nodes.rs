//! `--nodes-from FILE`: the Node objects that a cluster is to have.

use std::path::Path;

use sandbox::NodeSource;

/// Reads Node objects, several documents or a List.
pub fn read(path: &Path) -> Result<NodeSource, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let documents =
        model::manifest::read(&text).into_result().map_err(|error| format!("{}: {error}", path.display()))?;
    let mut nodes = Vec::new();
    for document in documents {
        let items = document.value.get("items").and_then(|items| items.as_array()).cloned();
        nodes.extend(items.unwrap_or_else(|| vec![document.value]));
    }
    match nodes.iter().find(|node| node["kind"] != "Node") {
        Some(other) => Err(format!("{}: {} is not a Node", path.display(), other["kind"])),
        None => Ok(NodeSource::Objects(nodes)),
    }
}
