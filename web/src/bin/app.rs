//! The app: starts the worker and draws what it says.

fn main() {
    yew::Renderer::<web::app::App>::new().render();
}
