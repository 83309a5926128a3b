import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MASK64 } from "./bits.ts";
import {
  COMMANDS,
  commandName,
  commandSlug,
  decodeCommand,
  encodeCommand,
  findCommand,
  judgeCommand,
  READY,
} from "./commands.ts";
import { IDR20, idrWith } from "./testkit.test-helper.ts";

const ill = (name: string, idr = IDR20): string | null => judgeCommand(idr, encodeCommand(name).q0);

describe("command codec (section 4)", () => {
  test("ready values of section 4", () => {
    const words = (c: { q0: bigint; q1: bigint }): bigint[] => [c.q0, c.q1];
    expect(words(READY.cfgiSte(0x100))).toEqual([0x0000_0100_0000_0003n, 1n]);
    expect(words(READY.cfgiAll)).toEqual([4n, 0x1fn]);
    expect(words(READY.cfgiCd(0x100, 0))).toEqual([0x0000_0100_0000_0005n, 1n]);
    expect(words(READY.tlbiNsnhAll)).toEqual([0x30n, 0n]);
    expect(words(READY.tlbiNhAsid(1))).toEqual([0x0001_0000_0000_0011n, 0n]);
    expect(words(READY.atcInvAll(0x100))).toEqual([0x0000_0100_0000_0040n, 0x34n]);
    expect(words(READY.syncSev)).toEqual([0x0fc0_2046n, 0n]);
    expect(words(READY.syncMsi(0x1234_0000n))).toEqual([0x0fc0_1046n, 0x1234_0000n]);
  });

  test("the same by mnemonic and fields", () => {
    expect(encodeCommand("cfgi-ste", { sid: 0x100n, leaf: 1n })).toEqual(READY.cfgiSte(0x100));
    expect(encodeCommand("cfgi-all")).toEqual(READY.cfgiAll);
    expect(encodeCommand("CFGI_CD", { SID: 0x100n, SSID: 0n, Leaf: 1n })).toEqual(READY.cfgiCd(0x100, 0));
    expect(encodeCommand("tlbi-nh-asid", { asid: 1n })).toEqual(READY.tlbiNhAsid(1));
    expect(encodeCommand("atc-inv", { sid: 0x100n })).toEqual(READY.atcInvAll(0x100));
    expect(encodeCommand("sync", { cs: 2n, msh: 3n, msiattr: 0xfn })).toEqual(READY.syncSev);
    expect(encodeCommand("sync", { cs: 1n, msh: 3n, msiattr: 0xfn, msiaddr: 0x1234_0000n })).toEqual(
      READY.syncMsi(0x1234_0000n),
    );
  });

  test("an SSID implies SSV only where the command has one", () => {
    expect(encodeCommand("atc-inv", { sid: 1n, ssid: 5n }).q0).toBe(0x0000_0001_0000_5840n);
    expect(encodeCommand("atc-inv", { sid: 1n, ssid: 5n, ssv: 0n }).q0).toBe(0x0000_0001_0000_5040n);
    expect(encodeCommand("cfgi-cd", { sid: 1n, ssid: 5n }).q0).toBe(0x0000_0001_0000_5005n);
  });

  test("CFGI_ALL is CFGI_STE_RANGE with Range 31", () => {
    expect(commandName(4n, 31n)).toBe("CFGI_ALL");
    expect(commandName(4n, 30n)).toBe("CFGI_STE_RANGE");
    expect(encodeCommand("cfgi-ste-range", { sid: 0x100n, range: 3n }).q1).toBe(3n);
  });

  test("unknown mnemonics and fields and values that do not fit are refused", () => {
    expect(() => encodeCommand("cfgi-nothing")).toThrow("cfgi-nothing");
    expect(() => encodeCommand("sync", { sid: 1n })).toThrow("SYNC has no field sid");
    expect(() => encodeCommand("tlbi-nh-asid", { asid: 0x1_0000n })).toThrow("ASID");
    expect(() => encodeCommand("tlbi-nh-va", { va: 0x1001n })).toThrow("VA");
  });

  test("every command survives encoding and decoding of random fields", () => {
    const arb = fc
      .constantFrom(...COMMANDS)
      .chain((spec) =>
        fc.tuple(
          fc.constant(spec),
          fc.array(fc.bigInt({ min: 0n, max: MASK64 }), { minLength: 2, maxLength: 2 }),
        ),
      );
    fc.assert(
      fc.property(arb, ([spec, noise]) => {
        const range = spec.name === "CFGI_ALL" ? 31n : (noise[1] as bigint) & ~1n;
        const q1 = spec.op === 4 ? ((noise[1] as bigint) & ~31n) | (range & 31n) : (noise[1] as bigint);
        const first = decodeCommand(((noise[0] as bigint) & ~0xffn) | BigInt(spec.op), q1);
        expect(first.name).toBe(spec.name);
        const again = encodeCommand(commandSlug(spec.name), first.fields);
        expect(decodeCommand(again.q0, again.q1).fields).toEqual(first.fields);
        expect(findCommand(commandSlug(spec.name))).toBe(spec);
      }),
    );
  });

  test("an unknown opcode decodes to its number", () => {
    expect(decodeCommand(0x99n, 0n)).toMatchObject({ name: "UNKNOWN_0x99", op: 0x99, fields: {} });
  });
});

