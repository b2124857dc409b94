//! `successPolicy`.

use k8s_openapi::api::batch::v1::{JobSpec, SuccessPolicy, SuccessPolicyRule};

use super::super::error::ErrorList;
use super::super::path::Path;

/// The rules of a policy.
pub fn rules(policy: &SuccessPolicy, spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    if spec.completion_mode.as_deref() != Some("Indexed") {
        errors.invalid(
            path,
            super::super::Shown::raw("batch.SuccessPolicy{...}"),
            "requires indexed completion mode",
        );
        return;
    }
    if policy.rules.is_empty() {
        errors.required(
            &path.child("rules"),
            "at least one rules must be specified when the successPolicy is specified",
        );
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        one_rule(rule, spec.completions.unwrap_or(0), &path.item("rules", index), errors);
    }
}

fn one_rule(rule: &SuccessPolicyRule, completions: i32, path: &Path<'_>, errors: &mut ErrorList) {
    if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut listed = None;
    if let Some(indexes) = rule.succeeded_indexes.as_deref() {
        match count_indexes(indexes, completions) {
            Ok(count) => listed = Some(count),
            Err(problem) => errors.invalid(
                &path.child("succeededIndexes"),
                indexes,
                format!("error parsing succeededIndexes: {problem}"),
            ),
        }
    }
    if let Some(count) = rule.succeeded_count {
        let at = path.child("succeededCount");
        errors.non_negative(&at, i64::from(count));
        if count > completions {
            errors.invalid(
                &at,
                count,
                format!("must be less than or equal to {completions} (the number of specified completions)"),
            );
        }
        if let Some(listed) = listed.filter(|listed| i64::from(count) > *listed) {
            errors.invalid(
                &at,
                count,
                format!("must be less than or equal to {listed} (the number of indexes in the specified succeededIndexes field)"),
            );
        }
    }
}

/// How many indexes `1,3-5` names.
fn count_indexes(text: &str, completions: i32) -> Result<i64, String> {
    let (mut count, mut previous) = (0, None);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let first = index(first, completions)?;
        if let Some(previous) = previous.filter(|previous| *previous >= first) {
            return Err(format!("non-increasing order, previous: {previous}, current: {first}"));
        }
        let last = if part.contains('-') { index(last, completions)? } else { first };
        if part.contains('-') && last <= first {
            return Err(format!("non-increasing order, previous: {first}, current: {last}"));
        }
        count += last - first + 1;
        previous = Some(last);
    }
    Ok(count)
}

fn index(text: &str, completions: i32) -> Result<i64, String> {
    let number: i64 =
        text.parse().map_err(|_| format!("cannot convert string to integer for index: \"{text}\""))?;
    if number >= i64::from(completions) {
        return Err(format!("too large index: \"{text}\""));
    }
    Ok(number)
}
