/** What the picture says of a device beyond the tables, in the picture's words: asked of the engine's observers. */
import { findSte } from "../engine/arch/find-ste.ts";
import { oracleInput } from "../engine/arch/oracle.ts";
import type { OracleInput } from "../engine/arch/oracle-types.ts";
import type { ArchSmmu } from "../engine/arch/smmu.ts";
import type { DeviceFacts, HardwareAnswer, LegalAnswer } from "../engine/facts.ts";
import { type GuestMemory, lookupMapping, memRead64 } from "../engine/memory.ts";
import { deviceFacts } from "../engine/observe.ts";
import type { World } from "../engine/world.ts";
import type { DeviceView } from "./scene-items.ts";
import type { Kind } from "./scene-types.ts";

export const ANSWER_WORDS: Readonly<Record<LegalAnswer | HardwareAnswer, string>> = {
  abort: "abort",
  "pass-bypass": "bypass",
  "pass-s2": "S2",
  "pass-s1": "translate",
  stall: "stall",
};

export const ANSWER_KINDS: Readonly<Record<LegalAnswer | HardwareAnswer, Kind>> = {
  abort: "abort",
  "pass-bypass": "bypass",
  "pass-s2": "s2",
  "pass-s1": "translate",
  stall: "off",
};

const STE_KINDS: readonly { readonly kind: Kind; readonly word: string }[] = [
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "bypass", word: "bypass" },
  { kind: "translate", word: "translate" },
  { kind: "s2", word: "stage 2" },
  { kind: "s2", word: "S1 + S2" },
];

type Ste = NonNullable<DeviceView["ste"]>;

/** By V and Config: equal STEs are the same object. */
const STES: readonly Ste[] = Array.from({ length: 16 }, (_, bits) => {
  const text = `Config=${(bits >> 1).toString(2).padStart(3, "0")}`;
  if ((bits & 1) === 0) return { kind: "off", word: "V=0", text };
  return { ...(STE_KINDS[bits >> 1] as { kind: Kind; word: string }), text: `V=1 ${text}` };
});

interface Table {
  readonly memory: GuestMemory;
  readonly input: OracleInput;
  readonly found: Map<number, Ste | null>;
}
/** What was found for a register file and a memory; a step that touches neither asks nothing again. */
const TABLES = new WeakMap<ArchSmmu, Table>();

/** The guest's STE of a StreamID as it stands in memory now, whatever any cache holds. */
function guestSte(world: World, vsmmu: number, sid: number): Ste | null {
  const arch = world.guest.smmus[vsmmu]?.arch;
  if (arch === undefined) return null;
  const { memory } = world;
  let table = TABLES.get(arch);
  if (table === undefined || table.memory !== memory) {
    const input = oracleInput(
      arch,
      (addr) => memRead64(memory, addr),
      (ttb, va) => lookupMapping(memory, ttb, va),
    );
    table = { memory, input, found: new Map() };
    TABLES.set(arch, table);
  }
  let ste = table.found.get(sid);
  if (ste === undefined) {
    const at = findSte(table.input, sid, null);
    ste = at.kind === "ste" ? (STES[Number(at.q0 & 15n)] as Ste) : null;
    table.found.set(sid, ste);
  }
  return ste;
}

const NOBODY: DeviceView = { ste: null, must: "–", is: "host", diverges: "" };

const VIEWS = new WeakMap<DeviceFacts, DeviceView>();

/** The last view made from facts, with what else it was made from: a step leaves most devices' facts alone. */
interface Kept {
  readonly guest: unknown;
  readonly memory: unknown;
  readonly view: DeviceView;
}
const kept = new WeakMap<DeviceFacts, Kept>();

export function observedView(world: World, dev: number): DeviceView {
  const facts = deviceFacts(world, dev);
  const guest = facts.placement === null ? null : world.guest.smmus[facts.placement.vsmmu];
  const known = kept.get(facts);
  if (known !== undefined && known.guest === guest && known.memory === world.memory) return known.view;
  const view = viewOf(world, facts);
  kept.set(facts, { guest, memory: world.memory, view });
  return view;
}

function viewOf(world: World, facts: DeviceFacts): DeviceView {
  const { placement, hardware } = facts;
  if (hardware === null) return NOBODY;
  const ste = placement === null ? null : guestSte(world, placement.vsmmu, placement.sid);
  const known = VIEWS.get(facts);
  if (known !== undefined && known.ste === ste) return known;
  const dma = facts.divergences.filter((one) => one.kind === "dma");
  const view = {
    ste,
    must:
      facts.legal.length === 0 ? "anything" : facts.legal.map((answer) => ANSWER_WORDS[answer]).join(" or "),
    is: ANSWER_WORDS[hardware],
    diverges: [...new Set(dma.map((one) => one.id ?? "?"))].join(" "),
  };
  VIEWS.set(facts, view);
  return view;
}
