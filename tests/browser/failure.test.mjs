// When things go wrong: the worker fails, the browser keeps nothing, time is in the middle of something.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exec, keepNow, ready, screenOf, typeLine, withApp } from "./harness.mjs";

const BROKEN = /boom|already borrowed|unreachable|BorrowMutError/;

/** The worker's program meets something that cannot be, as a bug of ours would be. */
async function breakWorker(page) {
  await page.workers()[0].evaluate(() => {
    Date.now = () => {
      throw new Error("boom");
    };
  });
  await page.keyboard.press(".");
}

test("a worker that fails is replaced, with the world as it was kept last", async () => {
  await withApp({ query: "?play=1", complaints: BROKEN }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create configmap kept --from-literal=a=b");
    await keepNow(page);
    await page.locator(".stage-bar").click();
    await breakWorker(page);
    const dialog = page.getByRole("alertdialog", { name: "The simulator stopped" });
    await dialog.waitFor();
    assert.match(await dialog.locator("pre").textContent(), /boom/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.waitFor({ state: "detached" });
    await typeLine(page, "kubectl get configmap kept");
    await screenOf(page, /kept +1/);
  });
});

test("a worker that fails in a lesson is replaced by a new one of the same lesson", async () => {
  await withApp({ query: "?lesson=deployments", complaints: BROKEN }, async (page) => {
    await ready(page);
    await page.locator(".stage-bar").click();
    await breakWorker(page);
    await page.getByRole("button", { name: "New cluster" }).click();
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Deployments", exact: true, level: 1 }).waitFor();
    await typeLine(page, "ls");
    await screenOf(page, /nginx-deployment.yaml/);
  });
});

test("a browser that keeps nothing is no obstacle", async () => {
  const before = (page) => page.addInitScript(() => {
    for (const name of ["localStorage", "indexedDB"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("denied", "SecurityError"); } });
    }
  });
  await withApp({ query: "?lesson=deployments&theme=dark", before }, async (page) => {
    await ready(page);
    await page.locator("html[data-theme=dark]").waitFor();
    await typeLine(page, "kubectl get nodes");
    await screenOf(page, /worker-3/);
    await page.getByRole("button", { name: "Read in Korean" }).click();
    await page.getByRole("heading", { name: "디플로이먼트", exact: true }).waitFor();
  });
});

test("a reload in the middle of a rollout goes on with it", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create deployment web --image=nginx:1.27 --replicas=6");
    await page.evaluate(() => window.podarium.advance(60));
    await exec(page, "kubectl set image deployment web nginx=nginx:1.28");
    await page.getByRole("button", { name: "Pause" }).click();
    await keepNow(page);
    await page.reload();
    await ready(page);
    const at = await page.evaluate(() => window.podarium.get("deployment", "default", "web"));
    assert.ok((at.status.updatedReplicas ?? 0) < 6 || at.status.replicas > 6, "still under way");
    await page.evaluate(() => window.podarium.advance(120));
    const then = await page.evaluate(() => window.podarium.get("deployment", "default", "web"));
    assert.deepEqual([then.status.updatedReplicas, then.status.readyReplicas, then.status.replicas], [6, 6, 6]);
  });
});

test("time is held, stepped, skipped and taken back by its buttons", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    const bar = page.locator(".timebar");
    const click = (name) => bar.getByRole("button", { name, exact: true }).click();
    await click("Pause");
    await bar.getByRole("button", { name: "Resume" }).waitFor();
    await typeLine(page, "kubectl create deployment web --image=nginx");
    await screenOf(page, /web created/);
    const held = await bar.locator(".clock").textContent();
    await page.waitForTimeout(1100);
    assert.equal(await bar.locator(".clock").textContent(), held);
    for (let steps = 0; steps < 40 && (await page.locator(".tile.running").count()) === 0; steps += 1) await click("One step");
    await page.locator(".tile.running").waitFor();
    await bar.getByRole("button", { name: "Resume" }).waitFor();
    await click("Undo the last command");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 0);
    await screenOf(page, /kubectl create deployment web --image=nginx\n.*\$ *$/);
    assert.equal(await bar.getByRole("button", { name: "Undo the last command" }).isDisabled(), true);
    await click("To the next event");
    await click("Resume");
    await page.waitForFunction((held) => document.querySelector(".clock").textContent !== held, held);
  });
});
