/** The present state as a goal: what a reader sees of it, as a formula, and the moves that could lead there. */
import { deviceFacts, vsmmuFacts } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";
import type { TimelineNode } from "../../script/session.ts";
import type { Question } from "./question.ts";

const SMMUEN = 1;
const GBPA_ABORT = 1 << 20;

function deviceClause(w: World, dev: number): string {
  const f = deviceFacts(w, dev);
  const name = w.setup.devices[dev]?.name ?? "";
  if (f.hardware === null) return `${name} attached=${f.attached}`;
  const diverges = f.diverges === null ? "no" : f.diverges === "?" ? "yes" : f.diverges;
  return `${name} attached=${f.attached} dma=${f.hardware} diverges=${diverges}`;
}

function vsmmuClause(w: World, v: number): string {
  const { gbpa, cr0ack } = vsmmuFacts(w, v);
  const abort = (gbpa & GBPA_ABORT) !== 0 ? "abort" : "bypass";
  return `${w.setup.vsmmus[v]?.name} gbpa=${abort} smmuen=${(cr0ack & SMMUEN) !== 0 ? "on" : "off"}`;
}

/** `sometimes …`: every device and every accelerated vSMMU as it is. */
export function goalOf(w: World): string {
  const clauses = [
    ...w.setup.devices.map((_, dev) => deviceClause(w, dev)),
    ...w.setup.vsmmus.flatMap(({ accel }, v) => (accel ? [vsmmuClause(w, v)] : [])),
  ];
  return `sometimes ${clauses.join(" and ")}`;
}

type Kind = Extract<TimelineNode["item"], { readonly kind: "command" }>["action"]["kind"];

const STES: ReadonlySet<Kind> = new Set<Kind>(["ste", "cfgi", "strtab", "cd", "guest"]);
const HALVES: ReadonlySet<Kind> = new Set<Kind>(["realize", "set", "unset", "finalize"]);
const RAW: ReadonlySet<Kind> = new Set<Kind>([
  "ioas-alloc",
  "bind",
  "hwpt-alloc",
  "viommu-alloc",
  "vdevice-alloc",
  "attach",
]);

/** The smallest preset with the kinds of moves that were played on the way. */
export function alphabetFor(path: readonly TimelineNode[]): Pick<Question, "base" | "modifiers"> {
  const kinds = path.flatMap(({ item }) => (item?.kind === "command" ? [item.action.kind] : []));
  const any = (of: ReadonlySet<Kind>): boolean => kinds.some((kind) => of.has(kind));
  if (any(RAW)) return { base: "raw", modifiers: kinds.includes("inject") ? ["fault"] : [] };
  return {
    base: any(STES) ? "vm+ste" : "vm",
    modifiers: [
      ...(kinds.includes("dma") ? (["dma"] as const) : []),
      ...(any(HALVES) ? (["halves"] as const) : []),
      ...(kinds.includes("inject") ? (["fault"] as const) : []),
    ],
  };
}
