// What is shorter in JavaScript than through bindings: icons, sizes, lights, storage, the lazily loaded editor.
import arrowLeft from "lucide-static/icons/arrow-left.svg";
import arrowRight from "lucide-static/icons/arrow-right.svg";
import book from "lucide-static/icons/book-open.svg";
import boxes from "lucide-static/icons/boxes.svg";
import check from "lucide-static/icons/check.svg";
import chevronDown from "lucide-static/icons/chevron-down.svg";
import chevronRight from "lucide-static/icons/chevron-right.svg";
import copyIcon from "lucide-static/icons/copy.svg";
import enter from "lucide-static/icons/corner-down-left.svg";
import more from "lucide-static/icons/ellipsis.svg";
import file from "lucide-static/icons/file-text.svg";
import fileNew from "lucide-static/icons/file-plus.svg";
import help from "lucide-static/icons/circle-help.svg";
import languages from "lucide-static/icons/languages.svg";
import layers from "lucide-static/icons/layers.svg";
import hint from "lucide-static/icons/lightbulb.svg";
import moon from "lucide-static/icons/moon.svg";
import pause from "lucide-static/icons/pause.svg";
import pencil from "lucide-static/icons/pencil.svg";
import play from "lucide-static/icons/play.svg";
import plus from "lucide-static/icons/plus.svg";
import restart from "lucide-static/icons/rotate-ccw.svg";
import skip from "lucide-static/icons/skip-forward.svg";
import step from "lucide-static/icons/step-forward.svg";
import sun from "lucide-static/icons/sun.svg";
import terminal from "lucide-static/icons/terminal.svg";
import trash from "lucide-static/icons/trash-2.svg";
import undo from "lucide-static/icons/undo-2.svg";
import wand from "lucide-static/icons/wand-sparkles.svg";
import warning from "lucide-static/icons/triangle-alert.svg";
import close from "lucide-static/icons/x.svg";

const ICONS = {
  "arrow-left": arrowLeft, "arrow-right": arrowRight, book, boxes, check, "chevron-down": chevronDown,
  "chevron-right": chevronRight, close, copy: copyIcon, enter, file, "file-new": fileNew, help, hint, languages, layers,
  moon, more, pause, pencil, play, plus, restart, skip, step, sun, terminal, trash, undo, wand, warning,
};

/** An icon as SVG text, hidden from screen readers: the button around it has the words. */
export function icon(name) {
  const svg = ICONS[name] ?? "";
  return svg.slice(svg.indexOf("<svg")).replace(/\s+/g, " ").replace("<svg", '<svg aria-hidden="true" focusable="false"');
}

/** Calls `f(width, height)` now and whenever the element's size changes. Returns what ends that. */
export function observeSize(element, f) {
  const observer = new ResizeObserver(([entry]) => f(entry.contentRect.width, entry.contentRect.height));
  observer.observe(element);
  return () => observer.disconnect();
}

const FADE_MS = 200;

/**
 * Tiles that leave the stage below `root` fade where they stood: a pod is often gone sooner than one sees that it is going. Who was at one
 * by keyboard goes on at its neighbour.
 */
