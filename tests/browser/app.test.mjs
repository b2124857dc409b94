import assert from "node:assert/strict";
import { test } from "node:test";
import { picture, withApp } from "./harness.mjs";

test("the app starts its worker and hears from it", async () => {
  await withApp({}, async (page) => {
    await page.getByRole("heading", { name: "Podarium" }).waitFor();
    const worker = page.locator("#worker");
    await worker.filter({ hasText: "hello from the worker" }).waitFor();
    assert.equal(await worker.textContent(), "hello from the worker");
    await picture(page, "app");
  });
});
