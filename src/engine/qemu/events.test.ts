/** The vEVENTQ and the guest's event queue (model/qemu.md 3.9, observed.md X1, X13). */
import { describe, expect, it } from "vitest";
import { own } from "../cx.ts";
import {
  CMDQEN,
  cmd,
  EVENTQ,
  EVENTQEN,
  Lab,
  type LabSetup,
  REG,
  SMMUEN,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";
import { smmuEventString } from "./smmuv3-eventq.ts";

const A = 0x100;

/** A on translate, vEVENTQ open. */
function ready(s: LabSetup = {}): Lab {
  const lab = new Lab(s);
  lab.plug(0);
  lab.start();
  lab.setup(CMDQEN | EVENTQEN | SMMUEN);
  lab.ste(A, ...TRANSLATE);
  lab.cmds([cmd.cfgiSte(A), SYNC]);
  return lab;
}

/** F_TRANSLATION of the physical StreamID 0x100. */
const fault = (addr: bigint): [bigint, bigint, bigint, bigint] => [
  (0x100n << 32n) | 0x10n,
  0x2_0000_0000n << 8n,
  addr,
  0n,
];

describe("allocation", () => {
  it("needs a vIOMMU and EVENTQEN; depth is the EVENTQ's size then and never changes (X13; rule Q-EVQ-ALLOC)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN | EVENTQEN);
    expect(lab.calls).toEqual([]);
    lab.write(REG.CR0, CMDQEN);
    lab.plug(0);
    lab.write(REG.EVENTQ_BASE, EVENTQ + 1n, 8);
    lab.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(lab.calls).toEqual(["veventq-alloc 4 depth=2 = 7"]);
    expect(lab.rules).toContain("Q-EVQ-ALLOC");
    lab.write(REG.CR0, CMDQEN);
    lab.write(REG.EVENTQ_BASE, EVENTQ + 7n, 8);
    lab.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(lab.calls).toEqual([]);
    expect(lab.smmu().accel.veventq).toMatchObject({ id: 7, depth: 2 });
  });

  it("a failure at a CR0 write is printed and tried again at the next one (rule Q-EVQ-ALLOC-FAIL)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("veventq-alloc", "EMFILE");
    lab.setup(CMDQEN | EVENTQEN);
    expect(lab.rules).toContain("Q-EVQ-ALLOC-FAIL");
    expect(lab.smmu().accel.veventq).toBeNull();
    lab.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(lab.calls).toEqual(["veventq-alloc 4 depth=128 = 7"]);
  });

  it("before m1 there is none", () => {
    const lab = new Lab({ qemu: "m0" });
    lab.plug(0);
    lab.setup(CMDQEN | EVENTQEN);
    expect(lab.calls).toEqual([]);
  });
});

