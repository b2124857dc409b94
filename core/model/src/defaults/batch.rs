//! Jobs and CronJobs.

use k8s_openapi::api::batch::v1::{CronJobSpec, JobSpec};

use super::default_text;
use super::pod::template;
use crate::metadata::StringMap;

const BACKOFF_LIMIT: i32 = 6;

/// The labels by which a Job's pods are told from others', with and without the domain for older readers.
const UID_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

/// A Job's spec.
pub fn job(spec: &mut JobSpec) {
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    // With a limit for each index, the Job's own may as well be endless.
    let limit = if spec.backoff_limit_per_index.is_some() { i32::MAX } else { BACKOFF_LIMIT };
    spec.backoff_limit.get_or_insert(limit);
    default_text(&mut spec.completion_mode, "NonIndexed");
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    let replacement = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    default_text(&mut spec.pod_replacement_policy, replacement);
    for rule in spec.pod_failure_policy.iter_mut().flat_map(|policy| &mut policy.rules) {
        for condition in rule.on_pod_conditions.iter_mut().flatten() {
            if condition.status.is_empty() {
                "True".clone_into(&mut condition.status);
            }
        }
    }
    template(&mut spec.template);
}

/// The selector and the template's labels that the API server gives a new Job that does not choose its own.
pub fn generate_selector(spec: &mut JobSpec, name: &str, uid: &str) {
    if spec.manual_selector == Some(true) {
        return;
    }
    let metadata = spec.template.metadata.get_or_insert_default();
    let labels: &mut StringMap = metadata.labels.get_or_insert_default();
    for key in UID_LABELS {
        labels.insert(key.to_owned(), uid.to_owned());
    }
    for key in NAME_LABELS {
        labels.insert(key.to_owned(), name.to_owned());
    }
    let selector = spec.selector.get_or_insert_default();
    let labels = selector.match_labels.get_or_insert_default();
    labels.insert(UID_LABELS[0].to_owned(), uid.to_owned());
}

/// A CronJob's spec.
pub fn cron_job(spec: &mut CronJobSpec) {
    default_text(&mut spec.concurrency_policy, "Allow");
    spec.suspend.get_or_insert(false);
    spec.successful_jobs_history_limit.get_or_insert(3);
    spec.failed_jobs_history_limit.get_or_insert(1);
    if let Some(job) = &mut spec.job_template.spec {
        template(&mut job.template);
    }
}
