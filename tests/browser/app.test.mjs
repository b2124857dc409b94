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

test("what is picked stays where it was; what is wrong with it comes first, in its own words", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    await exec(page, "kubectl run crash --image=busybox -- sh -c 'echo no database; exit 3'; kubectl run none --image=nowhere/none:1");
    await exec(page, "kubectl create deployment web --image=nginx --replicas=4");
    await page.evaluate(() => window.podarium.advance(30));
    const crash = page.locator(".tile", { hasText: "crash" });
    const place = await crash.boundingBox();
    await crash.click();
    const cause = page.locator(".inspector .cause");
    await cause.getByText("ended with exit code 3").waitFor();
    await cause.getByText("no database").waitFor();
    await page.waitForTimeout(500);
    const inspector = await page.locator(".inspector").boundingBox();
    const now = await crash.boundingBox();
    assert.ok(now.x + now.width <= inspector.x, "it is not under the inspector");
    assert.equal(now.y, place.y);
    if (place.x + place.width + 20 <= inspector.x) assert.equal(now.x, place.x);
    await page.getByRole("button", { name: /^none/ }).click();
    await cause.getByText("pull access denied").waitFor();
    await page.getByRole("tab", { name: "Why" }).click();
    await cause.getByText("nowhere/none:1 cannot be pulled").waitFor();
  });
});

test("an undo puts each tile back in its place, and what did not happen is not told", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    const told = page.locator(".happened-line");
    await exec(page, "kubectl create deployment web --image=nginx --replicas=6");
    await page.evaluate(() => window.podarium.advance(30));
    await page.locator(".tile.running").nth(5).waitFor();
    await told.click();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".happened .badge").count(), 0);
    const before = await told.getAttribute("aria-label");
    const tiles = () => page.locator(".tiles > .tile").evaluateAll((all) => all.map((it) => it.getAttribute("aria-label")));
    const order = await tiles();
    await typeLine(page, `kubectl delete pod ${order[0].split(" ")[0]}`);
    await page.waitForFunction((gone) => ![...document.querySelectorAll(".tiles > .tile")].some((it) => it.getAttribute("aria-label") === gone), order[0]);
    assert.notEqual(await told.getAttribute("aria-label"), before);
    await page.getByRole("button", { name: "Undo the last command" }).click();
    await page.waitForFunction((first) => document.querySelector(".tiles > .tile")?.getAttribute("aria-label") === first, order[0]);
    assert.deepEqual(await tiles(), order);
    assert.equal(await told.getAttribute("aria-label"), before);
  });
});

test("a pod that is gone fades where it stood, but not where less motion is wanted", async () => {
  for (const motion of ["no-preference", "reduce"]) {
    await withApp({ query: "?play=1", motion }, async (page) => {
      await ready(page);
      await exec(page, "kubectl run web --image=nginx; kubectl run next --image=nginx");
      await page.locator(".tile.running").nth(1).waitFor();
      await page.locator(".tile").first().focus();
      await page.evaluate(() => {
        window.faded = 0;
        const look = () => {
          window.faded += document.querySelectorAll(".departed .tile").length;
          requestAnimationFrame(look);
        };
        look();
      });
      await exec(page, "kubectl delete pod web --now");
      await page.locator(".tiles > .tile").nth(1).waitFor({ state: "detached" });
      assert.match(await page.evaluate(() => document.activeElement.title), /^next/, "the keyboard goes on at the neighbour");
      await page.waitForTimeout(300);
      assert.equal(await page.evaluate(() => window.faded > 0), motion !== "reduce");
      assert.equal(await page.locator(".departed").count(), 0);
    });
  }
});
