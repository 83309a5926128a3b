// Learn in the page: from the click on a lesson to its first step with the graph, and from one question to the next.
import type { Page } from "@playwright/test";
import { withPage } from "./browser.ts";
import { type Bench, type Measure, summarise } from "./harness.ts";

const QUESTIONS = 40;

/**
 * Presses what `press` finds and waits until something new is at `shown` and the frame with it was painted. As text, for
 * it runs in the page as it stands.
 */
const pressed = (page: Page, press: string, shown: string): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    const old = document.querySelector(${JSON.stringify(shown)});
    const from = performance.now();
    document.querySelector(${JSON.stringify(press)}).click();
    (function look() {
      const now = document.querySelector(${JSON.stringify(shown)});
      if (now === null || now === old) requestAnimationFrame(look);
      else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
    })();
  })`);

/** The page has had a moment for what it does when nobody waits. */
const idle = (page: Page): Promise<unknown> =>
  page.evaluate("new Promise((done) => requestIdleCallback(() => setTimeout(done)))");

async function lessons(page: Page): Promise<Measure> {
  await page.getByTestId("open-learn").click();
  await page.getByRole("button", { name: "Kernel contributor" }).waitFor();
  const ids = await page
    .locator(".lesson-row")
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.testid ?? ""));
  const took: number[] = [];
  for (const id of ids) {
    // As with a mouse: it is over the row before it presses.
    await page.getByTestId(id).hover();
    await idle(page);
    took.push(await pressed(page, `[data-testid=${id}]`, "[data-testid=lesson] .react-flow__node"));
    await page.getByTestId("learn-home").click();
  }
  const { max, count } = summarise(took);
  return {
    name: "lesson: click → first step painted, longest",
    value: max,
    unit: "ms",
    goal: { atMost: 200 },
    note: `${count} lessons, each for the first time: ${took.map((one) => one.toFixed(0)).join(" ")}`,
  };
}

async function questions(page: Page): Promise<Measure> {
  await page.getByTestId("learn-practice").click();
  await page.getByTestId("question").waitFor();
  const took: number[] = [];
  for (let n = 0; n < QUESTIONS; n++) {
    await page.getByTestId("tell").click();
    // The answer is read meanwhile.
    await idle(page);
    took.push(await pressed(page, "[data-testid=next]", "[data-testid=tell]"));
  }
  const { median, p95, max } = summarise(took);
  return {
    name: "practice: next → question painted, p95",
    value: p95,
    unit: "ms",
    goal: { atMost: 200 },
    note: `${QUESTIONS} questions, median ${median.toFixed(0)}, longest ${max.toFixed(0)}`,
  };
}

export const bench: Bench = {
  title: "Learn in the page",
  run: () =>
    withPage(async (page) => {
      await page.locator("html[data-idle]").waitFor({ state: "attached" });
      return [await lessons(page), await questions(page)];
    }),
};
