/**
 * A parsed script. An item is one line's meaning without its place, so that two texts that mean the same give
 * equal items; the places are kept beside them, in `spans`.
 */
import type { Action } from "../engine/actions.ts";
import type { Setup } from "../engine/setup.ts";
import type { Expectation } from "./expectation.ts";
import type { Problem } from "./problem.ts";

export interface HeaderItem {
  readonly kind: "header";
  readonly verb: string;
  /** Canonical words, the verb first. */
  readonly words: readonly string[];
  readonly comment: string | null;
}

export interface CommandItem {
  readonly kind: "command";
  readonly verb: string;
  readonly words: readonly string[];
  readonly comment: string | null;
  readonly action: Action;
  /** The name that `as` gives, or null. */
  readonly declares: string | null;
}

export interface ExpectItem {
  readonly kind: "expect";
  readonly words: readonly string[];
  readonly comment: string | null;
  readonly expectations: readonly Expectation[];
}

export type Statement = HeaderItem | CommandItem | ExpectItem;
export type Item =
  | { readonly kind: "blank" }
  | { readonly kind: "comment"; readonly text: string }
  | Statement;

/** First and last line of an item, 1-based. */
export interface Span {
  readonly line: number;
  readonly lastLine: number;
}

export interface Script {
  readonly items: readonly Item[];
  /** Index = item. */
  readonly spans: readonly Span[];
  readonly setup: Setup;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The statement's canonical text on one line, without its comment. */
export function statementText(s: Statement): string {
  return s.words.join(" ");
}
