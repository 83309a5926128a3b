/** Work under way: how far, how fast, and the way out. */
import { Button } from "../widgets/button.tsx";
import { cancelWork, stopBuilding } from "./open-log.ts";
import type { Work } from "./replay-store.ts";

const whole = (n: number): string => Math.round(n).toLocaleString("en");

export function Progress({ work }: { readonly work: Work }) {
  const { name, doing, share, done, rate } = work;
  const what = doing === "reading" ? "line" : "step";
  const percent = Math.min(100, Math.floor(share * 100));
  return (
    <section className="replay-work" aria-label="Progress" data-testid="replay-work">
      <p className="replay-work-name">
        {doing === "reading" ? "Reading" : "Playing"} “{name}”
      </p>
      <progress className="replay-bar" max={100} value={percent} aria-label={`${doing}, ${percent} %`} />
      <p className="replay-quiet">
        {whole(done)} {what}s, {whole(rate)} a second
      </p>
      <div className="replay-ways">
        <Button onClick={cancelWork}>Cancel</Button>
        {doing === "building" && done > 0 ? (
          <Button onClick={stopBuilding}>Show what is played</Button>
        ) : null}
      </div>
    </section>
  );
}
