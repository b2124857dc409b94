//! The object as YAML, coloured, and what `kubectl describe` says of it.

use protocol::InspectorView;
use yew::prelude::*;

use crate::app::state::Shared;
use crate::app::text::Text;
use crate::app::ui::{self, Icon};

#[derive(PartialEq, Properties)]
pub struct YamlProps {
    pub text: Text,
    pub view: Shared<InspectorView>,
}

/// YAML or description.
#[function_component(Yaml)]
pub fn yaml(props: &YamlProps) -> Html {
    let described = use_state(|| false);
    let switch = |to: bool| {
        let described = described.clone();
        Callback::from(move |_: MouseEvent| described.set(to))
    };
    let shown = if *described { &props.view.describe } else { &props.view.yaml };
    let copy = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| drop(ui::copy_text(&shown)))
    };
    html! { <>
        <div class="yaml-bar">
            <div class="segments">
                <button type="button" aria-pressed={(!*described).to_string()} onclick={switch(false)}>{ "YAML" }</button>
                <button type="button" aria-pressed={described.to_string()} onclick={switch(true)}>{ "describe" }</button>
            </div>
            <button type="button" class="quiet small" onclick={copy}><Icon name="copy" />{ props.text.get("copy") }</button>
        </div>
        <pre class="code" tabindex="0">
            if *described {
                { shown }
            } else {
                { for shown.lines().map(line) }
            }
        </pre>
    </> }
}

/// One line: indentation and dashes, key, value.
fn line(line: &str) -> Html {
    let body = line.trim_start_matches([' ', '-']);
    let lead = &line[..line.len() - body.len()];
    let is_key = |key: &str| !key.is_empty() && !key.contains(' ') && !key.starts_with(['"', '\'', '{', '[']);
    let (key, value) = match body.split_once(": ") {
        Some((key, value)) if is_key(key) => (key, Some(value)),
        _ => match body.strip_suffix(':') {
            Some(key) if is_key(key) => (key, None),
            _ => return html! { <>{ lead }<span class="code-text">{ body }</span>{ "\n" }</> },
        },
    };
    html! { <>
        { lead }<span class="code-key">{ key }</span>{ ":" }
        if let Some(value) = value {
            { " " }<span class={value_class(value)}>{ value }</span>
        }
        { "\n" }
    </> }
}

fn value_class(value: &str) -> &'static str {
    let plain = value.parse::<f64>().is_ok() || matches!(value, "true" | "false" | "null" | "{}" | "[]");
    if plain { "code-number" } else { "code-text" }
}
