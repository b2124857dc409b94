//! `kubectl run`.

use apiserver::ConnectionId;
use engine::Instant;
use k8s_openapi::api::core::v1::Pod;
use model::schema::{Schema, decoding_error};
use model::validation::names;
use model::{Kind, manifest, patch};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shell::Wait;

use super::delete::Awaited;
use super::exec::Running;
use super::generate::label_map;
use crate::failure::{Result, client, usage};
use crate::flags::Flags;
use crate::printers::Format;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::writing::{self, Reporter};

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.given("image") {
        return Err(client("required flag(s) \"image\" not set"));
    }
    let attach = attached(flags);
    if flags.on("rm") && !attach {
        return Err(usage("run", "--rm should only be used for attached containers"));
    }
    if flags.on("tty") && !flags.on("stdin") {
        return Err(usage("run", "-i/--stdin is required for containers with -t/--tty=true"));
    }
    if attach && DryRun::of(flags)? != DryRun::No {
        return Err(usage(
            "run",
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    if flags.on("expose") && flags.text("port").is_empty() {
        return Err(usage("run", "--port must be set when exposing a service"));
    }
    if !matches!(flags.text("restart"), "Always" | "OnFailure" | "Never") {
        return Err(usage("run", format!("invalid restart policy: {}", flags.text("restart"))));
    }
    Ok(())
}

/// Whether a text has the form of an image's name: host, path, tag and digest (github.com/distribution/reference).
fn is_image_reference(text: &str) -> bool {
    const HOST: &str = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?";
    const PART: &str = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    const TAG: &str = r"\w[\w.-]{0,127}";
    const DIGEST: &str = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
    let pattern = format!("^(?:{HOST}/)?{PART}(?:/{PART})*(?::{TAG})?(?:@{DIGEST})?$");
    regex_lite::Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn attached(flags: &Flags) -> bool {
    if flags.given("attach") { flags.on("attach") } else { flags.on("stdin") || flags.on("tty") }
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["filename", "kustomize", "save-config", "grace-period", "force", "timeout", "wait"])?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?.map(Format::typed);
    let Some(name) = flags.args.first().filter(|_| flags.before_dashes != Some(0)) else {
        return Err(usage("run", "NAME is required for run"));
    };
    match flags.text("image") {
        "" => return Err(client("--image is required")),
        image if !is_image_reference(image) => {
            return Err(client(format!("Invalid image name {image:?}: invalid reference format")));
        }
        _ => {}
    }
    let mut pod = pod(flags, name)?;
    if dry_run != DryRun::Client || session.client.namespace_given {
        pod["metadata"]["namespace"] = session.client.namespace.clone().into();
    }
    if let Some(cause) = super::change_cause(session, flags) {
        pod["metadata"]["annotations"][super::CHANGE_CAUSE] = cause.into();
    }
    let mut reporter = Reporter::new(format, dry_run);
    if flags.on("expose") {
        let service = service(session, flags, dry_run, name);
        send(session, flags, &mut reporter, Kind::Service, service)?;
    }
    if attached(flags) {
        let created = writing::create(
            session,
            Kind::Pod,
            pod,
            apiserver::decode::FieldValidation::Strict,
            &dry_run.write_options(),
        )?;
        let starting = Starting {
            namespace: created.namespace().to_owned(),
            name: created.name().to_owned(),
            awaited: Awaited::of(&created),
            stdin: flags.on("stdin"),
            tty: flags.on("tty"),
            remove: flags.on("rm"),
            quiet: flags.on("quiet"),
            phase: Phase::Waiting,
            until: session.io.now() + flags.duration("pod-running-timeout"),
        };
        return starting.step(session);
    }
    send(session, flags, &mut reporter, Kind::Pod, pod)?;
    Ok(Flow::Done)
}

fn send(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    reporter: &mut Reporter,
    kind: Kind,
    value: Value,
) -> Result<()> {
    let dry_run = reporter.dry_run;
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let shown = if dry_run == DryRun::Client {
        value
    } else {
        let validation = apiserver::decode::FieldValidation::Strict;
        let created = writing::create(session, kind, value, validation, &dry_run.write_options())?;
        super::get::value_of(session, flags, &created)
    };
    reporter.say(session, (kind, &name), &shown, "created")
}

/// The pod that the flags describe.
fn pod(flags: &Flags, name: &str) -> Result<Value> {
    let words: &[String] = match flags.before_dashes {
        Some(before) => &flags.args[before..],
        None => flags.args.get(1..).unwrap_or_default(),
    };
    let mut container = json!({ "image": flags.text("image"), "name": name, "resources": {} });
    if !words.is_empty() {
        container[if flags.on("command") { "command" } else { "args" }] = json!(words);
    }
    let mut variables = Vec::new();
    for pair in flags.list("env") {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, _)| names::strict_env_name_problems(name).is_empty())
            .ok_or_else(|| client(format!("invalid env: {pair}")))?;
        variables.push(json!({ "name": name, "value": value }));
    }
    if !variables.is_empty() {
        container["env"] = variables.into();
    }
    if !flags.text("port").is_empty() {
        let port: i32 = flags
            .text("port")
            .parse()
            .map_err(|_| client(format!("strconv.Atoi: parsing {:?}: invalid syntax", flags.text("port"))))?;
        container["ports"] = json!([{ "containerPort": port }]);
    }
    if !flags.text("image-pull-policy").is_empty() {
        container["imagePullPolicy"] = flags.text("image-pull-policy").into();
    }
    if flags.on("privileged") {
        container["securityContext"] = json!({ "privileged": true });
    }
    for (flag, field) in [("stdin", "stdin"), ("tty", "tty")] {
        if flags.on(flag) {
            container[field] = true.into();
        }
    }
    if flags.on("stdin") && !flags.on("leave-stdin-open") {
        container["stdinOnce"] = true.into();
    }
    let labels = match flags.text("labels") {
        "" => json!({ "run": name }),
        text => Value::Object(label_map(text)?),
    };
    let mut metadata = json!({ "creationTimestamp": null, "labels": labels, "name": name });
    let annotations: serde_json::Map<String, Value> = flags
        .list("annotations")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": { "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": flags.text("restart") },
        "status": {},
    });
    override_by(flags, &mut pod, "Pod")?;
    Ok(pod)
}

