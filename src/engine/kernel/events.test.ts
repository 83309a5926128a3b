/** Events from the physical SMMU to a vEVENTQ, queue semantics, reads (section 4), and GET_HW_INFO (2.11). */
import { describe, expect, it } from "vitest";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

/** d0 translating under vSID 0x20; vEVENTQ 7 of the given depth. IOAS 1, DEVICE 2, S2 3, VIOMMU 4, vDEVICE 5, nested 6. */
function base(depth = 4, setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  h.vdevice(4, 2, 0x20n);
  h.attach(0, h.nested(2, 4, VSTE.translate).id);
  if (depth > 0) h.veventq(4, depth);
  return h;
}

const seqs = (h: RawHost): (number | string)[] => {
  const q = h.obj(7);
  return q?.type === "VEVENTQ" ? q.events.map((e) => (e.lost ? `lost ${e.seq}` : e.seq)) : [];
};

/** The record went to the host log by `rule`, and no queue noticed. */
function logged(h: RawHost, run: () => { to: string; rule: string }, rule: string): void {
  const before = h.world.kernel;
  expect(run()).toMatchObject({ to: "host-log", rule, queue: 0, vsid: null });
  expect(h.rules).toContain(rule);
  expect(h.world.kernel).toBe(before);
  expect(JSON.stringify(h.trace, (_, v) => (typeof v === "bigint" ? `${v}` : v))).toContain(
    '"kind":"message","by":"host"',
  );
}

