//! `kubectl api-resources` and `api-versions`: what the registry says is served.

use model::{Kind, KindInfo};

use crate::failure::{client, usage};
use crate::flags::Flags;
use crate::session::{Flow, Outcome, Session};
use crate::tabwriter;

/// Runs `api-versions`.
pub fn api_versions(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(usage("api-versions", format!("unexpected arguments: [{}]", flags.args.join(" "))));
    }
    let mut versions: Vec<String> = Kind::all().map(|kind| kind.info().api_version()).collect();
    versions.sort();
    versions.dedup();
    for version in versions {
        session.line(&version);
    }
    Ok(Flow::Done)
}

fn verbs(info: &KindInfo) -> Vec<&'static str> {
    let mut verbs = vec!["create", "delete"];
    if info.delete_collection {
        verbs.push("deletecollection");
    }
    verbs.extend(["get", "list", "patch", "update", "watch"]);
    verbs
}

/// Runs `api-resources`.
pub fn api_resources(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(usage("api-resources", format!("unexpected arguments: [{}]", flags.args.join(" "))));
    }
    let output = flags.text("output");
    if !matches!(output, "" | "wide" | "name") {
        return Err(client(format!("--output {output} is not available")));
    }
    let mut infos: Vec<&KindInfo> = Kind::all().map(Kind::info).filter(|info| wanted(info, flags)).collect();
    match flags.text("sort-by") {
        "name" => infos.sort_by_key(|info| info.plural),
        "kind" => infos.sort_by_key(|info| info.name),
        "" => infos.sort_by_key(|info| (info.group, info.plural)),
        _ => return Err(client("--sort-by accepts only name or kind")),
    }
    let mut text = String::new();
    if output != "name" && !flags.on("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        text.push_str(if output == "wide" { "\tVERBS\tCATEGORIES\n" } else { "\n" });
    }
    for info in infos {
        if output == "name" {
            text.push_str(&format!("{}\n", info.resource()));
            continue;
        }
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}",
            info.plural,
            info.short_names.join(","),
            info.api_version(),
            info.namespaced(),
            info.name
        ));
        if output == "wide" {
            text.push_str(&format!("\t{}\t{}", verbs(info).join(","), info.categories.join(",")));
        }
        text.push('\n');
    }
    let text = if output == "name" { text } else { tabwriter::align(&text, tabwriter::TABLE) };
    session.io.out(&text);
    Ok(Flow::Done)
}

fn wanted(info: &KindInfo, flags: &Flags) -> bool {
    let group_fits = !flags.given("api-group") || flags.text("api-group") == info.group;
    let scope_fits = !flags.given("namespaced") || flags.on("namespaced") == info.namespaced();
    let own = verbs(info);
    let verbs_fit = flags.list("verbs").iter().all(|verb| own.contains(&verb.as_str()));
    let categories_fit = flags.list("categories").iter().all(|name| info.categories.contains(&name.as_str()));
    group_fits && scope_fits && verbs_fit && categories_fit
}
