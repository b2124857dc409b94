//! Which objects a command is about: TYPE NAME, TYPE/NAME, lists with commas, files, selectors. Models cli-runtime's resource builder.

use std::sync::Arc;

use apiserver::ListOptions;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result, client};
use crate::files;
use crate::flags::Flags;
use crate::session::Session;
use crate::unserved_kinds;

/// What arguments name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All objects of these kinds that selectors match.
    Kinds(Vec<Kind>),
    /// These objects.
    Names(Vec<(Kind, String)>),
}

/// A live object that a command is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Info {
    /// The object.
    #[serde(with = "model::shared")]
    pub object: Arc<Object>,
    /// The file that named it; empty if arguments did.
    pub source: String,
}

/// Objects that were found, and what went wrong with others.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In the order asked for.
    pub infos: Vec<Info>,
    /// Failures, which do not keep the rest from being handled.
    pub failures: Vec<Failure>,
    /// Whether one object was asked for, rather than a list.
    pub single: bool,
    /// Whether kinds of more than one sort were asked for.
    pub several_kinds: bool,
}

/// What is said when a kind is named and no object of it.
const NO_NAME: &str = "resource(s) were provided, but no name was specified";

/// What is said of an object of a file that has no name.
pub const NAME_EMPTY: &str = "resource name may not be empty";

/// What is said when nothing is named at all.
pub const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

/// The kind that a user names.
///
/// # Errors
/// If the server has none.
pub fn kind_of(text: &str) -> Result<Kind> {
    Kind::from_user(text).ok_or_else(|| {
        let name = text.split('.').next().unwrap_or_default();
        let mut message = format!("the server doesn't have a resource type \"{name}\"");
        unserved_kinds::explain(&mut message, name);
        client(message)
    })
}

