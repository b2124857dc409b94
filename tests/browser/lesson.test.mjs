// Lessons: steps that tick, blocks that are used by a click, solutions, and worlds that survive each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exec, keepNow, ready, screenOf, typeLine, withApp } from "./harness.mjs";

const has = (page, kind, name) => page.evaluate(([kind, name]) => window.podarium.get(kind, "default", name).then(() => true, () => false), [kind, name]);
const heading = (page, name) => page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();

test("a step ticks when it is done; its commands are typed by a click, letter by letter", async () => {
  await withApp({ query: "?lesson=deployments" }, async (page) => {
    await ready(page);
    await screenOf(page, /\$ *$/);
    const step = page.evaluate(() => new Promise((resolve) => window.podarium.on("step", resolve)));
    await page.locator(".step.at-hand [data-use=sh]").first().click();
    await screenOf(page, /\$ kubectl ap?p?l?y?$/);
    await screenOf(page, /deployment.apps\/nginx-deployment created[^]*READY[^]*\$ *$/);
    await page.evaluate(() => window.podarium.advance(60));
    assert.deepEqual(await step, { id: "deployments", step: 1, steps: 6, hints: 0, solutions: 0 });
    await page.locator(".step.done").waitFor();
    assert.equal(await page.locator(".step.just-done details[open]").count(), 1, "what was just done can still be read");
    await page.getByRole("button", { name: "Hint" }).click();
    await page.locator(".hint").waitFor();
  });
});

test("a solution is typed; a key finishes its line, reduced motion does without the letters", async () => {
  for (const motion of ["no-preference", "reduce"]) {
    await withApp({ query: "?lesson=deployments", motion }, async (page) => {
      await ready(page);
      await typeLine(page, "echo half; echo typed");
      await screenOf(page, /\$ *$/);
      await page.keyboard.type("half a line");
      await page.getByRole("button", { name: "Show solution" }).click();
      if (motion !== "reduce") {
        await screenOf(page, /\$ kub/);
        await page.locator(".terminals > .terminal:not([hidden]) .xterm-helper-textarea").focus();
        await page.keyboard.press("x");
      }
      const screen = await screenOf(page, /nginx-deployment created/);
      assert.match(screen, /\$ kubectl apply -f nginx-deployment.yaml$/m);
    });
  }
});

test("free play, each lesson and every tab outlive each other and a reload", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create configmap mine --from-literal=a=b");
    await page.getByRole("button", { name: "New terminal" }).click();
    await typeLine(page, "SECOND=kept");
    const toLesson = async (name) => {
      await page.getByRole("button", { name: "Podarium: to the lessons" }).click();
      await page.locator(".card", { hasText: name }).click();
    };
    await toLesson("Deployments");
    await heading(page, "Deployments");
    assert.equal(await has(page, "configmap", "mine"), false);
    assert.equal(await page.locator(".terminals > .terminal").count(), 1);
    await exec(page, "kubectl apply -f nginx-deployment.yaml");
    await page.evaluate(() => window.podarium.advance(60));
    await page.locator(".step.done").waitFor();
    await toLesson("Rolling update");
    await heading(page, "Rolling update");
    await toLesson("Free play");
    await page.waitForFunction(() => !document.querySelector(".lesson"));
    assert.equal(await has(page, "configmap", "mine"), true);
    await page.getByRole("tab", { name: "Terminal 2" }).click();
    await typeLine(page, "echo $SECOND");
    await screenOf(page, /^kept$/m);
    await toLesson("Deployments");
    await page.locator(".step.done").waitFor();
    assert.equal(await has(page, "deployment", "nginx-deployment"), true);
    await toLesson("Free play");
    await page.waitForFunction(() => !document.querySelector(".lesson"));
    await keepNow(page);
    await page.reload();
    await ready(page);
    await page.getByRole("tab", { name: "Terminal 2" }).click();
    await typeLine(page, "echo again $SECOND");
    await screenOf(page, /^again kept$/m);
  });
});

test("a lesson that is not there leads to free play", async () => {
  await withApp({ query: "?lesson=nothing" }, async (page) => {
    await ready(page);
    await page.getByText("Free play").waitFor();
    await typeLine(page, "kubectl get nodes");
    await screenOf(page, /worker-3/);
  });
});
