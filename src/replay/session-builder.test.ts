import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { replayLog } from "./run.ts";
import { SessionBuilder } from "./session-builder.ts";
import { type RunData, runData } from "./transfer.ts";

vi.setConfig({ testTimeout: 60_000 });

async function runOf(name: string): Promise<RunData> {
  const bytes = new Uint8Array(
    readFileSync(new URL(`../../content/recordings/${name}.log.gz`, import.meta.url)),
  );
  const { replay } = await replayLog(() => [bytes], { scriptOnly: true });
  const run = replay.runs[0];
  if (run === undefined) throw new Error("no run");
  return runData(run);
}

describe("a run as a session", () => {
  it("is played piece by piece and knows each step's node", async () => {
    const run = await runOf("accel-cold-gbpa-unplug");
    const b = new SessionBuilder(run, "a recording");
    while (!b.finished) b.play(3);
    expect(b.refused).toEqual([]);
    expect(b.done).toBe(run.steps.length);
    for (let i = 0; i < run.steps.length; i++) {
      const node = b.nodeOf(i);
      if (node === null) throw new Error("not played");
      expect(b.stepOf(node)).toBe(i);
      expect(b.session.node(node).item).toMatchObject({
        kind: "command",
        verb: run.steps[i]?.script.at(-1)?.split(" ")[0],
      });
    }
    expect(b.stepOf(0)).toBe(-1);
    expect(b.session.current.setup.title).toBe("a recording");
  });

  it("a step's inferred lines and line numbers are comments of the session", async () => {
    const run = await runOf("boot-dma");
    const b = new SessionBuilder(run, "boot");
    b.play(40);
    const text = b.session.script();
    expect(text).toMatch(/# inferred/);
    expect(text).toMatch(/write v0 CR1 0xd75\s+# 14/);
  });

  it("plain data survive a structured clone", async () => {
    const run = await runOf("two-smmu");
    expect(structuredClone(run)).toEqual(run);
    expect(run.steps.find((s) => s.kind === "CFGI_STE")?.sids.length).toBeGreaterThan(0);
  });
});
