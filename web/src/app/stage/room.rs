//! A node: a room whose floor is its capacity.

use protocol::{NodeView, PodView, Selection};
use yew::prelude::*;

use super::at;
use super::layout::Rect;
use crate::app::format::{cores, gibibytes};
use crate::app::session::Session;
use crate::app::state::Shared;
use crate::app::text::Text;

/// What pods that are not drawn take of a node.
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Hidden {
    pods: usize,
    cpu_milli: i64,
    memory_bytes: i64,
}

impl Hidden {
    pub fn add(&mut self, pod: &PodView) {
        self.pods += 1;
        self.cpu_milli += pod.cpu_milli;
        self.memory_bytes += pod.memory_bytes;
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct RoomProps {
    pub session: Session,
    pub text: Text,
    pub node: Shared<NodeView>,
    pub rect: Rect,
    pub pods: usize,
    pub hidden: Hidden,
    pub picked: bool,
}

/// A room.
#[function_component(Room)]
pub fn room(props: &RoomProps) -> Html {
    let RoomProps { node, text, hidden, .. } = props;
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
                <span class="room-pods">
                    { props.pods }{ " " }
                    if hidden.pods > 0 { <small>{ text.with("room-hidden", &[("n", &hidden.pods)]) }{ " " }</small> }
                    { format!("/ {}", node.pods_max) }
                </span>
            </button>
            <div class="floor">
                { meter("CPU", [hidden.cpu_milli, node.cpu_requested_milli, node.cpu_milli], cores, "") }
                { meter(&text.get("memory"), [hidden.memory_bytes, node.memory_requested_bytes, node.memory_bytes], gibibytes, " GiB") }
            </div>
        </section>
    }
}

/// A bar: what the hidden pods request, what all do, and all that there is.
fn meter(label: &str, amounts: [i64; 3], show: fn(i64) -> String, unit: &str) -> Html {
    let [hidden, used, all] = amounts;
    let percent = |of: i64| if all > 0 { (of as f64 * 100.0 / all as f64).clamp(0.0, 100.0) } else { 0.0 };
    let full = (percent(used) > 90.0).then_some("meter-full");
    html! {
        <div class={classes!("meter", full)} role="meter" aria-label={label.to_owned()} aria-valuenow={format!("{:.0}", percent(used))}
            aria-valuemin="0" aria-valuemax="100">
            <span class="meter-label">{ label }</span>
            <span class="meter-value">{ show(used) }<small>{ format!(" / {}{unit}", show(all)) }</small></span>
            <span class="meter-bar"><i class="meter-hidden" style={format!("width:{:.1}%", percent(hidden))}></i><i style={format!("width:{:.1}%", percent(used - hidden))}></i></span>
        </div>
    }
}
