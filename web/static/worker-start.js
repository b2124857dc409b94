// Starts the worker's program: a worker needs a script, and the generated one only declares.
//
// A published program comes in two parts. The first has what a first visit runs, and placeholders for all else; the rest is fetched when
// a placeholder is called, or a moment after the start, when nothing waits for it. Joined, it puts itself in their places.
import init from "./worker.js";

const FETCH_REST_AFTER_MS = 2500;
const REST = new URL("./worker_rest.wasm", import.meta.url);
let first;
let joined = false;

function join(rest) {
  if (!joined) new WebAssembly.Instance(rest, { primary: first });
  joined = true;
}

// A call cannot wait for a promise: only here, in a worker, may a request be waited for.
function joinNow() {
  const request = new XMLHttpRequest();
  request.open("GET", REST, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`the rest of the program did not come: ${request.status} ${request.statusText}`);
  join(new WebAssembly.Module(request.response));
}

const placeholder = new Proxy(
  {},
  {
    get: (_, place) => (...values) => {
      if (!joined) joinNow();
      return first["%table"].get(Number(place))(...values);
    },
  },
);

for (const how of ["instantiateStreaming", "instantiate"]) {
  const instantiate = WebAssembly[how];
  WebAssembly[how] = async (program, imports) => {
    const made = await instantiate.call(WebAssembly, program, { ...imports, placeholder });
    first = (made.instance ?? made).exports;
    return made;
  };
}

// What the program will ask for at once is there before it: the list of lessons, and the lesson that the page names.
globalThis.fetched = {};
async function fetchFirst(path) {
  const answer = await fetch(path).catch(() => undefined);
  if (answer?.ok) fetched[path] = await answer.arrayBuffer();
}
const program = fetch(new URL("./worker_bg.wasm", import.meta.url));
const asked = new URLSearchParams(location.search).get("lesson");
const names = /^[\w-]+$/.test(asked ?? "") ? ["index", asked] : ["index"];
await Promise.all(names.map((name) => fetchFirst(`./assets/lessons/${name}.bin`)));
await init({ module_or_path: program });

if (first["%table"]) {
  setTimeout(async () => {
    if (joined) return;
    const answer = await fetch(REST).catch(() => undefined);
    // If it does not come now, it is asked for again when it is needed.
    if (answer?.ok && !joined) join(await WebAssembly.compile(await answer.arrayBuffer()));
  }, FETCH_REST_AFTER_MS);
}
