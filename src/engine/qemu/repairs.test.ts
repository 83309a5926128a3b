/** What-if repairs 1 to 7 (model/qemu.md 6.2), each against the same story without it. */
import { describe, expect, it } from "vitest";
import type { Repair } from "../profile.ts";
import {
  CMDQEN,
  cmd,
  EVENTQEN,
  GBPA_ABORT,
  Lab,
  REG,
  SMMUEN,
  STRTAB,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";

const A = 0x100;
const B = 0x108;

const plain = (...repairs: Repair[]): Lab => new Lab({ repairs });

/** Runs a story without and with a repair. */
function both(repair: Repair, story: (lab: Lab) => void, judge: (lab: Lab, fixed: boolean) => void): void {
  for (const fixed of [false, true]) {
    const lab = fixed ? plain(repair) : plain();
    story(lab);
    judge(lab, fixed);
  }
}

function oneUp(lab: Lab, cr0: number): void {
  lab.plug(0);
  lab.start();
  lab.setup(cr0);
}

describe("repairs", () => {
  it("1 set-attaches: the second device follows GBPA (removes D1; rule Q-FIX-SET-NEXT)", () => {
    both(
      "set-attaches",
      (lab) => {
        lab.plug(0);
        lab.start();
        lab.write(REG.GBPA, GBPA_ABORT);
        lab.plug(1);
      },
      (lab, fixed) => {
        expect(lab.attached(1)).toBe(fixed ? 5 : 3);
        expect(lab.rules.includes("Q-FIX-SET-NEXT")).toBe(fixed);
      },
    );
  });

  it("1 set-attaches with SMMUEN=1: the second device follows its STE, none meaning abort", () => {
    both(
      "set-attaches",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.ste(B, ...TRANSLATE);
        lab.plug(1);
      },
      (lab, fixed) => expect(lab.slot(1).s1Hwpt !== 0).toBe(fixed),
    );
    both(
      "set-attaches",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.write(REG.STRTAB_CFG, 4);
        lab.plug(1);
      },
      (lab, fixed) => expect(lab.attached(1)).toBe(fixed ? 5 : 3),
    );
  });

  it("1 set-attaches: a host that refuses fails the plug and leaves nothing", () => {
    for (const [call, nth] of [
      ["vdevice-alloc", 1],
      ["hwpt-alloc", 1],
      ["attach", 2],
    ] as const) {
      const lab = plain("set-attaches");
      oneUp(lab, CMDQEN | SMMUEN);
      lab.ste(B, ...TRANSLATE);
      const before = lab.objects();
      lab.inject(call, "ENOMEM", nth);
      expect(lab.plug(1)).toMatchObject({ ok: false, errno: "ENOMEM" });
      expect(lab.objects()).toEqual(before);
      expect(lab.plug(1).ok).toBe(true);
    }
  });

  it("2 set-by-smmuen: the first device follows its STE when SMMUEN=1 (removes D2; rule Q-FIX-SET-FIRST)", () => {
    both(
      "set-by-smmuen",
      (lab) => {
        lab.setup(CMDQEN | SMMUEN);
        lab.plug(0);
      },
      (lab, fixed) => {
        expect(lab.attached(0)).toBe(fixed ? 5 : 6);
        expect(lab.rules.includes("Q-FIX-SET-FIRST")).toBe(fixed);
      },
    );
    both(
      "set-by-smmuen",
      (lab) => {
        lab.setup(CMDQEN);
        lab.write(REG.GBPA, GBPA_ABORT);
        lab.plug(0);
      },
      (lab) => expect(lab.attached(0)).toBe(5),
    );
    both(
      "set-by-smmuen",
      (lab) => {
        lab.setup(CMDQEN | SMMUEN);
        lab.write(REG.GBPA, GBPA_ABORT);
        lab.ste(A, 9n);
        lab.plug(0);
      },
      (lab, fixed) => expect(lab.attached(0)).toBe(fixed ? 6 : 5),
    );
  });

  it("2 set-by-smmuen: a failure undoes the vDEVICE before the vIOMMU", () => {
    const lab = plain("set-by-smmuen");
    lab.setup(CMDQEN | SMMUEN);
    lab.inject("attach", "ENOMEM", 2);
    expect(lab.plug(0).ok).toBe(false);
    expect(lab.calls).toEqual(
      expect.arrayContaining(["attach d0 5 !ENOMEM", "destroy 7", "destroy 6", "destroy 5", "destroy 4"]),
    );
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("3 smmuen-edge: clearing SMMUEN applies GBPA (removes D3; rule Q-FIX-SMMUEN)", () => {
    both(
      "smmuen-edge",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.ste(A, ...TRANSLATE);
        lab.cmds([cmd.cfgiSte(A), SYNC]);
        lab.write(REG.CR0, CMDQEN);
      },
      (lab, fixed) => {
        expect(lab.attached(0) === 6).toBe(fixed);
        expect(lab.rules.includes("Q-FIX-SMMUEN")).toBe(fixed);
      },
    );
  });

  it("3 smmuen-edge: setting SMMUEN installs every STE, a missing one meaning abort (removes D4, D4b)", () => {
    both(
      "smmuen-edge",
      (lab) => {
        oneUp(lab, CMDQEN);
        lab.plug(1);
        lab.ste(A, ...TRANSLATE);
        lab.ste(B, 1n);
        lab.cmds([cmd.cfgiAll(), SYNC]);
        lab.write(REG.CR0, CMDQEN | SMMUEN);
      },
      (lab, fixed) => {
        expect(lab.slot(0).s1Hwpt !== 0).toBe(fixed);
        expect(lab.attached(1)).toBe(fixed ? 5 : 6);
      },
    );
    both(
      "smmuen-edge",
      (lab) => {
        oneUp(lab, CMDQEN);
        lab.write(REG.STRTAB_CFG, 0x10210);
        lab.write(REG.CR0, CMDQEN | SMMUEN);
      },
      (lab, fixed) => expect(lab.attached(0)).toBe(fixed ? 5 : 6),
    );
  });

  it("3 smmuen-edge: a CR0 write without an edge, or a failure, moves nothing more", () => {
    const lab = plain("smmuen-edge");
    oneUp(lab, CMDQEN | SMMUEN);
    lab.write(REG.CR0, CMDQEN | SMMUEN | EVENTQEN);
    expect(lab.calls).toEqual([expect.stringContaining("veventq-alloc")]);
    lab.inject("attach", "EIO");
    const r = lab.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(r).toMatchObject({ ok: false, errno: "EIO" });
    expect(lab.attached(0)).toBe(5);
  });

  it("4 gbpa-guard: a GBPA write with SMMUEN=1 is stored and moves nothing (removes D5; rule Q-FIX-GBPA)", () => {
    both(
      "gbpa-guard",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.ste(A, ...TRANSLATE);
        lab.cmds([cmd.cfgiSte(A), SYNC]);
        lab.write(REG.GBPA, GBPA_ABORT);
      },
      (lab, fixed) => {
        expect(lab.attached(0) === 5).toBe(!fixed);
        expect(lab.rules.includes("Q-FIX-GBPA")).toBe(fixed);
        expect(lab.read(REG.GBPA)).toBe(0x100000n);
      },
    );
    const off = plain("gbpa-guard");
    oneUp(off, CMDQEN);
    off.write(REG.GBPA, GBPA_ABORT);
    expect(off.attached(0)).toBe(5);
  });

  it("5 ste-miss-aborts: a CFGI whose STE is missing aborts while SMMUEN=1 (removes D6; rule Q-FIX-STE-MISS)", () => {
    both(
      "ste-miss-aborts",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.ste(A, ...TRANSLATE);
        lab.cmds([cmd.cfgiSte(A), SYNC]);
        lab.ram({ base: 0n, size: STRTAB }, { base: 0x4880_0000n, size: 0x100_0000n });
        lab.cmds([cmd.cfgiSte(A), SYNC]);
      },
      (lab, fixed) => {
        expect(lab.attached(0) === 5).toBe(fixed);
        expect(lab.slot(0).s1Hwpt === 0).toBe(fixed);
        expect(lab.rules.includes("Q-FIX-STE-MISS")).toBe(fixed);
      },
    );
    const off = plain("ste-miss-aborts");
    oneUp(off, CMDQEN);
    off.write(REG.STRTAB_CFG, 4);
    off.cmds([cmd.cfgiSte(A), SYNC]);
    expect(off.attached(0)).toBe(6);
  });

  it("6 veventq-reset: reset and EVENTQEN 1->0 free the queue (removes D15; rule Q-FIX-VEVENTQ)", () => {
    both(
      "veventq-reset",
      (lab) => {
        oneUp(lab, CMDQEN | EVENTQEN);
        lab.write(REG.CR0, CMDQEN);
      },
      (lab, fixed) => {
        expect(lab.smmu().accel.veventq === null).toBe(fixed);
        expect(lab.calls).toEqual(fixed ? ["close 7", "destroy 7"] : []);
        // The next one is as deep as the queue is then.
        lab.write(REG.EVENTQ_BASE, 0x48810002n, 8);
        lab.write(REG.CR0, CMDQEN | EVENTQEN);
        expect(lab.smmu().accel.veventq?.depth).toBe(fixed ? 4 : 128);
      },
    );
    both(
      "veventq-reset",
      (lab) => {
        oneUp(lab, CMDQEN | EVENTQEN);
        lab.reset();
      },
      (lab, fixed) => expect(lab.rules.includes("Q-FIX-VEVENTQ")).toBe(fixed),
    );
  });

  it("7 vdev-reset: reset frees the vDEVICEs (removes D14; rule Q-FIX-VDEV-RESET)", () => {
    both(
      "vdev-reset",
      (lab) => {
        oneUp(lab, CMDQEN | SMMUEN);
        lab.ste(A, ...TRANSLATE);
        lab.cmds([cmd.cfgiSte(A), SYNC]);
        lab.reset();
      },
      (lab, fixed) => {
        expect(lab.calls).toEqual(
          fixed ? ["device-reset d0", "destroy 7", "attach d0 6"] : ["device-reset d0", "attach d0 6"],
        );
        expect(lab.rules.includes("Q-FIX-VDEV-RESET")).toBe(fixed);
        lab.renumber(0, 0x300);
        lab.setup(CMDQEN);
        lab.cmds([cmd.cfgiAll(), SYNC]);
        expect(lab.slot(0).vdev?.virtId).toBe(fixed ? 0x300 : A);
      },
    );
  });

  it("work on every release", () => {
    for (const qemu of ["v4", "v5", "v6", "v7", "m0", "m1", "11.1"]) {
      const repairs: Repair[] = [
        "set-attaches",
        "set-by-smmuen",
        "smmuen-edge",
        "gbpa-guard",
        "ste-miss-aborts",
      ];
      const lab = new Lab({ qemu, repairs: [...repairs, "veventq-reset", "vdev-reset"] });
      lab.write(REG.GBPA, GBPA_ABORT);
      lab.plug(0);
      lab.plug(1);
      expect([lab.attached(0), lab.attached(1)]).toEqual([5, 5]);
      expect(lab.start().ok).toBe(true);
      lab.setup(CMDQEN | SMMUEN);
      lab.ste(A, ...TRANSLATE);
      lab.cmds([cmd.cfgiSte(A)]);
      expect(lab.slot(0).s1Hwpt).not.toBe(0);
      expect(lab.reset().ok).toBe(true);
    }
  });
});
