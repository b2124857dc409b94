//! Roles and their bindings.

use k8s_openapi::api::rbac::v1::{PolicyRule, RoleRef, Subject};

use super::error::{ErrorList, Shown};
use super::path::Path;
use super::{go, names, text};

/// The API group of roles, users and groups.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// The rules of a Role, or of a ClusterRole if not `namespaced`.
pub fn rules(rules: &[PolicyRule], namespaced: bool, errors: &mut ErrorList) {
    for (index, rule) in rules.iter().enumerate() {
        let name = format!("rules[{index}]");
        one_rule(rule, namespaced, &Path::root(&name), errors);
    }
}

fn one_rule(rule: &PolicyRule, namespaced: bool, path: &Path<'_>, errors: &mut ErrorList) {
    fn given(list: &Option<Vec<String>>) -> bool {
        list.as_ref().is_some_and(|list| !list.is_empty())
    }
    if rule.verbs.is_empty() {
        errors.required(&path.child("verbs"), "verbs must contain at least one value");
    }
    if given(&rule.non_resource_urls) {
        let at = path.child("nonResourceURLs");
        let urls = rule.non_resource_urls.as_deref().unwrap_or_default();
        if namespaced {
            errors.invalid(&at, go::strings(urls), "namespaced rules cannot apply to non-resource URLs");
        }
        if given(&rule.api_groups) || given(&rule.resources) || given(&rule.resource_names) {
            errors.invalid(
                &at,
                go::strings(urls),
                "rules cannot apply to both regular resources and non-resource URLs",
            );
        }
        return;
    }
    if !given(&rule.api_groups) {
        errors.required(&path.child("apiGroups"), "resource rules must supply at least one api group");
    }
    if !given(&rule.resources) {
        errors.required(&path.child("resources"), "resource rules must supply at least one resource");
    }
}

/// A RoleBinding, or a ClusterRoleBinding if not `namespaced`.
pub fn binding(role: &RoleRef, subjects: &[Subject], namespaced: bool, errors: &mut ErrorList) {
    let path = Path::root("roleRef");
    errors.one_of(&path.child("apiGroup"), &role.api_group, &[GROUP]);
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    errors.one_of(&path.child("kind"), &role.kind, kinds);
    if role.name.is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.problems(&path.child("name"), &role.name, names::path_segment_problems(&role.name));
    }
    for (index, subject) in subjects.iter().enumerate() {
        let name = format!("subjects[{index}]");
        one_subject(subject, namespaced, &Path::root(&name), errors);
    }
}

fn one_subject(subject: &Subject, namespaced: bool, path: &Path<'_>, errors: &mut ErrorList) {
    let name = &subject.name;
    if name.is_empty() {
        errors.required(&path.child("name"), "");
    }
    let group = text(&subject.api_group);
    match subject.kind.as_str() {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.problems(&path.child("name"), name, names::subdomain_problems(name));
            }
            errors.one_of(&path.child("apiGroup"), group, &[""]);
            if !namespaced && text(&subject.namespace).is_empty() {
                errors.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => errors.one_of(&path.child("apiGroup"), group, &[GROUP]),
        other => errors.not_supported(&path.child("kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// A binding's role may not change.
pub fn binding_update(new: &RoleRef, old: &RoleRef, errors: &mut ErrorList) {
    if new != old {
        let shown = format!(
            "rbac.RoleRef{{APIGroup:{}, Kind:{}, Name:{}}}",
            go::quoted(&new.api_group),
            go::quoted(&new.kind),
            go::quoted(&new.name)
        );
        errors.invalid(&Path::root("roleRef"), Shown::raw(shown), "cannot change roleRef");
    }
}
