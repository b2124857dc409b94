// The page's design on still pictures: sizes, keys, many pods.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withApp } from "./harness.mjs";

/** Nothing sticks out of the page sideways. */
const fits = (page) => page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null, { timeout: 3000 });

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
  for (const lang of ["en", "ko"]) {
    test(`${width} px in ${lang}: all panes fit`, async () => {
      await withApp({ query: "?demo=broken&view=rollout", width, height, lang }, async (page) => {
        await page.locator(".bench").waitFor();
        await fits(page);
      });
      await withApp({ query: "?lesson=deployments", width, height, lang }, async (page) => {
        await page.locator(".step").first().waitFor();
        await page.waitForFunction(() => {
          const sticksOut = (part) => part.getBoundingClientRect().right > innerWidth + 1;
          return ![...document.querySelectorAll(".stage-bar, .room, .terminal, .timebar, .lesson")].some(sticksOut);
        }, null, { timeout: 5000 });
      });
      await withApp({ query: "?demo=busy", width, height, lang }, async (page) => {
        if (width === 390) await page.locator(".bottom-bar button").nth(1).click();
        await page.locator(".tile").nth(299).waitFor();
        await fits(page);
      });
    });
  }
}

test("at 390 px the bottom bar leads to each pane, and the helper keys are there", async () => {
  await withApp({ query: "?demo=quiet", width: 390, height: 844 }, async (page) => {
    const bar = page.locator(".bottom-bar");
    await page.locator(".helper-keys").waitFor();
    await bar.getByRole("button", { name: "Stage" }).click();
    await page.locator(".tile").first().waitFor();
    await bar.getByRole("button", { name: "More" }).click();
    await page.locator(".more").getByRole("button", { name: "Files" }).click();
    await page.locator(".file-list").waitFor();
  });
});

test("keys open help, switch views and leave again", async () => {
  await withApp({ query: "?demo=rollout" }, async (page) => {
    await page.locator(".tile").first().waitFor();
    await page.locator(".stage-bar").click();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("r");
    await page.locator(".band").first().waitFor();
    await page.keyboard.press("s");
    await page.locator(".tile").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.locator(".inspector").waitFor();
  });
});

test("the pointer on a service lights its pods", async () => {
  await withApp({ query: "?demo=rollout" }, async (page) => {
    await page.locator(".chip", { hasText: "web" }).hover();
    assert.equal(await page.locator(".tile.lit").count(), 5);
    assert.equal(await page.locator(".tile.lit-unready").count(), 1);
  });
});
