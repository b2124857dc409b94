//! Requests about resources: `/api/v1/namespaces/default/pods/web/status`.

use model::status::Result;
use model::{Kind, Object, Reason, Status, manifest};
use serde_json::{Map, Value, json};

use super::{Content, Query, Reply, Request, not_allowed, not_found};
use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::options::{DeleteOptions, ListOptions, PatchKind, Propagation, WriteOptions};
use crate::server::ApiServer;

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    kind: Kind,
    namespace: &'a str,
    /// Empty for all objects.
    name: &'a str,
    subresource: &'a str,
}

impl<'a> Place<'a> {
    /// What the segments after the version lead to.
    pub(super) fn of(group: &str, rest: &[&'a str]) -> Option<Self> {
        let kind = |plural: &str| Kind::from_resource(group, plural);
        let (kind, namespace, rest) = match rest {
            ["namespaces", namespace, plural, rest @ ..]
                if kind(plural).is_some_and(|kind| kind.info().namespaced()) =>
            {
                (kind(plural)?, *namespace, rest)
            }
            [plural, rest @ ..] => (kind(plural)?, "", rest),
            [] => return None,
        };
        let (name, subresource) = match rest {
            [] => ("", ""),
            [name] => (*name, ""),
            [name, subresource] => (*name, *subresource),
            _ => return None,
        };
        // An object of a namespace has no name outside of it.
        let nameless = kind.info().namespaced() && namespace.is_empty() && !name.is_empty();
        (!nameless).then_some(Self { kind, namespace, name, subresource })
    }
}

impl ApiServer {
    pub(super) fn answer_resource(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        match (request.method, place.name.is_empty(), place.subresource) {
            ("GET", true, _) => self.answer_list(caller, query, place),
            ("GET", false, _) => self.answer_get(caller, query, place),
            ("POST", true, _) => self.answer_create(caller, request, query, place),
            ("POST", false, "eviction" | "binding") => self.answer_post(caller, request, query, place),
            ("PUT", false, _) => self.answer_update(caller, request, query, place),
            ("PATCH", false, _) => self.answer_patch(caller, request, query, place),
            ("DELETE", true, _) => self.answer_delete_all(caller, request, query, place),
            ("DELETE", false, "") => self.answer_delete(caller, request, query, place),
            _ => Err(not_allowed()),
        }
    }

    fn answer_get(&mut self, caller: &Caller, query: &Query, place: &Place<'_>) -> Result<Reply> {
        if place.subresource.is_empty() && query.on("watch") {
            let options = ListOptions {
                field_selector: format!("metadata.name={}", place.name),
                ..ListOptions::default()
            };
            return self.answer_watch(caller, query, place, &options);
        }
        let part = self.get_part(caller, place.kind, place.namespace, place.name, place.subresource)?;
        Ok(Reply::document(200, self.part_value(&part)))
    }

    fn part_value(&self, part: &crate::Part) -> Value {
        match part {
            crate::Part::Object(object) => self.wire_value(object),
            crate::Part::Scale(scale) => scale.to_value(),
        }
    }

    fn answer_list(&mut self, caller: &Caller, query: &Query, place: &Place<'_>) -> Result<Reply> {
        let options = list_options(query)?;
        if query.on("watch") {
            return self.answer_watch(caller, query, place, &options);
        }
        let list = self.list(caller, place.kind, place.namespace, &options)?;
        let mut metadata = json!({ "resourceVersion": list.revision.to_string() });
        if !list.continue_token.is_empty() {
            metadata["continue"] = list.continue_token.as_str().into();
        }
        if let Some(count) = list.remaining.filter(|count| *count > 0) {
            metadata["remainingItemCount"] = count.into();
        }
        let items: Vec<Value> = list.items.iter().map(|object| self.item_value(object)).collect();
        Ok(Reply::document(200, list_value(place.kind, &metadata, &items)))
    }

