// Pictures of the app for human eyes: each NAME=QUERY of the command line (else the front page) in both themes, both
// languages and three widths. `cargo xtask pictures stage='?lesson=deployments'`; the word `docs` takes those of `docs/`.
import { picture, withApp } from "./harness.mjs";
import { takeScenes } from "./scenes.mjs";

const THEMES = ["light", "dark"];
const LANGUAGES = ["en", "ko"];
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];
// Time for fonts, for the worker's first answer and for what moves at the start.
const SETTLE_MS = 1500;

const words = process.argv.slice(2);
if (words.includes("docs")) await takeScenes();
const views = words.filter((word) => word !== "docs").map((word) => {
  const [name, ...query] = word.split("=");
  return { name, query: query.join("=") };
});
if (words.length === 0) views.push({ name: "app", query: "" });

for (const { name, query } of views) {
  for (const theme of THEMES) {
    for (const lang of LANGUAGES) {
      for (const size of SIZES) {
        await withApp({ query, theme, lang, ...size }, async (page) => {
          await page.waitForTimeout(SETTLE_MS);
          console.log(await picture(page, `${name}-${theme}-${lang}-${size.width}`));
        });
      }
    }
  }
}
