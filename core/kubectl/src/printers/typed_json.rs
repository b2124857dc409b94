//! JSON of objects that a generator made: their fields stand in the order of Go's structs, not of the alphabet.

use model::manifest::to_json_compact;
use serde_json::Value;

/// The order in which the fields of generated objects stand; others follow by name, and `status` is last.
const ORDER: &[&str] = &[
    "kind",
    "apiVersion",
    "metadata",
    "name",
    "namespace",
    "creationTimestamp",
    "labels",
    "annotations",
    "value",
    "valueFrom",
    "globalDefault",
    "description",
    "preemptionPolicy",
    "spec",
    "replicas",
    "image",
    "command",
    "args",
    "protocol",
    "port",
    "targetPort",
    "nodePort",
    "containerPort",
    "ports",
    "env",
    "resources",
    "selector",
    "template",
    "strategy",
    "clusterIP",
    "data",
    "binaryData",
    "type",
    "volumes",
    "containers",
    "restartPolicy",
    "dnsPolicy",
    "nodeSelector",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
];

/// The text, with a newline at its end.
#[must_use]
pub fn print(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0);
    text.push('\n');
    text
}

fn rank(name: &str) -> usize {
    match ORDER.iter().position(|known| *known == name) {
        Some(position) => position,
        None if name == "status" => usize::MAX,
        None => ORDER.len(),
    }
}

fn write(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by_key(|name| (rank(name), (*name).clone()));
            block(text, depth, ('{', '}'), names.len(), |text, index| {
                let name = to_json_compact(&names[index].as_str().into());
                text.push_str(&format!("{name}: "));
                write(text, &fields[names[index]], depth + 1);
            });
        }
        Value::Array(items) if !items.is_empty() => {
            block(text, depth, ('[', ']'), items.len(), |text, index| write(text, &items[index], depth + 1));
        }
        other => text.push_str(&to_json_compact(other)),
    }
}

fn block(
    text: &mut String,
    depth: usize,
    (open, close): (char, char),
    count: usize,
    mut item: impl FnMut(&mut String, usize),
) {
    text.push(open);
    for index in 0..count {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"    ".repeat(depth + 1));
        item(text, index);
    }
    text.push('\n');
    text.push_str(&"    ".repeat(depth));
    text.push(close);
}
