export interface Numbered {
  /** From 1. */
  readonly n: number;
  readonly text: string;
}

/** Lines of which two may be alike, each with its number: a list needs keys that stay. */
export const numbered = (lines: readonly string[]): readonly Numbered[] =>
  lines.map((text, i) => ({ n: i + 1, text }));
