/** What a subcommand has of the world around it, so that tests need no process. */

export interface CliIo {
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Relative paths start here. */
  readonly cwd: string;
}

/** Exit statuses of the contract. */
export const HELD = 0;
export const FAILED = 1;
export const USAGE = 2;
export const BUG = 3;

/** Something the caller asked that cannot be done: told in one line, exit status 2. */
export class UsageError extends Error {}

/** Collects output and writes it in large pieces: a long run prints many short lines. */
export class Out {
  private parts: string[] = [];
  private length = 0;
  private readonly target: { write(text: string): unknown };

  constructor(target: { write(text: string): unknown }) {
    this.target = target;
  }

  line(text: string): void {
    this.parts.push(text, "\n");
    this.length += text.length + 1;
    if (this.length > 1 << 16) this.flush();
  }

  flush(): void {
    if (this.parts.length > 0) this.target.write(this.parts.join(""));
    this.parts = [];
    this.length = 0;
  }
}
