// The app as a learner uses it, with the real worker behind it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_OF_APP, exec, keepNow, ready, screenOf, typeLine, withApp } from "./harness.mjs";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: nginx } ] }
`;

test("the start screen lists the lessons and leads to free play", async () => {
  await withApp({}, async (page) => {
    assert.equal(await page.locator(".cards .card").count(), 3);
    await page.getByRole("button", { name: /Free play/ }).click();
    await page.getByRole("region", { name: "Stage" }).waitFor();
    await page.locator(".room").nth(2).waitFor();
  });
});

test("a command is typed and answers", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await typeLine(page, "kubectl get nodes");
    const screen = await screenOf(page, /worker-3 +Ready/);
    assert.match(screen, /NAME +STATUS +ROLES +AGE +VERSION/);
  });
});

test("a refused request stops at the API server, with the reason; an empty stage says what to do first", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await typeLine(page, "kubectl create namespace default");
    await page.locator(".refusal", { hasText: "409 AlreadyExists" }).waitFor();
    await page.locator(".first-command").getByRole("button").click();
    await screenOf(page, /deployment.apps\/web created/);
    await page.locator(".tile").nth(2).waitFor();
    assert.equal(await page.locator(".first-command").count(), 0);
  });
});

test("a pod that is held back counts down", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl run a --image=nowhere/none:1");
    await page.evaluate(() => window.podarium.advance(20));
    const wait = page.locator(".tile-wait");
    await wait.waitFor();
    const first = await wait.textContent();
    assert.match(first, /^\d+s$/);
    await page.waitForFunction((first) => parseInt(document.querySelector(".tile-wait")?.textContent, 10) < parseInt(first, 10), first);
  });
});

test("an applied Deployment becomes running tiles, and the inspector says why", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    const applied = await page.evaluate((yaml) => window.podarium.apply(yaml), DEPLOYMENT);
    assert.equal(applied.stdout, "deployment.apps/web created\n");
    await page.evaluate(() => window.podarium.advance(60));
    await page.locator(".tile.running").nth(2).waitFor();
    await page.locator(".tile.running").first().click();
    const inspector = page.locator(".inspector");
    await inspector.getByRole("tab", { name: "Why" }).click();
    await inspector.getByText("was chosen").waitFor();
    assert.equal(await inspector.locator(".score").count(), 4);
    await inspector.getByRole("tab", { name: "Story" }).click();
    await inspector.getByText("kube-scheduler").first().waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await inspector.count(), 0);
  });
});

test("the rollout view shows a band for each revision", async () => {
  await withApp({ query: "?play=1&view=rollout" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create deployment web --image=nginx:1.27 --replicas=3");
    await page.evaluate(() => window.podarium.advance(60));
    await exec(page, "kubectl set image deployment web nginx=nginx:1.28");
    await page.locator(".band").nth(1).waitFor();
    await page.evaluate(() => window.podarium.advance(120));
    await page.locator(".band.drained").waitFor();
    assert.equal(await page.locator(".band.newest .tile.running").count(), 3);
  });
});

test("language and theme change by a click and are remembered", async () => {
  await withApp({ query: "?lesson=deployments" }, async (page) => {
    await ready(page);
    await page.getByRole("button", { name: "Read in Korean" }).click();
    await page.getByRole("heading", { name: "디플로이먼트", exact: true }).waitFor();
    await page.getByRole("button", { name: "밝은 화면/어두운 화면 전환" }).click();
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    await page.goto(`${URL_OF_APP}/`);
    await page.locator("html[lang=ko][data-theme=dark]").waitFor();
  });
});

test("a reload keeps cluster and files", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create configmap kept --from-literal=a=b; echo hello > kept.txt");
    await keepNow(page);
    await page.reload();
    await ready(page);
    const kept = await page.evaluate(() => window.podarium.get("configmap", "default", "kept"));
    assert.deepEqual(kept.data, { a: "b" });
    assert.equal((await exec(page, "cat kept.txt")).stdout, "hello\n");
  });
});

test("kubectl edit opens the editor and goes on when it is saved", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl create deployment web --image=nginx");
    await typeLine(page, "kubectl edit deployment web");
    await page.getByText("A command waits for this file:").waitFor();
    await page.locator(".waiting .cm-content").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await screenOf(page, /cancelled|no changes made/i);
  });
});
