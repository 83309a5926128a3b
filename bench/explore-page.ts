// The explorer as the page has it: its workers, its limits, what the reader sees while it runs.
import type { Page } from "@playwright/test";
import { withPage } from "./browser.ts";

export interface Shown {
  readonly transitions: number;
  /** As the page tells it: without the start of the workers. */
  readonly ms: number;
  /** The longest time that the page itself was busy, from the start to the end. */
  readonly longest: number;
  readonly status: string;
}

export interface Asked {
  readonly alphabet: string;
  readonly workers: number;
  /** States at most. */
  readonly states: number;
}

/** Milliseconds of `31.2 s` or `2 min 5 s`. */
function msOf(text: string): number {
  const [, min = "0", s = "0"] = /^(?:(\d+) min )?([\d.]+) s$/.exec(text.trim()) ?? [];
  return (Number(min) * 60 + Number(s)) * 1000;
}

async function search(page: Page, asked: Asked): Promise<Shown> {
  const place = page.getByTestId("explore");
  await place.locator(`input[type=radio][value="${asked.alphabet}"]`).check();
  await place.getByRole("textbox", { name: "States at most", exact: true }).fill(String(asked.states));
  await place.getByRole("combobox", { name: /^Workers/ }).selectOption(String(asked.workers));
  await page.evaluate(() => {
    const root = document.documentElement;
    root.dataset.longest = "0";
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        root.dataset.longest = String(Math.max(Number(root.dataset.longest), duration));
    }).observe({ type: "longtask" });
  });
  await page.getByTestId("explore-start").click();
  const status = page.getByTestId("explore-status");
  await page.waitForFunction(
    () =>
      /Partial|Every reachable/.test(
        document.querySelector("[data-testid=explore-status]")?.textContent ?? "",
      ),
    null,
    { timeout: 600_000, polling: 500 },
  );
  const figure = async (name: string): Promise<string> =>
    await page
      .getByTestId("explore-counts")
      .locator(".explore-figure", { has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) })
      .locator("dd")
      .innerText();
  return {
    transitions: Number((await figure("Transitions")).replaceAll(",", "")),
    ms: msOf(await figure("Time")),
    longest: Number(await page.locator("html").getAttribute("data-longest")),
    status: await status.innerText(),
  };
}

/** Searches of (2,2), each in a page of its own: nothing learnt. */
export async function inPage(session: string, questions: readonly Asked[]): Promise<Shown[]> {
  const out: Shown[] = [];
  await withPage(async (page, url) => {
    for (const asked of questions) {
      await page.evaluate((text) => {
        localStorage.clear();
        localStorage.setItem("vsmmu-lab.session", text);
      }, session);
      // A fresh document, which does not save over what was just stored.
      await page.goto("about:blank");
      await page.goto(url);
      await page.locator("html[data-idle]").waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Explore", exact: true }).click();
      out.push(await search(page, asked));
    }
  });
  return out;
}