describe("delivery", () => {
  it("a host event reaches the guest's queue with the vSID, PROD moves, the line is pulsed if enabled (rule Q-EVT-WRITTEN)", () => {
    const lab = new Lab({ devices: [{ sids: [0x100], bdf: 0x208 }] });
    lab.plug(0);
    lab.start();
    lab.setup(CMDQEN | EVENTQEN | SMMUEN);
    lab.write(REG.IRQ_CTRL, 4);
    lab.ste(0x208, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(0x208)]);
    expect(lab.event(fault(0x4b00_0000n))).toMatchObject({ ok: true, messages: [] });
    expect(lab.eventArgs("smmuv3_propagate_event")).toEqual([{ type: "SMMU_EVT_F_TRANSLATION", sid: 0x208 }]);
    expect(lab.eventArgs("smmuv3_trigger_irq")).toEqual([{ irq: 0 }]);
    expect(lab.rules).toContain("Q-EVT-WRITTEN");
    expect(lab.load(EVENTQ)).toBe((0x208n << 32n) | 0x10n);
    expect(lab.load(EVENTQ + 16n)).toBe(0x4b00_0000n);
    expect(lab.smmu().regs).toMatchObject({ eventqProd: 1, gerror: 0 });
  });

  it("pulses a line only if IRQ_CTRL enables it: EVTQ for a record, GERROR for a lost one (rules Q-EVT-WRITTEN, Q-GERR-TOGGLE)", () => {
    const lines = (irqCtrl: number, full: boolean): unknown[] => {
      const lab = ready();
      lab.write(REG.IRQ_CTRL, irqCtrl);
      if (full) lab.write(REG.EVENTQ_CONS, 0x80);
      lab.event(fault(1n));
      expect(lab.rules).toContain(full ? "Q-GERR-TOGGLE" : "Q-EVT-WRITTEN");
      return lab.eventArgs("smmuv3_trigger_irq");
    };
    expect([0, 1, 4, 5].map((ctrl) => lines(ctrl, false))).toEqual([[], [], [{ irq: 0 }], [{ irq: 0 }]]);
    expect([0, 1, 4, 5].map((ctrl) => lines(ctrl, true))).toEqual([[], [{ irq: 3 }], [], [{ irq: 3 }]]);
  });

  it("the CMD_SYNC line needs no enable (rule Q-CMD-SYNC-IRQ)", () => {
    const lab = ready();
    lab.cmds([[0x1046n, 0n]]);
    expect(lab.eventArgs("smmuv3_trigger_irq")).toEqual([{ irq: 2 }]);
    expect(lab.rules).toContain("Q-CMD-SYNC-IRQ");
    lab.cmds([SYNC]);
    expect(lab.events).not.toContain("smmuv3_trigger_irq");
  });

  it("D15: EVENTQEN clear loses it and raises EVENTQ_ABT_ERR once (rules Q-EVT-DISABLED, Q-GERR-PENDING)", () => {
    const lab = ready();
    lab.write(REG.CR0, CMDQEN | SMMUEN);
    lab.event(fault(1n));
    expect(lab.rules).toContain("Q-EVT-DISABLED");
    expect(lab.eventArgs("smmuv3_write_gerror")).toEqual([{ toggled: 4, gerror: 4 }]);
    lab.event(fault(2n));
    expect(lab.rules).toContain("Q-GERR-PENDING");
    expect(lab.events).not.toContain("smmuv3_write_gerror");
    lab.write(REG.GERRORN, 4);
    lab.event(fault(3n));
    expect(lab.smmu().regs.gerror).toBe(0);
    expect(lab.smmu().regs.eventqProd).toBe(0);
  });

  it("D15: after a reset the queue is still open and an event raises the error line", () => {
    const lab = ready();
    const q = lab.smmu().accel.veventq;
    lab.reset();
    expect(lab.smmu().accel.veventq).toBe(q);
  });

  it("D16: a full EVENTQ raises EVENTQ_ABT_ERR and never the overflow flag (rule Q-EVT-FULL)", () => {
    const lab = ready();
    lab.write(REG.EVENTQ_BASE, EVENTQ + 1n, 8);
    for (let i = 0; i < 3; i++) lab.event(fault(BigInt(i)));
    expect(lab.rules).toContain("Q-EVT-FULL");
    expect(lab.smmu().regs).toMatchObject({ eventqProd: 2, gerror: 4 });
    expect([lab.load(EVENTQ + 16n), lab.load(EVENTQ + 48n)]).toEqual([0n, 1n]);
    // Emptied, it wraps.
    lab.write(REG.EVENTQ_CONS, 2);
    lab.event(fault(9n));
    lab.event(fault(10n));
    expect(lab.smmu().regs.eventqProd).toBe(0);
    expect(lab.load(EVENTQ + 48n)).toBe(10n);
  });

  it("an EVENTQ outside memory loses it (rule Q-EVT-MEMORY)", () => {
    const lab = ready();
    lab.ram({ base: 0n, size: EVENTQ + 16n });
    lab.event(fault(1n));
    expect(lab.rules).toContain("Q-EVT-MEMORY");
    expect(lab.smmu().regs).toMatchObject({ eventqProd: 0, gerror: 4 });
  });
});

