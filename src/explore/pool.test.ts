import { describe, expect, it, vi } from "vitest";
import { expanderService, type FromExpander } from "./expander.ts";
import { ExploreJob } from "./job.ts";
import type { JobReport, JobSpec } from "./job-data.ts";
import type { Peer } from "./pool.ts";
import { scriptWith } from "./setups.test-helper.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A peer of this very thread. What it says takes as many turns as `slow` tells; nothing is shared but messages. */
function peer(slow: () => number): Peer {
  let hear: (message: FromExpander) => void = () => {};
  const later = (n: number, then: () => void): void => {
    if (n <= 0) then();
    else queueMicrotask(() => later(n - 1, then));
  };
  let chain = Promise.resolve();
  const serve = expanderService((message) => {
    const copy = structuredClone(message);
    chain = chain.then(() => new Promise<void>((done) => later(slow(), done))).then(() => hear(copy));
  });
  return {
    send: (message) => {
      const copy = structuredClone(message);
      queueMicrotask(() => serve(copy));
    },
    listen: (h) => {
      hear = h;
    },
    end: () => {
      hear = () => {};
    },
  };
}

function opened(spec: JobSpec): ExploreJob {
  const got = ExploreJob.open(spec, () => 0);
  if (!got.ok) throw new Error(got.problems.map((p) => p.message).join("\n"));
  return got.job;
}

/** Bytes are told apart: they depend on who remembers what. */
function said(job: ExploreJob): Omit<JobReport, "counts"> & { counts: object } {
  const report = job.report();
  return { ...report, counts: { ...report.counts, bytes: 0 } };
}

const CASES: readonly JobSpec[] = [
  { script: scriptWith(1, 2), alphabet: "vm", promises: [] },
  { script: scriptWith(2, 2), alphabet: "vm+ste", promises: [], limits: { depth: 3 } },
  { script: scriptWith(2, 2), alphabet: "vm+ste", promises: [], limits: { states: 777 } },
  { script: scriptWith(1, 2), alphabet: "vm+halves+fault", promises: [], limits: { depth: 3 } },
  { script: scriptWith(1, 1), alphabet: "raw", promises: ["invariants"] },
  {
    script: scriptWith(2, 2),
    alphabet: "vm",
    promises: ["always d1 dma=abort when v0 gbpa=abort and v0 smmuen=off", "sometimes d0 vdevice=yes"],
    limits: { depth: 4 },
  },
];

describe("a search by several threads", () => {
  for (const spec of CASES)
    it(`says what one says: ${spec.alphabet}, ${JSON.stringify(spec.limits ?? {})}`, async () => {
      const alone = opened(spec);
      while (alone.advance({ states: 1000 }));
      const want = said(alone);
      for (const threads of [1, 2, 3]) {
        let turn = 0;
        const job = opened(spec);
        await job.run(Array.from({ length: threads }, () => peer(() => (turn++ * 7) % 5)));
        expect(said(job)).toEqual(want);
        for (const state of [1, Math.floor(want.histogram.length), job.progress().states - 1])
          expect(job.wayTo(state)).toEqual(alone.wayTo(state));
      }
    });

  it("keeps what it has when it is cancelled, and ends its threads", async () => {
    const job = opened({ script: scriptWith(2, 2), alphabet: "vm+ste", promises: [] });
    let ended = 0;
    const peers = [peer(() => 0), peer(() => 1)].map((p) => ({ ...p, end: () => ended++ }));
    await job.run(peers, () => {
      if (job.progress().states > 300) job.cancel();
    });
    expect(job.report()).toMatchObject({ ending: "cancelled", complete: false });
    expect(ended).toBe(2);
  });

  it("fails as a whole when one of its threads does", async () => {
    const job = opened({ script: scriptWith(1, 1), alphabet: "vm", promises: [] });
    const broken: Peer = {
      send: () => {},
      listen: (_, fail) => queueMicrotask(() => fail(new Error("out of memory"))),
      end: () => {},
    };
    await expect(job.run([broken])).rejects.toThrow("out of memory");
  });
});
