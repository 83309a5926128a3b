import { describe, expect, test } from "vitest";
import { makeSte } from "../../engine/arch/ste.ts";
import { Session } from "../../script/session.ts";
import { bitOpinion, steOpinion } from "./ste-opinion.ts";

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