/// Changes a made object by `--overrides`.
///
/// # Errors
/// If they are no patch of the sort that `--override-type` says.
pub fn override_by(flags: &Flags, value: &mut Value, kind: &str) -> Result<()> {
    let text = flags.text("overrides");
    if text.is_empty() {
        return Ok(());
    }
    let wrong = |why: String| client(format!("Invalid JSON Patch: {why}"));
    let overrides = manifest::read_value(text).map_err(|_| client("Invalid JSON Patch"))?;
    match flags.text("override-type") {
        "merge" if !overrides.is_object() && !overrides.is_array() => {
            return Err(client("Invalid JSON Patch"));
        }
        "merge" => patch::apply_json_merge(value, &overrides),
        "json" => patch::apply_json_patch(value, &overrides).map_err(|error| wrong(error.to_string()))?,
        "strategic" => {
            if let Some(root) = Schema::get().of_kind("", "v1", kind) {
                patch::apply_strategic(value, &overrides, root).map_err(|error| wrong(error.to_string()))?;
            }
        }
        other => return Err(client(format!("invalid override type: {other}"))),
    }
    still_of_kind(value, kind)
}

/// Overrides may have made anything of an object: what can no longer be read as one is refused.
fn still_of_kind(value: &Value, kind: &str) -> Result<()> {
    if !value.is_object() {
        return Err(client(
            r#"couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#,
        ));
    }
    let schema = Schema::get();
    let root = schema.of_kind("", "v1", kind);
    match root.and_then(|root| decoding_error(&schema.check(root, value), false)) {
        Some(why) => Err(client(why)),
        None => Ok(()),
    }
}

fn service(session: &Session<'_, '_>, flags: &Flags, dry_run: DryRun, name: &str) -> Value {
    let port: i64 = flags.text("port").parse().unwrap_or(0);
    let selector = match flags.text("labels") {
        "" => json!({ "run": name }),
        text => label_map(text).map(Value::Object).unwrap_or_default(),
    };
    let mut metadata = json!({ "creationTimestamp": null, "name": name });
    if dry_run != DryRun::Client || session.client.namespace_given {
        metadata["namespace"] = session.client.namespace.clone().into();
    }
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": { "ports": [{ "port": port, "protocol": "TCP", "targetPort": port }], "selector": selector },
        "status": { "loadBalancer": {} },
    })
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Phase {
    /// Until the pod runs.
    Waiting,
    /// Until what is connected to it ends.
    Attached(Running),
    /// Until the pod says how it ended.
    Ending,
    /// Until the pod is gone; then kubectl says why it fails, if it does, and ends with this status.
    Removing(i32, Option<String>),
}

/// `run -i`: until the pod runs, while one is connected to it, and until it is gone again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Starting {
    namespace: String,
    name: String,
    awaited: Awaited,
    stdin: bool,
    tty: bool,
    remove: bool,
    quiet: bool,
    phase: Phase,
    until: Instant,
}

impl Starting {
    /// The connection, once there is one.
    pub fn connection(&self) -> Option<ConnectionId> {
        match &self.phase {
            Phase::Attached(running) => Some(running.connection()),
            _ => None,
        }
    }

