import { describe, expect, test } from "vitest";
import { makeSte } from "../../engine/arch/ste.ts";
import { Session } from "../../script/session.ts";
import { archBit, bitOpinion, steOpinion } from "./ste-opinion.ts";

const opened = Session.open("");
if (!opened.ok) throw new Error("does not parse");
const world = opened.value.world();
const FIELD = { shcfg: 108 - 64, s1ptr52: 52, eats: 92 - 64 } as const;

describe("what becomes of a bit", () => {
  test("S1ContextPtr[52] is within QEMU's mask and outside the host's", () => {
    const opinion = bitOpinion(world, 0, FIELD.s1ptr52);
    expect([opinion.field?.name, opinion.passed, opinion.taken]).toEqual(["S1ContextPtr", true, false]);
  });

  test("SHCFG is dropped by QEMU, so the host never sees it", () => {
    const opinion = bitOpinion(world, 1, FIELD.shcfg);
    expect([opinion.field?.name, opinion.passed, opinion.taken]).toEqual(["SHCFG", false, null]);
  });

  test("words 2 and up never leave QEMU", () => {
    expect(bitOpinion(world, 2, 0)).toMatchObject({ passed: false, taken: null });
  });

  test("EATS[0] is taken", () => {
    expect(bitOpinion(world, 1, FIELD.eats)).toMatchObject({ passed: true, taken: true });
  });
});

describe("what becomes of an STE", () => {
  test("a bypass STE is legal and taken as bypass", () => {
    expect(steOpinion(world, 0, makeSte("bypass"))).toMatchObject({
      illegal: null,
      host: "bypass",
      refused: false,
      dropped: 0,
    });
  });

  test("EATS=2 is refused by the host with EIO", () => {
    const [q0, q1, ...rest] = makeSte("translate", { eats: 2 });
    expect(steOpinion(world, 0, [q0, q1, ...rest])).toMatchObject({ host: "EIO", refused: true });
  });

  test("V=0 is C_BAD_STE for the architecture", () => {
    expect(steOpinion(world, 0, makeSte("invalid"))?.illegal).toBe("A-STE-V");
  });

  test("set bits that QEMU drops are counted", () => {
    const words = [...makeSte("bypass")];
    words[1] = 3n << BigInt(FIELD.shcfg);
    words[3] = 1n << 4n;
    expect(steOpinion(world, 0, words)?.dropped).toBe(3);
  });
});

describe("what QEMU does at a CFGI", () => {
  const enabled = () => {
    const session = Session.open("cr0 v0 +smmuen\n");
    if (!session.ok) throw new Error("does not parse");
    return session.value.world();
  };
  test.each([
    ["invalid", "abort"],
    ["abort", "abort"],
    ["bypass", "bypass"],
    ["translate", "translate"],
  ] as const)("%s: %s, and with SMMUEN=0 what GBPA names", (kind, choice) => {
    expect(steOpinion(enabled(), 0, makeSte(kind))?.qemu).toBe(choice);
    expect(steOpinion(world, 0, makeSte(kind))?.qemu).toBe("gbpa");
  });

  test("Config 6 and 7 are QEMU's own error (D8)", () => {
    for (const q0 of [0xdn, 0xfn])
      expect(steOpinion(enabled(), 0, [q0, ...makeSte("abort").slice(1)])?.qemu).toBe("error");
  });
});

describe("what the architecture says of a bit", () => {
  const S1STALLD = 91 - 64;
  test("setting S1STALLD is ILLEGAL with STALL_MODEL=1, and clearing it legal again", () => {
    const words = [...makeSte("translate", { cdptr: 0x1000n })];
    expect(archBit(world, 0, words, 1, S1STALLD)).toEqual({ is: "makes-illegal", rule: "A-STE-STALLD" });
    words[1] = (words[1] ?? 0n) | (1n << BigInt(S1STALLD));
    expect(archBit(world, 0, words, 1, S1STALLD)).toEqual({ is: "makes-legal", rule: "A-STE-STALLD" });
  });

  test("fields of an unused stage are ignored, unknown bits RES0, the pointer is used", () => {
    expect(archBit(world, 0, makeSte("bypass"), 0, 12)).toEqual({ is: "ignored" });
    expect(archBit(world, 0, makeSte("translate"), 0, 12)).toEqual({ is: "used" });
    expect(archBit(world, 0, makeSte("translate"), 0, 57)).toEqual({ is: "res0" });
  });
});
