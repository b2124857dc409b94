// Starts the worker's program: a worker needs a script, and the generated one only declares.
import init from "./worker.js";

await init({ module_or_path: new URL("./worker_bg.wasm", import.meta.url) });
