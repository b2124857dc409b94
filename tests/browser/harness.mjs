// Opens the built app in Chromium. `cargo xtask test browser` tells where both are.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PICTURES = process.env.PODARIUM_PICTURES ?? "target/pictures";

/** Where the app is served. */
export const URL_OF_APP = process.env.PODARIUM_URL ?? "http://127.0.0.1:8080";

// One browser serves all the pages of a file; it closes when none has come for a while.
const LINGER_MS = 300;
let browser;
let closing;

function theBrowser() {
  clearTimeout(closing);
  browser ??= chromium.launch({ executablePath: process.env.PODARIUM_CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
  return browser;
}

function closeSoon() {
  closing = setTimeout(async () => {
    const open = browser;
    browser = undefined;
    await (await open)?.close();
  }, LINGER_MS);
}

/**
 * Opens the app for a new reader and hands its page to `use`. Errors of the page fail the test.
 * `query` follows the address; `width`, `height`, `theme` (light, dark), `lang` (en, ko) and `motion` (reduce) are the reader's.
 * `before` may prepare the page; `complaints` is a pattern of errors that are meant to come; `url` is another page to open.
 */
export async function withApp(options, use) {
  const { query = "", width = 1440, height = 900, theme = "light", lang = "en", motion = "no-preference" } = options;
  const { before, complaints, url = `${URL_OF_APP}/${query}` } = options;
  const context = await (await theBrowser()).newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: lang === "ko" ? "ko-KR" : "en-US",
    reducedMotion: motion,
  });
  try {
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
    });
    await before?.(page);
    await page.goto(url);
    await use(page);
    const unexpected = errors.filter((error) => !complaints?.test(error));
    if (unexpected.length > 0) throw new Error(`the page complained:\n${unexpected.join("\n")}`);
  } finally {
    await context.close();
    closeSoon();
  }
}

/** Saves a picture of the page; says where. */
export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path });
  return path;
}

/** Waits until the world is there. */
export async function ready(page) {
  await page.waitForFunction(() => window.podarium);
  await page.evaluate(() => new Promise((resolve) => window.podarium.on("ready", resolve)));
}

/** Leaves the page, as far as it can tell, and waits until the world that is kept under `key` is kept anew. */
export const keepNow = (page, key = "world") => page.evaluate(async (key) => {
  const inTable = (mode, use) => new Promise((resolve) => {
    const opening = indexedDB.open("podarium", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    opening.onsuccess = () => {
      const request = use(opening.result.transaction("kept", mode).objectStore("kept"));
      request.onsuccess = () => {
        opening.result.close();
        resolve(request.result);
      };
    };
  });
  await inTable("readwrite", (table) => table.delete(key));
  do {
    document.dispatchEvent(new Event("visibilitychange"));
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (!(await inTable("readonly", (table) => table.get(key))));
}, key);

/** Runs a command line in a shell of its own. */
export const exec = (page, line) => page.evaluate((text) => window.podarium.exec(text), line);

/** Types a line at the terminal in front, once it shows a prompt. */
export async function typeLine(page, line) {
  await screenOf(page, /\$ *$/);
  await page.locator(".terminals > .terminal:not([hidden]) .xterm-helper-textarea").focus();
  await page.keyboard.type(`${line}\n`);
}

/** What the terminal in front shows, once it matches. */
export async function screenOf(page, pattern) {
  const rows = page.locator(".terminals > .terminal:not([hidden]) .xterm-rows");
  await page.waitForFunction(
    ([source, flags]) => {
      const shown = [...document.querySelectorAll(".terminals > .terminal:not([hidden]) .xterm-rows > div")];
      const text = shown.map((row) => row.textContent.trimEnd()).join("\n").trimEnd();
      return new RegExp(source, flags).test(text);
    },
    [pattern.source, pattern.flags],
    { timeout: 20000 },
  );
  return (await rows.locator("> div").allTextContents()).join("\n");
}