describe("reading", () => {
  it("X13: of a burst as many events arrive as the queue was deep first; the overflow is reported once (rule Q-EVQ-OVERFLOW)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.start();
    lab.setup(0);
    lab.write(REG.EVENTQ_BASE, EVENTQ + 1n, 8);
    lab.write(REG.CR0, CMDQEN | EVENTQEN | SMMUEN);
    lab.write(REG.EVENTQ_BASE, EVENTQ + 7n, 8);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    for (let i = 0; i < 16; i++) lab.event(fault(BigInt(i)), false);
    const r = lab.drain();
    expect(lab.eventArgs("smmuv3_propagate_event")).toHaveLength(2);
    expect(lab.smmu().regs.eventqProd).toBe(2);
    expect(r.messages).toHaveLength(1);
    expect(r.messages[0]).toContain("overflowed");
    expect(lab.rules).toContain("Q-EVQ-OVERFLOW");
    for (let i = 0; i < 16; i++) lab.event(fault(BigInt(i)), false);
    expect(lab.drain().messages).toEqual([]);
  });

  it("a gap in the sequence is reported once and the event delivered (rule Q-EVQ-GAP)", () => {
    const lab = ready();
    lab.event(fault(1n));
    // The marker of lost events vanishes when a later event is queued; the sequence shows the gap.
    lab.act((cx) => {
      const files = own(cx, own(cx, cx.w, "kernel"), "files");
      const objects = own(cx, own(cx, files, 0), "objects");
      const id = lab.smmu().accel.veventq?.id ?? 0;
      (own(cx, objects, id) as { sequence: number }).sequence = 4;
    });
    const r = lab.event(fault(2n));
    expect(r?.messages).toEqual([expect.stringContaining("3 event(s) lost")]);
    expect(lab.rules).toContain("Q-EVQ-GAP");
    expect(lab.smmu().regs.eventqProd).toBe(2);
  });

  it("EAGAIN and EINTR are silent, another error is printed once (rules Q-EVQ-AGAIN, Q-EVQ-READ-FAIL)", () => {
    const lab = ready();
    for (const errno of ["EAGAIN", "EINTR"] as const) {
      lab.inject("read-events", errno);
      expect(lab.event(fault(1n))).toMatchObject({ messages: [] });
      expect(lab.rules).toContain("Q-EVQ-AGAIN");
    }
    lab.inject("read-events", "EIO");
    expect(lab.event(fault(2n))).toMatchObject({ ok: false, errno: "EIO", messages: [expect.any(String)] });
    expect(lab.rules).toContain("Q-EVQ-READ-FAIL");
    lab.inject("read-events", "EIO");
    expect(lab.event(fault(3n))).toMatchObject({ messages: [] });
    // Nothing was lost: the queue is read when it is readable again.
    expect(lab.drain().ok).toBe(true);
    expect(lab.smmu().regs.eventqProd).toBe(4);
  });

  it("does nothing without a queue", () => {
    const lab = new Lab();
    expect(lab.drain()).toMatchObject({ ok: true, messages: [] });
    expect(lab.calls).toEqual([]);
  });
});

describe("release", () => {
  it("X1, D24: with io_uring the last unset leaks vEVENTQ, vIOMMU, S2 and IOAS (rule Q-EVQ-PINNED)", () => {
    const lab = ready();
    const q = lab.smmu().accel.veventq?.id ?? 0;
    const r = lab.unplug(0);
    expect(lab.calls.filter((c) => c.startsWith("destroy"))).toEqual([
      expect.stringMatching(/^destroy \d+$/),
      expect.stringMatching(/^destroy \d+$/),
      `destroy ${q} !EBUSY`,
      "destroy 6",
      "destroy 5",
      "destroy 4 !EBUSY",
      "destroy 3 !EBUSY",
      "destroy 2 !EBUSY",
    ]);
    expect(r).toMatchObject({ ok: true, errno: "EBUSY" });
    expect(r.messages).toEqual([q, 4, 3, 2].map((id) => `Failed to free id: ${id} Device or resource busy`));
    expect(lab.rules).toContain("Q-EVQ-PINNED");
    // QEMU's fd is closed but the file lives on, with its VMID; the next plug opens a new one.
    expect(lab.world.kernel.files[0]).toMatchObject({ fdOpen: false, released: false });
    lab.plug(0);
    expect(lab.world.qemu.backends[0]?.file).toBe(1);
    expect(lab.world.kernel.smmus[0]?.vmids).toEqual([1, 2]);
  });

  it("X1: while another device keeps the file open the next plug gets a new vIOMMU", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(2, 1);
    lab.start();
    lab.setup(CMDQEN | EVENTQEN);
    lab.unplug(0);
    expect(lab.objects()).toContain("4:VIOMMU");
    lab.plug(0);
    expect(lab.smmu().accel.viommu?.viommuId).toBeGreaterThan(4);
  });

  it("X1: with poll everything is freed (rule Q-EVQ-FREE)", () => {
    const lab = ready({ knobs: { eventloop: "poll" } });
    const r = lab.unplug(0);
    expect(r.messages).toEqual([]);
    expect(lab.rules).toContain("Q-EVQ-FREE");
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });
});

describe("event names", () => {
  it("are those of the trace", () => {
    expect([0x0a, 0x10, 0x0c, 0x22, 0x24, 0x25].map(smmuEventString)).toEqual([
      "SMMU_EVT_C_BAD_CD",
      "SMMU_EVT_F_TRANSLATION",
      "UNKNOWN",
      "UNKNOWN",
      "SMMU_EVT_E_PAGE_REQ",
      "INVALID",
    ]);
  });
});
