/** The event queue in guest memory, what the architecture would have in it, and the command queue, entry by entry. */
import { decodeCommand } from "../../engine/arch/commands.ts";
import { decodeEvent } from "../../engine/arch/events.ts";
import { getObj } from "../../engine/kernel/state.ts";
import { memRead64 } from "../../engine/memory.ts";
import type { World } from "../../engine/world.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { Section } from "../widgets/section.tsx";
import { eventDetail } from "./event-text.ts";
import { hex } from "./field-list.tsx";
import { SubjectLink } from "./subject-link.tsx";

const BASE = 0x00ff_ffff_ffff_ffe0n;
const MOST = 64;

interface Entry {
  readonly index: number;
  readonly words: readonly bigint[];
}

/** Entries between CONS and PROD, oldest first. */
function waiting(
  world: World,
  queue: { readonly base: bigint; readonly log2: number; readonly prod: number; readonly cons: number },
  wordsEach: number,
): readonly Entry[] {
  const size = 1 << queue.log2;
  const mask = 2 * size - 1;
  const count = Math.min(size, (queue.prod - queue.cons) & mask);
  return Array.from({ length: Math.min(count, MOST) }, (_, at) => {
    const index = (queue.cons + at) & (size - 1);
    const addr = (queue.base & BASE) + BigInt(index * wordsEach * 8);
    const words = Array.from(
      { length: wordsEach },
      (__, word) => memRead64(world.memory, addr + BigInt(word * 8)) ?? 0n,
    );
    return { index, words };
  });
}

function EventRow({ words }: { readonly words: readonly bigint[] }) {
  return (
    <li className="queue-entry">
      <b className="mono">{decodeEvent(words).name}</b> {eventDetail(words)}
      <span className="queue-words">{words.map((word) => hex(word)).join(" ")}</span>
    </li>
  );
}

/** What the architecture has recorded and the guest has not read; said only where it differs from the guest's queue. */
function Promised({ v, seen }: { readonly v: number; readonly seen: readonly Entry[] }) {
  const world = useSession((session) => session.world);
  const expected = world.guest.smmus[v]?.expected ?? [];
  const same =
    expected.length === seen.length && expected.every((words, at) => words.join() === seen[at]?.words.join());
  if (same) return null;
  return (
    <>
      <p className="queue-apart">
        {expected.length === 0
          ? "The architecture has no record here."
          : `The architecture has ${expected.length} waiting:`}
      </p>
      <ul className="plain-list" data-testid="eventq-promised">
        {expected.slice(0, MOST).map((words, at) => {
          const key = `${at} ${words.join()}`;
          return <EventRow key={key} words={words} />;
        })}
      </ul>
    </>
  );
}

/** The host's queue that feeds it. */
function VeventqLine({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const queue = world.qemu.smmus[v]?.accel.veventq ?? null;
  if (queue === null) return <p className="inspector-none">No vEVENTQ feeds it.</p>;
  const obj = getObj(world.kernel, queue.file, queue.id);
  const [waitingThere, depth] = obj?.type === "VEVENTQ" ? [obj.numEvents, obj.depth] : [0, 0];
  return (
    <p className="inspector-none">
      Fed by{" "}
      <SubjectLink to={{ kind: "object", file: queue.file, id: queue.id }}>VEVENTQ {queue.id}</SubjectLink>,{" "}
      {waitingThere} of {depth} waiting.
    </p>
  );
}

export function QueueSection({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const regs = world.qemu.smmus[v]?.regs;
  const name = world.setup.vsmmus[v]?.name ?? "";
  if (regs === undefined) return null;
  const events = waiting(
    world,
    { base: regs.eventqBase, log2: regs.eventqLog2size, prod: regs.eventqProd, cons: regs.eventqCons },
    4,
  );
  const commands = waiting(
    world,
    { base: regs.cmdqBase, log2: regs.cmdqLog2size, prod: regs.cmdqProd, cons: regs.cmdqCons },
    2,
  );
  return (
    <>
      <Section id="eventq" title="Event queue" aside={`${events.length} waiting`}>
        {events.length === 0 ? (
          <p className="inspector-none">
            {(regs.cr0 & 4) === 0 ? "EVENTQEN is 0: no event is recorded." : "No event is waiting."}
          </p>
        ) : (
          <>
            <ul className="plain-list" data-testid="eventq">
              {events.map(({ index, words }) => (
                <EventRow key={index} words={words} />
              ))}
            </ul>
            <div className="control-buttons">
              <Act
                line={`write ${name} EVENTQ_CONS ${hex(regs.eventqProd)}`}
                note="The guest has read them all"
              >
                Consume
              </Act>
            </div>
          </>
        )}
        <Promised v={v} seen={events} />
        <VeventqLine v={v} />
      </Section>
      <Section id="cmdq" title="Command queue" aside={`${commands.length} waiting`}>
        {commands.length === 0 ? (
          <p className="inspector-none">Every command has been consumed.</p>
        ) : (
          <ul className="plain-list">
            {commands.map(({ index, words }) => (
              <li key={index} className="mono">
                <b>{decodeCommand(words[0] ?? 0n, words[1] ?? 0n).name}</b>{" "}
                {words.map((word) => hex(word)).join(" ")}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}
