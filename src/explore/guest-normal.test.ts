import { describe, expect, it } from "vitest";
import { buildWorld } from "../engine/build-world.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { parse } from "../script/parse.ts";
import { alphabetOf } from "./alphabet.ts";
import { freedomOf } from "./freedom.ts";
import { type GuestFreedom, normalGuest } from "./guest-normal.ts";
import { renamingOf, symmetriesOf } from "./renaming.ts";
import { setupWith } from "./setups.test-helper.ts";
import { keyOf } from "./slots.ts";

const SETUP = setupWith(1, 2);

/** The world at the end of some lines. */
function after(lines: string): World {
  const header = [
    "psmmu p0",
    "device d0 psmmu=p0 sid=0x100",
    "device d1 psmmu=p0 sid=0x108",
    "vsmmu v0 bus=pcie.1",
  ].join("\n");
  const parsed = parse(`${header}\n${lines.replaceAll(";", "\n")}\n`);
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => p.message).join("\n"));
  let w = buildWorld(parsed.value.setup);
  for (const item of parsed.value.items)
    if (item.kind === "command") w = step(w, item.action, { trace: false }).world;
  return w;
}

/** What a search with this alphabet takes the guest's side for. */
function form(lines: string, alphabet = "vm+ste", freedom: Partial<GuestFreedom> = {}): string {
  const w = after(lines);
  const [identity] = symmetriesOf(SETUP);
  if (identity === undefined) throw new Error("no symmetry");
  const known = freedomOf(w, alphabetOf(w.setup, alphabet), [], true);
  const { guest, memory, qemu } = normalGuest(w, renamingOf(w.setup, identity), { ...known, ...freedom });
  return keyOf({ guest, memory, regs: qemu.smmus.map((s) => s.regs) });
}

describe("queues that are off and empty", () => {
  it("are as good as never programmed: the command queue", () => {
    expect(form("cfgi v0 0x100; gbpa v0 abort")).toBe(form("gbpa v0 abort"));
  });

  it("are as good as never programmed: the event queue", () => {
    expect(form("cr0 v0 +eventqen; cr0 v0 -eventqen")).toBe(form(""));
    expect(form("cr0 v0 +eventqen")).not.toBe(form(""));
  });

  it("keep what waits in them", () => {
    expect(form("cfgi v0 0x100 cmdqen=asis; gbpa v0 abort")).not.toBe(form("gbpa v0 abort"));
  });

  it("keep what they are where registers are handled by hand", () => {
    const alphabet = "read v0 CMDQ_BASE; gbpa v0 abort";
    expect(form("cfgi v0 0x100", alphabet)).not.toBe(form("", alphabet));
  });
});

describe("caches that hold nothing", () => {
  const warmed = "ste v0 0x100 bypass; cfgi v0 0x100; cr0 v0 +smmuen; cr0 v0 -smmuen";

  it("are cold whether as a whole or stream by stream", () => {
    expect(form(`${warmed}; cfgi v0 0x100; cfgi v0 0x108`)).toBe(form(`${warmed}; cfgi v0 all`));
    expect(form(`${warmed}; cfgi v0 0x100`)).not.toBe(form(`${warmed}; cfgi v0 all`));
  });

  it("are told apart where a device may come at an address that nobody watches yet", () => {
    const alphabet = "plug d0 v0 bdf=02:00.0; cfgi v0 0x100";
    const one = `${warmed}; cfgi v0 0x100; cfgi v0 0x108`;
    expect(form(one, alphabet)).not.toBe(form(`${warmed}; cfgi v0 all`, alphabet));
  });
});

describe("a table that no CD in force names", () => {
  const lost = "ste v0 0x100 translate; cfgi v0 0x100; cr0 v0 +smmuen; ste v0 0x100 bypass; cfgi v0 0x100";

  it("is forgotten while it can only be met again as what it is", () => {
    expect(after(lost).guest.smmus[0]?.arch.caches.roots).toHaveLength(1);
    expect(form(lost)).toBe(form(`${lost}; cmd v0 TLBI_NSNH_ALL; cmd v0 SYNC`));
    expect(form(lost, "vm+ste", { tables: false })).not.toBe(
      form(`${lost}; cmd v0 TLBI_NSNH_ALL; cmd v0 SYNC`, "vm+ste", { tables: false }),
    );
  });

  it("stays where the alphabet makes CDs or changes tables", () => {
    for (const move of [
      "map v0 0x100 iova=0x1000 gpa=0x2000",
      "unmap v0 0x100 iova=0x1000",
      "cd v0 0x100 asid=9",
    ]) {
      const alphabet = `${move}; cfgi v0 0x100`;
      expect(form(lost, alphabet)).not.toBe(form(`${lost}; cmd v0 TLBI_NSNH_ALL; cmd v0 SYNC`, alphabet));
    }
  });

  it("stays where another CD bears its ASID", () => {
    const shared = `${lost}; cd v0 0x108 asid=1`;
    expect(form(shared)).not.toBe(form(`${shared}; cmd v0 TLBI_NSNH_ALL; cmd v0 SYNC`));
  });
});
