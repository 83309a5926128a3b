// The explorer: exhausting a setup, transitions a second from nothing learnt (in Node and in the page), with everything
// learnt, bytes a state, a second thread, and the distance to a packed search that knows its transitions beforehand.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { at } from "../scripts/lib/paths.mjs";
import { scriptWith } from "../src/explore/setups.test-helper.ts";
import { Session } from "../src/script/session.ts";
import { writeSession } from "../src/script/session-file.ts";
import { inPage, type Shown } from "./explore-page.ts";
import type { Searched } from "./explore-search.ts";
import type { Bench, Measure } from "./harness.ts";

const SETUP = scriptWith(2, 2);

/** States of (2,2), vm+ste that are searched: where the default limit stops everybody. The whole is not exhausted. */
const STATES = 2_000_000;

function child(args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--max-old-space-size=6000", ...args], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  // 1: a promise is broken, as it should be.
  if (status !== 0 && status !== 1) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

async function searched(alphabet: string, states: number): Promise<Searched> {
  const dir = mkdtempSync(join(tmpdir(), "explore-bench-"));
  try {
    const outfile = join(dir, "search.mjs");
    const entryPoints = [at("bench", "explore-search.ts")];
    await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", target: "node20" });
    return JSON.parse(child([outfile, alphabet, String(states)])) as Searched;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** (2,2), vm+ste to a number of states by so many threads of the command line, from nothing learnt; milliseconds. */
function threaded(threads: number): number {
  const run = (states: number): number => {
    const args = ["explore", "-", "--alphabet", "vm+ste", "--json"];
    const limits = ["--max-states", String(states), "--workers", String(threads)];
    const from = performance.now();
    child([at("bin", "vsmmu-lab.mjs"), ...args, ...limits], SETUP);
    return performance.now() - from;
  };
  // What a start costs with nothing to search is no part of it.
  const start = run(10);
  return run(STATES) - start;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function node(vm: Searched, ste: Searched): Measure[] {
  const hot = (ste.transitions * 1000) / ste.hotMs;
  return [
    {
      name: "(2,2) vm exhausted, all promises, one thread",
      value: vm.coldMs,
      unit: "ms",
      goal: { atMost: 15_000 },
      note: `${vm.states} states, ${vm.transitions} transitions, ${vm.engineRuns} runs of the engine`,
    },
    {
      name: `(2,2) vm+ste, ${STATES} states, all promises, nothing learnt`,
      value: (ste.transitions * 1000) / ste.coldMs,
      unit: "/s",
      goal: { atLeast: 400_000 },
      note: `${ste.transitions} transitions in ${seconds(ste.coldMs)}, ${ste.engineRuns} runs of the engine`,
    },
    { name: "the same, everything learnt", value: hot, unit: "/s", note: seconds(ste.hotMs) },
    {
      name: "packed search over the same states is faster by",
      value: ste.packed / hot,
      unit: "×",
      goal: { atMost: 10 },
      note: `${Math.round(ste.packed)} transitions/s by a table of the transitions`,
    },
    {
      name: "bytes a stored state",
      value: ste.bytesPerState,
      unit: "B",
      goal: { atMost: 150 },
      note: `vm+ste, and ${Math.round(ste.groupBytes / 1024)} KiB of group states; vm ${Math.round(vm.bytesPerState)}`,
    },
  ];
}

function page(vm: Shown, ste: Shown, searchedInNode: Searched): Measure[] {
  const rate = (ste.transitions * 1000) / ste.ms;
  return [
    {
      name: "in the page: (2,2) vm exhausted, two workers",
      value: vm.ms,
      unit: "ms",
      goal: { atMost: 15_000 },
      note: `${vm.transitions} transitions; ${vm.status.split("\n")[0]}`,
    },
    {
      name: `in the page: (2,2) vm+ste, ${STATES} states, one worker, against Node`,
      value: (rate * searchedInNode.coldMs) / searchedInNode.transitions / 1000,
      unit: "×",
      goal: { atLeast: 0.7 },
      note: `${Math.round(rate)} transitions/s, ${seconds(ste.ms)}`,
    },
    {
      name: "in the page: longest task while it explores",
      value: Math.max(vm.longest, ste.longest),
      unit: "ms",
      goal: { atMost: 50 },
      note: "0: none was long enough to be told of",
    },
  ];
}

export const bench: Bench = {
  title: "Explore",
  async run() {
    const vm = await searched("vm", 1e7);
    const ste = await searched("vm+ste", STATES);
    const one = threaded(1);
    const two = threaded(2);
    const opened = Session.open(SETUP);
    if (!opened.ok) throw new Error(opened.problems.map((p) => p.message).join("; "));
    const [vmShown, steShown] = await inPage(writeSession(opened.value), [
      { alphabet: "vm", workers: 2, states: STATES },
      { alphabet: "vm+ste", workers: 1, states: STATES },
    ]);
    if (vmShown === undefined || steShown === undefined) throw new Error("the page did not search");
    return [
      ...node(vm, ste),
      {
        name: "two threads are faster than one by",
        value: one / two,
        unit: "×",
        goal: { atLeast: 1.7 },
        note: `(2,2) vm+ste to ${STATES} states, nothing learnt: ${seconds(one)} and ${seconds(two)}`,
      },
      ...page(vmShown, steShown, ste),
    ];
  },
};
