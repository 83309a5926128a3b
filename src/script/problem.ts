/** What is wrong with a text: always with its place, what would have been right and, when close, what was meant. */

export interface Problem {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** Characters concerned, at least 1. */
  readonly length: number;
  readonly message: string;
  /** What could stand there, or null when the message says it all. */
  readonly expected: string | null;
  /** The nearest right spelling, or null. */
  readonly suggestion: string | null;
}

/** `3:8: unknown verb "plgu"; expected …; did you mean "plug"?` */
export function formatProblem(p: Problem): string {
  const parts = [p.message];
  if (p.expected !== null) parts.push(`expected ${p.expected}`);
  if (p.suggestion !== null) parts.push(`did you mean "${p.suggestion}"?`);
  return `${p.line}:${p.column}: ${parts.join("; ")}`;
}
