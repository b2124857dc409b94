//! Bindings to `web/shims/ui.js`, and icons.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::prelude::*;

#[wasm_bindgen(raw_module = "./assets/ui.js")]
extern "C" {
    #[wasm_bindgen(js_name = icon)]
    fn icon_svg(name: &str) -> String;
    /// Calls `f(width, height)` at each change of size; what comes back ends that.
    #[wasm_bindgen(js_name = observeSize)]
    pub fn observe_size(element: &Element, f: &Function) -> Function;
    /// Tiles that leave the stage fade where they stood.
    #[wasm_bindgen(js_name = fadeDeparted)]
    pub fn fade_departed(root: &Element);
    /// Scrolls what is picked out from under the inspector.
    #[wasm_bindgen(js_name = showPicked)]
    pub fn show_picked();
    /// A light from one point of a layer to another.
    pub fn light(layer: &Element, from_x: f64, from_y: f64, to_x: f64, to_y: f64, tone: &str);
    /// Lets an element glow once.
    pub fn glow(element: Option<&Element>);
    /// The same for a request that was refused: it stops short of the end, and says why there.
    pub fn refuse(layer: &Element, from_x: f64, from_y: f64, to_x: f64, to_y: f64, reason: &str, still: bool);
    /// Notes the moment in the browser's timeline, the first time.
    pub fn mark(name: &str);
    /// Shows a `<dialog>` over everything; the rest of the page rests meanwhile.
    #[wasm_bindgen(js_name = showDialog)]
    pub fn show_dialog(dialog: &Element);
    /// Notes what has the focus, for when what is about to open closes again.
    #[wasm_bindgen(js_name = rememberFocus)]
    pub fn remember_focus() -> Function;
    /// Whether the learner asked for less motion.
    #[wasm_bindgen(js_name = reducesMotion)]
    pub fn reduces_motion() -> bool;
    /// Whether the system is dark.
    #[wasm_bindgen(js_name = prefersDark)]
    pub fn prefers_dark() -> bool;
    /// Calls `f` when the system changes between light and dark.
    #[wasm_bindgen(js_name = onSchemeChange)]
    pub fn on_scheme_change(f: &Function);
    /// The editor's module.
    #[wasm_bindgen(js_name = loadEditor)]
    pub fn load_editor() -> Promise;
    /// Puts text on the clipboard.
    #[wasm_bindgen(js_name = copyText)]
    pub fn copy_text(text: &str) -> Promise;
    /// What is kept in the browser under a key.
    pub fn kept(key: &str) -> Promise;
    /// Keeps something in the browser.
    pub fn keep(key: &str, value: &JsValue) -> Promise;
    /// Forgets what is kept.
    pub fn forget(key: &str) -> Promise;
}

thread_local! {
    static ICONS: RefCell<BTreeMap<&'static str, AttrValue>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(PartialEq, Properties)]
pub struct IconProps {
    pub name: &'static str,
}

/// An icon, 16 px. The button around it has the words.
#[function_component(Icon)]
pub fn icon(props: &IconProps) -> Html {
    let svg = ICONS.with_borrow_mut(|icons| {
        icons.entry(props.name).or_insert_with(|| AttrValue::from(icon_svg(props.name))).clone()
    });
    html! { <span class="icon">{ Html::from_html_unchecked(svg) }</span> }
}
