// By keyboard alone, with an input method, and for screen readers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { exec, ready, screenOf, typeLine, withApp } from "./harness.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it stands. */
async function faults(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const options = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] };
    const { violations } = await window.axe.run(document, options);
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.failureSummary.split("\n")[1]}`));
  });
}

/** The accessible name of what has the focus, and whether one can see that it has it. */
const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const shown = style.outlineStyle !== "none" || at.closest(".xterm, .cm-editor") !== null;
  return { name: at.getAttribute("aria-label") ?? at.textContent.trim(), tag: at.localName, shown };
});

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing on any screen, ${theme}`, async () => {
    const screens = [
      ["?demo=quiet&pick=Pod/default/web-6d4cf56db6-0001&tab=why", ".inspector"],
      ["?demo=pending&pick=Pod/default/big-58d9c7b6f5-0001", ".cause"],
      ["?demo=broken", ".tile"],
      ["?demo=rollout&view=rollout", ".band"],
      ["?lesson=deployments", ".step"],
      ["", ".card"],
    ];
    const found = [];
    for (const [query, shown] of screens) {
      await withApp({ query, theme, motion: "reduce" }, async (page) => {
        await page.locator(shown).first().waitFor();
        if (query.includes("lesson")) await page.getByRole("tab", { name: "Files" }).click();
        found.push(...(await faults(page)).map((fault) => `${query} ${fault}`));
        if (query.includes("rollout")) {
          await page.locator(".rollout").click();
          await page.keyboard.press("?");
          await page.getByRole("dialog").waitFor();
          found.push(...(await faults(page)).map((fault) => `help ${fault}`));
        }
      });
    }
    assert.deepEqual(found, []);
  });
}

test("Tab comes to everything, visibly; Escape closes and gives the focus back", async () => {
  await withApp({ query: "?play=1", motion: "reduce" }, async (page) => {
    await ready(page);
    // At the start there is nothing to undo: that button is passed over.
    await screenOf(page, /\$ *$/);
    for (const pane of ["time", "header", "stage", "terminal"]) {
      await page.keyboard.press("F6");
      assert.equal(await page.evaluate(() => document.activeElement.closest("[data-pane]").dataset.pane), pane);
    }
    await exec(page, "kubectl create deployment web --image=nginx --replicas=2");
    await page.evaluate(() => window.podarium.advance(30));
    await page.locator(".tile.running").nth(1).waitFor();
    await page.locator(".brand").focus();
    const seen = [];
    for (let presses = 0; presses < 40; presses += 1) {
      const now = await focused(page);
      seen.push(now.name);
      assert.ok(now.shown, `${now.name} shows that it has the focus`);
      if (/Terminal/.test(now.name) && now.tag === "textarea") break;
      await page.keyboard.press("Tab");
    }
    for (const name of ["Lessons", "Stage", "Rollout", "System pods", "kubernetes", "Files"]) {
      assert.ok(seen.some((it) => it.includes(name)) || name === "System pods", `${name} in ${seen.join(" | ")}`);
    }
    // Out of the terminal by F6, to a tile, and into the inspector and back.
    for (const pane of ["time", "header", "stage"]) {
      await page.keyboard.press("F6");
      assert.equal(await page.evaluate(() => document.activeElement.closest("[data-pane]").dataset.pane), pane);
    }
    await page.locator(".tile").first().focus();
    await page.keyboard.press("Enter");
    await page.locator(".inspector").waitFor();
    await page.locator(".inspector").getByRole("tab", { name: "Summary" }).focus();
    await page.keyboard.press("ArrowRight");
    assert.equal((await focused(page)).name, "Why");
    await page.keyboard.press("Escape");
    await page.locator(".inspector").waitFor({ state: "detached" });
    assert.match((await focused(page)).name, /web-/);
    await page.keyboard.press("?");
    const help = page.getByRole("dialog");
    await help.waitFor();
    await page.keyboard.press("Tab");
    const inside = await help.evaluate((it) => it.contains(document.activeElement) || document.activeElement === document.body);
    assert.ok(inside, "what is behind the dialog rests");
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    assert.match((await focused(page)).name, /web-/);
  });
});

test("Korean is composed in the terminal, in a file's name and in the editor", async () => {
  await withApp({ query: "?play=1", lang: "ko" }, async (page) => {
    await ready(page);
    const chromium = await page.context().newCDPSession(page);
    const compose = async (steps, text) => {
      for (const step of steps) {
        await chromium.send("Input.imeSetComposition", { text: step, selectionStart: step.length, selectionEnd: step.length });
      }
      await chromium.send("Input.insertText", { text });
    };
    await typeLine(page, "echo ready");
    await screenOf(page, /^ready$/m);
    await page.keyboard.type("echo ");
    await compose(["ㅎ", "하", "한"], "한");
    await compose(["ㄱ", "그", "글"], "글");
    await page.keyboard.type(" ok");
    await page.keyboard.press("Enter");
    await screenOf(page, /^한글 ok$/m);
    await page.getByRole("tab", { name: "파일" }).click();
    await page.getByRole("button", { name: "새 파일" }).click();
    await page.keyboard.press("Control+A");
    await compose(["ㅁ", "메", "멤"], "메");
    await compose(["ㅁ", "모"], "모");
    await page.keyboard.type(".txt");
    await page.keyboard.press("Enter");
    const editor = page.getByRole("textbox", { name: "메모.txt" });
    await editor.waitFor();
    await editor.click();
    await compose(["ㅇ", "아", "안"], "안");
    await compose(["ㄴ", "녀", "녕"], "녕");
    await page.waitForTimeout(600);
    assert.equal((await exec(page, "cat 메모.txt")).stdout, "안녕");
  });
});
