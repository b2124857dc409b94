// Pictures for `docs/`: a rollout that is going on, as a learner would bring it about. `cargo xtask pictures docs`
import { exec, picture, ready, screenOf, typeLine, withApp } from "./harness.mjs";

const manifest = (image) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 8
  minReadySeconds: 4
  strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } }
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
      - name: shop
        image: ${image}
        resources: { requests: { cpu: 150m, memory: 192Mi } }
        readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 }
`;

async function rollout(page) {
  await ready(page);
  await page.evaluate((yaml) => window.podarium.apply(yaml), manifest("nginx:1.27"));
  await exec(page, "kubectl expose deployment shop --port 80");
  await exec(page, "kubectl create deployment cart --image=httpd --replicas=3; kubectl expose deployment cart --port 80");
  await page.evaluate(() => window.podarium.advance(60));
  await typeLine(page, "kubectl get deployments");
  await screenOf(page, /8\/8/);
  await typeLine(page, "kubectl set image deployment shop shop=nginx:1.28");
  await screenOf(page, /image updated/);
  await typeLine(page, "kubectl rollout status deployment shop");
  await screenOf(page, /Waiting for deployment/);
}

const paneOf = (page, index) => page.locator(".bottom-bar button").nth(index).click();

const SCENES = {
  stage: [{ query: "?lesson=rolling-update" }, async (page) => {
    await rollout(page);
    await page.locator(".tile.creating").first().waitFor();
  }],
  "rollout-ko": [{ query: "?lesson=rolling-update&view=rollout", lang: "ko", theme: "dark" }, async (page) => {
    await rollout(page);
    await page.locator(".band.newest .tile").nth(5).waitFor();
  }],
  "phone-ko": [{ query: "?lesson=rolling-update", width: 390, height: 844, lang: "ko" }, async (page) => {
    await paneOf(page, 2);
    await rollout(page);
    await paneOf(page, 1);
    await page.locator(".tile.creating").first().waitFor();
  }],
  why: [{ query: "?play=1", theme: "dark" }, async (page) => {
    await rollout(page);
    await page.waitForTimeout(4000);
    await page.locator(".tile.running").last().click();
    await page.getByRole("tab", { name: "Why" }).click();
    await page.locator(".score.chosen summary").click();
  }],
};

/** Takes them all. */
export async function takeScenes() {
  for (const [name, [options, bringAbout]] of Object.entries(SCENES)) {
    await withApp(options, async (page) => {
      await bringAbout(page);
      await page.waitForTimeout(400);
      console.log(await picture(page, name));
    });
  }
}
