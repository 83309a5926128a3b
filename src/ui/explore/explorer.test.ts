import { describe, expect, it } from "vitest";
import { expanderService, type ToExpander } from "../../explore/expander.ts";
import { Explorer, type Told } from "./explorer.ts";

const SMALL = { script: "vsmmu v0 bus=pcie.1\ndevice d0\n", alphabet: "vm", promises: [] as string[] };

describe("a search in slices", () => {
  it("tells how it stands, and at the end everything", async () => {
    const explorer = new Explorer();
    const opened = explorer.open({ ...SMALL, limits: { depth: 3 } });
    if (!opened.ok) throw new Error("the search does not open");
    const told: Told[] = [];
    await explorer.run((one) => told.push(one));
    const last = told.at(-1);
    expect(last?.progress.ending).toBe("depth");
    expect(last?.report?.verdicts.map(({ id }) => id)).toEqual(opened.head.promises.map(({ id }) => id));
    const counts = told.map(({ progress }) => progress.transitions);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(explorer.graph()?.nodes.length).toBe(last?.progress.states);
  });

  it("a cancelled search keeps what it found and says that it was cancelled", async () => {
    const explorer = new Explorer();
    explorer.open({ ...SMALL, alphabet: "vm+ste" });
    let cancelled = false;
    let last: Told | null = null;
    await explorer.run((one) => {
      last = one;
      if (!cancelled && one.progress.findings.length > 0) {
        cancelled = true;
        explorer.cancel();
      }
    });
    const { progress, report } = last as unknown as Told;
    expect(cancelled).toBe(true);
    expect(progress.ending).toBe("cancelled");
    expect(report?.complete).toBe(false);
    expect(report?.verdicts.some(({ state }) => state === "broken")).toBe(true);
    expect(report?.verdicts.some(({ state }) => state === "holds")).toBe(false);
  });

  it("a search for goals alone ends when each is reached", async () => {
    const explorer = new Explorer();
    explorer.open({ ...SMALL, promises: ["sometimes d0 attached=abort", "sometimes v0 smmuen=on"] });
    let last: Told | null = null;
    await explorer.run((one) => {
      last = one;
    });
    const { report } = last as unknown as Told;
    expect(report?.verdicts.map(({ state }) => state)).toEqual(["reached", "reached"]);
    expect(report?.counts.frontier).toBeGreaterThan(0);
  });

  it("several threads tell the same end as one", async () => {
    const alone = new Explorer();
    const together = new Explorer();
    const spec = { ...SMALL, limits: { depth: 4 } };
    const ends: Told[] = [];
    alone.open(spec);
    await alone.run((told) => {
      ends[0] = told;
    });
    together.open(spec);
    const ports = Array.from({ length: 2 }, () => {
      const { port1, port2 } = new MessageChannel();
      const serve = expanderService((message) => port1.postMessage(message));
      port1.onmessage = ({ data }: MessageEvent<ToExpander>) => serve(data);
      return port2;
    });
    await together.run((told) => {
      ends[1] = told;
    }, ports);
    const [one, two] = ends.map((told) => ({ ...told.report, counts: { ...told.report?.counts, bytes: 0 } }));
    expect(two).toEqual(one);
    expect(alone.graph()).not.toBe(null);
    expect(together.graph()).toEqual(alone.graph());
  });

  it("a goal out of reach does not end the search before its end", async () => {
    const explorer = new Explorer();
    explorer.open({ ...SMALL, alphabet: "unplug d0", promises: ["sometimes d0 attached=abort"] });
    let last: Told | null = null;
    await explorer.run((one) => {
      last = one;
    });
    expect((last as unknown as Told).report?.verdicts.map(({ state }) => state)).toEqual(["unreached"]);
  });

  it("a question with errors opens nothing, and says where they are", () => {
    const explorer = new Explorer();
    const opened = explorer.open({ ...SMALL, alphabet: "plgu d0 v0", promises: ["never d9 dma=abort"] });
    expect(opened.ok).toBe(false);
    if (!opened.ok) expect(opened.problems.map(({ where }) => where).sort()).toEqual(["alphabet", "promise"]);
    expect(() => explorer.graph()).toThrow("no search was opened");
  });
});
