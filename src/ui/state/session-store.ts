/**
 * The session as the page sees it: the timeline, where the reader stands, and the world there. Graphical controls
 * call `run` with a script line and nothing else, so whatever can be clicked can be read, quoted and played again.
 */
import { create } from "zustand";
import type { World } from "../../engine/world.ts";
import type { Parsed } from "../../script/ast.ts";
import type { Appended, NodeId, Session, TimelineNode } from "../../script/session.ts";
import { bootSession } from "./boot.ts";
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
}

export interface SessionState extends Standing {
  readonly session: Session;
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
  return {
    version: session.version,
    node,
    command,
    world: session.world(),
    before: command?.parent == null ? null : session.world(command.parent),
  };
}

export const useSession = create<SessionState>()((set, get) => {
  /** Does something to the session and shows where it stands then. */
  function move<T>(body: (session: Session) => T): T {
    const { session, version } = get();
    actionStarted();
    const result = body(session);
    // A refused line moves nothing, and still the page has to become idle again.
    set(session.version === version ? { version } : standing(session));
    return result;
  }

  const session = bootSession();
  return {
    session,
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
      set({ session: next, ...standing(next) });
    },
  };
});