export function fadeDeparted(root) {
  let at;
  let place;
  root.addEventListener("focusin", ({ target }) => {
    at = target.closest(".tile");
    place = at && [...at.parentNode.children].indexOf(at);
  });
  new MutationObserver((records) => {
    const removed = records.filter(({ target }) => target.className === "tiles").flatMap(({ removedNodes }) => [...removedNodes]);
    const gone = removed.filter((node) => node.classList?.contains("tile") && !node.isConnected);
    if (gone.includes(at) && document.activeElement === document.body) {
      const left = root.querySelector(".tiles")?.children ?? [];
      left[Math.min(place, left.length - 1)]?.focus();
    }
    const scene = root.querySelector(".scene:not(.jumps)");
    if (gone.length === 0 || !scene || reducesMotion() || document.hidden) return;
    const layer = document.createElement("div");
    layer.className = "departed";
    layer.inert = true;
    layer.append(...gone);
    scene.append(layer);
    fadeOut(layer, [{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, easing: "ease-in" });
  }).observe(root, { childList: true, subtree: true });
}

/** Plays an element's animation to its end, and takes the element away. */
function fadeOut(element, frames, timing) {
  const away = () => element.remove();
  element.animate(frames, timing).finished.then(away, away);
}

/** Scrolls what is picked out from under the inspector, once it is drawn. */
export function showPicked() {
  const behavior = reducesMotion() ? "auto" : "smooth";
  const show = () => document.querySelector(".view .picked")?.scrollIntoView({ block: "nearest", inline: "nearest", behavior });
  requestAnimationFrame(() => requestAnimationFrame(show));
}

const LIGHTS_MAX = 24;

/** A short light from one point of a layer to another. */
export function light(layer, fromX, fromY, toX, toY, tone) {
  if (layer.childElementCount >= LIGHTS_MAX || document.hidden) return;
  const dot = document.createElement("span");
  dot.className = `light ${tone}`;
  layer.append(dot);
  const at = (x, y, scale) => `translate(${x}px, ${y}px) scale(${scale})`;
  const middle = at((fromX + toX) / 2, (fromY + toY) / 2, 1);
  fadeOut(
    dot,
    [
      { transform: at(fromX, fromY, 0.4), opacity: 0 },
      { transform: middle, opacity: 1, offset: 0.5 },
      { transform: at(toX, toY, 0.6), opacity: 0.2 },
    ],
    { duration: 240, easing: "ease-out" },
  );
}

const REFUSALS_MAX = 4;

/** A light that stops short of the end of its way, with a word on why it was refused. */
export function refuse(layer, fromX, fromY, toX, toY, reason, still) {
  if (document.hidden || layer.querySelectorAll(".refusal").length >= REFUSALS_MAX) return;
  if (!still) light(layer, fromX, fromY, toX, toY, "light-refused");
  const mark = document.createElement("span");
  mark.className = "refusal";
  mark.textContent = reason;
  mark.style.transform = `translate(${toX}px, ${toY}px)`;
  layer.append(mark);
  const delay = still ? 0 : 200;
  fadeOut(
    mark,
    [{ opacity: 0 }, { opacity: 1, offset: 0.08 }, { opacity: 1, offset: 0.85 }, { opacity: 0 }],
    { duration: 2600, delay, fill: "backwards" },
  );
}

/** Lets an element glow once, in place of a light that would travel. */
export function glow(element) {
  element?.animate([{ filter: "brightness(1.25)" }, { filter: "none" }], { duration: 240, easing: "ease-out" });
}

/** The editor, fetched when it is first needed. */
export const loadEditor = () => import("./editor.js");

export const reducesMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export const prefersDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

/** Calls `f` when the system changes between light and dark. */
export function onSchemeChange(f) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => f());
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No permission (an iframe, say): the text can still be selected by hand.
  }
}

/** Notes the first time that something happens, for whoever measures the page. */
export function mark(name) {
  if (performance.getEntriesByName(name).length === 0) performance.mark(name);
}

export function showDialog(dialog) {
  if (!dialog.open) dialog.showModal();
}

/** Calls of the function that comes back give the focus back to what has it now, if nothing else took it meanwhile. */
export function rememberFocus() {
  const opener = document.activeElement;
  return () => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost && opener?.isConnected) opener.focus();
  };
}

const DATABASE = "podarium";
const TABLE = "kept";

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inTable(mode, use) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const request = use(opened.transaction(TABLE, mode).objectStore(TABLE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    opened.close();
  }
}

/** What is kept under a key; `undefined` if nothing is, or the browser keeps nothing. */
export const kept = (key) => inTable("readonly", (table) => table.get(key)).catch(() => undefined);

export const keep = (key, value) => inTable("readwrite", (table) => table.put(value, key)).catch(() => undefined);

export const forget = (key) => inTable("readwrite", (table) => table.delete(key)).catch(() => undefined);