    /// Goes on as far as the pod is.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Ending) {
                Phase::Waiting => match self.wait(session) {
                    Err(failure) if self.remove => {
                        self.begin_removal(session)?;
                        let (text, status) = failure.report();
                        return Ok(end(session, status, Some(text.trim_end().to_owned())));
                    }
                    Err(failure) => return Err(failure),
                    Ok(Some(next)) => self.phase = next,
                    Ok(None) => {
                        self.phase = Phase::Waiting;
                        let wait = Wait { until: Some(self.until), ..Wait::world() };
                        return Ok(Flow::Block(Box::new(Task::Run(self)), wait));
                    }
                },
                Phase::Attached(mut running) => match running.carry(session)? {
                    None => {
                        let readable = running.readable();
                        self.phase = Phase::Attached(running);
                        let wait = Wait { readable, ..Wait::world() };
                        return Ok(Flow::Block(Box::new(Task::Run(self)), wait));
                    }
                    Some(_) => running.leave(session),
                },
                Phase::Ending => match self.ending(session) {
                    Some((status, complaint)) if self.remove => {
                        self.begin_removal(session)?;
                        self.phase = Phase::Removing(status, complaint);
                    }
                    Some((status, complaint)) => return Ok(end(session, status, complaint)),
                    None => return Ok(Flow::Block(Box::new(Task::Run(self)), Wait::world())),
                },
                Phase::Removing(status, complaint) => {
                    if !self.awaited.is_there(session) {
                        return Ok(end(session, status, complaint));
                    }
                    self.phase = Phase::Removing(status, complaint);
                    return Ok(Flow::Block(Box::new(Task::Run(self)), Wait::world()));
                }
            }
        }
    }

    fn begin_removal(&self, session: &mut Session<'_, '_>) -> Result<()> {
        let options = apiserver::DeleteOptions::default();
        match session.delete(Kind::Pod, (&self.namespace, &self.name), &options) {
            Ok(_) if !self.quiet => session.line(&format!("pod \"{}\" deleted", self.name)),
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
        Ok(())
    }

    fn wait(&mut self, session: &mut Session<'_, '_>) -> Result<Option<Phase>> {
        let caller = session.client.caller.clone();
        let pod = session.api.get(&caller, Kind::Pod, &self.namespace, &self.name)?;
        let phase = pod.status::<Pod>().phase.clone().unwrap_or_default();
        match phase.as_str() {
            "Running" => {
                if !self.quiet {
                    session.error_line("If you don't see a command prompt, try pressing enter.");
                }
                let container = pod.spec::<Pod>().containers[0].name.clone();
                super::attach::open(session, &pod, container, self.stdin, self.tty)
                    .map(|running| Some(Phase::Attached(running)))
            }
            "Succeeded" | "Failed" => {
                let options = apiserver::LogOptions::default();
                let id = session.api.open_logs(&caller, &self.namespace, &self.name, options)?;
                Ok(Some(Phase::Attached(Running::new(session, id, false, false))))
            }
            _ if session.io.now() >= self.until => Err(client("timed out waiting for the condition")),
            _ => Ok(None),
        }
    }

    /// The exit status of a pod that has ended, and what is said of it last.
    fn ending(&self, session: &mut Session<'_, '_>) -> Option<(i32, Option<String>)> {
        let caller = session.client.caller.clone();
        let Ok(pod) = session.api.get(&caller, Kind::Pod, &self.namespace, &self.name) else {
            return Some((0, None));
        };
        let status = pod.status::<Pod>();
        let policy = pod.spec::<Pod>().restart_policy.as_deref().unwrap_or("Always");
        match status.phase.as_deref() {
            Some("Succeeded") => Some((0, None)),
            Some("Failed") => {
                let first = status.container_statuses.iter().flatten().next();
                let ended = first
                    .and_then(|container| container.state.as_ref())
                    .and_then(|state| state.terminated.clone());
                let ended = ended.unwrap_or_default();
                let reason = ended.reason.unwrap_or_default();
                let text = format!("pod {}/{} terminated ({reason})", self.namespace, self.name);
                let status = if ended.exit_code == 0 { 1 } else { ended.exit_code };
                Some((status, Some(text).filter(|_| !self.quiet)))
            }
            _ if policy != "Never" => {
                if policy == "Always" && self.stdin && self.tty && !self.quiet {
                    let text = format!(
                        "Session ended, resume using 'kubectl attach {} -c {} -i -t' command when the pod is running",
                        self.name, self.name
                    );
                    session.line(&text);
                }
                Some((0, None))
            }
            _ => None,
        }
    }
}

fn end(session: &mut Session<'_, '_>, status: i32, complaint: Option<String>) -> Flow {
    complaint.into_iter().for_each(|text| session.error_line(&text));
    Flow::Exit(status)
}
