/**
 * What a link, a file or a picture carries: a session (or one script of it) and how it was looked at. Reading gives this
 * and runs nothing; `openShare` plays it.
 */

import { formatProblem } from "../../script/problem.ts";
import { Session, type SessionData } from "../../script/session.ts";
import type { Result } from "../sides.ts";

export interface Share {
  readonly content:
    | { readonly kind: "session"; readonly data: SessionData }
    /** `at`: timeline node to stand at, null for the last one. */
    | { readonly kind: "script"; readonly text: string; readonly at: number | null };
  readonly view: ShareView;
  /** Plain text, shown as it is. */
  readonly note: string;
}

/** Names and values of a view's parts; whoever shows it knows which ones there are. */
export type ShareView = Readonly<Record<string, string>>;

export const NOTE_MAX = 2_000;
const VIEW_NAME = /^[a-z][a-z-]{0,15}$/;
const VIEW_VALUE = /^[A-Za-z0-9._-]{1,64}$/;

/** A part of a view as links may carry it. */
export const isViewPart = (name: string, value: string): boolean =>
  VIEW_NAME.test(name) && VIEW_VALUE.test(value);

/** Without control characters but the line's end: nobody sees them, and the packed form uses some as signs. */
export const plainText = (text: string): string =>
  [...text.replace(/\r\n?/g, "\n")].filter((c) => c >= " " || c === "\n").join("");

/** A session with one start, no branch and no label is a script. */
export function shareOf(session: Session, view: ShareView = {}, note = ""): Share {
  const data = session.data();
  const linear =
    data.starts.length === 1 &&
    data.labels.length === 0 &&
    data.nodes.every(([parent], i) => parent === i - 1);
  const kept = Object.fromEntries(Object.entries(view).filter(([k, v]) => isViewPart(k, v)));
  const last = data.nodes.length - 1;
  return {
    content: linear
      ? { kind: "script", text: session.script(last), at: data.current === last ? null : data.current }
      : { kind: "session", data },
    view: kept,
    note: plainText(note).slice(0, NOTE_MAX),
  };
}

/** How heavy it would be to play, told without playing. */
export interface Weight {
  readonly steps: number;
  readonly devices: number;
  /** Null if it may be opened at once; else the question to put first. */
  readonly question: string | null;
  /** More than the lab plays at all. */
  readonly refused: string | null;
}

export const ASK_STEPS = 2_000;
export const ASK_DEVICES = 1_200;
export const MOST_STEPS = 200_000;
export const MOST_DEVICES = 20_000;

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
const n = (value: number): string => value.toLocaleString("en-GB");

export function weigh(share: Share): Weight {
  const { content } = share;
  const texts = content.kind === "script" ? [content.text] : content.data.starts.map((s) => s.header);
  const devices = Math.max(3, ...texts.map((t) => count(t, /^[ \t]*device[ \t]/gm)));
  const steps =
    content.kind === "script"
      ? count(content.text, /^[ \t]*[a-z]/gm)
      : content.data.nodes.length - texts.length;
  const size = `${n(steps)} steps on ${n(devices)} devices`;
  const refused =
    steps > MOST_STEPS || devices > MOST_DEVICES
      ? `This holds ${size}; the lab opens up to ${n(MOST_STEPS)} steps and ${n(MOST_DEVICES)} devices.`
      : null;
  const heavy = steps > ASK_STEPS || devices > ASK_DEVICES;
  const question = heavy && refused === null ? `This holds ${size}. Playing them may take a while.` : null;
  return { steps, devices, question, refused };
}

/** Plays it. A part that makes no sense is reported and nothing is opened. */
export function openShare(share: Share): Result<Session> {
  const { content } = share;
  if (content.kind === "session") return Session.restore(content.data);
  const opened = Session.open(content.text);
  if (!opened.ok) return { ok: false, problems: opened.problems.map(formatProblem) };
  const session = opened.value;
  if (content.at !== null) {
    if (content.at >= session.size)
      return { ok: false, problems: [`there is no step ${content.at} to stand at`] };
    session.goTo(content.at);
  }
  return { ok: true, value: session };
}
