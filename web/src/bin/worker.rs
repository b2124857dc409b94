//! The worker: holds the world and answers the app.

use sandbox as _;

fn main() {
    if let Err(error) = web::bridge::answer_texts(|text| format!("{text} from the worker")) {
        gloo::console::error!("the worker cannot talk to the app", error);
    }
}
