// The editor: mistakes while typing, what could come next, several files, on a phone too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ready, screenOf, withApp } from "./harness.mjs";

/** A new file, open in the editor. */
async function newFile(page, name) {
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("File name").fill(name);
  await page.keyboard.press("Enter");
  const editor = page.getByRole("textbox", { name });
  await editor.click();
  return editor;
}

test("fields and values are offered, Enter goes in, the second document is another kind", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await page.getByRole("tab", { name: "Files" }).click();
    await newFile(page, "pod.yaml");
    const offered = page.locator(".cm-tooltip-autocomplete li");
    const take = async (letters, label) => {
      await page.keyboard.type(letters);
      await offered.filter({ hasText: label }).first().waitFor();
      // What pops up under a key that is just being pressed is not taken yet.
      await page.waitForTimeout(300);
      await page.keyboard.press("Tab");
    };
    await page.keyboard.type("apiVersion: v1\nkind: Service\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n");
    await take("str", "strategy");
    await page.keyboard.press("Enter");
    await take("ty", "type");
    await offered.filter({ hasText: "Recreate" }).first().waitFor();
    await page.waitForTimeout(300);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    const text = await page.locator(".cm-content").evaluate((it) => it.cmTile?.view?.state.doc.toString() ?? it.innerText);
    assert.match(text, /spec:\n {2}strategy:\n {4}type: RollingUpdate/);
    await page.locator(".cm-line", { hasText: "strategy" }).locator("span").first().hover();
    await page.locator(".field-help", { hasText: "deployment.spec.strategy" }).waitFor();
  });
});

test("a field says what it is, over it and where it is offered", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await page.getByRole("tab", { name: "Files" }).click();
    const editor = await newFile(page, "web.yaml");
    await editor.fill("apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 2\n");
    await page.locator(".cm-line", { hasText: "replicas" }).locator("span").first().hover();
    const help = page.locator(".cm-tooltip-hover .field-help", { hasText: "deployment.spec.replicas" });
    await help.getByText("Number of desired pods").waitFor();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("  pau");
    await page.locator(".cm-completionInfo", { hasText: "Indicates that the deployment is paused" }).waitFor();
  });
});

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`mistakes are said in words, files stand apart, Apply shows what kubectl says, ${width} px`, async () => {
    await withApp({ query: "?play=1", width, height }, async (page) => {
      await ready(page);
      if (width < 720) {
        await page.locator(".bottom-bar").getByRole("button", { name: "More" }).click();
        await page.locator(".more").getByRole("button", { name: "Files" }).click();
      } else {
        await page.getByRole("tab", { name: "Files" }).click();
      }
      const editor = await newFile(page, "settings.yaml");
      await editor.fill("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndatta:\n  a: b\n");
      await page.locator(".problem-line").waitFor();
      await page.getByRole("button", { name: "Apply" }).click();
      assert.ok(await page.locator(".editor").isVisible(), "a wrong manifest stays open");
      assert.equal(await page.locator(".terminals").isVisible(), false);
      await page.getByRole("button", { name: /^5:1 .*unknown field "datta"/ }).click();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Delete");
      await page.locator(".problem-line").waitFor({ state: "hidden" });
      await newFile(page, "notes.txt");
      await page.keyboard.type("only text");
      assert.equal(await page.getByRole("button", { name: "Apply" }).count(), 0);
      await page.getByRole("button", { name: "settings.yaml", exact: true }).click();
      await page.getByRole("textbox", { name: "settings.yaml" }).waitFor();
      await page.getByRole("button", { name: "Apply" }).click();
      await screenOf(page, /configmap\/settings created/);
    });
  });
}
