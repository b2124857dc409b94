//! The worker: holds the world, lets its time pass, and tells the app what changed.

use std::borrow::Cow;
use std::cell::RefCell;

use gloo::timers::callback::Timeout;
use protocol::{Command, Update};
use sandbox::{ClusterSettings, NodeSource, Sandbox};
use wasm_bindgen::JsValue;
use web::bridge::{AppHandle, FromWorker};
use web::demo::Demo;
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

/// A frame: no update is sent more often.
const FRAME_MS: f64 = 16.0;
/// After a command the world is looked at this often for a while, since what it led to (a file, a lesson's step) is seen in ticks only.
const LOOK_MS: f64 = 100.0;
const LOOK_FOR_MS: f64 = 1500.0;
/// Longest sleep: the clock is told at least so often.
const SLEEP_MS_MAX: f64 = 1000.0;
/// What lies beside this program: what is said of Kubernetes's fields, and lessons.
const DESCRIPTIONS: &str = "./assets/descriptions.txt";
const LESSONS: &str = "./assets/lessons";

struct Worker {
    sandbox: Option<Sandbox>,
    /// A still picture in place of a world.
    demo: Option<Demo>,
    ticked_ms: f64,
    commanded_ms: f64,
    timer: Option<Timeout>,
}

thread_local! {
    static WORKER: RefCell<Worker> =
        const { RefCell::new(Worker { sandbox: None, demo: None, ticked_ms: 0.0, commanded_ms: 0.0, timer: None }) };
}

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(app) = AppHandle::of_this_worker() {
            app.send(&FromWorker::Died(panic.to_string()));
        }
    }));
    sandbox::describe_from(descriptions);
    sandbox::take_lessons_from(lesson);
    if let Err(error) = AppHandle::listen(take) {
        gloo::console::error!("the worker cannot talk to the app", error);
    }
}

fn descriptions() -> Option<Cow<'static, str>> {
    String::from_utf8(read(DESCRIPTIONS)?).ok().map(Cow::Owned)
}

fn lesson(name: &str) -> Option<Cow<'static, [u8]>> {
    read(&format!("{LESSONS}/{name}.bin")).map(Cow::Owned)
}

/// A file beside this program: `worker-start.js` may have fetched it, else it is waited for. Only a worker may wait.
fn read(path: &str) -> Option<Vec<u8>> {
    let fetched = js_sys::Reflect::get(&js_sys::global(), &"fetched".into()).ok();
    let fetched = fetched.and_then(|files| js_sys::Reflect::get(&files, &path.into()).ok());
    let buffer = match fetched.filter(JsValue::is_object) {
        Some(buffer) => buffer,
        None => {
            let request = XmlHttpRequest::new().ok()?;
            request.open_with_async("GET", path, false).ok()?;
            request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
            request.send().ok()?;
            if request.status().ok()? != 200 {
                return None;
            }
            request.response().ok()?
        }
    };
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// Does what the app asks.
fn take(commands: Vec<Command>) {
    WORKER.with_borrow_mut(|worker| {
        let now = js_sys::Date::now();
        let mut updates = worker.pass(now);
        worker.commanded_ms = now;
        for command in commands {
            updates.extend(worker.handle(command));
        }
        // What the commands took is not the world's time.
        worker.ticked_ms = js_sys::Date::now();
        send(updates);
        worker.sleep(now);
    });
}

/// Lets time pass.
fn tick() {
    WORKER.with_borrow_mut(|worker| {
        let now = js_sys::Date::now();
        let updates = worker.pass(now);
        send(updates);
        worker.sleep(now);
    });
}

fn send(updates: Vec<Update>) {
    if let (false, Some(app)) = (updates.is_empty(), AppHandle::of_this_worker()) {
        app.send(&FromWorker::Updates(updates));
    }
}

impl Worker {
    /// The sandbox. The first one has no workers: the command that starts the world puts another in its place.
    fn sandbox(&mut self) -> &mut Sandbox {
        self.sandbox.get_or_insert_with(|| {
            Sandbox::new(ClusterSettings { nodes: NodeSource::Workers(0), ..ClusterSettings::default() })
        })
    }

    fn handle(&mut self, command: Command) -> Vec<Update> {
        if let Command::Demo(name) = &command {
            return self.demo.insert(Demo::new(name)).first_updates();
        }
        match &mut self.demo {
            Some(demo) => demo.answer(command),
            None => self.sandbox().handle(command),
        }
    }

    fn pass(&mut self, now: f64) -> Vec<Update> {
        let passed = (now - self.ticked_ms).max(0.0);
        self.ticked_ms = now;
        self.sandbox.as_mut().map(|sandbox| sandbox.tick(passed)).unwrap_or_default()
    }

    /// Sleeps until something happens: a resting cluster costs nothing.
    fn sleep(&mut self, now: f64) {
        let wake = self.sandbox.as_ref().and_then(Sandbox::next_wake_ms);
        let looks = (now - self.commanded_ms < LOOK_FOR_MS).then_some(LOOK_MS);
        let next = match (wake, looks) {
            (Some(wake), Some(look)) => Some(wake.min(look)),
            (one, other) => one.or(other),
        };
        self.timer = next.map(|ms| Timeout::new(ms.clamp(FRAME_MS, SLEEP_MS_MAX).ceil() as u32, tick));
    }
}
