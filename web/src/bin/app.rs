//! The app: starts the worker and draws what it says.

use std::cell::RefCell;
use std::rc::Rc;

use web::bridge::{READY, WORKER_SCRIPT, WorkerHandle};
use yew::prelude::*;

#[function_component(App)]
fn app() -> Html {
    let answer = use_state(|| "starting".to_owned());
    {
        let answer = answer.clone();
        use_effect_with((), move |()| {
            let handle: Rc<RefCell<Option<WorkerHandle>>> = Rc::default();
            let line = Rc::clone(&handle);
            let started = WorkerHandle::start(WORKER_SCRIPT, move |text| {
                if text == READY {
                    if let Some(worker) = line.borrow().as_ref() {
                        let _ = worker.send("hello");
                    }
                } else {
                    answer.set(text);
                }
            });
            match started {
                Ok(worker) => *handle.borrow_mut() = Some(worker),
                Err(error) => gloo::console::error!("the worker did not start", error),
            }
            move || drop(handle.borrow_mut().take())
        });
    }
    html! {
        <main>
            <h1>{ "Podarium" }</h1>
            <p id="worker">{ &*answer }</p>
        </main>
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
