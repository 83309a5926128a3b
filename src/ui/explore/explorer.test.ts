import { describe, expect, it } from "vitest";
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
    expect(explorer.wayTo(0)).toEqual([]);
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
