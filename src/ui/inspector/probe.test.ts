import { describe, expect, test } from "vitest";
import type { Hop } from "../../engine/arch/oracle-types.ts";
import { Session } from "../../script/session.ts";
import { pairHops, probe } from "./probe.ts";

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

test("a device that no guest has is promised nothing", () => {
  const opened = Session.open("");
  if (!opened.ok) throw new Error("does not parse");
  const txn = { iova: 0x1000n, write: false, ssid: null, ats: "none", priv: false, inst: false } as const;
  expect(probe(opened.value.world(), 0, txn).must).toBeNull();
});
