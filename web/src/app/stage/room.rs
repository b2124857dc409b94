//! A node: a room whose floor is its capacity.

use protocol::{NodeView, Selection};
use yew::prelude::*;

use super::at;
use super::layout::Rect;
use crate::app::format::{cores, gibibytes};
use crate::app::session::Session;
use crate::app::state::Shared;
use crate::app::text::Text;

#[derive(Clone, PartialEq, Properties)]
pub struct RoomProps {
    pub session: Session,
    pub text: Text,
    pub node: Shared<NodeView>,
    pub rect: Rect,
    pub pods: usize,
    pub picked: bool,
}

/// A room.
#[function_component(Room)]
pub fn room(props: &RoomProps) -> Html {
    let (node, text) = (&props.node, &props.text);
    let pick = {
        let (session, name) = (props.session.clone(), node.key.clone());
        Callback::from(move |_: MouseEvent| {
            let (kind, namespace) = ("Node".to_owned(), String::new());
            session.pick(Some(Selection { kind, namespace, name: name.clone() }));
        })
    };
    let taints = node.taints.iter().filter(|taint| !taint.starts_with("node.kubernetes.io/")).count();
    let class = classes!(
        "room",
        (!node.ready).then_some("dark-room"),
        node.cordoned.then_some("roped"),
        (taints > 0).then_some("threshold"),
        props.picked.then_some("picked")
    );
    html! {
        <section {class} style={at(props.rect)} data-part={node.key.clone()} aria-label={node.key.clone()}>
            <button type="button" class="room-head" onclick={pick} title={node.taints.join("\n")}>
                <span class="room-name">{ &node.key }</span>
                if !node.ready {
                    <span class="flag flag-bad">{ "NotReady" }</span>
                }
                if node.cordoned {
                    <span class="flag flag-warn">{ text.get("node-cordoned") }</span>
                }
                if taints > 0 {
                    <span class="flag">{ text.with("node-taints", &[("n", &taints)]) }</span>
                }
                <span class="room-pods">{ format!("{} / {}", props.pods, node.pods_max) }</span>
            </button>
            <div class="floor">
                { meter("CPU", node.cpu_requested_milli, node.cpu_milli, &cores(node.cpu_requested_milli), &cores(node.cpu_milli)) }
                { meter(&text.get("memory"), node.memory_requested_bytes, node.memory_bytes,
                    &gibibytes(node.memory_requested_bytes), &format!("{} GiB", gibibytes(node.memory_bytes))) }
            </div>
        </section>
    }
}

fn meter(label: &str, used: i64, all: i64, used_text: &str, all_text: &str) -> Html {
    let percent = if all > 0 { (used as f64 * 100.0 / all as f64).clamp(0.0, 100.0) } else { 0.0 };
    let full = (percent > 90.0).then_some("meter-full");
    html! {
        <div class={classes!("meter", full)} role="meter" aria-label={label.to_owned()} aria-valuenow={format!("{percent:.0}")}
            aria-valuemin="0" aria-valuemax="100">
            <span class="meter-label">{ label }</span>
            <span class="meter-value">{ used_text }<small>{ format!(" / {all_text}") }</small></span>
            <span class="meter-bar"><i style={format!("width:{percent:.1}%")}></i></span>
        </div>
    }
}
