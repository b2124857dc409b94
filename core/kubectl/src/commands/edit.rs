//! `kubectl edit`: hands objects to an editor as a file and sends back what was changed. Models kubectl/pkg/cmd/util/editor.

use model::schema::Schema;
use model::{Kind, Status, manifest, patch};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::kernel::Pid;
use shell::{Spawn, Wait};

use crate::failure::{Failure, Result, client, together};
use crate::files;
use crate::flags::Flags;
use crate::printers::{Format, list_of};
use crate::resources;
use crate::session::{Flow, Outcome, Session, refuse};
use crate::tasks::Task;

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

/// What of an object is edited.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Part {
    /// The object, by way of a subresource if one is named.
    Object(String),
    /// What `apply` remembers of it.
    LastApplied,
}

/// An edit under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Editing {
    #[serde(with = "model::tree")]
    objects: Vec<Value>,
    /// What of the objects is edited.
    part: Part,
    json: bool,
    format: Option<Format>,
    editor: Option<String>,
    child: Option<Pid>,
    path: String,
    /// What the editor was given last.
    given: String,
    /// Whether an earlier attempt was refused.
    refused: bool,
    /// `--output-patch`.
    shows_patch: bool,
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["record", "windows-line-endings", "save-config"])?;
    begin(session, flags, Part::Object(flags.text("subresource").to_owned()))
}

/// Lets a part of the objects that the arguments name be edited.
///
/// # Errors
/// If they are not there, or there is no editor.
pub fn begin(session: &mut Session<'_, '_>, flags: &Flags, part: Part) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client(resources::NOTHING_NAMED));
    }
    let json = flags.text("output") == "json";
    let format = match flags.text("output") {
        "" => None,
        _ => Format::of(session, flags, false)?,
    };
    let found = resources::find(session, flags, &flags.args, false)?;
    together(found.failures)?;
    if found.infos.is_empty() {
        return Err(client("edit cancelled, no objects found"));
    }
    let caller = session.client.caller.clone();
    let objects = found.infos.iter().map(|info| match &part {
        Part::Object(subresource) => {
            let (kind, namespace, name) = (info.object.kind(), info.object.namespace(), info.object.name());
            Ok(session.api.get_part(&caller, kind, namespace, name, subresource)?.to_value())
        }
        Part::LastApplied => super::apply_last::last_applied(&info.object),
    });
    let objects = objects.collect::<Result<Vec<Value>>>()?;
    let editing = Editing {
        objects,
        part,
        json,
        format,
        editor: editor(session),
        child: None,
        path: format!(
            "/tmp/kubectl-edit-{}.{}",
            session.io.random() % 4_294_967_296,
            if json { "json" } else { "yaml" }
        ),
        given: String::new(),
        refused: false,
        shows_patch: flags.knows("output-patch") && flags.on("output-patch"),
    };
    editing.open(session, None)
}

fn editor(session: &Session<'_, '_>) -> Option<String> {
    let named = ["KUBE_EDITOR", "EDITOR"]
        .iter()
        .find_map(|name| session.io.env(name).filter(|text| !text.is_empty()));
    match named {
        Some(editor) => Some(editor.to_owned()),
        None => session.io.find_command("vi").is_ok().then(|| "vi".to_owned()),
    }
}

impl Editing {
    fn original(&self) -> Value {
        if let [only] = self.objects.as_slice() { only.clone() } else { list_of(&self.objects) }
    }

    fn text(&self, value: &Value) -> String {
        if self.json { manifest::to_json(value) } else { manifest::to_yaml(value) }
    }

    /// Writes the file and starts the editor; what was refused stands at its top.
    fn open(mut self, session: &mut Session<'_, '_>, edited: Option<(&str, String)>) -> Outcome {
        let (reasons, body) = match edited {
            Some((reasons, body)) => (reasons.to_owned(), body),
            None => (String::new(), self.text(&self.original())),
        };
        self.given = format!("{HEADER}{reasons}{body}");
        session
            .io
            .write_file(&self.path, self.given.as_bytes())
            .map_err(|error| client(format!("unable to write {}: {error}", self.path)))?;
        let Some(editor) = &self.editor else {
            session.io.request_editor(&self.path, self.given.as_bytes());
            return Ok(Flow::Block(Box::new(Task::Edit(Box::new(self))), Wait::world()));
        };
        let program = editor.split_whitespace().next().unwrap_or_default();
        if session.io.find_command(program).is_err() {
            return Err(client(format!("unable to launch the editor {editor:?}")));
        }
        let spawn = Spawn {
            argv: ["sh", "-c", &format!("{editor} \"{}\"", self.path)].map(str::to_owned).to_vec(),
            ..Spawn::default()
        };
        let child =
            session.io.spawn(spawn).map_err(|_| client(format!("unable to launch the editor {editor:?}")))?;
        self.child = Some(child);
        Ok(Flow::Block(Box::new(Task::Edit(Box::new(self))), Wait::child()))
    }

