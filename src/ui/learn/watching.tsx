/** A solution played line by line; one's own attempt waits meanwhile. */
import { useEffect, useState } from "react";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { numbered } from "./numbered.ts";

const STEP_MS = 1100;

interface WatchingProps {
  readonly way: readonly string[];
  /** Plays the first `count` lines from the start. */
  onShow(count: number): void;
  onLeave(): void;
}

export function Watching({ way, onShow, onLeave }: WatchingProps) {
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(true);
  useEffect(() => {
    if (!playing || at >= way.length) return;
    const timer = setTimeout(() => {
      setAt(at + 1);
      onShow(at + 1);
    }, STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, at, way.length, onShow]);
  const show = (count: number): void => {
    setPlaying(false);
    setAt(count);
    onShow(count);
  };
  const ended = at >= way.length;
  return (
    <section className="watching" aria-label="A solution" data-testid="watching">
      <h2 className="challenge-part">A shortest way</h2>
      <ol className="way-lines">
        {numbered(way).map(({ n, text }) => (
          <li key={`${n} ${text}`} data-past={n <= at ? "" : undefined}>
            <button type="button" className="link mono" onClick={() => show(n)}>
              {text}
            </button>
          </li>
        ))}
      </ol>
      <div className="learn-ways">
        <Button
          onClick={() => {
            if (ended) {
              setAt(0);
              onShow(0);
            }
            setPlaying(ended || !playing);
          }}
        >
          <Glyph name={playing && !ended ? "pause" : "play"} />
          {ended ? "Play again" : playing ? "Pause" : "Go on"}
        </Button>
        <Button look="primary" onClick={onLeave} data-testid="watch-leave">
          Back to my own
        </Button>
      </div>
    </section>
  );
}
