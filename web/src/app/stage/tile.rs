//! A pod's tile.

use gloo::timers::callback::Interval;
use protocol::{PodView, Selection};
use yew::prelude::*;

use super::glyph::{class_of, split_name, spoken};
use super::layout::Size;
use crate::app::session::{Session, browser_ms};
use crate::app::state::Shared;
use crate::app::text::Text;

const COUNTDOWN_MS: u32 = 500;

/// What the pointer on a service says of a tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lit {
    /// The pointer is on none.
    Plain,
    /// The service sends to it.
    Ready,
    /// It would if the pod were ready.
    Unready,
    /// Not of that service.
    Dim,
}

#[derive(Clone, PartialEq, Properties)]
pub struct TileProps {
    pub session: Session,
    pub text: Text,
    pub pod: Shared<PodView>,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub size: Size,
    pub picked: bool,
    pub lit: Lit,
    /// Whether Tab comes to it: one of the tiles; from it the arrow keys go on.
    pub tabbable: bool,
}

pub enum Msg {
    Pick,
    Second,
}

/// A tile. It draws only when its own pod or place changed, and each half second while it counts down.
pub struct Tile {
    countdown: Option<Interval>,
    /// Whether it is on its way to its node. In a crowd only such tiles move, others jump: closing a gap says nothing.
    travels: bool,
}

impl Tile {
    fn count(&mut self, ctx: &Context<Self>) {
        let props = ctx.props();
        let counts =
            matches!(props.size, Size::Large | Size::Medium) && props.pod.back_off_until_ms.is_some();
        if !counts {
            self.countdown = None;
        } else if self.countdown.is_none() {
            let link = ctx.link().clone();
            self.countdown = Some(Interval::new(COUNTDOWN_MS, move || link.send_message(Msg::Second)));
        }
    }
}

/// The selection of a pod.
pub fn selection(pod: &PodView) -> Selection {
    Selection { kind: "Pod".to_owned(), namespace: pod.namespace.clone(), name: pod.name.clone() }
}

/// What is left of a back-off, as text; nothing once it is over.
fn remaining(props: &TileProps) -> Option<String> {
    let until = props.pod.back_off_until_ms? as f64;
    let left = (until - props.session.read(|state| state.now_ms(browser_ms()))) / 1000.0;
    if left <= 0.0 {
        return None;
    }
    Some(if left >= 60.0 {
        format!("{}m{:02}s", (left / 60.0) as u32, (left % 60.0) as u32)
    } else {
        format!("{}s", left.ceil())
    })
}

impl Component for Tile {
    type Message = Msg;
    type Properties = TileProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut tile = Self { countdown: None, travels: false };
        tile.count(ctx);
        tile
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &TileProps) -> bool {
        self.travels = ctx.props().pod.node != old.pod.node;
        self.count(ctx);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Pick => {
                ctx.props().session.pick(Some(selection(&ctx.props().pod)));
                false
            }
            Msg::Second => true,
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let pod = &props.pod;
        let (size, words) = match props.size {
            Size::Large => ("large", true),
            Size::Medium => ("medium", true),
            Size::Small => ("small", false),
            Size::Tiny => ("tiny", false),
        };
        let lit = match props.lit {
            Lit::Plain => None,
            Lit::Ready => Some("lit"),
            Lit::Unready => Some("lit-unready"),
            Lit::Dim => Some("dim"),
        };
        let system = (pod.namespace == "kube-system").then_some("system");
        let style = format!(
            "transform:translate({}px,{}px);width:{:.1}px;height:{}px;--hue:{}",
            props.x, props.y, props.width, props.height, pod.hue
        );
        let spoken = spoken(pod, &props.text);
        html! {
            <button type="button" {style} title={spoken.clone()} aria-label={spoken} aria-pressed={props.picked.to_string()}
                tabindex={if props.tabbable { "0" } else { "-1" }}
                class={classes!("tile", size, class_of(pod.phase), lit, system, self.travels.then_some("travels"), props.picked.then_some("picked"))}
                onclick={ctx.link().callback(|_| Msg::Pick)}>
                if words {
                    <i class="glyph"></i>
                    { words_of(props) }
                }
            </button>
        }
    }
}

fn words_of(props: &TileProps) -> Html {
    let pod = &props.pod;
    let (start, end) = split_name(pod);
    let waits = remaining(props);
    html! { <>
        <span class="tile-name">
            if props.size == Size::Large && !start.is_empty() {
                <span class="tile-start">{ start }</span>
                <span class="tile-end">{ format!("-{end}") }</span>
            } else {
                <span class="tile-end">{ end }</span>
            }
        </span>
        if let Some(waits) = waits {
            <span class="tile-wait">{ waits }</span>
        } else if props.size == Size::Large || pod.containers.len() > 1 {
            <span class="dots">
                { for pod.containers.iter().filter(|container| !container.init).map(|container| {
                    let class = match (container.ready, container.state.as_str()) {
                        (true, _) => "ready",
                        (false, "running") => "alive",
                        _ => "",
                    };
                    html! { <i {class} /> }
                }) }
            </span>
        }
    </> }
}
