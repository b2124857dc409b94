//! The stage: the cluster as a picture. Tiles lie in one layer over everything, so that they can travel.

mod control_plane;
mod first_command;
mod glyph;
pub mod layout;
mod lights;
mod room;
mod services;
mod tile;
mod toolbar;

use std::collections::BTreeMap;

use gloo::render::{AnimationFrame, request_animation_frame};
use protocol::{Phase, PodView};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use self::control_plane::ControlPlane;
use self::first_command::FirstCommand;
pub use self::first_command::first_command_button;
pub use self::glyph::{PHASES, class_of, split_name};
use self::layout::{Layout, Needs, Rect};
use self::room::{Hidden, Room};
use self::services::Services;
pub use self::tile::selection as pod_selection;
use self::tile::{Lit, Tile};
use self::toolbar::Toolbar;
use super::session::{Listening, Session};
use super::state::{Shared, State, topic};
use super::text::Text;
use super::ui;

/// So many empty rooms stand there until the cluster does.
const GHOSTS: usize = 3;

const DRAWN: u32 = topic::PODS
    | topic::NODES
    | topic::SERVICES
    | topic::COMPONENTS
    | topic::HOVER
    | topic::INSPECTOR
    | topic::SETTINGS
    | topic::LESSON
    | topic::WORKER;

#[derive(Clone, PartialEq, Properties)]
pub struct StageProps {
    pub session: Session,
    pub text: Text,
}

pub enum Msg {
    Changed,
    Frame,
    Pulses,
    Size(f64, f64),
    Key(KeyboardEvent),
}

/// The stage.
pub struct Stage {
    root: NodeRef,
    lights: NodeRef,
    size: (f64, f64),
    layout: Option<Layout>,
    rooms: Vec<String>,
    observer: Option<(js_sys::Function, OnSize)>,
    frame: Option<AnimationFrame>,
    _listening: [Listening; 2],
}

type OnSize = Closure<dyn FnMut(f64, f64)>;

/// Where a pod stands.
#[derive(Clone, Copy)]
enum Spot {
    Queue(usize),
    Frame(usize),
    Room(usize, usize),
}

/// The pods in the order of their coming, with where each stands.
struct Cast {
    tiles: Vec<(Shared<PodView>, Spot)>,
    rooms: Vec<usize>,
    /// What each room holds beside.
    hidden: Vec<Hidden>,
    frame: usize,
    queue: usize,
}

impl Cast {
    fn new(state: &State, rooms: &[String]) -> Self {
        let index: BTreeMap<&str, usize> =
            rooms.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut pods: Vec<&Shared<PodView>> = state.pods.values().collect();
        pods.sort_by_key(|pod| pod.order);
        let mut cast = Self {
            tiles: Vec::with_capacity(pods.len()),
            rooms: vec![0; rooms.len()],
            hidden: vec![Hidden::default(); rooms.len()],
            frame: 0,
            queue: 0,
        };
        for pod in pods {
            let node = pod.node.as_str();
            if !state.is_drawn(pod) {
                if let Some(&room) = index.get(node) {
                    cast.hidden[room].add(pod);
                }
                continue;
            }
            let spot = if let Some(&room) = index.get(node) {
                cast.rooms[room] += 1;
                Spot::Room(room, cast.rooms[room] - 1)
            } else if state.nodes.get(node).is_some_and(|node| node.control_plane) {
                cast.frame += 1;
                Spot::Frame(cast.frame - 1)
            } else {
                cast.queue += 1;
                Spot::Queue(cast.queue - 1)
            };
            cast.tiles.push((pod.clone(), spot));
        }
        cast
    }
}

/// The workers' names in the order of their rooms: `worker-2` before `worker-10`.
fn room_names(state: &State) -> Vec<String> {
    let mut names: Vec<String> =
        state.nodes.values().filter(|node| !node.control_plane).map(|node| node.key.clone()).collect();
    names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    names
}

/// A rectangle as style.
pub fn at(rect: Rect) -> String {
    format!("left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px", rect.x, rect.y, rect.w, rect.h)
}

impl Component for Stage {
    type Message = Msg;
    type Properties = StageProps;

