import { describe, expect, it } from "vitest";
import { type AccessHint, VsmmuChooser } from "./vsmmus.ts";

const CR0 = 0x20;
const CMDQ_BASE = 0x90;
const CMDQ_PROD = 0x98;
const CMDQ_CONS = 0x9c;

const hint = (h: Partial<AccessHint>): AccessHint => ({
  offset: CR0,
  value: 0n,
  write: true,
  cons: -1,
  outCons: -1,
  sids: [],
  byDevice: -1,
  likely: -1,
  not: [],
  ...h,
});

/** Two SMMUs, both with their queues on; the first is at 4, the second at 2. */
function two(): VsmmuChooser {
  const c = new VsmmuChooser();
  c.ensure(2);
  for (const [i, index] of [4, 2].entries()) {
    const v = c.at(i);
    v.write(CMDQ_BASE, 0x4000_0010n);
    v.write(CMDQ_PROD, BigInt(index));
    v.write(CMDQ_CONS, BigInt(index));
    v.write(CR0, 0xdn);
  }
  return c;
}

describe("which vSMMU a line is about", () => {
  it("with one there is no question", () => {
    const c = new VsmmuChooser();
    expect(c.choose(hint({}))).toMatchObject({ ambiguous: false, vsmmu: { index: 0 } });
  });

  it("commands go to the queue that stands where they begin", () => {
    const c = two();
    expect(c.choose(hint({ offset: CMDQ_PROD, cons: 2 })).vsmmu.index).toBe(1);
    expect(c.choose(hint({ offset: CMDQ_PROD, cons: 4 })).vsmmu.index).toBe(0);
  });

  it("a StreamID's bus stays with the SMMU it was first seen at", () => {
    const c = two();
    c.choose(hint({ offset: CMDQ_PROD, cons: 2, sids: [0x900] }));
    c.at(1).cons = 4;
    expect(c.choose(hint({ offset: CMDQ_PROD, cons: 4, sids: [0x908] }))).toMatchObject({
      ambiguous: false,
      vsmmu: { index: 1 },
    });
  });

  it("a bus that nobody has named lies in the range of the nearest one below", () => {
    const c = two();
    c.at(1).cons = 4;
    c.at(0).buses.add(1);
    c.at(1).buses.add(0x10);
    const at = (sid: number) => c.choose(hint({ offset: CMDQ_PROD, cons: 4, sids: [sid] })).vsmmu.index;
    expect([at(0x1200), at(0x200)]).toEqual([1, 0]);
  });

  it("an attached device tells", () => {
    expect(two().choose(hint({ byDevice: 1 })).vsmmu.index).toBe(1);
  });

  it("reading the identification registers again is the next SMMU's probe", () => {
    const c = new VsmmuChooser();
    c.ensure(2);
    c.at(0).write(CR0, 0xdn);
    expect(c.choose(hint({ offset: 0, write: false })).vsmmu.index).toBe(1);
  });

  it("after an orderly shutdown the next kernel probes the same SMMUs in the same order", () => {
    const c = two();
    for (const v of c.all) v.write(CR0, 0n);
    c.choose(hint({ byDevice: 1 }));
    expect(c.choose(hint({ offset: 0, write: false })).vsmmu.index).toBe(0);
    c.at(0).write(CR0, 0xdn);
    expect(c.choose(hint({ offset: 0, write: false })).vsmmu.index).toBe(1);
    const alone = two();
    alone.reset();
    alone.at(0).write(CR0, 0xdn);
    alone.at(0).write(CR0, 0n);
    expect(alone.choose(hint({ offset: 0, write: false })).vsmmu.index).toBe(0);
  });

  it("a write that moved nobody is not of an SMMU whose devices it would have moved", () => {
    expect(two().choose(hint({ offset: 0x44, value: 0x8010_0000n, not: [0] }))).toMatchObject({
      ambiguous: false,
      vsmmu: { index: 1 },
    });
  });

  it("where both fit, the one used before is taken and the doubt is said", () => {
    const c = two();
    c.at(1).cons = 4;
    expect(c.choose(hint({ offset: CMDQ_PROD, cons: 4 }))).toMatchObject({
      ambiguous: true,
      vsmmu: { index: 0 },
    });
  });

  it("reset forgets queues, not buses", () => {
    const c = two();
    c.choose(hint({ offset: CMDQ_PROD, cons: 2, sids: [0x900] }));
    c.reset();
    expect(c.at(1)).toMatchObject({ prod: 0, cons: 0, cr0: 0, cmdqLog2: 19 });
    expect(c.ofSid(0x900)?.index).toBe(1);
  });
});
