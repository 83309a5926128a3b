import { describe, expect, test } from "vitest";
import { makeCd } from "./cd.ts";
import { decodeEvent } from "./events.ts";
import { oracle, oracleInput } from "./oracle.ts";
import type { OracleInput, TableRange } from "./oracle-types.ts";
import { encodeSte } from "./ste.ts";
import { CDT, GPA, Guest, IOVA, idrWith, show, TTB, txn } from "./testkit.test-helper.ts";

describe("a vSMMU with its own stage 2", () => {
  const idr = idrWith({ set0: 1 });
  const S2TTB = 0x70_0000n;
  const make = (p: Record<string, bigint>, ranges: readonly TableRange[], useIdr = idr): OracleInput => {
    const g = new Guest(useIdr).tables();
    g.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    g.map(TTB, IOVA, GPA);
    const fields = {
      V: 1n,
      Config: 6n,
      S2T0SZ: 24n,
      S2SL0: 2n,
      S2PS: 4n,
      S2AA64: 1n,
      S2R: 1n,
      S2TTB,
      S1ContextPtr: CDT,
      ...p,
    };
    g.storeAll(g.ste(), encodeSte(fields));
    g.enable();
    const lookup2 = (ttb: bigint, ipa: bigint): TableRange | null =>
      ttb === S2TTB ? (ranges.find((m) => m.iova <= ipa && ipa < m.iova + m.size) ?? null) : null;
    return { ...oracleInput(g.s, g.read, g.lookup), lookup2 };
  };
  const flat: TableRange = { iova: 0n, gpa: 0n, size: 1n << 32n, read: true, write: true, af: true };
  const shift: TableRange = { ...flat, gpa: 0x1000_0000n };

  test("A-S2: stage 2 alone and after stage 1", () => {
    expect(show(oracle(make({}, [shift]), txn()))).toBe("s2:0x10004000");
    expect(show(oracle(make({ Config: 7n }, [flat]), txn()))).toBe("s1s2:0x84000");
  });

  test("A-S2-MAP, A-S2-AF, A-S2-PERM, A-S2-SIZE: faults with S2=1, CLASS=IN and the IPA", () => {
    const cases = [
      ["A-S2-MAP", "F_TRANSLATION", {}, []],
      ["A-S2-AF", "F_ACCESS", {}, [{ ...flat, af: false }]],
      ["A-S2-PERM", "F_PERMISSION", {}, [{ ...flat, read: false }]],
      ["A-S2-SIZE", "F_ADDR_SIZE", { S2PS: 0n }, [{ ...flat, gpa: 1n << 32n }]],
    ] as const;
    for (const [rule, name, p, ranges] of cases) {
      const a = oracle(make(p, ranges), txn());
      expect(a).toMatchObject({ cls: "abort", rule });
      expect(decodeEvent(a.event?.words ?? [])).toMatchObject({ name, s2: true, cls: 2, ipa: IOVA });
    }
    expect(oracle(make({ S2AFFD: 1n }, [{ ...flat, af: false }]), txn()).cls).toBe("s2");
    expect(oracle(make({ S2T0SZ: 39n, S2SL0: 1n }, [flat]), txn()).rule).toBe("A-STE-S2SL0");
    expect(oracle(make({}, [flat]), txn({ addr: 1n << 41n })).rule).toBe("A-S2-MAP");
  });

  test("A-S2-R: S2R=0 silences", () => {
    expect(oracle(make({ S2R: 0n }, []), txn())).toMatchObject({
      cls: "abort",
      event: null,
      silencedBy: "A-S2-R",
    });
  });

  test("A-S2-STALL: S2S=1 stalls and records", () => {
    const stalling = idrWith({ set0: 1, clear0: 3 << 24 });
    const a = oracle(make({ S2S: 1n, S2R: 0n }, [], stalling), txn());
    expect(a).toMatchObject({ cls: "stall", rule: "A-S2-STALL" });
  });

  test("nested: a CD and a table behind stage 2 fault with CLASS=CD and CLASS=TT; fetches are reads", () => {
    const only = (iova: bigint): TableRange => ({ ...flat, iova, gpa: iova, size: 0x1000n });
    const cd = oracle(make({ Config: 7n }, []), txn({ rnw: false }));
    expect(decodeEvent(cd.event?.words ?? [])).toMatchObject({ s2: true, cls: 0, ipa: CDT });
    const tt = oracle(make({ Config: 7n }, [{ ...only(CDT), write: false }]), txn({ rnw: false }));
    expect(decodeEvent(tt.event?.words ?? [])).toMatchObject({ s2: true, cls: 1, ipa: TTB });
    const last = oracle(make({ Config: 7n }, [only(CDT), only(TTB)]), txn());
    expect(decodeEvent(last.event?.words ?? [])).toMatchObject({ s2: true, cls: 2, ipa: GPA });
  });

  test("a stage-2 STE takes no SSID", () => {
    expect(oracle(make({}, [flat]), txn({ ssid: 1 })).rule).toBe("A-SSID-BAD");
  });
});