    fn create(ctx: &Context<Self>) -> Self {
        let session = &ctx.props().session;
        let (changed, pulses) = (ctx.link().clone(), ctx.link().clone());
        Self {
            root: NodeRef::default(),
            lights: NodeRef::default(),
            size: (0.0, 0.0),
            layout: None,
            rooms: Vec::new(),
            observer: None,
            frame: None,
            _listening: [
                session.listen(DRAWN, move |_| changed.send_message(Msg::Changed)),
                session.listen(topic::PULSES, move |_| pulses.send_message(Msg::Pulses)),
            ],
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first_render: bool) {
        if !first_render {
            return;
        }
        let Some(root) = self.root.cast::<Element>() else { return };
        let link = ctx.link().clone();
        let on_size = Closure::<dyn FnMut(f64, f64)>::new(move |width, height| {
            link.send_message(Msg::Size(width, height));
        });
        let end = ui::observe_size(&root, on_size.as_ref().unchecked_ref());
        ui::fade_departed(&root);
        self.observer = Some((end, on_size));
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        if let Some((end, _)) = self.observer.take() {
            let _ = end.call0(&wasm_bindgen::JsValue::NULL);
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Changed => {
                // Changes may come faster than frames: one drawing a frame shows them all.
                if self.frame.is_none() {
                    let link = ctx.link().clone();
                    self.frame = Some(request_animation_frame(move |_| link.send_message(Msg::Frame)));
                }
                false
            }
            Msg::Frame => {
                self.frame = None;
                self.place(&ctx.props().session);
                true
            }
            Msg::Size(width, height) => {
                let changed = self.size != (width, height);
                self.size = (width, height);
                self.place(&ctx.props().session);
                changed
            }
            Msg::Pulses => {
                if let (Some(layout), Some(layer)) = (&self.layout, self.lights.cast::<Element>()) {
                    ctx.props().session.read(|state| lights::show(state, layout, &self.rooms, &layer));
                }
                false
            }
            Msg::Key(event) => {
                walk(&event);
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let StageProps { session, text } = ctx.props().clone();
        html! {
            <section class="stage" aria-label={text.get("view-stage")}>
                <Toolbar session={session.clone()} text={text.clone()} />
                <div class="stage-scroll" ref={self.root.clone()}>
                    if let Some(layout) = &self.layout {
                        { self.scene(ctx, layout) }
                    }
                </div>
            </section>
        }
    }
}

impl Stage {
    fn scene(&self, ctx: &Context<Self>, layout: &Layout) -> Html {
        let StageProps { session, text } = ctx.props().clone();
        session.read(|state| {
            let cast = Cast::new(state, &self.rooms);
            let hover = state.ui.hover.as_ref().and_then(|key| state.services.get(key));
            let picked_kind = state.picked.as_ref().map_or("", |picked| picked.kind.as_str());
            let picked = |kind: &str, name: &str| {
                picked_kind == kind && state.picked.as_ref().is_some_and(|picked| picked.name == name)
            };
            let loads = cast.rooms.iter().zip(&cast.hidden);
            let rooms = self.rooms.iter().zip(&layout.rooms).zip(loads).filter_map(|((name, rect), (pods, hidden))| {
                let node = state.nodes.get(name)?.clone();
                let (session, text) = (session.clone(), text.clone());
                Some(html! { <Room key={name.clone()} {session} {text} {node} rect={*rect} pods={*pods} hidden={*hidden} picked={picked("Node", name)} /> })
            });
            let tiles = cast.tiles.iter().enumerate().map(|(index, (pod, spot))| {
                let (x, y) = match *spot {
                    Spot::Queue(index) => layout.in_queue(index),
                    Spot::Frame(index) => layout.in_frame(index),
                    Spot::Room(room, index) => layout.in_room(room, index),
                };
                let lit = match hover {
                    None => Lit::Plain,
                    Some(service) if service.ready_pods.contains(&pod.key) => Lit::Ready,
                    Some(service) if service.unready_pods.contains(&pod.key) => Lit::Unready,
                    Some(_) => Lit::Dim,
                };
                let picked = picked("Pod", &pod.name) && state.picked.as_ref().is_some_and(|it| it.namespace == pod.namespace);
                html! {
                    <Tile key={pod.key.clone()} session={session.clone()} text={text.clone()} pod={pod.clone()} {x} {y} {lit} {picked}
                        width={layout.tile.0} height={layout.tile.1} size={layout.size} tabbable={index == 0} />
                }
            });
            let ghosts = layout.rooms.iter().filter(|_| !state.started).map(|rect| {
                html! { <div class="room ghost" style={at(*rect)}></div> }
            });
            let waiting = cast.tiles.iter().filter(|(pod, _)| pod.phase == Phase::Pending).count();
            let jumps = state.clock.speed > 10.0;
            html! {
                <div class={classes!("scene", jumps.then_some("jumps"))} style={format!("height:{}px", layout.height.ceil())}>
                    <ControlPlane session={session.clone()} text={text.clone()} layout={layout.clone()} />
                    <section class="lane" style={at(layout.queue)} aria-label={text.get("queue-title")}>
                        <h2>{ text.get("queue-title") }<span class="count">{ waiting }</span></h2>
                        if waiting == 0 {
                            <p class="lane-empty">{ text.get(if state.started { "queue-empty" } else { "starting" }) }</p>
                        }
                    </section>
                    <Services session={session.clone()} text={text.clone()} rect={layout.services} />
                    { for rooms }
                    { for ghosts }
                    if state.started && cast.tiles.is_empty() && state.lesson.is_none() {
                        <FirstCommand session={session.clone()} text={text.clone()} rooms={layout.rooms.clone()} />
                    }
                    <div class="tiles" role="group" aria-label={text.get("pods")} onkeydown={ctx.link().callback(Msg::Key)}>{ for tiles }</div>
                    <div class="lights" ref={self.lights.clone()} aria-hidden="true"></div>
                </div>
            }
        })
    }

    /// Works out anew where everything stands.
    fn place(&mut self, session: &Session) {
        if self.size.0 < 1.0 {
            self.layout = None;
            return;
        }
        session.read(|state| {
            self.rooms = room_names(state);
            let mut cast = Cast::new(state, &self.rooms);
            if !state.started {
                cast.rooms = vec![0; GHOSTS];
            }
            self.layout = Some(Layout::new(&Needs {
                width: self.size.0,
                height: self.size.1,
                rooms: cast.rooms,
                control_plane: cast.frame,
                queue: cast.queue,
                chips: services::widths(state),
            }));
        });
    }
}

/// Arrow keys go from tile to tile.
fn walk(event: &KeyboardEvent) {
    let tile = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let next = tile.and_then(|tile| match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => tile.next_element_sibling(),
        "ArrowLeft" | "ArrowUp" => tile.previous_element_sibling(),
        _ => None,
    });
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}
