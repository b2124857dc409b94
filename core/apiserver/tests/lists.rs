//! Lists in pages and at revisions, watches from the start: what the real API server v1.33.1 answered to the same requests.

use apiserver::{ApiServer, Caller, ListOptions, Settings, WatchEventType};
use k8s_openapi::api::core::v1::ConfigMap;
use model::{Kind, Metadata, Object};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn cluster() -> ApiServer {
    let mut api = ApiServer::new(Settings::default());
    for name in NAMES {
        let object = Object::new::<ConfigMap>(Metadata::named("default", name), ConfigMap::default());
        api.create(&Caller::admin(), object).expect("created");
    }
    api
}

fn remove(api: &mut ApiServer, name: &str) {
    let options = apiserver::DeleteOptions::default();
    api.delete(&Caller::admin(), Kind::ConfigMap, "default", name, &options).expect("deleted");
}

/// The names that a list answers and how many are left, or its refusal; with it the token to go on.
fn list(api: &ApiServer, options: &ListOptions) -> (String, String) {
    match api.list(&Caller::admin(), Kind::ConfigMap, "default", options) {
        Ok(list) => {
            let names: Vec<&str> = list.items.iter().map(|object| object.name()).collect();
            let left = list.remaining.map_or(String::new(), |left| format!(" +{left}"));
            (format!("{}{left}", names.join(" ")), list.continue_token)
        }
        Err(status) => (format!("{} {} | {}", status.code(), status.reason, status.message), String::new()),
    }
}

#[test]
fn pages_are_of_one_revision() {
    let mut api = cluster();
    let mut options = ListOptions { limit: 2, ..ListOptions::default() };
    let mut seen = Vec::new();
    for gone in ["d", "a", "b"] {
        let (names, token) = list(&api, &options);
        seen.push(names);
        options.continue_token = token;
        remove(&mut api, gone);
    }
    assert_eq!(seen, ["a b +3", "c d +1", "e"]);
    assert_eq!(options.continue_token, "");
    assert_eq!(list(&api, &ListOptions::default()).0, "c e");
}

#[test]
fn a_page_that_is_forgotten_is_gone() {
    let mut api = cluster();
    let token = list(&api, &ListOptions { limit: 2, ..ListOptions::default() }).1;
    remove(&mut api, "a");
    api.compact(api.revision());
    let answer = list(&api, &ListOptions { limit: 2, continue_token: token, ..ListOptions::default() }).0;
    assert!(answer.starts_with("410 Expired | The provided continue parameter is too old"), "{answer}");
}

#[test]
fn revisions_are_asked_for_as_upstream_allows() {
    let mut api = cluster();
    let then = api.revision().to_string();
    remove(&mut api, "a");
    let now = api.revision();
    let token = list(&api, &ListOptions { limit: 2, ..ListOptions::default() }).1;
    let options_are = "422 Invalid | ListOptions.meta.k8s.io \"\" is invalid: ";
    let forbidden = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden";
    let cases = [
        ("", "", 0, "", "b c d e".to_owned()),
        ("0", "", 2, "", "b c d e".to_owned()),
        (&then, "", 0, "", "b c d e".to_owned()),
        (&then, "NotOlderThan", 0, "", "b c d e".to_owned()),
        (&then, "Exact", 0, "", "a b c d e".to_owned()),
        (&then, "", 2, "", "a b +3".to_owned()),
        ("x", "", 0, "", "400 BadRequest | invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax".to_owned()),
        ("99999999", "", 0, "", format!("504 Timeout | Timeout: Too large resource version: 99999999, current: {now}")),
        ("", "Exact", 0, "", format!("{options_are}{forbidden} unless resourceVersion is provided")),
        ("0", "Exact", 0, "", format!("{options_are}resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")),
        ("5", "Foo", 0, "", format!("{options_are}resourceVersionMatch: Unsupported value: \"Foo\": supported values: \"Exact\", \"NotOlderThan\", \"\"")),
        ("", "Exact", 2, &token, format!("{options_are}[{forbidden} unless resourceVersion is provided, {forbidden} when continue is provided]")),
        ("5", "", 2, &token, "400 BadRequest | specifying resource version is not allowed when using continue".to_owned()),
        ("", "", 2, "abc", "400 BadRequest | invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value".to_owned()),
    ];
    for (revision, matching, limit, token, expected) in cases {
        let options = ListOptions {
            resource_version: revision.to_owned(),
            resource_version_match: matching.to_owned(),
            limit,
            continue_token: token.to_owned(),
            ..ListOptions::default()
        };
        assert_eq!(list(&api, &options).0, expected, "{options:?}");
    }
    api.compact(now);
    let old = ListOptions {
        resource_version: then,
        resource_version_match: "Exact".to_owned(),
        ..ListOptions::default()
    };
    assert_eq!(list(&api, &old).0, "410 Expired | The resourceVersion for the provided list is too old.");
}

#[test]
fn a_watch_from_the_start_begins_with_what_is_there() {
    let mut api = cluster();
    remove(&mut api, "a");
    let caller = Caller::admin();
    let options = ListOptions::default();
    let mut watcher = api.watch(&caller, Kind::ConfigMap, "default", &options, 0).expect("a watch");
    let mut seen = |api: &ApiServer| -> Vec<(WatchEventType, String)> {
        let events = watcher.read(api).expect("events");
        events.into_iter().map(|event| (event.event_type, event.object.name().to_owned())).collect()
    };
    let there: Vec<_> = ["b", "c", "d", "e"].map(|name| (WatchEventType::Added, name.to_owned())).into();
    assert_eq!(seen(&api), there);
    remove(&mut api, "b");
    assert_eq!(seen(&api), [(WatchEventType::Deleted, "b".to_owned())]);
}

#[test]
fn a_watch_from_a_forgotten_revision_is_told_so() {
    let mut api = cluster();
    let caller = Caller::admin();
    let mut watcher =
        api.watch(&caller, Kind::ConfigMap, "default", &ListOptions::default(), 1).expect("a watch");
    api.compact(api.revision());
    let refused = watcher.read(&api).expect_err("gone");
    let last = api.revision();
    assert_eq!((refused.code(), refused.message), (410, format!("too old resource version: 1 ({last})")));
}
