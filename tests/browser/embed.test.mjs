// Embedded in a page of another site, and what pages around it hear and call.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { URL_OF_APP, exec, ready, withApp } from "./harness.mjs";

const HOST = `<!doctype html><title>A course</title><h1>A course</h1>
<iframe title="Podarium" style="width: 1000px; height: 640px; border: 0" src="${URL_OF_APP}/?embed=1&lesson=deployments&lang=ko&theme=dark"></iframe>
<script>window.heard = []; addEventListener("message", (event) => heard.push({ origin: event.origin, ...event.data }));</script>`;

/** A page of another site: the same machine under another name, which no cookie or storage of the app's belongs to. */
async function withHost(use) {
  const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(HOST));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://localhost:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("in a frame of another site a lesson runs without chrome, and tells the page around it how far it is", async () => {
  await withHost(async (url) => {
    const requests = [];
    const before = (page) => page.on("request", (request) => requests.push(request));
    await withApp({ url, before }, async (page) => {
      const frame = page.frameLocator("iframe");
      await frame.locator("html[lang=ko][data-theme=dark]").waitFor();
      await frame.getByRole("heading", { name: "디플로이먼트", exact: true }).waitFor();
      assert.equal(await frame.locator(".header").count(), 0);
      const inside = page.frames().find((frame) => frame.url().startsWith(URL_OF_APP));
      await ready(inside);
      const script = [
        "kubectl apply -f nginx-deployment.yaml",
        "kubectl get rs -o jsonpath='{.items[0].metadata.name}' > owner.txt",
        "kubectl delete pod $(kubectl get pods -l app=nginx -o jsonpath='{.items[0].metadata.name}')",
        "kubectl scale deployment nginx-deployment --replicas=5",
        "kubectl label pod $(kubectl get pods -l app=nginx -o jsonpath='{.items[0].metadata.name}') app=free --overwrite",
        "kubectl delete deployment nginx-deployment",
      ];
      for (const [done, line] of script.entries()) {
        await exec(inside, line);
        await inside.evaluate(() => window.podarium.advance(60));
        await frame.locator(".step.done").nth(done).waitFor();
      }
      await page.waitForFunction(() => window.heard.some((message) => message.podarium === "passed"));
      const heard = await page.evaluate(() => window.heard);
      const told = heard.map((message) => message.podarium);
      assert.deepEqual(told, ["ready", "lesson", "step", "step", "step", "step", "step", "step", "passed"]);
      assert.deepEqual(heard.at(-1), {
        origin: URL_OF_APP, podarium: "passed", id: "deployments", step: 6, steps: 6, hints: 0, solutions: 0,
      });
      for (const request of requests) {
        assert.equal((await request.allHeaders()).cookie, undefined, "no cookie travels");
        assert.match(request.url(), /^(http:\/\/(127\.0\.0\.1|localhost):|data:|blob:)/, "nothing is fetched from elsewhere");
      }
    });
  });
});

test("window.podarium: every function and event", async () => {
  await withApp({ query: "?play=1" }, async (page) => {
    await ready(page);
    const answers = await page.evaluate(async () => {
      const { podarium } = window;
      const happened = [];
      await podarium.on("happened", (list) => happened.push(...list));
      const refusal = (promise) => promise.then(() => "no refusal", (error) => error.message);
      const applied = await podarium.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n");
      const wrong = await podarium.apply("kind: Nothing\n");
      const before = await podarium.snapshot();
      await podarium.exec("kubectl create deployment web --image=nginx --replicas=2");
      await podarium.advance(30);
      const pods = await podarium.get("pods", "default");
      await podarium.restore(before);
      const after = await podarium.get("pods", "default");
      return {
        names: Object.keys(podarium).sort(),
        applied,
        wrong: { exit: wrong.exit, complains: wrong.stderr.length > 0 },
        snapshot: before instanceof Uint8Array,
        pods: pods.items.length,
        after: after.items.length,
        list: (await podarium.get("configmaps", "default")).items.map((item) => item.metadata.name),
        happened: happened.some((it) => it.reason === "Scheduled" && it.kind === "Pod"),
        refusals: [
          await refusal(podarium.exec(1)), await refusal(podarium.advance("soon")), await refusal(podarium.restore("text")),
          await refusal(podarium.restore(new Uint8Array([1, 2, 3]))), await refusal(podarium.get("nothing")),
        ],
        cursor: (await podarium.exec("exit 3")).exit,
      };
    });
    assert.deepEqual(answers.names, ["advance", "apply", "exec", "get", "on", "restore", "snapshot"]);
    assert.deepEqual(answers.applied, { stdout: "configmap/a created\n", stderr: "", exit: 0 });
    assert.deepEqual(answers.wrong, { exit: 1, complains: true });
    assert.deepEqual([answers.snapshot, answers.pods, answers.after, answers.happened, answers.cursor], [true, 2, 0, true, 3]);
    assert.deepEqual(answers.list, ["a", "kube-root-ca.crt"]);
    assert.ok(answers.refusals.every((message) => message && message !== "no refusal"), answers.refusals.join("; "));
  });
});
