/** Whether some device's DMA diverges after a step; worked out when the page has nothing better to do, and remembered. */
import { useEffect, useRef, useState } from "react";
import { deviceFacts } from "../../../engine/observe.ts";
import type { World } from "../../../engine/world.ts";
import type { Session, TimelineNode } from "../../../script/session.ts";
import { whenIdle } from "../../state/idle.ts";

const known = new WeakMap<TimelineNode["setup"], Map<number, boolean>>();

const diverges = (world: World): boolean =>
  world.setup.devices.some((_, dev) =>
    deviceFacts(world, dev).divergences.some(({ kind }) => kind === "dma"),
  );

/** Node ids are never reused within a setup, and a node's world never changes. */
function remembered(node: TimelineNode): Map<number, boolean> {
  let answers = known.get(node.setup);
  if (answers === undefined) {
    answers = new Map();
    known.set(node.setup, answers);
  }
  return answers;
}

/** Beyond this many devices only the step on the table is looked at: its facts are there anyway. */
const MANY = 128;

export function useDivergesAt(session: Session, node: TimelineNode): boolean {
  const job = useRef({});
  const [answer, setAnswer] = useState(() => remembered(node).get(node.id) ?? false);
  useEffect(() => {
    if (node.kind !== "command") return;
    const answers = remembered(node);
    const before = answers.get(node.id);
    if (before !== undefined) {
      setAnswer(before);
      return;
    }
    if (node.setup.devices.length > MANY && session.current.id !== node.id) return;
    return whenIdle(job.current, () => {
      const now = diverges(session.world(node.id));
      answers.set(node.id, now);
      setAnswer(now);
    });
  }, [session, node]);
  return answer;
}
