import { describe, expect, test } from "vitest";
import type { Hop } from "../../engine/arch/oracle-types.ts";
import { Session } from "../../script/session.ts";
import { pairHops, probe } from "./probe.ts";
import { probeLine } from "./probe-ask.tsx";

const hop = (what: Hop["what"], addr: bigint | null = null): Hop => ({ what, addr, words: [], note: "" });

describe("hops of two ways side by side", () => {
  test("equal ways have equal hops", () => {
    const way = [hop("STE", 0x40n), hop("CD", 0x80n)];
    expect(pairHops(way, way).map(({ same }) => same)).toEqual([true, true]);
  });

  test("what only one of them asks stands alone, in its place", () => {
    const pairs = pairHops([hop("CR0"), hop("STE"), hop("OUT")], [hop("STE"), hop("S2"), hop("OUT")]);
    expect(pairs.map(({ must, does }) => [must?.what ?? null, does?.what ?? null])).toEqual([
      ["CR0", null],
      ["STE", "STE"],
      [null, "S2"],
      ["OUT", "OUT"],
    ]);
  });

  test("the same structure at another address is where they part", () => {
    expect(pairHops([hop("STE", 0x40n)], [hop("STE", 0x80n)])[0]?.same).toBe(false);
  });
});

const TXN = { iova: 0x1000n, write: false, ssid: null, ats: "none", priv: false, inst: false } as const;

function worldOf(text: string) {
  const opened = Session.open(text);
  if (!opened.ok) throw new Error("does not parse");
  return opened.value.world();
}

test("a device that no guest has is promised nothing", () => {
  expect(probe(worldOf(""), 0, TXN)).toMatchObject({ must: null, legal: [], due: null });
});

test("until CFGI and SYNC every legal answer is there, and the one that happens is marked", () => {
  const world = worldOf(
    "plug d0 v0\nste v0 0x100 abort\ncr0 v0 +smmuen\ncfgi v0 0x100\nste v0 0x100 bypass\n",
  );
  const { legal, due, does } = probe(world, 0, TXN);
  expect(legal.map(({ cls }) => cls)).toEqual(["bypass", "abort"]);
  expect([due?.cls, does.cls]).toEqual(["abort", "abort"]);
});

test("the probe's line sends the transaction that was asked about", () => {
  expect(probeLine("d0", TXN)).toBe("dma d0 iova=0x1000");
  expect(probeLine("d0", { ...TXN, ssid: 0, ats: "request", write: true, priv: true, inst: true })).toBe(
    "dma d0 iova=0x1000 ssid=0 ats=request write priv inst",
  );
});
