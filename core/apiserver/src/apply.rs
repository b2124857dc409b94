//! Server-side apply: a client says the fields that it wants to own, and the server merges them into the live object.
// Models apimachinery/pkg/util/managedfields.

use std::sync::Arc;

use model::fieldset::{self, Applied, Conflict, FieldSet, Owner, Structure};
use model::managed::{self, LAST_APPLIED, Managed, OwnedFields};
use model::schema::Schema;
use model::status::{Cause, Details};
use model::{Object, Reason, Status, status::Result};
use serde_json::{Map, Value, json};

use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::managed_fields::{Ownership, require_manager};
use crate::options::WriteOptions;
use crate::patch::{Target, check_url, conversion_failure};
use crate::scale::Scale;
use crate::server::ApiServer;
use crate::subresource::no_such_resource;

/// The manager for which the server minds what client-side apply left behind.
const KUBECTL: &str = "kubectl";
/// Version and kind of every scale.
const SCALE: (&str, &str) = ("autoscaling/v1", "Scale");

impl ApiServer {
    /// Applies a configuration to an object or its status, once identity is settled; creates an object that is not there.
    pub(crate) fn apply(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        force: bool,
        configuration: &Value,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let kind = target.kind;
        require_manager(caller)?;
        let api_version = kind.info().api_version();
        check_configuration(configuration, (&api_version, kind.info().name), Structure::of(kind))?;
        let live = self.store.get(kind, target.namespace, target.name).cloned();
        if live.is_none() {
            self.may_create(caller, target, configuration)?;
        }
        let writer = Owner::applier(&caller.manager, &api_version, target.subresource);
        let structure = Structure::of(kind);
        let (live_value, before) = match &live {
            Some(live) => (live.to_value(), tracked(live)),
            None => (Value::Object(Map::new()), Vec::new()),
        };
        let wanted = without_ignored(target, configuration);
        let owners: Vec<Owner> = before.iter().map(|entry| entry.owner.clone()).collect();
        let merge = Merge { live: &live_value, owners: &owners, structure };
        let Applied { mut value, owners } =
            merge.apply(&wanted, &writer, force).map_err(|it| refusal(&it))?;
        if writer.manager == KUBECTL {
            keep_annotation_true(&mut value, configuration);
        }
        let unchanged = value == live_value && merge.owned_alike(&owners);
        let managed = match &live {
            Some(live) if unchanged && !live.managed.is_empty() => live.managed.clone(),
            _ => {
                // Who only joins the owners of what stands there anyway leaves no time.
                let time = (value != live_value).then(|| self.time());
                let mut entries = managed::dated(owners, &before, &writer, time.as_ref());
                managed::sort(&mut entries);
                Managed::known(entries)
            }
        };
        let ownership = &Ownership::Applied(target.subresource, managed);
        let mut object = converted(target, value)?;
        check_names(target, &mut object)?;
        match live {
            Some(old) => self.replace_by_object(caller, target, object, &old, ownership, options),
            None => self.make(caller, Object { revision: 0, ..object }, ownership, options),
        }
    }

    /// Applies a scale, once identity is settled: of the workload's fields it owns the replicas.
    pub(crate) fn apply_scale(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        old: &Arc<Object>,
        force: bool,
        configuration: &Value,
        options: &WriteOptions,
    ) -> Result<Scale> {
        require_manager(caller)?;
        let schema = Schema::get().of_object(SCALE.0, SCALE.1);
        check_configuration(configuration, SCALE, schema.map_or(Structure::Unknown, Structure::Type))?;
        check_url(target, &configuration["metadata"])?;
        let live = Scale::of(old).ok_or_else(no_such_resource)?.to_value();
        let before = tracked(old);
        let owners: Vec<Owner> = before.iter().map(|entry| owner_of_scale(&entry.owner)).collect();
        let writer = Owner::applier(&caller.manager, SCALE.0, "scale");
        let wanted = match configuration["spec"].get("replicas") {
            Some(replicas) => json!({ "spec": { "replicas": replicas } }),
            None => json!({}),
        };
        let merge = Merge { live: &live, owners: &owners, structure: Structure::Unknown };
        let applied = merge.apply(&wanted, &writer, force).map_err(|it| refusal(&it))?;
        let after = owners_of_workload(&before, &applied.owners, &old.info().api_version());
        let mut entries = managed::dated(after, &before, &writer, None);
        managed::sort(&mut entries);
        let ownership = &Ownership::Applied("scale", Managed::known(entries));
        let replicas = Scale::replicas_asked(&applied.value).map_err(Status::bad_request)?;
        self.scale(caller, old, &configuration["metadata"], replicas, ownership, options)
    }