    /// An object within a list does not say its kind again.
    fn item_value(&self, object: &Object) -> Value {
        let mut value = self.wire_value(object);
        if let Some(fields) = value.as_object_mut() {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        value
    }

    fn answer_watch(
        &self,
        caller: &Caller,
        query: &Query,
        place: &Place<'_>,
        options: &ListOptions,
    ) -> Result<Reply> {
        let since = query.number("resourceVersion")?.and_then(|revision| u64::try_from(revision).ok());
        let watcher = self.watch(caller, place.kind, place.namespace, options, since.unwrap_or(0))?;
        Ok(Reply { code: 200, content: Content::Watch(watcher) })
    }

    fn answer_create(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        let value = read_body(request, place)?;
        let sent = value["metadata"]["namespace"].as_str().unwrap_or_default();
        if !sent.is_empty() && sent != place.namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        let (mut object, _) = decode::object(place.kind, value, validation(query)?)?;
        if object.namespace().is_empty() {
            place.namespace.clone_into(&mut object.metadata_mut().namespace);
        }
        let created = self.create_with(caller, object, &write_options(query))?;
        Ok(Reply::document(201, self.wire_value(&created)))
    }

    /// Evictions and bindings: what is sent is no object that is kept.
    fn answer_post(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        if place.kind != Kind::Pod {
            return Err(not_found());
        }
        let value = read_value(request, "Eviction")?;
        if place.subresource == "binding" {
            let node = value["target"]["name"].as_str().unwrap_or_default();
            let uid = value["metadata"]["uid"].as_str().unwrap_or_default();
            self.bind(caller, place.namespace, place.name, uid, node)?;
        } else {
            if value["metadata"]["name"].as_str().is_some_and(|name| name != place.name) {
                return Err(Status::bad_request("name in URL does not match name in Eviction object"));
            }
            let mut options = delete_options(&value["deleteOptions"], query)?;
            options.dry_run |= query.text("dryRun") == "All";
            self.evict(caller, place.namespace, place.name, &options)?;
        }
        let mut done = success();
        done["code"] = 201.into();
        Ok(Reply::document(201, done))
    }

    fn answer_update(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        let value = read_value(request, place.kind.info().name)?;
        if value["metadata"]["name"].as_str().unwrap_or_default().is_empty() {
            return Err(Status::bad_request(format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                place.name
            )));
        }
        if place.kind == Kind::Namespace && place.subresource == "finalize" {
            let names = value["spec"]["finalizers"].as_array().into_iter().flatten();
            let names = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
            let left = self.set_namespace_finalizers(caller, place.name, names)?;
            return Ok(Reply::document(200, self.wire_value(&left)));
        }
        let (validation, options) = (validation(query)?, write_options(query));
        let Place { kind, namespace, name, subresource } = *place;
        let part =
            self.update_part(caller, kind, namespace, name, subresource, value, validation, &options)?;
        Ok(Reply::document(200, self.part_value(&part)))
    }

    fn answer_patch(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        let sort = match request.content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => PatchKind::Json,
            "application/merge-patch+json" => PatchKind::Merge,
            "application/strategic-merge-patch+json" => PatchKind::Strategic,
            "application/apply-patch+yaml" => PatchKind::Apply { force: query.on("force") },
            _ => {
                let mut status = Status::new(Reason::UnsupportedMediaType, "415: Unsupported Media Type");
                status.details = Some(Box::default());
                return Err(status);
            }
        };
        let patch = manifest::read_value(request.body)
            .map_err(|error| Status::bad_request(format!("error decoding patch: {}", error.message)))?;
        let caller = match query.text("fieldManager") {
            "" => caller.clone(),
            manager => caller.clone().with_manager(manager),
        };
        let Place { kind, namespace, name, subresource } = *place;
        let options = write_options(query);
        let part = self.patch_part(&caller, kind, namespace, name, subresource, sort, &patch, &options)?;
        Ok(Reply::document(200, self.part_value(&part)))
    }

    fn answer_delete(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        let sent = if request.body.is_empty() { Value::Null } else { read_value(request, "DeleteOptions")? };
        let options = delete_options(&sent, query)?;
        let Place { kind, namespace, name, .. } = *place;
        let uid = self.store().get(kind, namespace, name).map(|old| old.uid().to_owned());
        match self.delete(caller, kind, namespace, name, &options)? {
            Some(left) => Ok(Reply::document(200, self.wire_value(&left))),
            None => {
                let mut done = success();
                done["details"] = json!({ "name": name, "kind": kind.info().plural, "uid": uid });
                if !kind.info().group.is_empty() {
                    done["details"]["group"] = kind.info().group.into();
                }
                Ok(Reply::document(200, done))
            }
        }
    }

    fn answer_delete_all(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        place: &Place<'_>,
    ) -> Result<Reply> {
        if !place.kind.info().delete_collection {
            return Err(not_allowed());
        }
        let sent = if request.body.is_empty() { Value::Null } else { read_value(request, "DeleteOptions")? };
        let options = delete_options(&sent, query)?;
        let list = list_options(query)?;
        let gone = self.delete_collection(caller, place.kind, place.namespace, &list, &options)?;
        let metadata = json!({ "resourceVersion": self.revision().to_string() });
        let items: Vec<Value> = gone.iter().map(|object| self.item_value(object)).collect();
        Ok(Reply::document(200, list_value(place.kind, &metadata, &items)))
    }
}