    /// Looks whether the editor is done, and what it left.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let text = match self.child {
            Some(child) => {
                let Some(status) = session.io.child_status(child) else {
                    return Ok(Flow::Block(Box::new(Task::Edit(Box::new(self))), Wait::child()));
                };
                self.child = None;
                let editor = self.editor.clone().unwrap_or_default();
                match status {
                    0 => {}
                    127 => return Err(client(format!("unable to launch the editor {editor:?}"))),
                    _ => return Err(client(format!("there was a problem with the editor {editor:?}"))),
                }
                let bytes = session.io.read_file(&self.path).map_err(|error| client(error.to_string()))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            None => match session.io.editor_answer() {
                None => return Ok(Flow::Block(Box::new(Task::Edit(Box::new(self))), Wait::world())),
                Some(None) => self.given.clone(),
                Some(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            },
        };
        self.finish(session, &text)
    }

    fn finish(mut self, session: &mut Session<'_, '_>, text: &str) -> Outcome {
        let body = without_comments(text);
        if body == without_comments(&self.given) {
            return self.cancel(session, "Edit cancelled, no changes made.");
        }
        let edited = match read_edited(&body) {
            Ok(value) => manifest::expand_list(value),
            Err(why) => {
                let why = format!("<nil>: Invalid value: \"The edited file failed validation\": {why}");
                let (title, reasons) = reasons_of(&Status::bad_request(why), &self.objects);
                return self.reopen(session, &title, &reasons, body);
            }
        };
        if let Some(why) = edited.iter().find_map(not_served) {
            let why = format!("The edited file had a syntax error: {why}");
            return self.reopen(session, "", &why, body);
        }
        let mut failures: Vec<Status> = Vec::new();
        for (before, after) in self.objects.clone().iter().zip(&edited) {
            if !same_identity(before, after) {
                let text = "At least one of apiVersion, kind and name was changed";
                session.error_line(&format!("A copy of your changes has been stored to \"{}\"", self.path));
                return Err(client(text));
            }
            match self.send(session, before, after)? {
                Ok(()) => {}
                Err(status) => failures.push(status),
            }
        }
        if failures.is_empty() {
            let _ = session.io.unlink(&self.path);
            return Ok(Flow::Done);
        }
        let mut reasons = String::new();
        let mut titles = Vec::new();
        for status in &failures {
            let (title, lines) = reasons_of(status, &self.objects);
            reasons.push_str(&lines);
            titles.push(title);
        }
        self.refused = true;
        self.reopen(session, &titles.join("\n"), &reasons, body)
    }

    /// Says what is wrong and lets it be edited again.
    fn reopen(mut self, session: &mut Session<'_, '_>, title: &str, reasons: &str, body: String) -> Outcome {
        self.refused = true;
        if !title.is_empty() {
            session.error_line(&format!("error: {title}"));
        }
        let comments: String = reasons.lines().map(|line| format!("# {line}\n")).collect();
        self.open(session, Some((&format!("{comments}#\n"), body)))
    }

    fn cancel(self, session: &mut Session<'_, '_>, why: &str) -> Outcome {
        if self.refused {
            session.error_line(&format!("A copy of your changes has been stored to \"{}\"", self.path));
            return Err(Failure::Client("Edit cancelled, no valid changes were saved.".to_owned()));
        }
        let _ = session.io.unlink(&self.path);
        session.error_line(why);
        Ok(Flow::Done)
    }