describe("from hardware to queue", () => {
  it("K-EVENT-1: eight kinds of records reach a guest, all others the host log", () => {
    const h = base(300);
    const forwarded: number[] = [];
    for (let code = 0; code < 0x30; code++) {
      if (h.event(code).to === "veventq") forwarded.push(code);
      else expect(h.rules).toContain("K-EVENT-1");
    }
    expect(forwarded).toEqual([0x04, 0x06, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x13]);
    // The kind is judged before the StreamID.
    logged(h, () => h.event(0x02, 0x999), "K-EVENT-1");
  });

  it("K-EVENT-2: a StreamID of no device of this SMMU", () => {
    const h = base(4, { psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    logged(h, () => h.event(0x10, 0x999), "K-EVENT-2");
    logged(h, () => h.event(0x10, 0x108), "K-EVENT-2");
    logged(h, () => h.event(0x10, 0x999, { stall: true }), "K-EVENT-2");
  });

  it("K-EVENT-3: a stalled fault takes the page-fault path", () => {
    const h = base();
    expect(h.event(0x10, 0x100, { stall: true, s2: true })).toMatchObject({ to: "fault", rule: "K-EVENT-3" });
    expect(seqs(h)).toEqual([]);
  });

  it("K-EVENT-4: no vmaster, or a stage-2 fault", () => {
    const h = base();
    logged(h, () => h.event(0x10, 0x100, { s2: true }), "K-EVENT-4");
    h.attach(0, 3);
    logged(h, () => h.event(0x10), "K-EVENT-4");
    h.detach();
    logged(h, () => h.event(0x04), "K-EVENT-4");
  });

  it("K-EVENT-5: no queue, or none of the driver's type: no sequence number is used", () => {
    const h = base(0);
    logged(h, () => h.event(0x10), "K-EVENT-5");
    expect(h.veventq(4, 4, 2).id).toBe(7);
    logged(h, () => h.event(0x10), "K-EVENT-5");
    expect(h.obj(7)).toMatchObject({ sequence: 0 });
  });

  it("K-EVENT-6: a full queue loses it without a word on the host", () => {
    const h = base(1);
    h.event(0x10);
    expect(h.event(0x10)).toMatchObject({ to: "veventq", rule: "K-EVENT-6", queue: 7 });
    expect(h.rules).toContain("K-EVENT-6");
    expect(JSON.stringify(h.trace, (_, v) => (typeof v === "bigint" ? `${v}` : v))).not.toContain(
      '"by":"host"',
    );
  });

  it("K-EVENT-8: the vSID stands in for the StreamID, cut to 32 bits; all else is copied", () => {
    const h = base();
    expect(h.event(0x10)).toEqual({
      to: "veventq",
      vsid: 0x20n,
      file: 0,
      queue: 7,
      why: "queued",
      rule: "K-EVENT-8",
    });
    expect(h.obj(7)).toMatchObject({ events: [{ words: [0x20_0000_0010n, 0n, 0x8b00_0000n, 0n] }] });
    // A new vSID counts from the next attach on.
    h.destroy(5);
    h.vdevice(4, 2, 0x1_0000_0030n);
    expect(h.event(0x10).vsid).toBe(0x20n);
    h.detach();
    h.attach(0, 6);
    expect(h.event(0x10).vsid).toBe(0x30n);
  });

  it("K-EVENT-8: each vIOMMU has its own queue", () => {
    const h = base();
    const v2 = h.viommu(2, 3).id;
    h.destroy(5);
    h.vdevice(v2, 2, 0x40n);
    h.attach(0, h.nested(2, v2, VSTE.translate).id);
    logged(h, () => h.event(0x10), "K-EVENT-5");
    const q2 = h.veventq(v2, 2).id;
    expect(h.event(0x10)).toMatchObject({ queue: q2, vsid: 0x40n });
  });

  it("K-EVENT-0: before 6.15 nothing is forwarded; a stalled fault still goes its way", () => {
    const h = base(0, { kernel: "6.13" });
    logged(h, () => h.event(0x10), "K-EVENT-0");
    logged(h, () => h.event(0x04), "K-EVENT-1");
    expect(h.event(0x10, 0x100, { stall: true }).to).toBe("fault");
  });

  it("a bypass nested HWPT has a vmaster, so a stage-1 kind of event would be forwarded", () => {
    const h = base();
    h.attach(0, h.nested(2, 4, VSTE.bypass).id);
    expect(h.event(0x04).to).toBe("veventq");
  });
});

describe("queue", () => {
  it("K-QUEUE-1: depth 2, four events, read, one more: 0, 1, LOST 3, 4", () => {
    const h = base(2);
    for (let i = 0; i < 4; i++) h.event(0x10);
    expect(h.rules).toContain("K-QUEUE-1");
    expect(seqs(h)).toEqual([0, 1, "lost 3"]);
    const first = h.read(7, 4096);
    expect(first.records.map((r) => [r.seq, r.lost, r.words.length])).toEqual([
      [0, false, 4],
      [1, false, 4],
      [3, true, 0],
    ]);
    expect(first.bytes).toBe(88);
    h.event(0x10);
    expect(seqs(h)).toEqual([4]);
  });

  it("K-QUEUE-1: a later normal event removes the marker, and the gap tells the loss", () => {
    const h = base(2);
    for (let i = 0; i < 3; i++) h.event(0x10);
    h.read(7, 40);
    expect(seqs(h)).toEqual([1, "lost 2"]);
    h.event(0x10);
    expect(seqs(h)).toEqual([1, 3]);
    expect(h.obj(7)).toMatchObject({ numEvents: 2 });
  });

  it("K-QUEUE-2: sequence numbers wrap at 2^31", () => {
    const h = base(3);
    const objects = h.world.kernel.files[0]?.objects.map((o) =>
      o !== null && o !== "tombstone" && o.type === "VEVENTQ" ? { ...o, sequence: 0x7fff_ffff } : o,
    );
    const files = [{ ...h.world.kernel.files[0], objects }];
    const late = new RawHost({ ...h.world, kernel: { ...h.world.kernel, files } } as never, { open: false });
    late.event(0x10);
    late.event(0x10);
    expect(late.rules).toContain("K-QUEUE-2");
    expect(seqs(late)).toEqual([0x7fff_ffff, 0]);
  });

  it("K-READ-1: whole records only; what does not fit stays; empty reads 0", () => {
    const h = base(4);
    expect(h.read(7, 8)).toMatchObject({ errno: null, bytes: 0, records: [] });
    for (let i = 0; i < 3; i++) h.event(0x10);
    expect(h.read(7, 79)).toMatchObject({ bytes: 40, records: [{ seq: 0 }] });
    expect(h.rules).toContain("K-READ-1");
    expect(h.obj(7)).toMatchObject({ numEvents: 2 });
    expect(h.read(7, 80)).toMatchObject({ bytes: 80, records: [{ seq: 1 }, { seq: 2 }] });
    expect(h.read(7, 80).bytes).toBe(0);
  });

  it("K-READ-2: too short for a header, or for the first record; a LOST header alone fits in 8 bytes", () => {
    for (const [kernel, errno] of [
      ["7.3", "EINVAL"],
      ["7.1", null],
    ] as const) {
      const h = base(1, { kernel });
      expect(h.read(7, 7)).toMatchObject({ errno, bytes: 0 });
      expect(h.rules).toContain("K-READ-2");
      h.event(0x10);
      h.event(0x10);
      expect(h.read(7, 39)).toMatchObject({ errno, bytes: 0 });
      expect(h.read(7, 47)).toMatchObject({ errno: null, bytes: 40 });
      expect(h.read(7, 8)).toMatchObject({ errno: null, bytes: 8, records: [{ seq: 1, lost: true }] });
    }
  });

  it("reads work while the queue's fd is open, even without the iommufd's", () => {
    const h = base();
    h.event(0x10);
    h.closeFd();
    expect(h.read(7, 40).bytes).toBe(40);
    expect(h.destroy(7).errno).toBe("EBADF");
  });
});

describe("GET_HW_INFO", () => {
  it("K-INFO-1: unknown flags; INPUT_TYPE is known from 6.17", () => {
    const h = base();
    expect(h.hwInfo(99, { flags: 2 }).errno).toBe("EOPNOTSUPP");
    expect(h.rules).toContain("K-INFO-1");
    expect(h.hwInfo(2, { flags: 1 }).errno).toBeNull();
    const old = base(4, { kernel: "6.15" });
    expect(old.hwInfo(2, { flags: 1 }).errno).toBe("EOPNOTSUPP");
  });

  it("K-INFO-2, K-INFO-3, K-INFO-4: reserved, dev_id, type; the type means nothing without its flag", () => {
    const h = base();
    expect(h.hwInfo(99, { reserved: 1 }).errno).toBe("EOPNOTSUPP");
    expect(h.rules).toContain("K-INFO-2");
    expect(h.hwInfo(3, { flags: 1, type: 3 }).errno).toBe("ENOENT");
    expect(h.rules).toContain("K-INFO-3");
    expect(h.hwInfo(2, { flags: 1, type: 3 })).toMatchObject({ errno: "EOPNOTSUPP", info: null });
    expect(h.rules).toContain("K-INFO-4");
    for (const type of [0, 2]) expect(h.hwInfo(2, { flags: 1, type }).errno).toBeNull();
    expect(h.hwInfo(2, { type: 3 }).errno).toBeNull();
  });

  it("registers of the physical SMMU, attached or not", () => {
    const h = base();
    const { info } = h.hwInfo(2);
    expect(info).toMatchObject({ type: 2, dataLen: 40, flags: 0, capabilities: 0 });
    const bit = (v = 0, at = 0): number => Math.floor(v / 2 ** at) % 2;
    const f = (v = 0, lo = 0, width = 1): number => Math.floor(v / 2 ** lo) % 2 ** width;
    // S2P S1P COHACC ATS ASID16 VMID16, TTF AArch64, little-endian, terminate model, two-level tables.
    expect([0, 1, 4, 10, 12, 18].map((at) => bit(info?.idr0, at))).toEqual([1, 1, 1, 1, 1, 1]);
    expect([f(info?.idr0, 2, 2), f(info?.idr0, 21, 2), f(info?.idr0, 24, 2), f(info?.idr0, 27, 2)]).toEqual([
      2, 2, 1, 1,
    ]);
    expect([f(info?.idr1, 0, 6), f(info?.idr1, 6, 5)]).toEqual([16, 0]);
    expect([bit(info?.idr3, 8), bit(info?.idr3, 10)]).toEqual([1, 1]);
    expect(info?.idr5).toBe(0x75);
    h.detach();
    expect(h.hwInfo(2).info).toEqual(info);
    const odd = base(0, {
      psmmus: [{ oas: 44, gran16k: false, ds: true, asidBits: 8, vmidBits: 8, ssidBits: 5, rangeInv: false }],
      devices: [{ dirty: true }],
    }).hwInfo(2).info;
    expect(odd?.idr5).toBe(0xd4);
    expect([bit(odd?.idr0, 12), bit(odd?.idr0, 18), f(odd?.idr0, 6, 2), f(odd?.idr1, 6, 5)]).toEqual([
      0, 0, 2, 5,
    ]);
    expect(bit(odd?.idr3, 10)).toBe(0);
  });

  it("whole words: what the setup declares in its bits, the rest as a server has it", () => {
    const words = (p: object, d: object = {}): (number | undefined)[] => {
      const i = base(0, { psmmus: [p], devices: [d] }).hwInfo(2).info;
      return [i?.idr0, i?.idr1, i?.idr2, i?.idr3, i?.idr4, i?.idr5, i?.iidr, i?.aidr];
    };
    // IDR0: S2P S1P TTF=2 COHACC ATS ASID16 VMID16 TTENDIAN=2 STALL_MODEL=1 TERM_MODEL ST_LEVEL=1; two queues of 2^19;
    // IDR3: HAD FWB RIL BBML=2; IDR5: 48 bits, three granules.
    const plain = [0x0d44_141b, 0x0273_0010, 0, 0x1504, 0, 0x75, 0, 2];
    expect(words({})).toEqual(plain);
    // CD2L and SSIDSIZE come with substreams, HTTU with dirty tracking.
    expect(words({ ssidBits: 20 }, { dirty: true })).toEqual([0x0d4c_149b, 0x0273_0510, ...plain.slice(2)]);
    const bare = { ats: false, rangeInv: false, s2fwb: false, attrTypesOvr: true, stallModel: 2, oas: 32 };
    expect(words(bare)).toEqual([0x0e44_101b, 0x0a73_0010, 0, 0x1004, 0, 0x70, 0, 1]);
    expect(words({ s2fwb: false })[7]).toBe(2);
    expect(words({ rangeInv: false })[7]).toBe(2);
  });

  it("K-INFO-5: a short buffer gets a prefix, the length given back stays 40", () => {
    const h = base();
    const whole = h.hwInfo(2).info;
    expect(h.rules).not.toContain("K-INFO-5");
    // A word that fits to its last byte is there.
    expect(h.hwInfo(2, { dataLen: 12 }).info).toMatchObject({ idr0: whole?.idr0, idr1: 0 });
    expect(h.hwInfo(2, { dataLen: 11 }).info).toMatchObject({ idr0: 0 });
    h.hwInfo(2, { dataLen: 40 });
    expect(h.rules).not.toContain("K-INFO-5");
    const cut = h.hwInfo(2, { dataLen: 14 }).info;
    expect(h.rules).toContain("K-INFO-5");
    expect(cut).toEqual({ ...whole, idr1: 0, idr2: 0, idr3: 0, idr4: 0, idr5: 0, iidr: 0, aidr: 0 });
    expect(h.hwInfo(2, { dataLen: 0 }).info).toMatchObject({ type: 2, idr0: 0, dataLen: 40 });
    expect(h.hwInfo(2, { dataLen: 400 }).info).toEqual(whole);
  });

  it("K-INFO-6: capabilities: dirty tracking, ATS not usable", () => {
    const caps = (setup: RawSetup): number | undefined => base(0, setup).hwInfo(2).info?.capabilities;
    expect(caps({})).toBe(0);
    expect(caps({ devices: [{ dirty: true }] })).toBe(1);
    expect(caps({ devices: [{ ats: false }] })).toBe(8);
    expect(caps({ psmmus: [{ ats: false }] })).toBe(8);
    expect(caps({ psmmus: [{ ats: false }], kernel: "6.19" })).toBe(0);
    const h = base();
    h.hwInfo(2);
    expect([h.rules.includes("K-INFO-6"), h.rules.includes("K-INFO-7")]).toEqual([true, false]);
  });

  it("K-INFO-7: the repeat erratum is told, and the host sends its own commands twice, the guest's once", () => {
    const h = base(0, { psmmus: [{ repeatTlbi: true }] });
    expect(h.hwInfo(2).info?.flags).toBe(1);
    expect(h.rules).toContain("K-INFO-7");
    const own = (x: RawHost): number => {
      x.detach();
      return x.commands.filter(([q0]) => (q0 & 0xffn) === 0x28n).length;
    };
    expect(h.invalidate(4, [[0x10n, 0n]]).issued).toHaveLength(1);
    expect(h.commands).toHaveLength(2);
    expect(own(h)).toBe(2);
    const old = base(0, { psmmus: [{ repeatTlbi: true }], kernel: "7.1" });
    expect(old.hwInfo(2).info?.flags).toBe(0);
    expect(old.rules).not.toContain("K-INFO-7");
    expect(own(old)).toBe(1);
  });

  it("a kernel without nesting has no hw_info on Arm", () => {
    const h = new RawHost({ kernel: "6.12" });
    h.bind();
    expect(h.hwInfo(1).info).toMatchObject({ type: 0, dataLen: 0, idr0: 0 });
  });
});
