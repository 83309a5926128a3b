/** Where a search begins: a step of the lab's session, as a script, and in words. */
import type { Setup } from "../../engine/setup.ts";
import type { Scope } from "../../script/scope.ts";
import type { NodeId, Session, TimelineNode } from "../../script/session.ts";
import type { Question } from "./question.ts";

export interface Origin {
  readonly node: NodeId;
  readonly setup: Setup;
  readonly scope: Scope;
  /** The whole script up to the step. */
  readonly script: string;
  /** "step 4, gbpa v0 abort" or "the start". */
  readonly words: string;
  readonly setupWords: string;
}

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

export function setupWords(setup: Setup): string {
  const { kernel, qemu, vsmmus, devices, repairs } = setup;
  return [
    `kernel ${kernel.name}, QEMU ${qemu.name}`,
    `${plural(vsmmus.length, "vSMMU")}, ${plural(devices.length, "device")}`,
    ...(repairs.length === 0 ? [] : [`repaired: ${repairs.join(", ")}`]),
  ].join("; ");
}

/** The command at a node, or the last one before it. */
function commandAt(session: Session, node: TimelineNode): TimelineNode | null {
  for (let at: TimelineNode = node; ; at = session.node(at.parent)) {
    if (at.kind === "command") return at;
    if (at.parent === null) return null;
  }
}

export function originOf(session: Session, where: Question["origin"], at: NodeId): Origin {
  const path = session.path(at);
  const node = where === "start" ? (path[0] ?? session.node(at)) : session.node(at);
  const command = commandAt(session, node);
  return {
    node: node.id,
    setup: node.setup,
    scope: node.scope,
    script: session.script(node.id),
    words: command === null ? "the start" : `step ${command.step}, ${command.text}`,
    setupWords: setupWords(node.setup),
  };
}