    /// Whether an apply may create the object that it does not find.
    fn may_create(&self, caller: &Caller, target: &Target<'_>, configuration: &Value) -> Result<()> {
        if !target.subresource.is_empty() {
            return Err(Status::not_found(target.kind, target.name));
        }
        self.authorize(caller, &target.attributes("create"))?;
        match configuration["metadata"]["uid"].as_str() {
            Some(uid) if !uid.is_empty() => {
                let why = format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
                Err(Status::conflict(target.kind, target.name, &why))
            }
            _ => Ok(()),
        }
    }
}

/// What an owner of a workload's fields owns of its scale.
fn owner_of_scale(owner: &Owner) -> Owner {
    let replicas = FieldSet::from_fields_v1(&json!({ "f:spec": { "f:replicas": {} } }));
    Owner { fields: owner.fields.intersection(&replicas), api_version: SCALE.0.to_owned(), ..owner.clone() }
}

/// The owners of a workload's fields, from those before and those of its scale after an apply.
fn owners_of_workload(before: &[OwnedFields], of_scale: &[Owner], api_version: &str) -> Vec<Owner> {
    let mut after = Vec::new();
    for OwnedFields { owner, .. } in before {
        let scaled = owner_of_scale(owner);
        let kept = of_scale.iter().find(|other| other.is_same(&scaled));
        let kept = kept.map(|other| other.fields.clone()).unwrap_or_default();
        let fields = owner.fields.difference(&scaled.fields).union(&kept);
        if !fields.is_empty() {
            after.push(Owner { fields, ..owner.clone() });
        }
    }
    let known = |owner: &Owner| before.iter().any(|entry| owner_of_scale(&entry.owner).is_same(owner));
    let new = of_scale.iter().filter(|owner| !known(owner));
    after.extend(new.map(|owner| Owner { api_version: api_version.to_owned(), ..owner.clone() }));
    after
}

/// What a configuration is merged into.
struct Merge<'a> {
    live: &'a Value,
    owners: &'a [Owner],
    structure: Structure<'a>,
}

impl Merge<'_> {
    /// kubectl takes over what it applied by itself before, where that still stands.
    fn apply(
        &self,
        wanted: &Value,
        writer: &Owner,
        force: bool,
    ) -> std::result::Result<Applied, Vec<Conflict>> {
        let Self { live, owners, structure } = *self;
        let outcome = fieldset::apply(live, owners, wanted, writer.clone(), force, structure);
        let Err(mut conflicts) = outcome else { return outcome };
        if writer.manager != KUBECTL {
            return Err(conflicts);
        }
        let own = last_applied_and_true(live, structure);
        for conflict in &mut conflicts {
            conflict.fields = conflict.fields.difference(&own);
        }
        conflicts.retain(|conflict| !conflict.fields.is_empty());
        if conflicts.is_empty() {
            return fieldset::apply(live, owners, wanted, writer.clone(), true, structure);
        }
        Err(conflicts)
    }

    fn owned_alike(&self, owners: &[Owner]) -> bool {
        owners.len() == self.owners.len() && owners.iter().all(|owner| self.owners.contains(owner))
    }
}

/// The fields that the last-applied annotation names and that are as it says.
fn last_applied_and_true(live: &Value, structure: Structure<'_>) -> FieldSet {
    let text = live["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or_default();
    let Ok(last) = serde_json::from_str::<Value>(text) else { return FieldSet::default() };
    let change = fieldset::compare(&last, live, structure);
    let fields = FieldSet::of_value(&last, structure);
    fields.difference(&change.modified).difference(&change.added).difference(&change.removed)
}

/// Where client-side apply left its annotation, it goes on to say what was applied last.
fn keep_annotation_true(value: &mut Value, configuration: &Value) {
    let Some(annotation) = value
        .pointer_mut("/metadata/annotations")
        .and_then(|annotations| annotations.get_mut(LAST_APPLIED))
        .filter(|text| text.as_str().is_some_and(|text| !text.is_empty()))
    else {
        return;
    };
    let mut configuration = configuration.clone();
    if let Some(annotations) =
        configuration.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
    }
    *annotation = format!("{}\n", model::manifest::to_json_compact(&configuration)).into();
}

