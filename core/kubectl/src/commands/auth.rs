//! `kubectl auth whoami` and `auth can-i`. Models kubectl/pkg/cmd/auth.

use apiserver::authorizer::Attributes;
use model::Kind;
use serde_json::json;

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::printers::Format;
use crate::session::{Flow, Outcome, Session};
use crate::tabwriter;

/// Runs `auth whoami`.
pub fn whoami(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(client(format!("extra arguments: [{}]", flags.args.join(" "))));
    }
    let format = Format::of(session, flags, false)?;
    let caller = &session.client.caller;
    let groups: Vec<&str> = caller.groups.iter().map(|group| &**group).collect();
    let text = match format {
        None => {
            let rows =
                format!("ATTRIBUTE\tVALUE\nUsername\t{}\nGroups\t[{}]\n", caller.user, groups.join(" "));
            tabwriter::align(&rows, tabwriter::TABLE)
        }
        Some(format) => {
            let review = json!({
                "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
                "metadata": { "creationTimestamp": session.api.time() },
                "status": { "userInfo": { "groups": groups, "username": &*caller.user } },
            });
            format.print(&review, 0)?
        }
    };
    session.io.out(&text);
    Ok(Flow::Done)
}

/// Verbs of resources.
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];
/// Verbs of URLs.
const URL_VERBS: &[&str] = &["get", "put", "post", "head", "options", "delete", "patch", "*"];

/// What the roles that everyone has allow: the kind's name or the URL, and the verb.
const FOR_EVERYONE: &[(&str, &str, &str)] = &[
    ("selfsubjectreviews.authentication.k8s.io", "", "create"),
    ("selfsubjectaccessreviews.authorization.k8s.io", "", "create"),
    ("selfsubjectrulesreviews.authorization.k8s.io", "", "create"),
    ("", "/api/*", "get"),
    ("", "/api", "get"),
    ("", "/apis/*", "get"),
    ("", "/apis", "get"),
    ("", "/healthz", "get"),
    ("", "/healthz", "get"),
    ("", "/livez", "get"),
    ("", "/livez", "get"),
    ("", "/openapi/*", "get"),
    ("", "/openapi", "get"),
    ("", "/readyz", "get"),
    ("", "/readyz", "get"),
    ("", "/version/", "get"),
    ("", "/version/", "get"),
    ("", "/version", "get"),
    ("", "/version", "get"),
];

/// Runs `auth can-i`.
pub fn can_i(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.on("list") {
        return list(session, flags);
    }
    let [verb, subject] = flags.args.as_slice() else {
        return Err(Failure::Client(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.".to_owned(),
        ));
    };
    let allowed = if subject.starts_with('/') {
        url_allowed(session, flags, verb)?
    } else {
        resource_allowed(session, flags, verb, subject)
    };
    if !flags.on("quiet") {
        session.line(if allowed { "yes" } else { "no" });
    }
    Ok(Flow::Exit(i32::from(!allowed)))
}

fn warn(session: &mut Session<'_, '_>, text: &str) {
    session.warn(&format!("{text}\n"));
}

/// The authorizer of this cluster has no rules for URLs: who may do everything with objects may read them.
fn url_allowed(session: &mut Session<'_, '_>, flags: &Flags, verb: &str) -> Result<bool> {
    if !flags.text("subresource").is_empty() {
        return Err(client("--subresource can not be used with NonResourceURL"));
    }
    if !URL_VERBS.contains(&verb) {
        warn(session, &format!("verb '{verb}' is not a known verb"));
    }
    Ok(true)
}

fn resource_allowed(session: &mut Session<'_, '_>, flags: &Flags, verb: &str, subject: &str) -> bool {
    let (resource, name) = subject.split_once('/').unwrap_or((subject, ""));
    if !VERBS.contains(&verb) {
        warn(session, &format!("verb '{verb}' is not a known verb"));
    }
    let kind = Kind::from_user(resource);
    let (short, group) = resource.split_once('.').unwrap_or((resource, ""));
    match kind {
        _ if resource == "*" => {}
        None if group.is_empty() => {
            warn(session, &format!("the server doesn't have a resource type '{short}'"));
        }
        None => {
            warn(session, &format!("the server doesn't have a resource type '{short}' in group '{group}'"));
        }
        Some(kind) if !kind.info().namespaced() && !flags.on("all-namespaces") => {
            let info = kind.info();
            let group =
                if info.group.is_empty() { String::new() } else { format!(" in group '{}'", info.group) };
            warn(session, &format!("resource '{}' is not namespace scoped{group}", info.plural));
        }
        Some(_) => {}
    }
    // The authorizer knows the kinds that are served; of others it has nothing to say.
    let Some(kind) = kind else { return true };
    let everywhere = flags.on("all-namespaces") || !kind.info().namespaced();
    let namespace = if everywhere { "" } else { session.client.namespace.as_str() };
    let attributes = Attributes { verb, kind, subresource: flags.text("subresource"), namespace, name };
    session.api.may(&session.client.caller, &attributes)
}

fn list(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(client("list option must be specified with no arguments"));
    }
    let mut rows = String::new();
    if !flags.on("no-headers") {
        rows.push_str("Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    }
    rows.push_str("*.*\t[]\t[]\t[*]\n\t[*]\t[]\t[*]\n");
    for (resource, url, verb) in FOR_EVERYONE {
        rows.push_str(&format!("{resource}\t[{url}]\t[]\t[{verb}]\n"));
    }
    session.io.out(&tabwriter::align(&rows, tabwriter::TABLE));
    Ok(Flow::Done)
}
