//! Selectors: texts with what the real `kubectl create -f x -l TEXT` said of them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use model::selector::{FieldSelector, Selector, format_label_selector};

#[test]
fn label_selectors_print_canonically() {
    let cases = [
        ("a=b", "a=b"),
        ("b=1, a==2", "a==2,b=1"),
        ("!a", "!a"),
        ("a=", "a="),
        ("a notin (c,b)", "a notin (b,c)"),
        ("a in ()", "a in ()"),
        ("a in (b,,c)", "a in (,b,c)"),
        ("a in (c,b,a,b)", "a in (a,b,c)"),
        ("in in (in)", "in in (in)"),
        ("a,b", "a,b"),
        ("a>1,c", "a>1,c"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Selector>().map(|it| it.to_string()).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn label_selector_errors() {
    let cases = [
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a!", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("a in (b b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        (
            "a<x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
        ),
        (
            "a=-b",
            "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of \
             alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
             'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        ("/a=b", "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Selector>().unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn label_selectors_match() {
    let labels: BTreeMap<String, String> =
        [("app", "web"), ("tier", "3")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let cases = [
        ("app=web", true),
        ("app!=web", false),
        ("other!=web", true),
        ("app in (db,web),tier", true),
        ("app notin (db,web)", false),
        ("other notin (x)", true),
        ("!app", false),
        ("tier>2,tier<4", true),
        ("tier>3", false),
        ("app>1", false),
        ("", true),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Selector>().unwrap().matches(&labels), expected, "{text}");
    }
    assert!(!Selector::from_typed(None).unwrap().matches(&labels));
}

#[test]
fn typed_selectors() {
    let cases = [
        (r#"{"matchLabels":{"b":"1","a":"2"}}"#, "a=2,b=1"),
        (
            r#"{"matchExpressions":[{"key":"t","operator":"In","values":["y","x"]},{"key":"a","operator":"Exists"}]}"#,
            "a,t in (x,y)",
        ),
        (r#"{"matchExpressions":[{"key":"t","operator":"Is"}]}"#, "<error>"),
        (r#"{"matchExpressions":[{"key":"t","operator":"In"}]}"#, "<error>"),
        ("{}", "<none>"),
    ];
    for (json, expected) in cases {
        let selector: LabelSelector = serde_json::from_str(json).unwrap();
        assert_eq!(format_label_selector(Some(&selector)), expected, "{json}");
    }
}

#[test]
fn field_selectors() {
    let cases = [
        ("a=b", Ok("a=b")),
        ("status.phase!=Running,spec.nodeName==n", Ok("status.phase!=Running,spec.nodeName=n")),
        ("a=b\\,c", Ok("a=b\\,c")),
        ("a=", Ok("a=")),
        (",", Ok("")),
        ("a", Err("invalid selector: 'a'; can't understand 'a'")),
        ("a=b,c", Err("invalid selector: 'a=b,c'; can't understand 'c'")),
        ("a=\\x", Err("invalid field selector: invalid escape sequence: \\x")),
        ("a=b=c", Err("invalid field selector: unescaped character in value: 61")),
    ];
    for (text, expected) in cases {
        let printed = text.parse::<FieldSelector>().map(|it| it.to_string()).map_err(|it| it.to_string());
        assert_eq!(printed.as_deref().map_err(String::as_str), expected, "{text}");
    }
    let selector: FieldSelector = "a=b,c!=d".parse().unwrap();
    assert!(selector.matches(|field| (field == "a").then_some("b")));
    assert!(!selector.matches(|_| Some("d")));
    assert_eq!(selector.exact("a"), Some("b"));
}
