/**
 * The session as the page sees it: the timeline, where the reader stands, and the world there. Graphical controls
 * call `run` with a script line and nothing else, so whatever can be clicked can be read, quoted and played again.
 */
import { create } from "zustand";
import type { World } from "../../engine/world.ts";
import type { Parsed } from "../../script/ast.ts";
import type { Appended, NodeId, Session, TimelineNode } from "../../script/session.ts";
import { emptySession } from "./boot.ts";
import { actionStarted } from "./paint.ts";

/** What follows from where the session stands. Objects keep their identity while nothing moves. */
interface Standing {
  readonly version: number;
  readonly node: TimelineNode;
  /** The command at `node`, or the last one before it; null at a start. */
  readonly command: TimelineNode | null;
  readonly world: World;
  /** The world before `command`; null at a start. */
  readonly before: World | null;
  /** From the start through `node` to the end, along what was visited last. */
  readonly line: readonly TimelineNode[];
  /** Index of `node` in `line`. */
  readonly at: number;
}

export interface SessionState extends Standing {
  readonly session: Session;
  /** Grows with every action, also with one that changed nothing: what `data-idle` waits for. */
  readonly beat: number;
  /** Plays script lines here; problems: nothing happens. */
  run(text: string): Appended;
  go(id: NodeId): void;
  back(): boolean;
  forward(): boolean;
  toStart(): void;
  toEnd(): void;
  /** Another script as a further start of the same session: what was played before stays in the timeline. */
  load(text: string): Parsed<TimelineNode>;
  /** The same steps under another header. */
  editHeader(header: string): Parsed<TimelineNode>;
  /** Leaves the session as it is behind and starts a new one. */
  replace(session: Session): void;
}

function commandAt(session: Session, from: TimelineNode): TimelineNode | null {
  let node = from;
  while (node.kind !== "command") {
    if (node.parent === null) return null;
    node = session.node(node.parent);
  }
  return node;
}

function standing(session: Session): Standing {
  const node = session.current;
  const command = commandAt(session, node);
  const path = session.path();
  return {
    version: session.version,
    node,
    command,
    world: session.world(),
    before: command?.parent == null ? null : session.world(command.parent),
    line: [...path, ...session.ahead()],
    at: path.length - 1,
  };
}

export const useSession = create<SessionState>()((set, get) => {
  /** Does something to the session and shows where it stands then. */
  function move<T>(body: (session: Session) => T): T {
    const { session, version, beat } = get();
    actionStarted();
    const result = body(session);
    set(session.version === version ? { beat: beat + 1 } : { beat: beat + 1, ...standing(session) });
    return result;
  }

  // The page puts the saved session, or the first scenario, in its place before it draws anything.
  const session = emptySession();
  return {
    session,
    beat: 0,
    ...standing(session),
    run: (text) => move((one) => one.append(text)),
    go: (id) => move((one) => one.goTo(id)),
    back: () => move((one) => one.back()),
    forward: () => move((one) => one.forward()),
    toStart: () => move((one) => one.goTo(one.path()[0]?.id ?? 0)),
    toEnd: () => move((one) => one.goTo(one.ahead().at(-1)?.id ?? one.current.id)),
    load: (text) => move((one) => one.edit(text)),
    editHeader: (header) => move((one) => one.editHeader(header)),
    replace(next) {
      actionStarted();
      set({ session: next, beat: get().beat + 1, ...standing(next) });
    },
  };
});
