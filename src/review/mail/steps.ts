/** A session's steps as a mail tells them: the command, its host calls with their errnos, what it changed. */
import { DIVERGENCES } from "../../engine/divergence-table.ts";
import { deviceFacts } from "../../engine/observe.ts";
import type { Outcome } from "../../engine/outcome.ts";
import type { Setup } from "../../engine/setup.ts";
import type { HostNode } from "../../engine/tracer.ts";
import type { World } from "../../engine/world.ts";
import { outcomeCalls } from "../../script/record.ts";
import type { NodeId, Session, TimelineNode } from "../../script/session.ts";
import { type Difference, differences } from "../differences.ts";

export type Told =
  | { readonly kind: "prose"; readonly text: string }
  | {
      readonly kind: "step";
      readonly n: number;
      readonly text: string;
      readonly outcome: Outcome;
      readonly setup: Setup;
      readonly changes: readonly Difference[];
    }
  | { readonly kind: "expect"; readonly text: string; readonly held: boolean };

/** A statement without the breaks that the script's own width made. */
const oneLine = (text: string): string => text.replace(/\s*\\\n\s*/g, " ").replace(/\s+#\s.*$/, "");

/** What changed between two moments of one run, field by field. */
export const changesBetween = (before: World, after: World): readonly Difference[] =>
  differences([before, after], []);

/** From the start to `id`; comments that follow each other are one paragraph. */
export function tell(session: Session, id: NodeId): Told[] {
  const out: Told[] = [];
  let prose: string[] = [];
  const flush = (): void => {
    if (prose.length > 0) out.push({ kind: "prose", text: prose.join(" ") });
    prose = [];
  };
  for (const node of session.path(id)) {
    if (node.item?.kind === "comment" && node.item.text !== "") prose.push(node.item.text);
    else flush();
    if (node.kind === "command") out.push(stepOf(session, node));
    else if (node.kind === "expect") out.push({ kind: "expect", text: oneLine(node.text), held: node.ok });
  }
  flush();
  return out;
}

function stepOf(session: Session, node: TimelineNode): Told {
  const before = session.world(node.parent ?? 0);
  return {
    kind: "step",
    n: node.step,
    text: oneLine(node.text),
    outcome: session.outcome(node.id) as Outcome,
    setup: node.setup,
    changes: changesBetween(before, session.world(node.id)),
  };
}

/** `bind d0 = 7`, `attach d0 to 5 = -1 ENOENT`. */
export function callText(setup: Setup, call: HostNode): string {
  const { args, out } = call;
  const device = typeof args.device === "number" ? ` ${setup.devices[args.device]?.name ?? args.device}` : "";
  const to = typeof args.pt === "number" && call.call === "attach" ? ` to ${args.pt}` : "";
  const result =
    call.errno === null ? (typeof out.id === "number" ? ` = ${out.id}` : "") : ` = -1 ${call.errno}`;
  return `${call.call}${device}${to}${result}`;
}

/** Calls that come several times in a row are said once, with their number. */
export function callTexts(setup: Setup, outcome: Outcome): string[] {
  const out: { text: string; times: number }[] = [];
  for (const call of outcomeCalls(outcome)) {
    const text = callText(setup, call);
    const last = out.at(-1);
    if (last?.text === text) last.times++;
    else out.push({ text, times: 1 });
  }
  return out.map(({ text, times }) => (times === 1 ? text : `${text} (${times} times)`));
}

/** How the command ended, in few words; empty if it simply worked. */
export const endText = (o: Outcome): string =>
  o.rejected ? "rejected" : (o.errno ?? (o.ok ? "" : "failed"));

export interface Verdict {
  readonly text: string;
  /** Divergence's title and source, where it has a name. */
  readonly why: string | null;
}

/** Every device whose DMA leaves what it is promised. */
export function verdicts(world: World): Verdict[] {
  return world.setup.devices.flatMap(({ name }, dev) => {
    const f = deviceFacts(world, dev);
    const dma = f.divergences.find((d) => d.kind === "dma");
    if (dma === undefined) return [];
    const known = dma.id === null ? null : DIVERGENCES[dma.id];
    return [
      {
        text: `${name}: promised ${f.legal.join(" or ")}, gets ${f.hardware ?? "nothing"}`,
        why: known === null ? null : `${dma.id}, ${known.title}. ${known.text} (${known.source})`,
      },
    ];
  });
}

/** `Kernel 7.3, QEMU 11.1, repairs D1, D3`, with the knobs that were set on their own. */
export function setupText(header: string, setup: Setup): string {
  const line = (verb: string): string | undefined =>
    header
      .replace(/\s*\\\n\s*/g, " ")
      .split("\n")
      .find((l) => l.startsWith(`${verb} `))
      ?.slice(verb.length + 1)
      .replace(/\s+#\s.*$/, "");
  const fix = line("fix");
  return [
    `Kernel ${line("kernel") ?? setup.kernel.name}`,
    `QEMU ${line("qemu") ?? setup.qemu.name}`,
    ...(setup.repairs.length === 0
      ? []
      : [`with the repairs of ${(fix ?? setup.repairs.join(",")).replaceAll(",", ", ")}`]),
  ].join(", ");
}