/// The kinds of a list with commas, categories included.
///
/// # Errors
/// If the server does not know one of them.
pub fn kinds_of(text: &str) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for name in text.split(',') {
        let in_category = of_category(name);
        let found = if in_category.is_empty() { vec![kind_of(name)?] } else { in_category };
        for kind in found {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    Ok(kinds)
}

fn of_category(name: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Kind::all().filter(|kind| kind.info().categories.contains(&name)).collect();
    kinds.sort_by_key(|kind| (kind.info().group, kind.info().plural));
    kinds
}

/// What the arguments name.
///
/// # Errors
/// If they do not fit together.
pub fn select(args: &[String]) -> Result<Selection> {
    if args.iter().any(|arg| arg.contains('/')) {
        return args
            .iter()
            .map(|arg| type_and_name(arg, args.len()))
            .collect::<Result<Vec<_>>>()
            .map(Selection::Names);
    }
    let Some((types, names)) = args.split_first() else { return Err(client(NOTHING_NAMED)) };
    let kinds = kinds_of(types)?;
    if names.is_empty() {
        return Ok(Selection::Kinds(kinds));
    }
    let pairs = kinds.iter().flat_map(|kind| names.iter().map(|name| (*kind, name.clone()))).collect();
    Ok(Selection::Names(pairs))
}

fn type_and_name(arg: &str, count: usize) -> Result<(Kind, String)> {
    let Some((kind, name)) = arg.split_once('/') else {
        let advice = if count > 1 {
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
        } else {
            "arguments in resource/name form must have a single resource and name"
        };
        return Err(client(advice));
    };
    if name.contains('/') {
        return Err(client("arguments in resource/name form may not have more than one slash"));
    }
    if kind.is_empty() || name.is_empty() || kind.contains(',') {
        return Err(client("arguments in resource/name form must have a single resource and name"));
    }
    Ok((kind_of(kind)?, name.to_owned()))
}

/// The options of a list, from the flags that the command has.
#[must_use]
pub fn list_options(flags: &Flags) -> ListOptions {
    let text = |name: &str| if flags.knows(name) { flags.text(name).to_owned() } else { String::new() };
    ListOptions {
        label_selector: text("selector"),
        field_selector: text("field-selector"),
        ..ListOptions::default()
    }
}

fn selects(flags: &Flags) -> bool {
    ["selector", "field-selector"].iter().any(|name| flags.knows(name) && !flags.text(name).is_empty())
}

/// `--all` leaves nothing to select; each command says it in its way.
fn check_all(session: &Session<'_, '_>, flags: &Flags) -> Result<()> {
    if !flags.knows("all") || !flags.on("all") || !selects(flags) {
        return Ok(());
    }
    Err(client(match session.client.command.as_str() {
        "annotate" | "label" | "set env" | "set image" | "set resources" => {
            "cannot set --all and --selector at the same time"
        }
        "taint" => "setting 'all' parameter with a non empty selector is prohibited",
        _ => "setting 'all' parameter but found a non empty selector. ",
    }))
}

/// Checks selectors, `--all` and names against each other.
///
/// # Errors
/// If they do not fit together, or a name is needed and missing.
pub fn check_selection(selection: &Selection, flags: &Flags, name_needed: bool) -> Result<()> {
    let all = flags.knows("all") && flags.on("all");
    match selection {
        Selection::Names(_) if selects(flags) || all => {
            Err(client("name cannot be provided when a selector is specified"))
        }
        Selection::Names(_) if flags.knows("all-namespaces") && flags.on("all-namespaces") => {
            Err(client("a resource cannot be retrieved by name across all namespaces"))
        }
        Selection::Kinds(_) if name_needed && !all && !selects(flags) => Err(client(NO_NAME)),
        _ => Ok(()),
    }
}

/// Whether `-f` or `-k` names files.
#[must_use]
pub fn names_files(flags: &Flags) -> bool {
    (flags.knows("filename") && !flags.list("filename").is_empty())
        || (flags.knows("kustomize") && !flags.text("kustomize").is_empty())
}

/// The live objects that files or arguments name.
///
/// # Errors
/// If they cannot be understood; what is not found comes among the failures.
pub fn find(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    args: &[String],
    name_needed: bool,
) -> Result<Found> {
    if names_files(flags) {
        return find_of_files(session, flags, args);
    }
    let selection = select(args)?;
    check_all(session, flags)?;
    check_selection(&selection, flags, name_needed)?;
    let found = find_selection(session, flags, &selection)?;
    Ok(with_namespace_blamed(session, found))
}

/// The same where `--selector` is not about which objects are meant.
///
/// # Errors
/// If they cannot be understood; what is not found comes among the failures.
pub fn find_named(session: &mut Session<'_, '_>, flags: &Flags, args: &[String]) -> Result<Found> {
    if names_files(flags) {
        return find_of_files(session, flags, args);
    }
    let selection = select(args)?;
    if matches!(selection, Selection::Kinds(_)) {
        return Err(client(NO_NAME));
    }
    let found = find_selection(session, flags, &selection)?;
    Ok(with_namespace_blamed(session, found))
}

/// The same for what is not read before it is asked to go: then it is the object that is missing, not its namespace.
///
/// # Errors
/// If they cannot be understood; what is not found comes among the failures.
pub fn find_for_deletion(session: &mut Session<'_, '_>, flags: &Flags, args: &[String]) -> Result<Found> {
    let selection = select(args)?;
    check_all(session, flags)?;
    check_selection(&selection, flags, true)?;
    find_selection(session, flags, &selection)
}

/// The client looks why an object is not found: perhaps its namespace is not there.
fn with_namespace_blamed(session: &mut Session<'_, '_>, mut found: Found) -> Found {
    let namespace = session.client.namespace.clone();
    for failure in &mut found.failures {
        let Failure::Server(status) = &*failure else { continue };
        let kind = status.details.as_ref().map(|details| details.kind.clone()).unwrap_or_default();
        let namespaced = Kind::from_user(&kind).is_some_and(|kind| kind.info().namespaced());
        if status.is_not_found()
            && namespaced
            && let Err(missing) = session.api.get(&session.client.caller, Kind::Namespace, "", &namespace)
            && missing.is_not_found()
        {
            *failure = missing.into();
        }
    }
    found
}

/// The live objects of a selection.
///
/// # Errors
/// If the server does not understand the selectors.
pub fn find_selection(session: &mut Session<'_, '_>, flags: &Flags, selection: &Selection) -> Result<Found> {
    let mut found = Found::default();
    match selection {
        Selection::Names(names) => {
            found.single = names.len() == 1;
            let namespace = session.client.namespace.clone();
            for (kind, name) in names {
                match session.api.get(&session.client.caller, *kind, &namespace, name) {
                    Ok(object) => found.infos.push(Info { object, source: String::new() }),
                    Err(status) => found.failures.push(status.into()),
                }
            }
            // What is not found does not count.
            let kinds = found.infos.iter().map(|info| info.object.kind());
            found.several_kinds = kinds.clone().any(|kind| kinds.clone().next() != Some(kind));
        }
        Selection::Kinds(kinds) => {
            let namespace = session.list_namespace(flags);
            found.several_kinds = kinds.len() > 1;
            for kind in kinds {
                let options = list_options(flags);
                match session.api.list(&session.client.caller, *kind, &namespace, &options) {
                    Ok(list) => {
                        found.infos.extend(
                            list.items.into_iter().map(|object| Info { object, source: String::new() }),
                        );
                    }
                    Err(status) => found.failures.push(unsupported_selector(*kind, &options, status)),
                }
            }
        }
    }
    Ok(found)
}

/// A selector that the server cannot use is said together with what it was for.
fn unsupported_selector(kind: Kind, options: &ListOptions, mut status: model::Status) -> Failure {
    if status.reason == model::Reason::BadRequest {
        let label = &options.label_selector;
        let field = &options.field_selector;
        status.message = format!(
            "Unable to find {:?} that match label selector {label:?}, field selector {field:?}: {}",
            resource_and_version(kind),
            status.message
        );
    }
    status.into()
}

fn resource_and_version(kind: Kind) -> String {
    let info = kind.info();
    format!(
        "{}, Resource={}",
        if info.group.is_empty() { format!("/{}", info.version) } else { info.api_version() },
        info.plural
    )
}

fn find_of_files(session: &mut Session<'_, '_>, flags: &Flags, args: &[String]) -> Result<Found> {
    if !args.is_empty() {
        return Err(client(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        ));
    }
    let (objects, failures) = files::load(session, flags)?;
    let mut found = Found { failures, single: objects.len() == 1, ..Found::default() };
    found.several_kinds = objects.iter().any(|object| object.kind != objects[0].kind);
    for object in objects {
        if object.name.is_empty() {
            return Err(client(NAME_EMPTY));
        }
        match session.api.get(&session.client.caller, object.kind, &object.namespace, &object.name) {
            Ok(live) => found.infos.push(Info { object: live, source: object.source }),
            Err(status) => found.failures.push(status.into()),
        }
    }
    Ok(found)
}

/// `pod/web`, `deployment.apps/web`.
#[must_use]
pub fn full_name(object: &Object) -> String {
    kind_and_name(object.kind(), object.name())
}

/// `pod/web`, `deployment.apps/web`.
#[must_use]
pub fn kind_and_name(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.info().qualified_singular())
}
