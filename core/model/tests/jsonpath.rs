//! JSONPath: templates with what the real `kubectl annotate --local -f OBJECT zz=1 -o jsonpath=TEMPLATE` printed.

use model::jsonpath::Template;
use serde_json::Value;

#[test]
fn prints_as_kubectl() {
    let cases: Value = serde_json::from_str(include_str!("data/jsonpath.json")).unwrap();
    let object = &cases["object"];
    let mut wrong = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let text = case["template"].as_str().unwrap();
        let result = match Template::parse(text) {
            Err(error) => Err(error.to_string()),
            Ok(template) => template.render(object).map_err(|error| error.to_string()),
        };
        let expected = match case["out"].as_str() {
            Some(out) => Ok(out.to_owned()),
            None => Err(case["error"].as_str().unwrap().to_owned()),
        };
        // Go walks maps in no order.
        let unordered = text.contains("..") || text.contains(".*");
        let sort = |text: &String| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        let same = result == expected
            || unordered && result.as_ref().ok().map(sort) == expected.as_ref().ok().map(sort);
        if !same {
            wrong.push(format!("{text}: {result:?} expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn relaxed_paths() {
    let object: Value = serde_json::json!({"metadata": {"name": "a"}, "n": 1});
    for path in ["metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"] {
        assert_eq!(Template::parse_relaxed(path).unwrap().render(&object).as_deref(), Ok("a"), "{path}");
    }
    assert!(Template::parse_relaxed("{.a}{.b}").unwrap_err().starts_with("unexpected path string"));
    assert!(Template::parse_relaxed(".items[").unwrap_err().ends_with("unterminated array"));
}

#[test]
fn failures_show_the_object() {
    let object: Value = serde_json::json!({"a": [1, "x", null]});
    let template = Template::parse("{.a[5]}").unwrap();
    let error = template.find(&object).unwrap_err();
    assert_eq!(
        template.failure(&error, &object),
        "error executing jsonpath \"{.a[5]}\": Error executing template: array index out of bounds: index 5, length 3. Printing more \
         information for debugging the template:\n\ttemplate was:\n\t\t{.a[5]}\n\tobject given to jsonpath engine was:\n\t\t\
         map[string]interface {}{\"a\":[]interface {}{1, \"x\", interface {}(nil)}}\n\n"
    );
}
