/** Commands for the host's own context descriptor, as a real host's SMMU saw them (content/recordings). */
import { describe, expect, it } from "vitest";
import type { TraceNode } from "../tracer.ts";
import { RawHost } from "./raw-host.ts";

/** Opcodes that reached the physical queue in the last step, SYNC and PREFETCH left out. */
function opcodes(nodes: readonly TraceNode[]): number[] {
  return nodes.flatMap((n) => {
    if (n.kind === "hw" && n.what === "cmd") {
      const op = Number((n.args.q0 as bigint) & 0xffn);
      return op === 0x46 || op === 0x01 ? [] : [op];
    }
    return n.kind === "call" || n.kind === "host" ? opcodes(n.children) : [];
  });
}

const CFGI_STE = 0x03;
const CFGI_CD = 0x05;
const TLBI_NH_ASID = 0x11;
const TLBI_S12_VMALL = 0x28;

describe("a device whose host default domain is DMA", () => {
  it("K-CD-1: bind clears the CD behind STE and TLB, closing the device writes it before the STE", () => {
    const h = new RawHost({ psmmus: [{ ats: false }], groups: [{ defaultDomain: "dma" }] });
    h.ioas();
    h.bind();
    // host lines 290 to 305 of accel-ste-commands
    expect(opcodes(h.trace)).toEqual([CFGI_STE, CFGI_STE, TLBI_NH_ASID, CFGI_CD, CFGI_CD]);
    h.paging(2, 1);
    h.attach(0, 3);
    expect(opcodes(h.trace)).toEqual([CFGI_STE, CFGI_STE]);
    h.detach();
    expect(opcodes(h.trace)).toEqual([CFGI_STE, CFGI_STE, TLBI_S12_VMALL]);
    h.unbind();
    // host lines 525 to 537: the CD, then the STE of the DMA domain
    expect(opcodes(h.trace)).toEqual([CFGI_CD, CFGI_CD, CFGI_STE, CFGI_STE]);
  });

  it("K-CD-1: with an identity default domain there is no CD", () => {
    const h = new RawHost();
    h.ioas();
    h.bind();
    expect(opcodes(h.trace)).not.toContain(CFGI_CD);
  });
});
