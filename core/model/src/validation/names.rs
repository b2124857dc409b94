//! Formats of names and texts, with the API server's words for what is wrong with them; an empty list means nothing is.

pub use crate::selector::{label_value_problems, qualified_name_problems, subdomain_problems};

/// The check of a kind's names.
pub type NameCheck = fn(&str) -> Vec<String>;

const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
     with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const LABEL_1035_RULE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
     character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
     '[a-z]([-a-z0-9]*[a-z0-9])?')";

const WILDCARD_RULE: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist \
     of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex \
     used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const CONFIG_KEY_RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
     'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

const HTTP_HEADER_RULE: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used \
     for validation is '[-A-Za-z0-9]+')";

const ENV_NAME_RULE: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

const STRICT_ENV_NAME_RULE: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', \
     and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is \
     '[-._a-zA-Z][-._a-zA-Z0-9]*')";

const PERCENT_RULE: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used \
     for validation is '[0-9]+%')";

/// The text of a rule that binds to 1 to 65535.
pub const PORT_RANGE: &str = "must be between 1 and 65535, inclusive";

/// A DNS-1123 label: container names, namespaces.
#[must_use]
pub fn label_problems(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 63);
    if !is_label(name, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        // What is a name but for its dots needs no long rule.
        let only_dots = name.contains('.') && subdomain_problems(name).is_empty();
        problems.push(if only_dots { "must not contain dots" } else { LABEL_RULE }.to_owned());
    }
    problems
}

/// A DNS-1035 label: names of Services.
#[must_use]
pub fn label_1035_problems(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 63);
    if !is_label(name, |byte| byte.is_ascii_lowercase()) {
        problems.push(LABEL_1035_RULE.to_owned());
    }
    problems
}

/// A domain that names are looked up in: a subdomain whose labels may begin with an underscore and have some inside.
#[must_use]
pub fn search_problems(name: &str) -> Vec<String> {
    let label = |label: &str| label.strip_prefix('_').unwrap_or(label).replace('_', "-");
    let plain: Vec<String> = name.split('.').map(label).collect();
    let with_underscore = |problem: String| problem.replacen("characters, '-'", "characters, '_', '-'", 1);
    subdomain_problems(&plain.join(".")).into_iter().map(with_underscore).collect()
}

/// `*.example.com`.
#[must_use]
pub fn wildcard_problems(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 253);
    let fits = name
        .strip_prefix("*.")
        .is_some_and(|rest| !rest.contains('*') && subdomain_problems(rest).is_empty());
    if !fits {
        problems.push(WILDCARD_RULE.to_owned());
    }
    problems
}

/// A name that is a segment of a URL's path: names of Roles and their bindings.
#[must_use]
pub fn path_segment_problems(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"]
        .into_iter()
        .filter(|illegal| name.contains(illegal))
        .map(|illegal| format!("may not contain '{illegal}'"))
        .collect()
}

/// A key of a ConfigMap or Secret.
#[must_use]
pub fn config_key_problems(key: &str) -> Vec<String> {
    let mut problems = too_long(key, 253);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if key.is_empty() || !key.bytes().all(plain) {
        problems.push(CONFIG_KEY_RULE.to_owned());
    }
    if key == "." {
        problems.push("must not be '.'".to_owned());
    } else if key == ".." {
        problems.push("must not be '..'".to_owned());
    } else if key.starts_with("..") {
        problems.push("must not start with '..'".to_owned());
    }
    problems
}

/// The name of an environment variable, as v1.33 allows it.
#[must_use]
pub fn env_name_problems(name: &str) -> Vec<String> {
    let fits = !name.is_empty() && name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    if fits { Vec::new() } else { vec![ENV_NAME_RULE.to_owned()] }
}

/// The name of an environment variable, as kubectl's generators and older servers allow it.
#[must_use]
pub fn strict_env_name_problems(name: &str) -> Vec<String> {
    let fits = !name.is_empty()
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if fits { Vec::new() } else { vec![STRICT_ENV_NAME_RULE.to_owned()] }
}

/// The name of an HTTP header.
#[must_use]
pub fn http_header_problems(name: &str) -> Vec<String> {
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Vec::new() } else { vec![HTTP_HEADER_RULE.to_owned()] }
}

/// The name of a port (an IANA service name).
#[must_use]
pub fn port_name_problems(name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.len() > 15 {
        problems.push("must be no more than 15 characters".to_owned());
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(allowed) {
        problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        problems.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        problems.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        problems.push("must not begin or end with a hyphen".to_owned());
    }
    problems
}

/// `25%`.
#[must_use]
pub fn percent_problems(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or("");
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Vec::new() } else { vec![PERCENT_RULE.to_owned()] }
}

/// A path below some directory: relative, without `..`.
#[must_use]
pub fn local_path_problems(path: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if path.starts_with('/') {
        problems.push("must be a relative path".to_owned());
    }
    problems.extend(no_back_steps(path));
    problems
}

/// No `..` among the path's steps.
#[must_use]
pub fn no_back_steps(path: &str) -> Option<String> {
    path.split('/').any(|step| step == "..").then(|| "must not contain '..'".to_owned())
}

/// A name of the given check that may end in a dash, since something will be put behind it.
#[must_use]
pub fn prefix_problems(prefix: &str, check: NameCheck) -> Vec<String> {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => check(&format!("{rest}a")),
        _ => check(prefix),
    }
}

/// The text of a length limit.
#[must_use]
pub fn too_long(text: &str, most: usize) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} characters")] } else { Vec::new() }
}

fn is_label(name: &str, starts: impl Fn(&u8) -> bool) -> bool {
    let bytes = name.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(starts)
        && bytes.last().is_some_and(plain)
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
}
