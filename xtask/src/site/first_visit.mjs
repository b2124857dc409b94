// Runs the worker's program, built to note which of its functions are called, through a first visit, and keeps what it noted.
// node first_visit.mjs SCRIPT PROGRAM COMMANDS NOTED
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [script, program, commands, noted] = process.argv.slice(2);
const NOTED_BYTES_MAX = 4 << 20;
const PAGE_BYTES = 65_536;

// What of a worker's surroundings the program meets.
class DedicatedWorkerGlobalScope {
  static [Symbol.hasInstance](value) {
    return value === globalThis;
  }
}
let answers = 0;
Object.assign(globalThis, { self: globalThis, DedicatedWorkerGlobalScope, onmessage: null, postMessage: () => (answers += 1) });

const { default: init } = await import(pathToFileURL(script));
const wasm = await init({ module_or_path: readFileSync(program) });
for (const step of JSON.parse(readFileSync(commands, "utf8"))) {
  if (step.send) globalThis.onmessage({ data: new Uint8Array(Buffer.from(step.send, "hex")) });
  else await new Promise((resume) => setTimeout(resume, step.wait));
}
if (answers < 10) throw new Error(`the worker answered only ${answers} times`);

const place = wasm.memory.buffer.byteLength;
wasm.memory.grow(NOTED_BYTES_MAX / PAGE_BYTES);
const length = wasm.__write_profile(place, NOTED_BYTES_MAX);
writeFileSync(noted, new Uint8Array(wasm.memory.buffer, place, length));
process.exit(0);
