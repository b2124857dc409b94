//! Kustomizations: objects put together and changed by what a `kustomization.yaml` says. Models kustomize v5.6, which kubectl carries.
//!
//! It knows files and the objects in them; the cluster is not asked.

mod fields;
mod generators;
mod kustomization;
mod patches;
mod references;
mod replacements;
mod resource;
mod transformers;

use serde_json::Value;
use shell::Io;

use crate::failure::{Result, client};
use kustomization::Kustomization;
use resource::Resource;

/// What a folder's kustomization makes.
#[derive(Debug, Default)]
pub struct Built {
    /// The objects, in their order.
    pub objects: Vec<Value>,
    /// What is to be said of it on standard error.
    pub warnings: Vec<String>,
}

/// Builds the kustomization of a folder.
///
/// # Errors
/// What is wrong with it, as kustomize says it.
pub fn build(io: &mut Io<'_>, folder: &str) -> Result<Built> {
    let root = absolute(io, folder);
    match io.stat(&root) {
        Err(_) => {
            return Err(client(format!(
                "must build at directory: not a valid directory: evalsymlink failure on '{folder}' : lstat {root}: no such file or directory"
            )));
        }
        Ok(metadata) if !metadata.is_folder() => {
            return Err(client(format!("must build at directory: '{folder}': file is not directory")));
        }
        Ok(_) => {}
    }
    let mut builder = Builder { io, warnings: Vec::new(), visited: Vec::new() };
    let mut resources = Vec::new();
    let kustomization = builder.accumulate(&root, &mut resources)?;
    generators::add_hashes(&mut resources);
    references::fix(&mut resources);
    if !kustomization.keeps_order() {
        resources.sort_by_cached_key(Resource::place);
    }
    let objects = resources.into_iter().map(|resource| resource.value).collect();
    Ok(Built { objects, warnings: builder.warnings })
}

/// A path from the root of the file system, without `.` and `..`.
fn absolute(io: &Io<'_>, path: &str) -> String {
    if path.starts_with('/') { within("/", path) } else { within(io.cwd(), path) }
}

/// A path as seen from a folder.
fn within(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Reads kustomizations, one within the other.
struct Builder<'a, 'io> {
    io: &'a mut Io<'io>,
    warnings: Vec<String>,
    /// The folders on the way to the one at hand.
    visited: Vec<String>,
}

impl Builder<'_, '_> {
    /// Adds to the resources what a folder's kustomization says, and changes them as it says.
    fn accumulate(&mut self, root: &str, resources: &mut Vec<Resource>) -> Result<Kustomization> {
        let kustomization = self.read_kustomization(root)?;
        self.visited.push(root.to_owned());
        // A component changes what is there already; another kustomization only what it made itself.
        let mut own = if kustomization.is_component() { std::mem::take(resources) } else { Vec::new() };
        for entry in kustomization.paths(&["resources", "bases"]) {
            let mut more =
                self.load(root, &entry).map_err(|why| client(format!("accumulating resources: {why}")))?;
            own.append(&mut more);
            check_unique(&own, &entry, &within(root, &entry))?;
        }
        for entry in kustomization.paths(&["components"]) {
            self.accumulate(&within(root, &entry), &mut own)?;
        }
        generators::run(self.io, root, &kustomization, &mut own)?;
        patches::run(self.io, root, &kustomization, &mut own, "patchesStrategicMerge")?;
        patches::run(self.io, root, &kustomization, &mut own, "patches")?;
        transformers::rename(&kustomization, &mut own);
        transformers::mark(&kustomization, &mut own);
        patches::run(self.io, root, &kustomization, &mut own, "patchesJson6902")?;
        transformers::replicas(&kustomization, &mut own)?;
        transformers::images(&kustomization, &mut own);
        replacements::run(self.io, root, &kustomization, &mut own)?;
        self.visited.pop();
        resources.append(&mut own);
        Ok(kustomization)
    }

    fn read_kustomization(&mut self, root: &str) -> Result<Kustomization> {
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        let found = names.iter().find(|name| self.io.stat(&format!("{root}/{name}")).is_ok());
        let Some(name) = found else {
            return Err(client(format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{root}'"
            )));
        };
        let text = read(self.io, &format!("{root}/{name}")).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(client(format!("{name} is empty")));
        }
        let kustomization = Kustomization::parse(&text, root)?;
        self.warnings.extend(kustomization.warnings());
        Ok(kustomization)
    }

    /// The resources of a file or of another kustomization's folder; what is wrong as a text.
    fn load(&mut self, root: &str, entry: &str) -> std::result::Result<Vec<Resource>, String> {
        let path = within(root, entry);
        let missing = format!("evalsymlink failure on '{path}' : lstat {path}: no such file or directory");
        let failed = |first: &str, then: &str| {
            format!("accumulation err='accumulating resources from '{entry}': {first}': {then}")
        };
        match self.io.stat(&path) {
            Err(_) => {
                Err(failed(&missing, &format!("must build at directory: not a valid directory: {missing}")))
            }
            Ok(metadata) if metadata.is_folder() => {
                if let Some(visited) = self.visited.iter().find(|visited| **visited == path) {
                    let cycle =
                        format!("cycle detected: candidate root '{path}' contains visited root '{visited}'");
                    return Err(failed(&format!("'{path}' must resolve to a file"), &cycle));
                }
                let mut resources = Vec::new();
                match self.accumulate(&path, &mut resources) {
                    Ok(_) => Ok(resources),
                    Err(failure) => Err(failed(
                        &format!("'{path}' must resolve to a file"),
                        &format!(
                            "recursed accumulation of path '{path}': {}",
                            failure.message().unwrap_or_default()
                        ),
                    )),
                }
            }
            Ok(_) => {
                let not_a_folder = format!("must build at directory: '{path}': file is not directory");
                if !path.starts_with(&format!("{}/", root.trim_end_matches('/'))) {
                    let outside = format!("security; file '{path}' is not in or below '{root}'");
                    return Err(failed(&outside, &not_a_folder));
                }
                let text = read(self.io, &path).unwrap_or_default();
                resource::read_all(&text).map_err(|why| failed(&why, &not_a_folder))
            }
        }
    }
}

/// No two resources may be the same object.
fn check_unique(resources: &[Resource], entry: &str, path: &str) -> Result<()> {
    for (index, resource) in resources.iter().enumerate() {
        let id = resource.id();
        if resources[..index].iter().any(|earlier| earlier.id() == id) {
            return Err(client(format!(
                "accumulating resources: accumulation err='merging resources from '{entry}': may not add resource with an already registered id: {id}': must build at directory: '{path}': file is not directory"
            )));
        }
    }
    Ok(())
}

fn read(io: &mut Io<'_>, path: &str) -> Option<String> {
    io.read_file(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
