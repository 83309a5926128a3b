// What a reader waits for: from a command to the painted page, with few devices and with a thousand.
import type { Page } from "@playwright/test";
import { Session } from "../src/script/session.ts";
import { writeSession } from "../src/script/session-file.ts";
import { withPage } from "./browser.ts";
import { type Bench, type Measure, summarise } from "./harness.ts";

interface Size {
  readonly vsmmus: number;
  readonly devicesEach: number;
  /** p95, in milliseconds. */
  readonly goal: number;
}

const SIZES: readonly Size[] = [
  { vsmmus: 2, devicesEach: 4, goal: 50 },
  { vsmmus: 16, devicesEach: 64, goal: 100 },
];

const WARM_UP = 6;
const ROUNDS = 8;

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Every device plugged behind its vSMMU, the machine started. */
function scriptOf({ vsmmus, devicesEach }: Size): string {
  const devices = range(vsmmus * devicesEach);
  return [
    `title "${vsmmus} x ${devicesEach}"`,
    "psmmu p0",
    ...devices.map((d) => `device d${d} psmmu=p0 sid=${hex(0x100 + d * 8)}`),
    ...range(vsmmus).map((v) => `vsmmu v${v} bus=pcie.${v + 1}`),
    ...devices.map((d) => `plug d${d} v${Math.floor(d / devicesEach)}`),
    "machine-start",
    "",
  ].join("\n");
}

/** What a reader does all day, on another vSMMU and device each round. */
function actionsOf(round: number, { vsmmus, devicesEach }: Size): string[] {
  const v = round % vsmmus;
  const d = v * devicesEach + (round % devicesEach);
  const sid = hex(0x100 + d * 8);
  return [
    `gbpa v${v} abort`,
    `dma d${d}`,
    `ste v${v} ${sid} translate`,
    `cfgi v${v} ${sid}`,
    `cr0 v${v} +smmuen`,
    `gbpa v${v} bypass`,
    `unplug d${d}`,
    `plug d${d} v${v} hot`,
  ];
}

async function play(page: Page, line: string): Promise<number> {
  const input = page.getByRole("combobox", { name: "Command" });
  await input.fill(line);
  await input.press("Escape");
  await page.evaluate(() => performance.clearMeasures("lab:action"));
  await input.press("Enter");
  const measured = await page.waitForFunction(() => performance.getEntriesByName("lab:action")[0]?.duration);
  return Number(await measured.jsonValue());
}

async function measure(page: Page, url: string, size: Size): Promise<Measure> {
  const opened = Session.open(scriptOf(size));
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  await page.evaluate((text) => {
    localStorage.setItem("vsmmu-lab.session", text);
  }, writeSession(opened.value));
  // A fresh document, which does not save over what was just stored.
  await page.goto("about:blank");
  await page.goto(url);
  await page.locator("html[data-idle]").waitFor({ state: "attached" });
  const took: number[] = [];
  for (const round of range(WARM_UP / 2 + ROUNDS)) {
    for (const line of actionsOf(round, size)) {
      const one = await play(page, line);
      if (round >= WARM_UP / 2) took.push(one);
    }
  }
  const { median, p95, max, count } = summarise(took);
  const told = (value: number): string => value.toFixed(0);
  return {
    name: `action → painted, ${size.vsmmus} × ${size.devicesEach} devices, p95`,
    value: p95,
    unit: "ms",
    goal: { atMost: size.goal },
    note: `${count} actions, median ${told(median)}, longest ${told(max)}`,
  };
}

export const bench: Bench = {
  title: "The page: from an action to the painted step",
  run: () =>
    withPage(async (page, url) => {
      const measures: Measure[] = [];
      for (const size of SIZES) measures.push(await measure(page, url, size));
      return measures;
    }),
};