/// The object that is sent; what it does not say of its kind, the path does.
fn read_body(request: &Request<'_>, place: &Place<'_>) -> Result<Value> {
    let info = place.kind.info();
    let mut value = read_value(request, info.name)?;
    let fields = value.as_object_mut().ok_or_else(|| unrecognized(info.name, "", request.body))?;
    fields.entry("kind").or_insert_with(|| info.name.into());
    fields.entry("apiVersion").or_insert_with(|| info.api_version().into());
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    match Kind::from_api(&version, &kind) {
        // The server knows what was sent, and that it is something else.
        Some(sent) if sent != place.kind => Err(Status::bad_request(format!(
            "{kind} in version \"{version}\" cannot be handled as a {}: converting ({}.{kind}) to ({}.{}): unknown conversion",
            info.name,
            sent.info().version,
            if info.group.is_empty() { "core" } else { info.group.split('.').next().unwrap_or_default() },
            info.name,
        ))),
        _ => Ok(value),
    }
}

/// The body, in one of the forms that the server reads.
fn read_value(request: &Request<'_>, kind: &str) -> Result<Value> {
    let read = match request.content_type.split(';').next().unwrap_or_default().trim() {
        "" | "application/json" => manifest::read_json(request.body),
        "application/yaml" => manifest::read_value(request.body),
        _ => {
            return Err(Status::new(
                Reason::UnsupportedMediaType,
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            ));
        }
    };
    read.map_err(|error| {
        let why = error.message.rsplit(": ").next().unwrap_or_default();
        let why = if why.contains("EOF") { "unexpected end of JSON input" } else { why };
        unrecognized(kind, why, request.body)
    })
}

/// So much of what cannot be read is shown.
const SHOWN_MAX: usize = 30;

fn unrecognized(kind: &str, why: &str, body: &str) -> Status {
    let printable = body.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let cut = body.as_bytes().get(..SHOWN_MAX).unwrap_or(body.as_bytes());
    let mut shown = if printable {
        String::from_utf8_lossy(cut).into_owned()
    } else {
        cut.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    if body.len() > SHOWN_MAX {
        shown.push_str(" ...");
    }
    let why = if why.is_empty() { String::new() } else { format!("; json parse error: {why}") };
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind{why} ({shown})"
    ))
}

fn success() -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" })
}

fn list_value(kind: Kind, metadata: &Value, items: &[Value]) -> Value {
    let info = kind.info();
    json!({
        "kind": format!("{}List", info.name), "apiVersion": info.api_version(), "metadata": metadata,
        "items": items,
    })
}

fn list_options(query: &Query) -> Result<ListOptions> {
    let text = |name: &str| query.text(name).to_owned();
    Ok(ListOptions {
        label_selector: text("labelSelector"),
        field_selector: text("fieldSelector"),
        limit: query.number("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0),
        continue_token: text("continue"),
        resource_version: text("resourceVersion"),
        resource_version_match: text("resourceVersionMatch"),
    })
}

fn write_options(query: &Query) -> WriteOptions {
    WriteOptions { dry_run: query.text("dryRun") == "All" }
}

fn validation(query: &Query) -> Result<FieldValidation> {
    match query.text("fieldValidation") {
        "Strict" => Ok(FieldValidation::Strict),
        "Ignore" => Ok(FieldValidation::Ignore),
        "" | "Warn" => Ok(FieldValidation::Warn),
        other => Err(Status::bad_request(format!("invalid fieldValidation value {other:?}"))),
    }
}

/// `DeleteOptions` as they are sent, and what the query says besides.
fn delete_options(sent: &Value, query: &Query) -> Result<DeleteOptions> {
    let empty = Map::new();
    let sent = sent.as_object().unwrap_or(&empty);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let policy = match query.text("propagationPolicy") {
        "" => text(sent.get("propagationPolicy")).unwrap_or_default(),
        policy => policy.to_owned(),
    };
    let preconditions = sent.get("preconditions").and_then(Value::as_object).unwrap_or(&empty);
    Ok(DeleteOptions {
        grace_period_seconds: match query.number("gracePeriodSeconds")? {
            Some(seconds) => Some(seconds),
            None => sent.get("gracePeriodSeconds").and_then(Value::as_i64),
        },
        propagation: match policy.as_str() {
            "Orphan" => Some(Propagation::Orphan),
            "Background" => Some(Propagation::Background),
            "Foreground" => Some(Propagation::Foreground),
            _ => None,
        },
        uid: text(preconditions.get("uid")),
        resource_version: text(preconditions.get("resourceVersion")),
        dry_run: query.text("dryRun") == "All" || sent.contains_key("dryRun"),
    })
}
