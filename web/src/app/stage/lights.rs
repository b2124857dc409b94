//! API requests as short lights between who asks and the API server, and from there to etcd.

use protocol::PulseView;
use web_sys::Element;

use super::layout::{Layout, Rect};
use crate::app::state::State;
use crate::app::ui;

/// Above this speed there is too much to see: parts glow instead.
const SPEED_MAX: f64 = 10.0;

const ETCD: usize = 0;
const SCHEDULER: usize = 1;
const CONTROLLERS: usize = 2;

/// Who asks.
enum Actor {
    You,
    Part(usize),
    Node(usize),
}

fn actor(pulse: &PulseView, rooms: &[String]) -> Actor {
    let name = pulse.actor.as_str();
    if name.contains("scheduler") {
        Actor::Part(SCHEDULER)
    } else if let Some(room) = rooms.iter().position(|room| name.ends_with(room.as_str())) {
        Actor::Node(room)
    } else if name.contains("controller") || name.contains("system:serviceaccount") {
        Actor::Part(CONTROLLERS)
    } else {
        Actor::You
    }
}

fn tone(verb: &str) -> &'static str {
    match verb {
        "create" => "light-create",
        "delete" | "deletecollection" => "light-delete",
        _ => "light-update",
    }
}

/// Shows the requests of the last message.
pub fn show(state: &State, layout: &Layout, rooms: &[String], layer: &Element) {
    let jumps = state.clock.speed > SPEED_MAX || ui::reduces_motion();
    let bar = layout.bar.y;
    for pulse in &state.pulses {
        let who = actor(pulse, rooms);
        let (from, to) = way(layout, &who);
        if !pulse.refused.is_empty() {
            ui::refuse(layer, from.0, from.1, to.0, to.1, &pulse.refused, jumps);
        } else if jumps {
            glow(layer, &who, rooms);
        } else {
            let tone = tone(&pulse.verb);
            ui::light(layer, from.0, from.1, to.0, to.1, tone);
            let (etcd, door) = below(layout.parts[ETCD], bar);
            ui::light(layer, door.0, door.1, etcd.0, etcd.1, tone);
        }
    }
}

/// From who asks to the API server.
fn way(layout: &Layout, who: &Actor) -> ((f64, f64), (f64, f64)) {
    let Rect { x, y, w, h } = layout.bar;
    match *who {
        Actor::You => ((layout.you.x + layout.you.w, y + h / 2.0), (x, y + h / 2.0)),
        Actor::Part(part) => below(layout.parts[part.min(2)], y),
        Actor::Node(room) => {
            let rect = layout.rooms.get(room).copied().unwrap_or_default();
            let middle = (rect.x + rect.w / 2.0).clamp(x, x + w);
            ((rect.x + rect.w / 2.0, rect.y), (middle, y + h))
        }
    }
}

fn glow(layer: &Element, who: &Actor, rooms: &[String]) {
    let part = match *who {
        Actor::You => "you",
        Actor::Part(SCHEDULER) => "kube-scheduler",
        Actor::Part(_) => "kube-controller-manager",
        Actor::Node(room) => rooms[room].as_str(),
    };
    let scene = layer.parent_element();
    let found =
        scene.and_then(|scene| scene.query_selector(&format!("[data-part=\"{part}\"]")).ok().flatten());
    ui::glow(found.as_ref());
}

/// From a part's lower edge down to the bar.
fn below(part: Rect, bar_y: f64) -> ((f64, f64), (f64, f64)) {
    let x = part.x + part.w / 2.0;
    ((x, part.y + part.h), (x, bar_y))
}