/// Who owns what of an object.
fn tracked(object: &Object) -> Vec<OwnedFields> {
    if object.managed.is_empty() {
        managed::before_first_apply(object)
    } else {
        object.managed.resolved(object.kind())
    }
}

/// What an apply by way of this door cannot set has no part in it.
fn without_ignored(target: &Target<'_>, configuration: &Value) -> Value {
    let mut wanted = configuration.clone();
    let Some(fields) = wanted.as_object_mut() else { return wanted };
    if target.subresource == "status" {
        fields.remove("spec");
    } else if target.kind.info().has_subresource("status") {
        fields.remove("status");
    }
    wanted
}

fn check_configuration(
    configuration: &Value,
    (api_version, kind): (&str, &str),
    structure: Structure<'_>,
) -> Result<()> {
    if !configuration.is_object() {
        let found = if configuration.is_array() { "array" } else { "string" };
        return Err(Status::bad_request(format!(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )));
    }
    let said = |field: &str| configuration[field].as_str().unwrap_or_default();
    if said("apiVersion") != api_version || said("kind") != kind {
        let message =
            format!("invalid object type: {}", group_version_kind(said("apiVersion"), said("kind")));
        return Err(Status::bad_request(message));
    }
    let metadata = &configuration["metadata"];
    if metadata.get("managedFields").is_some_and(|entries| !entries.is_null()) {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    let problems = fieldset::check(configuration, structure);
    if !problems.is_empty() {
        let why = fieldset::problems_message(&problems);
        let message = format!("failed to create typed patch object ({}): {why}", shown(configuration));
        return Err(Status::new(Reason::Unknown, message));
    }
    Ok(())
}

/// Whether what the apply made is the object that the request names.
fn check_names(target: &Target<'_>, object: &mut Object) -> Result<()> {
    let (name, url) = (object.name(), target.name);
    if name.is_empty() {
        return Err(Status::bad_request(format!(
            "the name of the object ({url} based on URL) was undeterminable: name must be provided"
        )));
    }
    if name != url {
        return Err(Status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({url})"
        )));
    }
    if object.namespace().is_empty() && !target.namespace.is_empty() {
        target.namespace.clone_into(&mut object.metadata_mut().namespace);
    }
    if object.namespace() != target.namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// Reads what the apply made; what the schema let pass and the type does not have is the server's own error.
fn converted(target: &Target<'_>, value: Value) -> Result<Object> {
    let shown = shown(&value);
    let (_, version_and_kind) = shown.split_once("; ").unwrap_or_default();
    let failed = |status: Status| {
        let why = status.message.split_once(&format!("handled as a {}: ", target.kind));
        let why = why.map_or(status.message.as_str(), |(_, why)| why);
        let fraction = why.starts_with("json: cannot unmarshal number");
        let why = conversion_failure(why).filter(|_| fraction).unwrap_or_else(|| why.to_owned());
        let message = format!(
            "failed to convert new object ({shown}) to proper version: unable to convert unstructured object to {version_and_kind}: {why}"
        );
        Status::new(Reason::Unknown, message)
    };
    decode::object(target.kind, value, FieldValidation::Ignore).map(|(object, _)| object).map_err(failed)
}

/// `default/web; apps/v1, Kind=Deployment`
fn shown(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let version_and_kind = group_version_kind(&text(&object["apiVersion"]), &text(&object["kind"]));
    format!("{}/{}; {version_and_kind}", text(&metadata["namespace"]), text(&metadata["name"]))
}

/// `apps/v1, Kind=Deployment`; `/v1, Kind=Pod`
fn group_version_kind(api_version: &str, kind: &str) -> String {
    let slash = if api_version.contains('/') { "" } else { "/" };
    format!("{slash}{api_version}, Kind={kind}")
}

/// 409, with each field and who owns it.
fn refusal(conflicts: &[Conflict]) -> Status {
    let cause = |owner: &str, field: String| Cause {
        reason: "FieldManagerConflict".to_owned(),
        message: format!("conflict with {owner}"),
        field,
    };
    let of_owner = |it: &Conflict| {
        it.fields.shown().into_iter().map(|field| cause(&it.owner, field)).collect::<Vec<_>>()
    };
    let causes = conflicts.iter().flat_map(of_owner).collect();
    Status {
        reason: Reason::Conflict,
        message: fieldset::conflicts_message(conflicts),
        details: Some(Box::new(Details { causes, ..Details::default() })),
    }
}
