//! The names of images: `nginx` means `docker.io/library/nginx:latest`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A parsed name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reference {
    /// The registry.
    pub host: String,
    /// The repository in it: `library/nginx`.
    pub path: String,
    /// The tag.
    pub tag: String,
    /// The digest's hexadecimal digits, if one is given.
    pub digest: Option<String>,
}

/// Why a name is none, as the kubelet says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidName(pub String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Reference {
    /// The whole name.
    #[must_use]
    pub fn full(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}@sha256:{digest}", self.repository()),
            None => format!("{}:{}", self.repository(), self.tag),
        }
    }

    /// Without tag and digest.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    /// What comes last in the name.
    #[must_use]
    pub fn tag_or_digest(&self) -> String {
        self.digest.as_ref().map_or_else(|| self.tag.clone(), |digest| format!("sha256:{digest}"))
    }
}

/// Reads a name as users write it.
///
/// # Errors
/// If it is none.
pub fn canonical(name: &str) -> Result<Reference, InvalidName> {
    let invalid = |why: &str| {
        InvalidName(format!(
            "Failed to apply default image tag \"{name}\": couldn't parse image name \"{name}\": invalid reference format{why}"
        ))
    };
    let (rest, digest) = match name.split_once('@') {
        Some((rest, digest)) => {
            let digits = digest.strip_prefix("sha256:").filter(|digits| digits.len() == 64);
            (rest, Some(digits.ok_or_else(|| invalid(""))?.to_owned()))
        }
        None => (name, None),
    };
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (rest, "latest"),
    };
    let tag_fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if path.is_empty() || tag.is_empty() || tag.len() > 128 || !tag.chars().all(tag_fits) {
        return Err(invalid(""));
    }
    let (host, path) = match path.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            (host.to_owned(), path.to_owned())
        }
        Some(_) => ("docker.io".to_owned(), path.to_owned()),
        None => ("docker.io".to_owned(), format!("library/{path}")),
    };
    if path.chars().any(|c| c.is_ascii_uppercase()) && path.chars().all(|c| !c.is_whitespace()) {
        return Err(invalid(&format!(": repository name ({path}) must be lowercase")));
    }
    let name_fits = |part: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        part.chars().all(inner) && edge(part.chars().next()) && edge(part.chars().last())
    };
    if !path.split('/').all(name_fits) {
        return Err(invalid(""));
    }
    Ok(Reference { host, path, tag: tag.to_owned(), digest })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn names_are_read_as_the_runtime_reads_them() {
        for (name, expected) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("luksa/kubia:v1", "docker.io/luksa/kubia:v1"),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
        ] {
            assert_eq!(canonical(name).map(|reference| reference.full()).as_deref(), Ok(expected));
        }
        for (name, end) in [
            ("BusyBox:1.36", "invalid reference format: repository name (library/BusyBox) must be lowercase"),
            ("Busy Box:1.36", "couldn't parse image name \"Busy Box:1.36\": invalid reference format"),
            ("nginx:", "invalid reference format"),
        ] {
            let error = canonical(name).expect_err(name).0;
            assert!(error.ends_with(end), "{error}");
        }
    }
}
