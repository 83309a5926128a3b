import { readFileSync } from "node:fs";
import { gunzipSync } from "fflate";
import { describe, expect, it, vi } from "vitest";
import { type JobProgress, ReplayJob } from "./job.ts";

vi.setConfig({ testTimeout: 60_000 });

const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../content/recordings/${name}`, import.meta.url)));
const blobOf = (name: string): Blob => new Blob([bytesOf(name)]);

describe("a log on the desk", () => {
  it("is read, compared with all that lies beside it, and asked for its lines", async () => {
    const job = new ReplayJob();
    const told: JobProgress[] = [];
    const name = "accel-ste-commands";
    const head = await job.read(
      {
        name: `${name}.log.gz`,
        log: blobOf(`${name}.log.gz`),
        steps: blobOf(`${name}.steps.txt`),
        hostLog: blobOf(`${name}.host-smmu.log.gz`),
      },
      (progress) => told.push(progress),
    );
    expect(head).toMatchObject({ problem: null, doubts: [], census: { lines: 1225 } });
    expect(head.runs).toHaveLength(1);
    expect(head.remarks.some((remark) => remark.tag === "HOST-STE" && remark.line > 0)).toBe(true);
    expect(told.at(-1)).toMatchObject({ lines: 1225, bytesTotal: 12554, bytesIn: 12554 });

    const steps = job.steps(0, 0, 5);
    expect(steps).toHaveLength(5);
    expect(job.steps(0, 4, 6)[0]).toEqual(steps[4]);
    expect(job.steps(7, 0, 5)).toEqual([]);
    expect(structuredClone(steps)).toEqual(steps);

    const text = new TextDecoder().decode(gunzipSync(bytesOf(`${name}.log.gz`))).split("\n");
    expect(await job.lines(300, 302)).toEqual(text.slice(299, 302));

    const compared: JobProgress[] = [];
    const check = await job.check((progress) => compared.push(progress));
    expect(check).toMatchObject({ disagreed: 0, rejected: [] });
    const kinds = check?.tallies.map(([kind]) => kind) ?? [];
    expect(kinds).toEqual(expect.arrayContaining(["DMA measured", "host STE"]));
    expect(compared.at(-1)?.steps).toBeGreaterThan(100);
  });

  it("keeps a console that does not say where in the log it belongs", async () => {
    const job = new ReplayJob();
    const head = await job.read({
      name: "a",
      log: new Blob(["smmuv3_cmdq_opcode <--- CMD_SYNC\n"]),
      console: new Blob(["[    0.1] Booting Linux\u001b[0m\r\n\r\nlogin:"]),
    });
    expect(head.remarks).toEqual([
      { line: 0, tag: "", text: expect.stringContaining("Booting Linux") },
      { line: 0, tag: "", text: "login:" },
    ]);
    expect(JSON.stringify(head.remarks)).not.toContain("u001b");
  });

  it("says what a companion could not give, and reads the log all the same", async () => {
    const job = new ReplayJob();
    const head = await job.read({
      name: "a.log",
      log: blobOf("accel-cold-gbpa-unplug.log.gz"),
      hostLog: new Blob([new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3])]),
    });
    expect(head.doubts).toHaveLength(1);
    expect(head.runs).toHaveLength(1);
  });

  it("has nothing to compare in a file that is no log", async () => {
    const job = new ReplayJob();
    const head = await job.read({ name: "notes.txt", log: new Blob(["one\ntwo\n"]) });
    expect(head.problem?.fault).toBe("not-a-log");
    expect(await job.check()).toBeNull();
    expect(await job.lines(1, 5)).toEqual(["one", "two"]);
  });
});
