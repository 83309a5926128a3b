// Reading a trace log: a recording repeated to 100 MB, beside what zgrep makes of the same file; and a session of
// 100,000 replayed steps: how long a jump to any of them takes, and what it holds in memory.
import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gunzipSync, gzipSync } from "node:zlib";
import { readEvent } from "../src/replay/events/table.ts";
import { Grouper } from "../src/replay/meaning/grouper.ts";
import { readLog } from "../src/replay/reader/read.ts";
import { replayLog } from "../src/replay/run.ts";
import { SessionBuilder } from "../src/replay/session-builder.ts";
import { type RunData, runData, type StepData } from "../src/replay/transfer.ts";
import { withPage } from "./browser.ts";
import { type Bench, type Measure, summarise } from "./harness.ts";

const RECORDING = new URL("../content/recordings/boot-dma.log.gz", import.meta.url);
const SIZE = 100 * 2 ** 20;
const STEPS = 100_000;
const JUMPS = 200;
const ROUNDS = 5;

/** Without it the heap holds whatever was thrown away lately. */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

interface Times {
  /** Milliseconds on the clock, and of this process's own time. */
  readonly wall: number;
  readonly own: number;
}

/**
 * The best of a few rounds: other work on the machine only ever makes one slower. The bodies take turns, so that such
 * work slows all of them.
 */
async function best(...bodies: readonly (() => unknown)[]): Promise<Times[]> {
  const times = bodies.map(() => ({ wall: Number.POSITIVE_INFINITY, own: Number.POSITIVE_INFINITY }));
  for (let i = 0; i < ROUNDS; i++)
    for (const [at, body] of bodies.entries()) {
      const cpu = process.cpuUsage();
      const from = performance.now();
      await body();
      const { user, system } = process.cpuUsage(cpu);
      const known = times[at] as Times;
      times[at] = {
        wall: Math.min(known.wall, performance.now() - from),
        own: Math.min(known.own, (user + system) / 1000),
      };
    }
  return times;
}

/** How fast the page itself reads: its worker, with everything that the log becomes. */
async function inPage(path: string, lines: number): Promise<Measure> {
  const elapsed = await withPage(async (page) => {
    const input = page.getByTestId("replay-input");
    await input.waitFor({ state: "attached" });
    await page.evaluate(() => {
      const began = performance.now();
      const watch = new MutationObserver(() => {
        const text = document.querySelector("[data-testid=replay-work]")?.textContent ?? "";
        if (!text.startsWith("Playing")) return;
        watch.disconnect();
        document.documentElement.dataset.readIn = String(performance.now() - began);
      });
      document
        .querySelector("[data-testid=replay-input]")
        ?.addEventListener(
          "change",
          () => watch.observe(document.body, { subtree: true, childList: true, characterData: true }),
          { once: true },
        );
    });
    await input.setInputFiles(path);
    const root = page.locator("html[data-read-in]");
    await root.waitFor({ state: "attached", timeout: 120_000 });
    return Number(await root.getAttribute("data-read-in"));
  }, "#v=1&page=replay");
  return {
    name: "lines read in the page, one worker, as steps of a script",
    value: (lines / elapsed) * 1000,
    unit: "/s",
    goal: { atLeast: 400_000 },
    note: `${Math.round(elapsed)} ms from the choice of the file`,
  };
}

async function reading(): Promise<Measure[]> {
  const dir = mkdtempSync(join(tmpdir(), "replay-bench-"));
  try {
    const one = gunzipSync(readFileSync(RECORDING));
    const copies = Math.ceil(SIZE / one.length);
    const path = join(dir, "big.log.gz");
    writeFileSync(path, gzipSync(Buffer.concat(new Array<Buffer>(copies).fill(one))));
    let lines = 0;
    const source = (): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: 1 << 16 });
    const typed = async (): Promise<void> => {
      const result = await readLog(source(), (spec, s, at, end) => readEvent(spec, s, at, end) !== null);
      lines = result.census.lines;
    };
    const groups = async (): Promise<void> => {
      const grouper = new Grouper(() => undefined);
      await readLog(source(), grouper.sink);
      grouper.end();
    };
    const never = { wall: Number.NaN, own: Number.NaN };
    const [read = never, grouped = never, zgrep = never] = await best(typed, groups, () =>
      execFileSync("zgrep", ["-c", "smmuv3", path]),
    );
    const perCore = (times: Times): string =>
      `${Math.round((lines / times.own) * 1000).toLocaleString("en-GB")} a second of one core's own time`;
    const note = `${lines.toLocaleString("en-GB")} lines, ${Math.round((one.length * copies) / 2 ** 20)} MB of text`;
    return [
      {
        name: "lines of a gzipped log read as typed events",
        value: (lines / read.wall) * 1000,
        unit: "/s",
        goal: { atLeast: 400_000 },
        note: `${note}; ${perCore(read)}`,
      },
      {
        name: "the same, grouped into what happened",
        value: (lines / grouped.wall) * 1000,
        unit: "/s",
        goal: { atLeast: 400_000 },
        note: perCore(grouped),
      },
      {
        name: "reading as a share of zgrep -c smmuv3",
        value: zgrep.wall / read.wall,
        unit: "×",
        goal: { atLeast: 0.25 },
        note: `zgrep ${Math.round(zgrep.wall)} ms, the lab ${Math.round(read.wall)} ms`,
      },
      await inPage(path, lines),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The recording's probe, then its own invalidations again and again. */
function longRun(run: RunData): RunData {
  const repeat = run.steps.filter((s) => s.kind === "TLBI_NH_VA");
  const steps: StepData[] = [...run.steps];
  while (steps.length < STEPS) steps.push(repeat[steps.length % repeat.length] as StepData);
  return { ...run, steps };
}

async function jumping(): Promise<Measure[]> {
  const bytes = new Uint8Array(readFileSync(RECORDING));
  const { replay } = await replayLog(() => [bytes], { scriptOnly: true });
  const recorded = replay.runs[0];
  if (recorded === undefined) throw new Error("the recording has no run");
  const run = runData(recorded);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const builder = new SessionBuilder(longRun(run), "bench");
  const from = performance.now();
  while (!builder.finished) builder.play(1000);
  const built = performance.now() - from;
  const times: number[] = [];
  // A fixed walk over the whole length: every jump lands far from the one before.
  for (let i = 1; i <= JUMPS; i++) {
    const node = builder.nodeOf((i * 61_803) % STEPS);
    if (node === null) throw new Error("a step without a node");
    const start = performance.now();
    builder.session.goTo(node);
    builder.session.world();
    times.push(performance.now() - start);
  }
  collectGarbage();
  const held = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  const { p95 } = summarise(times);
  return [
    {
      name: "steps of a replay played into a session",
      value: (STEPS / built) * 1000,
      unit: "/s",
      note: `${STEPS.toLocaleString("en-GB")} steps`,
    },
    {
      name: "jump to any of 100,000 steps, p95",
      value: p95,
      unit: "ms",
      goal: { atMost: 150 },
      note: `${JUMPS} jumps`,
    },
    { name: "memory of that session", value: held * 1024, unit: "kB", goal: { atMost: 300 * 1024 } },
  ];
}

export const bench: Bench = {
  title: "Replay of trace logs",
  run: async () => [...(await reading()), ...(await jumping())],
};
