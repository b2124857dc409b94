//! Jobs and CronJobs.

mod failure_policy;
mod schedule;
mod success_policy;

use k8s_openapi::api::batch::v1::{CronJobSpec, JobSpec};

use super::error::ErrorList;
use super::path::Path;
use super::template::{labels_match, template};
use super::{go, names, text};
use crate::selector::Selector;

pub use schedule::schedule_problem;

const PARALLELISM_MAX: i32 = 100_000;
const CRON_JOB_NAME_MAX: usize = 52;

/// A Job's spec, with the selector that the API server generated.
pub fn job(spec: &JobSpec, uid: &str, errors: &mut ErrorList) {
    let path = Path::root("spec");
    selector(spec, uid, &path, errors);
    job_spec(spec, &path, errors);
}

fn selector(spec: &JobSpec, uid: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(selector) = &spec.selector else {
        errors.required(&path.child("selector"), "");
        return;
    };
    super::selector::label_selector(selector, &path.child("selector"), errors);
    let labels = selector.match_labels.clone().unwrap_or_default();
    let generated = labels.len() == 1
        && labels.get("batch.kubernetes.io/controller-uid").is_some_and(|it| it == uid)
        && selector.match_expressions.is_none();
    if spec.manual_selector != Some(true) && !generated {
        errors.invalid(
            &path.child("selector"),
            go::label_selector(selector),
            "`selector` not auto-generated",
        );
    }
    if let Ok(selector) = Selector::from_typed(Some(selector)) {
        labels_match(&spec.template, &selector, &path.child("template"), errors);
    }
}

/// The spec of a Job or of a CronJob's template.
fn job_spec(spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    for (field, value) in [
        ("parallelism", spec.parallelism.map(i64::from)),
        ("completions", spec.completions.map(i64::from)),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit.map(i64::from)),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished.map(i64::from)),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index.map(i64::from)),
        ("maxFailedIndexes", spec.max_failed_indexes.map(i64::from)),
    ] {
        errors.non_negative(&path.child(field), value);
    }
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        errors.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    let manager = text(&spec.managed_by);
    let domain = manager
        .split_once('/')
        .is_some_and(|(domain, rest)| names::subdomain_problems(domain).is_empty() && !rest.is_empty());
    if !manager.is_empty() && !domain {
        errors.invalid(
            &path.child("managedBy"),
            manager,
            "must be a domain-prefixed path (such as \"acme.io/foo\")",
        );
    }
    completion_mode(spec, path, errors);
    if let Some(policy) = &spec.pod_failure_policy {
        failure_policy::rules(policy, spec, &path.child("podFailurePolicy"), errors);
    }
    if let Some(policy) = &spec.success_policy {
        success_policy::rules(policy, spec, &path.child("successPolicy"), errors);
    }
    if let Some(policy) = spec.pod_replacement_policy.as_deref() {
        let at = path.child("podReplacementPolicy");
        if spec.pod_failure_policy.is_some() {
            errors.one_of(&at, policy, &["Failed"]);
        } else {
            errors.one_of(&at, policy, &["Failed", "TerminatingOrFailed"]);
        }
    }
    let at = path.child("template");
    template(&spec.template, &at, errors);
    restart_policy(spec, &at.child("spec"), errors);
}

fn completion_mode(spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let mode = text(&spec.completion_mode);
    if !mode.is_empty() {
        errors.one_of(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == "Indexed" {
        if spec.completions.is_none() {
            errors.required(&path.child("completions"), "when completion mode is Indexed");
        }
        if let Some(parallelism) = spec.parallelism.filter(|it| *it > PARALLELISM_MAX) {
            let detail =
                format!("must be less than or equal to {PARALLELISM_MAX} when completion mode is Indexed");
            errors.invalid(&path.child("parallelism"), parallelism, detail);
        }
    } else if let Some(limit) = spec.backoff_limit_per_index {
        errors.invalid(&path.child("backoffLimitPerIndex"), limit, "requires indexed completion mode");
    }
}

fn restart_policy(spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("restartPolicy");
    let policy = spec.template.spec.as_ref().map_or("", |spec| text(&spec.restart_policy));
    match policy {
        "Always" | "" => errors.required(&at, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.pod_failure_policy.is_some() => {
            errors.invalid(&at, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        _ => {}
    }
}

/// What may not change of a Job.
pub fn job_update(new: &JobSpec, old: &JobSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let indexed = text(&new.completion_mode) == "Indexed";
    if new.completions != old.completions && !(indexed && new.completions == new.parallelism) {
        let shown = new.completions.map_or_else(|| super::Shown::raw("null"), Into::into);
        errors.invalid(&path.child("completions"), shown, "field is immutable");
    }
    if new.selector != old.selector {
        let shown = new.selector.as_ref().map_or_else(|| super::Shown::raw("null"), go::label_selector);
        errors.invalid(&path.child("selector"), shown, "field is immutable");
    }
    if new.completion_mode != old.completion_mode {
        errors.invalid(&path.child("completionMode"), text(&new.completion_mode), "field is immutable");
    }
    let startable = old.suspend == Some(true);
    if new.template != old.template && !startable {
        errors.invalid(
            &path.child("template"),
            super::Shown::raw("core.PodTemplateSpec{...}"),
            "field is immutable",
        );
    }
}

/// A CronJob's name becomes the start of its Jobs' names.
pub fn cron_job_name(name: &str, errors: &mut ErrorList) {
    let path = Path::root("metadata");
    for problem in names::too_long(name, CRON_JOB_NAME_MAX) {
        errors.invalid(&path.child("name"), name, problem);
    }
}

/// A CronJob's spec.
pub fn cron_job(spec: &CronJobSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let at = path.child("schedule");
    if spec.schedule.is_empty() {
        errors.required(&at, "");
    } else if let Some(problem) = schedule_problem(&spec.schedule) {
        errors.invalid(&at, &spec.schedule, problem);
    }
    errors.non_negative(&path.child("startingDeadlineSeconds"), spec.starting_deadline_seconds);
    if let Some(zone) = spec.time_zone.as_deref() {
        let at = path.child("timeZone");
        if zone.is_empty() {
            errors.invalid(&at, zone, "timeZone must be nil or non-empty string");
        } else if zone.eq_ignore_ascii_case("Local") {
            errors.invalid(
                &at,
                zone,
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
            );
        }
    }
    let policy = text(&spec.concurrency_policy);
    errors.one_of_or_required(&path.child("concurrencyPolicy"), policy, &["Allow", "Forbid", "Replace"], "");
    for (field, value) in [
        ("successfulJobsHistoryLimit", spec.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", spec.failed_jobs_history_limit),
    ] {
        errors.non_negative(&path.child(field), value.map(i64::from));
    }
    if let Some(job) = &spec.job_template.spec {
        let at = path.child("jobTemplate");
        let at = at.child("spec");
        job_spec(job, &at, errors);
        if let Some(selector) = &job.selector {
            errors.invalid(
                &at.child("selector"),
                go::label_selector(selector),
                "`selector` will be auto-generated",
            );
        }
        if job.manual_selector == Some(true) {
            errors.not_supported(&at.child("manualSelector"), true, &["nil", "false"]);
        }
    }
}
