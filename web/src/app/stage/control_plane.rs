//! The control plane: etcd, scheduler and controllers above the API server, through which everything passes.

use protocol::Selection;
use yew::prelude::*;

use super::at;
use super::layout::{Layout, NARROW, Rect};
use crate::app::session::{Session, use_session};
use crate::app::state::topic;
use crate::app::text::Text;
use crate::app::ui::Icon;

/// In the order of the layout's parts: name, short name, key of what it does.
const PARTS: [(&str, &str, &str); 3] = [
    ("etcd", "etcd", "etcd-detail"),
    ("kube-scheduler", "scheduler", "scheduler-detail"),
    ("kube-controller-manager", "controllers", "controllers-detail"),
];
/// Room for the longest of the names.
const NAME_WIDTH: f64 = 196.0;
const SERVER: &str = "kube-apiserver";

#[derive(Clone, PartialEq, Properties)]
pub struct ControlPlaneProps {
    pub session: Session,
    pub text: Text,
    pub layout: Layout,
}

/// The control plane.
#[function_component(ControlPlane)]
pub fn control_plane(props: &ControlPlaneProps) -> Html {
    let session = use_session(topic::COMPONENTS | topic::NODES);
    let (layout, text) = (&props.layout, &props.text);
    let node = session
        .read(|state| state.nodes.values().find(|node| node.control_plane).map(|node| node.key.clone()));
    let pick = |kind: &str, namespace: &str, name: String| {
        let session = session.clone();
        let selection = Selection { kind: kind.to_owned(), namespace: namespace.to_owned(), name };
        Callback::from(move |_: MouseEvent| session.pick(Some(selection.clone())))
    };
    let pick_part = |part: &str| match &node {
        Some(node) => pick("Pod", "kube-system", format!("{part}-{node}")),
        None => Callback::noop(),
    };
    let narrow = layout.frame.w + layout.you.w < NARROW;
    let detail = |part: &str, key: &str| {
        let told = session.read(|state| state.components.get(part).map(|view| view.detail.clone()));
        if narrow {
            return AttrValue::from(told.unwrap_or_default());
        }
        let n = told.filter(|detail| !detail.is_empty()).unwrap_or_else(|| "0".to_owned());
        text.with(key, &[("n", &n)])
    };
    let to_terminal = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| session.type_lines(""))
    };
    let Rect { x, y, h, .. } = layout.bar;
    let reach = x - layout.you.x - layout.you.w;
    html! { <>
        <button type="button" class="you" style={at(layout.you)} data-part="you" onclick={to_terminal}>
            <Icon name="terminal" /><strong>{ "kubectl" }</strong>
            if !narrow {
                <small>{ text.get("you") }</small>
            }
        </button>
        <i class="wire" style={at(Rect { x: layout.you.w, y: y + h / 2.0 - 1.0, w: reach, h: 2.0 })}></i>
        <section class="frame" style={at(layout.frame)} aria-label={text.get("control-plane")}>
            if let Some(node) = &node {
                <button type="button" class="frame-name" onclick={pick("Node", "", node.clone())}>{ node }</button>
            }
        </section>
        { for PARTS.iter().zip(layout.parts).map(|((name, short, key), rect)| {
            let middle = Rect { x: rect.x + rect.w / 2.0 - 1.0, y: rect.y + rect.h, w: 2.0, h: y - rect.y - rect.h };
            html! { <>
                <i class="wire" style={at(middle)}></i>
                <button type="button" class="part" style={at(rect)} data-part={*name} onclick={pick_part(name)}>
                    <strong>{ if rect.w < NAME_WIDTH { short } else { name } }</strong>
                    <small>{ detail(name, key) }</small>
                </button>
            </> }
        }) }
        <button type="button" class="part bar" style={at(layout.bar)} data-part={SERVER} onclick={pick_part(SERVER)}>
            <strong>{ SERVER }</strong><small>{ detail(SERVER, "server-detail") }</small>
        </button>
    </> }
}
