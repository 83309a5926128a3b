import { describe, expect, it, vi } from "vitest";
import { labIn } from "./lab.test-helper.ts";

vi.setConfig({ testTimeout: 60_000 });

const RECORDINGS = new URL("../../content/recordings/", import.meta.url).pathname;

async function lab(argv: readonly string[], stdin = "") {
  const { status, stdout: out, stderr: err } = await labIn(RECORDINGS, argv, stdin);
  return { status, out, err };
}

describe("lab replay", () => {
  it("prints a script that lab run plays, and the comparison", async () => {
    const { status, out } = await lab(["replay", "boot-dma.log.gz"]);
    expect(status).toBe(0);
    expect(out).toContain("# log and model agree");
    expect(out).toContain('title "boot-dma.log.gz"');
    const run = await lab(["run", "-"], out);
    expect(run.status, run.err).toBe(0);
  });

  it("--json gives one object a step and an end", async () => {
    const { status, out } = await lab(["replay", "--json", "accel-cold-gbpa-unplug.log.gz"]);
    expect(status).toBe(0);
    const objects = out
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l) as Record<string, unknown>);
    expect(objects[0]).toMatchObject({ run: 1, emulated: false });
    expect(objects.find((o) => o.step === 1)).toMatchObject({
      lines: [1, 75],
      script: ["plug d0 v0 bdf=01:00.0"],
    });
    expect(objects.at(-1)).toMatchObject({ end: true, lines: 348, disagreements: 0, problem: null });
  });

  it("--print is the other way round, under the release's own names, and comes back", async () => {
    const script = "qemu v5\nplug d0 v0\nmachine-start\ngbpa v0 abort\nexpect d0 attached=abort\n";
    const { status, out } = await lab(["replay", "--print", "-"], script);
    expect(status).toBe(0);
    expect(out).toContain("iommufd_cdev_attach_ioas_hwpt  [iommufd=23] Successfully attached device");
    expect(out.trimEnd().split("\n").at(-1)).toBe("smmuv3_write_mmio addr: 0x44 val:0x80100000 size: 0x4(0)");
    const back = await lab(["replay", "-"], out);
    expect(back.status, back.out).toBe(0);
    expect(back.out).toContain("write v0 GBPA 0x80100000");
    const stamped = await lab(["replay", "--print", "--prefix", "tid", "-"], script);
    expect(stamped.out).toMatch(/^1@\d+\.\d{6}:/);
  });

  it("--print says what is wrong with a script or a prefix", async () => {
    expect((await lab(["replay", "--print", "-"], "rm -rf\n")).status).toBe(2);
    expect((await lab(["replay", "--print", "--prefix", "utc", "-"], "reset\n")).err).toContain(
      "none, iso, tid",
    );
    expect((await lab(["replay", "--prefix", "iso", "boot-dma.log.gz"])).status).toBe(2);
  });

  it("--steps and --host-log add measurements", async () => {
    const name = "accel-ste-commands";
    const { status, out } = await lab([
      "replay",
      "--summary",
      `${name}.log.gz`,
      "--steps",
      `${name}.steps.txt`,
      "--host-log",
      `${name}.host-smmu.log.gz`,
    ]);
    expect(status).toBe(0);
    expect(out).toMatch(/# DMA measured +36 +0/);
    expect(out).not.toContain("plug d0");
  });

  it("exits 1 where log and model part", async () => {
    const { status, out } = await lab(
      ["replay", "-"],
      "smmu_reset_exit \nsmmuv3_read_mmio addr: 0x44 val:0x2000 size: 0x4(0)\nsmmuv3_write_mmio addr: 0x28 val:0x1 size: 0x4(0)\n",
    );
    expect(status).toBe(1);
    expect(out).toContain("line 2, register read: the log has GBPA = 0x2000; the model has 0x1000");
  });

  it("exits 1 on what is no log, 2 on what cannot be asked", async () => {
    const prose = await lab(["replay", "-"], "Dear list,\n");
    expect([prose.status, prose.err]).toEqual([1, expect.stringContaining("no trace event")]);
    expect((await lab(["replay"])).status).toBe(2);
    expect((await lab(["replay", "no-such-file"])).status).toBe(2);
    expect((await lab(["replay", "boot-dma.log.gz", "--qemu", "v99"])).status).toBe(2);
    expect((await lab(["replay", "boot-dma.log.gz", "--kernel", "1.0"])).status).toBe(2);
  });
});