    /// Sends the difference of one object.
    fn send(
        &self,
        session: &mut Session<'_, '_>,
        before: &Value,
        after: &Value,
    ) -> Result<std::result::Result<(), Status>> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Some(kind) = Kind::from_api(&text(&before["apiVersion"]), &text(&before["kind"])) else {
            return Ok(Ok(()));
        };
        let (namespace, name) = (text(&before["metadata"]["namespace"]), text(&before["metadata"]["name"]));
        let info = kind.info();
        if before == after {
            session.line(&format!("{} skipped", resources::kind_and_name(kind, &name)));
            return Ok(Ok(()));
        }
        let subresource = match &self.part {
            Part::Object(subresource) => subresource.as_str(),
            Part::LastApplied => return self.remember(session, (kind, &namespace, &name), after),
        };
        let (patch_kind, patch) = match Schema::get().of_kind(info.group, info.version, info.name) {
            Some(root) => {
                (apiserver::PatchKind::Strategic, patch::two_way_strategic_patch(before, after, root))
            }
            None => (apiserver::PatchKind::Merge, patch::two_way_json_merge_patch(before, after)),
        };
        // What is no field the client's request has refused; what is wrong otherwise the server finds in the patch.
        let read = apiserver::decode::object(kind, after.clone(), apiserver::decode::FieldValidation::Strict);
        if let Err(status) = read
            && let Some((_, fields)) = status.message.split_once("strict decoding error: ")
        {
            let shown = patch::go_value(&patch);
            return Ok(Err(Status::bad_request(format!(
                "patch: Invalid value: \"{shown}\": strict decoding error: {fields}"
            ))));
        }
        let options = apiserver::WriteOptions::default();
        match session.patch(kind, (&namespace, &name, subresource), patch_kind, &patch, &options) {
            Ok(patched) => {
                if self.shows_patch {
                    session.line(&format!("Patch: {}", manifest::to_json_compact(&patch)));
                }
                match &self.format {
                    Some(format) => {
                        let text = format.print(&patched.to_value(), 0)?;
                        session.io.out(&text);
                    }
                    None => session.line(&format!("{} edited", resources::kind_and_name(kind, &name))),
                }
                Ok(Ok(()))
            }
            Err(status) => Ok(Err(status)),
        }
    }
}

impl Editing {
    /// Puts the edited text where `apply` keeps what it did last.
    fn remember(
        &self,
        session: &mut Session<'_, '_>,
        (kind, namespace, name): (Kind, &str, &str),
        after: &Value,
    ) -> Result<std::result::Result<(), Status>> {
        let live = session.api.get(&session.client.caller, kind, namespace, name)?;
        let mut value = live.to_value();
        let text = format!("{}\n", manifest::to_json_compact(after));
        crate::writing::set_annotation(&mut value, crate::writing::LAST_APPLIED, &text);
        super::send_change(session, &live, &value, crate::session::DryRun::No)?;
        session.line(&format!("{} edited", resources::kind_and_name(kind, name)));
        Ok(Ok(()))
    }
}

/// Why an edited object cannot be sent back: nobody serves its kind under a name of its own, as a Scale's.
fn not_served(value: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&value["apiVersion"]), text(&value["kind"]));
    if version.is_empty() || kind.is_empty() || Kind::from_api(&version, &kind).is_some() {
        return None;
    }
    let (name, namespace) = (text(&value["metadata"]["name"]), text(&value["metadata"]["namespace"]));
    Some(format!(
        "resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"edited-file\": no matches for kind \"{kind}\" in version \"{version}\"\nensure CRDs are installed first"
    ))
}

/// The one tree of an edited file; an object or a list of objects it has to be.
fn read_edited(body: &str) -> std::result::Result<Value, String> {
    let value = manifest::read_value(body)
        .map_err(|error| error.message.trim_start_matches("error converting YAML to JSON: ").to_owned())?;
    match files::unidentified(&value) {
        Some(why) => Err(why),
        None => Ok(value),
    }
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

fn same_identity(before: &Value, after: &Value) -> bool {
    before["apiVersion"] == after["apiVersion"]
        && before["kind"] == after["kind"]
        && before["metadata"]["name"] == after["metadata"]["name"]
}

/// What is said at the terminal, and what stands at the top of the file.
fn reasons_of(status: &Status, objects: &[Value]) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let subject = objects.first().map_or_else(String::new, |object| {
        let kind = Kind::from_api(&text(&object["apiVersion"]), &text(&object["kind"]));
        let resource = kind.map(|kind| kind.info().resource()).unwrap_or_default();
        format!("{resource} \"{}\"", text(&object["metadata"]["name"]))
    });
    let causes = status.details.as_ref().map(|details| details.causes.clone()).unwrap_or_default();
    if causes.is_empty() {
        return (
            format!("{subject} is invalid"),
            format!("{subject} was not valid:\n* {}\n", status.message),
        );
    }
    let lines: String =
        causes.iter().map(|cause| format!("* {}: {}\n", cause.field, cause.message)).collect();
    (format!("{subject} is invalid"), format!("{subject} was not valid:\n{lines}"))
}
