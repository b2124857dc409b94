//! What a page around Podarium can hear of: `ready`, `lesson`, `step`, `passed`, `happened`.

use js_sys::{Array, Reflect};
use protocol::{Happening, LessonView, Update};
use wasm_bindgen::{JsCast, JsValue};

use super::object;

/// What the host hears of too: `{ podarium: "step", id, step, steps, ... }`.
const FOR_HOST: [&str; 4] = ["ready", "lesson", "step", "passed"];

/// What was said of the lesson last.
#[derive(Default)]
pub struct Events {
    lesson: Option<(String, u32)>,
}

impl Events {
    /// The events of an update: their names and details.
    pub fn of(&mut self, update: &Update) -> Vec<(&'static str, JsValue)> {
        match update {
            Update::Started { restored, .. } => {
                self.lesson = None;
                vec![("ready", object(&[("restored", (*restored).into())]))]
            }
            Update::Happened(happenings) => {
                let list: Array = happenings.iter().map(happening).collect();
                vec![("happened", list.into())]
            }
            Update::Lesson(lesson) => self.lesson(lesson.as_deref()),
            _ => Vec::new(),
        }
    }

    fn lesson(&mut self, lesson: Option<&LessonView>) -> Vec<(&'static str, JsValue)> {
        let is = lesson.map(|lesson| (lesson.id.clone(), lesson.current));
        let was = std::mem::replace(&mut self.lesson, is);
        let Some(lesson) = lesson else { return Vec::new() };
        let steps = u32::try_from(lesson.steps.len()).unwrap_or(0);
        let detail = object(&[
            ("id", lesson.id.as_str().into()),
            ("step", lesson.current.into()),
            ("steps", steps.into()),
            ("hints", lesson.hints_used.into()),
            ("solutions", lesson.solutions_used.into()),
        ]);
        match was.filter(|(id, _)| *id == lesson.id) {
            None => vec![("lesson", detail)],
            Some((_, before)) if before < lesson.current => {
                let passed = (lesson.current == steps).then(|| ("passed", detail.clone()));
                std::iter::once(("step", detail)).chain(passed).collect()
            }
            Some(_) => Vec::new(),
        }
    }
}

fn happening(it: &Happening) -> JsValue {
    object(&[
        ("reason", it.reason.as_str().into()),
        ("message", it.message.as_str().into()),
        ("warning", it.warning.into()),
        ("kind", it.about.kind.as_str().into()),
        ("namespace", it.about.namespace.as_str().into()),
        ("name", it.about.name.as_str().into()),
    ])
}

/// Tells the page around the frame, whoever it is: nothing in it is secret.
pub fn tell_host(event: &str, detail: &JsValue) {
    let window = gloo::utils::window();
    let Some(host) = window.parent().ok().flatten().filter(|host| *host != window) else { return };
    if !FOR_HOST.contains(&event) {
        return;
    }
    let message = js_sys::Object::assign(&js_sys::Object::new(), detail.unchecked_ref());
    let _ = Reflect::set(&message, &"podarium".into(), &event.into());
    let _ = host.post_message(&message, "*");
}
