import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setField } from "./bits.ts";
import { accelIdr, type Idr, makeIdr } from "./idr.ts";
import { oracle } from "./oracle.ts";
import type { OracleInput, Txn } from "./oracle-types.ts";
import { makeSte, STE_FIELDS } from "./ste.ts";
import { steFieldAt, steUses } from "./ste-uses.ts";

const ACCEL = accelIdr({ oas: 44, ats: true, ril: true, ssidsize: 20 });
/** Both stages, EL2, attributes. */
const FULL = makeIdr({ ...ACCEL, idr0: ACCEL.idr0 | 0x8_0201, idr1: ACCEL.idr1 | (3 << 26) });
const uses = (idr: Idr, words: readonly bigint[]) =>
  STE_FIELDS.filter((f) => steUses(idr, words, f)).map((f) => f.name);

describe("bits of an STE that decide anything", () => {
  test("V=0: nothing else; abort: V and Config; bypass: MEV beside them, attributes where honoured", () => {
    expect(uses(FULL, makeSte("invalid"))).toEqual(["V"]);
    expect(uses(FULL, makeSte("abort"))).toEqual(["V", "Config"]);
    expect(uses(ACCEL, makeSte("bypass"))).toEqual(["V", "Config", "MEV"]);
    expect(uses(FULL, makeSte("bypass"))).toEqual([
      ...["V", "Config", "MEV", "MemAttr", "MTCFG", "ALLOCCFG", "SHCFG", "PRIVCFG", "INSTCFG"],
    ]);
  });

  test("S1CDMax=0 switches S1DSS and S1Fmt off; SSIDSIZE=0 S1CDMax itself", () => {
    const lone = makeSte("translate", { cdptr: 0x1000n });
    expect(uses(ACCEL, lone)).not.toContain("S1DSS");
    expect(uses(ACCEL, lone)).toContain("S1CDMax");
    expect(uses(ACCEL, makeSte("translate", { cdptr: 0x1000n, cdmax: 4 }))).toEqual(
      expect.arrayContaining(["S1DSS", "S1Fmt"]),
    );
    const without = accelIdr({ oas: 44, ats: false, ril: true, ssidsize: 0 });
    expect(uses(without, makeSte("translate", { cdmax: 4 }))).toEqual([
      ...["V", "Config", "S1ContextPtr", "S1CIR", "S1COR", "S1CSH", "MEV", "S1STALLD"],
    ]);
  });

  test("a bit's field, or RES0", () => {
    expect(steFieldAt(1, 27)?.name).toBe("S1STALLD");
    expect(steFieldAt(0, 57)).toBeNull();
  });

  test("changing a field that is not used changes no answer", () => {
    const STE = 0x4000n;
    const ask = (idr: Idr, words: readonly bigint[], t: Txn) => {
      const input: OracleInput = {
        idr,
        smmuen: true,
        atschk: true,
        gbpa: 0,
        cr2: 2,
        strtabBase: STE,
        strtabCfg: 0,
        eventq: "writable",
        read: (addr) => (addr >= STE && addr < STE + 64n ? (words[Number((addr - STE) >> 3n)] ?? 0n) : 0n),
        lookup: () => null,
        lookup2: (_ttb, ipa) => ({ iova: ipa, gpa: ipa, size: 8n, read: true, write: true, af: true }),
      };
      const { cls, output, event, rule } = oracle(input, t);
      return { cls, output, event, rule };
    };
    const word = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(
        fc.constantFrom(ACCEL, FULL),
        fc.array(word, { minLength: 8, maxLength: 8 }),
        fc.constantFrom(...STE_FIELDS),
        word,
        fc.constantFrom("none", "request", "translated"),
        fc.option(fc.constantFrom(0, 5)),
        (idr, base, f, value, ats, ssid) => {
          // Half of all words would be V=0 or Config 0xx.
          const words = [(base[0] as bigint) | 9n, ...base.slice(1)];
          fc.pre(!steUses(idr, words, f));
          const other = setField(words, f, value);
          const t: Txn = { sid: 0, ssid, addr: 0x8000n, rnw: true, ind: false, pnu: false, ats };
          expect(ask(idr, other, t)).toEqual(ask(idr, words, t));
        },
      ),
      { numRuns: 400 },
    );
  });
});