describe("CERROR_ILL (section 4)", () => {
  const S1P = 2;

  test("what an accelerated vSMMU accepts", () => {
    for (const name of [
      "prefetch-config",
      "prefetch-addr",
      "cfgi-ste",
      "cfgi-ste-range",
      "cfgi-all",
      "cfgi-cd",
      "cfgi-cd-all",
      "tlbi-nh-all",
      "tlbi-nh-asid",
      "tlbi-nh-va",
      "tlbi-nh-vaa",
      "tlbi-nsnh-all",
      "sync",
    ]) {
      expect(ill(name), name).toBeNull();
    }
  });

  test("A-CMD-OPCODE: unknown opcodes", () => {
    for (const op of [0n, 0x08n, 0x14n, 0x47n, 0xffn]) expect(judgeCommand(IDR20, op)).toBe("A-CMD-OPCODE");
  });

  test("A-CMD-SSEC: SSec=1 on the Non-secure queue", () => {
    for (const name of ["prefetch-config", "cfgi-ste", "cfgi-all", "cfgi-cd", "cfgi-cd-all"]) {
      expect(judgeCommand(IDR20, encodeCommand(name, { ssec: 1n }).q0), name).toBe("A-CMD-SSEC");
    }
    const all = idrWith({ set0: (1 << 10) | (1 << 16), clear0: 3 << 24, set3: 1 << 7 });
    for (const name of ["cfgi-vms-pidm", "atc-inv", "pri-resp", "resume", "stall-term"]) {
      expect(judgeCommand(all, encodeCommand(name, { ssec: 1n }).q0), name).toBe("A-CMD-SSEC");
    }
  });

  test("A-CMD-S1P: CD and stage-1 TLB commands without stage 1", () => {
    const idr = idrWith({ clear0: S1P });
    for (const n of ["cfgi-cd", "cfgi-cd-all", "tlbi-nh-all", "tlbi-nh-asid", "tlbi-nh-va", "tlbi-nh-vaa"]) {
      expect(ill(n, idr), n).toBe("A-CMD-S1P");
    }
  });

  test("A-CMD-S2P: stage-2 TLB commands without stage 2", () => {
    for (const n of ["tlbi-s12-vmall", "tlbi-s2-ipa"]) {
      expect(ill(n)).toBe("A-CMD-S2P");
      expect(ill(n, idrWith({ set0: 1 }))).toBeNull();
    }
  });

  test("A-CMD-HYP: EL2 TLB commands without HYP", () => {
    for (const n of ["tlbi-el2-all", "tlbi-el2-asid", "tlbi-el2-va", "tlbi-el2-vaa"]) {
      expect(ill(n)).toBe("A-CMD-HYP");
      expect(ill(n, idrWith({ set0: 1 << 9 }))).toBeNull();
    }
  });

  test("A-CMD-MPAM: CFGI_VMS_PIDM without MPAM", () => {
    expect(ill("cfgi-vms-pidm")).toBe("A-CMD-MPAM");
    expect(ill("cfgi-vms-pidm", idrWith({ set3: 1 << 7 }))).toBeNull();
  });

  test("A-CMD-ATS: ATC_INV without ATS", () => {
    expect(ill("atc-inv")).toBe("A-CMD-ATS");
    expect(ill("atc-inv", idrWith({ set0: 1 << 10 }))).toBeNull();
  });

  test("A-CMD-PRI: PRI_RESP without PRI", () => {
    expect(ill("pri-resp")).toBe("A-CMD-PRI");
    expect(ill("pri-resp", idrWith({ set0: 1 << 16 }))).toBeNull();
  });

  test("A-CMD-STALL: RESUME and STALL_TERM with STALL_MODEL=1", () => {
    for (const n of ["resume", "stall-term"]) {
      expect(ill(n)).toBe("A-CMD-STALL");
      expect(ill(n, idrWith({ clear0: 3 << 24 }))).toBeNull();
    }
  });

  test("A-CMD-CS: SYNC with CS=3", () => {
    expect(judgeCommand(IDR20, encodeCommand("sync", { cs: 3n }).q0)).toBe("A-CMD-CS");
    for (const cs of [0n, 1n, 2n]) expect(judgeCommand(IDR20, encodeCommand("sync", { cs }).q0)).toBeNull();
  });
});
