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

/**
 * Opens the app in a fresh browser and hands its page to `use`. Errors of the page fail the test.
 * `query` follows the address; `width`, `height`, `theme` (light, dark), `lang` (en, ko) and `motion` (reduce) are the reader's.
 */
export async function withApp(options, use) {
  const { query = "", width = 1440, height = 900, theme = "light", lang = "en", motion = "no-preference" } = options;
  const browser = await chromium.launch({
    executablePath: process.env.PODARIUM_CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
  });
  try {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: lang === "ko" ? "ko-KR" : "en-US",
      reducedMotion: motion,
    });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
    });
    await page.goto(`${URL_OF_APP}/${query}`);
    await use(page);
    if (errors.length > 0) throw new Error(`the page complained:\n${errors.join("\n")}`);
  } finally {
    await browser.close();
  }
}

/** Saves a picture of the page; says where. */
export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path });
  return path;
}
