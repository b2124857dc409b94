//! The licences of what is bundled from npm, and of Kubernetes's texts: most ask to travel with the work.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Result;
use crate::process::path;

/// Writes the licences of every npm package that the app may contain, and of Kubernetes's texts, into one text file.
pub fn write(file: &Path) -> Result {
    let lock = fs::read_to_string(path("package-lock.json"))
        .map_err(|error| format!("package-lock.json: {error}"))?;
    let lock: Value = serde_json::from_str(&lock).map_err(|error| format!("package-lock.json: {error}"))?;
    let mut text = String::from("Podarium contains work of these projects, under their licences.\n");
    for (folder, package) in lock["packages"].as_object().into_iter().flatten() {
        // The first entry is ourselves; development tools are not bundled.
        if folder.is_empty() || package["dev"] == true {
            continue;
        }
        let name = folder.trim_start_matches("node_modules/");
        let version = package["version"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or("its own terms");
        text.push_str(&format!("\n--- {name} {version}: {licence} ---\n\n"));
        text.push_str(&licence_text(&path(folder)));
    }
    let apache = fs::read_to_string(path("LICENSE-APACHE")).unwrap_or_default();
    text.push_str("\n--- Kubernetes 1.33, the descriptions of its API's fields: Apache-2.0 ---\n\n");
    text.push_str(&apache);
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn licence_text(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_licence = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        name.starts_with("LICENSE") || name.starts_with("LICENCE")
    };
    let found = entries.map(|entry| entry.path()).find(|file| is_licence(file));
    found.and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default()
}
