/** The call tree of a step as the lines of a sequence diagram. Pure: the same trace gives the same lines. */

import type { Setup } from "../../../engine/setup.ts";
import type { Layer, TraceArgs, TraceNode, TraceValue } from "../../../engine/tracer.ts";
import { hostCall } from "../host-names.ts";

/** Lanes from left to right. */
export const LANES: readonly { readonly id: Layer; readonly name: string }[] = [
  { id: "guest", name: "Guest" },
  { id: "qemu-vfio", name: "QEMU vfio" },
  { id: "qemu-smmuv3", name: "smmuv3" },
  { id: "qemu-accel", name: "smmuv3-accel" },
  { id: "iommufd", name: "iommufd" },
  { id: "arm-smmu-v3", name: "arm-smmu-v3" },
  { id: "hardware", name: "Hardware" },
];

/** Left of all lanes: raw host calls come from a VMM of the reader's own. */
export const OUTSIDE = -0.5;

export const laneName = (lane: number): string => LANES[lane]?.name ?? "Raw call";

const LANE: Readonly<Record<Layer, number>> = Object.fromEntries(
  LANES.map(({ id }, at) => [id, at]),
) as Record<Layer, number>;

export interface CallRow {
  readonly kind: "call" | "return" | "rule" | "note" | "event" | "message" | "part";
  /** Lanes the arrow joins; equal for what happens inside one. */
  readonly from: number;
  readonly to: number;
  /** Nesting, for indenting what stays inside one lane. */
  readonly depth: number;
  readonly label: string;
  /** What came back, on the same line; null where a `return` line follows or nothing comes back. */
  readonly result: string | null;
  readonly errno: string | null;
  readonly injected: boolean;
  /** Ids of the rules that decided here. */
  readonly rules: readonly string[];
  /** What the rule adds about this very case. */
  readonly detail: string;
  readonly args: TraceArgs;
  readonly out: TraceArgs;
}

export interface RowOptions {
  /** QEMU's own trace events, as `-trace` would print them. */
  readonly events: boolean;
  readonly nameOf: NameOf;
}

const MAX_ARGUMENT = 22;

export function printValue(value: TraceValue): string {
  if (value === null) return "–";
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (typeof value === "object") return value.map(printValue).join(",");
  return String(value);
}

/** Long values are shortened in the middle; the whole stands in the details. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (max - 1 - head))}`;
}

/** The names behind indices: devices, vSMMUs, physical SMMUs and iommufd files have names of their own. */
export type NameOf = (key: string, value: TraceValue) => string | null;

export function namesOf(setup: Setup): NameOf {
  const tables: Readonly<Record<string, readonly { readonly name: string }[]>> = {
    device: setup.devices,
    dev: setup.devices,
    filledBy: setup.devices,
    vsmmu: setup.vsmmus,
    psmmu: setup.psmmus,
  };
  return (key, value) => (typeof value === "number" ? (tables[key]?.[value]?.name ?? null) : null);
}

export const printArgs = (args: TraceArgs, nameOf: NameOf, max = MAX_ARGUMENT): string =>
  Object.entries(args)
    .map(([key, value]) => `${key}=${nameOf(key, value) ?? shorten(printValue(value), max)}`)
    .join(", ");

const NO_ARGS: TraceArgs = {};

const base = {
  result: null,
  errno: null,
  injected: false,
  rules: [],
  detail: "",
  args: NO_ARGS,
  out: NO_ARGS,
} as const;

const rulesOf = (children: readonly TraceNode[]): string[] =>
  children.flatMap((node) => (node.kind === "rule" ? [node.id] : []));

/** `depth` 1: the nodes are what the guest did, so that their arrows start at its lane. */
export function callRows(
  trace: readonly TraceNode[],
  options: RowOptions,
  depth: 0 | 1 = 0,
): readonly CallRow[] {
  const rows: CallRow[] = [];
  const { nameOf } = options;

  const shown = (node: TraceNode): boolean => node.kind !== "event" || options.events;

  function walk(nodes: readonly TraceNode[], lane: number, depth: number): void {
    for (const node of nodes) {
      if (!shown(node)) continue;
      switch (node.kind) {
        case "call": {
          const to = LANE[node.layer];
          const from = depth === 0 ? to : lane;
          const folded = !node.children.some(shown);
          const result = node.errno ?? (node.ret === null ? null : printValue(node.ret));
          rows.push({
            ...base,
            kind: "call",
            from,
            to,
            depth,
            label: `${node.fn}(${printArgs(node.args, nameOf)})`,
            result: folded ? result : null,
            errno: folded ? node.errno : null,
            rules: rulesOf(node.children),
            args: node.args,
            out: node.ret === null ? NO_ARGS : { ret: node.ret },
          });
          walk(node.children, to, depth + 1);
          if (!folded && (node.errno !== null || (node.ret !== null && from !== to))) {
            rows.push({
              ...base,
              kind: "return",
              from: to,
              to: from,
              depth,
              label: node.fn,
              result,
              errno: node.errno,
              rules: rulesOf(node.children),
              out: node.ret === null ? NO_ARGS : { ret: node.ret },
            });
          }
          break;
        }
        case "host": {
          const to = LANE.iommufd;
          const from = node.by === "raw" ? OUTSIDE : depth === 0 ? LANE["qemu-vfio"] : lane;
          const out = printArgs(node.out, nameOf);
          rows.push({
            ...base,
            kind: "call",
            from,
            to,
            depth,
            label: hostCall(node.call, printArgs(node.args, nameOf)),
            result: node.errno ?? (out === "" ? "0" : out),
            errno: node.errno,
            injected: node.injected,
            rules: rulesOf(node.children),
            args: node.args,
            out: node.out,
          });
          walk(node.children, to, depth + 1);
          break;
        }
        case "rule":
          rows.push({
            ...base,
            kind: "rule",
            from: lane,
            to: lane,
            depth,
            label: node.id,
            rules: [node.id],
            detail: node.detail,
          });
          break;
        case "hw":
          rows.push({
            ...base,
            kind: "note",
            from: depth === 0 ? LANE["arm-smmu-v3"] : Math.min(lane, LANE.hardware),
            to: LANE.hardware,
            depth,
            label: node.text,
            args: node.args,
          });
          break;
        case "event":
          rows.push({
            ...base,
            kind: "event",
            from: lane,
            to: lane,
            depth,
            label: `${node.name} ${printArgs(node.args, nameOf)}`.trim(),
            args: node.args,
          });
          break;
        case "message":
          rows.push({
            ...base,
            kind: "message",
            from: lane,
            to: lane,
            depth,
            label: node.text,
            detail: node.by === "qemu" ? "QEMU prints" : "the host kernel logs",
          });
          break;
      }
    }
  }

  walk(trace, LANE.guest, depth);
  return rows;
}

/** A guest sequence's single writes: one heading line, then what it caused. */
export function partRow(text: string, errno: string | null): CallRow {
  return { ...base, kind: "part", from: LANE.guest, to: LANE.guest, depth: 0, label: text, errno };
}
