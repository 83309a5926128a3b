/** Lists that scroll together: where one is scrolled by hand, the others go along; what they do then moves nobody. */

export type Pane = "steps" | "lines" | "remarks";

export class ScrollTogether {
  private hand: Pane | null = null;
  private readonly panes = new Map<Pane, (line: number) => void>();

  /** The reader's wheel, finger or pointer is on this pane now. */
  take(pane: Pane): void {
    this.hand = pane;
  }

  /** What scrolls from now on does so by itself. */
  letGo(): void {
    this.hand = null;
  }

  /** `follow` brings a log line to the pane's top. Returns what takes the pane out again. */
  join(pane: Pane, follow: (line: number) => void): () => void {
    this.panes.set(pane, follow);
    return () => {
      if (this.panes.get(pane) === follow) this.panes.delete(pane);
    };
  }

  /** A pane has scrolled; `line` is at its top. */
  scrolled(pane: Pane, line: number): void {
    if (this.hand !== pane) return;
    for (const [other, follow] of this.panes) if (other !== pane) follow(line);
  }
}
