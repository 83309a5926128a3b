/** A step's call tree as lines between lanes: who called whom, with what, and what came back. */
import type { Setup } from "../engine/setup.ts";
import type { Layer, TraceArgs, TraceNode, TraceValue } from "../engine/tracer.ts";

export const CALL_LANES: readonly { readonly id: Layer; readonly name: string }[] = [
  { id: "guest", name: "Guest" },
  { id: "qemu-vfio", name: "QEMU vfio" },
  { id: "qemu-smmuv3", name: "smmuv3" },
  { id: "qemu-accel", name: "smmuv3-accel" },
  { id: "iommufd", name: "iommufd" },
  { id: "arm-smmu-v3", name: "arm-smmu-v3" },
  { id: "hardware", name: "Hardware" },
];

const LANE = Object.fromEntries(CALL_LANES.map(({ id }, at) => [id, at])) as Record<Layer, number>;

export interface CallLine {
  /** Lanes; equal for what happens inside one. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly errno: string | null;
  /** Ids of the rules that decided directly in it. */
  readonly rules: readonly string[];
}

function printValue(value: TraceValue): string {
  if (value === null) return "-";
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (typeof value === "object") return value.map(printValue).join(",");
  return String(value);
}

/** Arguments as `key=value`; devices by name. */
export function printCallArgs(setup: Setup, args: TraceArgs): string {
  return Object.entries(args)
    .map(([key, value]) => {
      const named = (key === "device" || key === "dev") && typeof value === "number" && setup.devices[value];
      return `${key}=${named ? named.name : printValue(value)}`;
    })
    .join(" ");
}

const rulesOf = (nodes: readonly TraceNode[]): string[] =>
  nodes.flatMap((node) => (node.kind === "rule" ? [node.id] : []));

export function callLines(setup: Setup, trace: readonly TraceNode[]): readonly CallLine[] {
  const lines: CallLine[] = [];
  const walk = (nodes: readonly TraceNode[], lane: number, top: boolean): void => {
    for (const node of nodes) {
      if (node.kind === "call") {
        const to = LANE[node.layer];
        lines.push({
          from: top ? to : lane,
          to,
          label: `${node.fn}(${printCallArgs(setup, node.args)})`,
          errno: node.errno,
          rules: rulesOf(node.children),
        });
        walk(node.children, to, false);
      } else if (node.kind === "host") {
        // Arguments of the caller are the kernel's ids, whatever their names: no device's index among them.
        const out = Object.entries(node.out).map(([k, v]) => `${k}=${printValue(v)}`);
        const result = node.errno === null && out.length > 0 ? ` = ${out.join(" ")}` : "";
        const args = Object.entries(node.args)
          .map(([k, v]) =>
            k === "device" && typeof v === "number"
              ? (setup.devices[v]?.name ?? String(v))
              : `${k}=${printValue(v)}`,
          )
          .join(" ");
        lines.push({
          from: top ? LANE["qemu-vfio"] : lane,
          to: LANE.iommufd,
          label: `${node.call}${args === "" ? "" : ` ${args}`}${result}`,
          errno: node.errno,
          rules: rulesOf(node.children),
        });
        walk(node.children, LANE.iommufd, false);
      } else if (node.kind === "hw")
        lines.push({
          from: top ? LANE["arm-smmu-v3"] : lane,
          to: LANE.hardware,
          label: node.text,
          errno: null,
          rules: [],
        });
      else if (node.kind === "message")
        lines.push({ from: lane, to: lane, label: `“${node.text}”`, errno: null, rules: [] });
    }
  };
  walk(trace, LANE.guest, true);
  return lines;
}
