import { describe, expect, test } from "vitest";
import type { Hop } from "../../engine/arch/oracle-types.ts";
import { Session } from "../../script/session.ts";
import { pairHops, partingRow, probe } from "./probe.ts";
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

/** What the row where the two ways part looks at; null where they agree. */
function parts(text: string, txn: Partial<Parameters<typeof probe>[2]> = {}, dev = 0): string | null {
  const { must, does, agrees } = probe(worldOf(text), dev, { ...TXN, ...txn });
  const pairs = pairHops(must?.path ?? [], does.path ?? []);
  if (agrees) return null;
  const pair = pairs[partingRow(pairs)];
  return (pair?.must ?? pair?.does)?.what ?? "so";
}

describe("where the two ways part", () => {
  const PLUGGED = "plug d0 v0\nmachine-start\n";
  const TRANSLATED = `${PLUGGED}ste v0 0x100 translate\ncr0 v0 +smmuen\ncfgi v0 0x100\n`;

  test("nowhere, though guest and host have floors of their own", () => {
    expect(parts(PLUGGED)).toBeNull();
    expect(parts(TRANSLATED)).toBeNull();
  });

  test("at the physical STE: GBPA's HWPT (D4), the STE's (D3), another Config", () => {
    expect(parts(`${PLUGGED}ste v0 0x100 abort\ncr0 v0 +smmuen\n`)).toBe("STE");
    expect(parts(`${TRANSLATED}cr0 v0 -smmuen\n`)).toBe("STE");
    expect(parts(`${PLUGGED}gbpa v0 abort\nplug d1 v0 hot\n`, {}, 1)).toBe("STE");
  });

  test("in the TLB: another vSMMU's translation (D22)", () => {
    const text = [
      "plug d0 v0",
      "plug d1 v1",
      "machine-start",
      "ste v0 0x100 translate",
      "ste v1 0x108 translate",
      "cr0 v0 +smmuen",
      "cr0 v1 +smmuen",
      "cfgi v0 0x100",
      "cfgi v1 0x108",
      "dma d1 iova=0x1000",
    ].join("\n");
    expect(parts(text)).toBe("TT");
    const { must, does } = probe(worldOf(text), 0, TXN);
    const row = pairHops(must?.path ?? [], does.path ?? []).find((pair) => pair.must?.what === "TT");
    expect(row?.does?.what).toBe("TLB");
  });
});
