/** The first visit's one sentence: what to press first. Gone after the first action, or when put away. */
import { useEffect } from "react";
import { usePage } from "../state/pages.ts";
import { usePrefs } from "../state/prefs-store.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";

export function Welcome() {
  const welcomed = usePrefs((prefs) => prefs.welcomed);
  const acted = useSession((session) => session.beat > 1);
  useEffect(() => {
    if (acted) usePrefs.getState().change({ welcomed: true });
  }, [acted]);
  if (welcomed || acted) return null;
  return (
    <div className="welcome" data-testid="welcome">
      <p>
        GBPA.ABORT is 1, so every DMA must be stopped. d1 was plugged second and escapes. Press{" "}
        <Act line="dma d1" look="primary" className="welcome-press">
          DMA from d1
        </Act>{" "}
        or{" "}
        <button type="button" className="link" onClick={() => usePage.getState().open("learn")}>
          take the course
        </button>
      </p>
      <Button
        look="quiet"
        icon
        aria-label="Put the first hint away"
        onClick={() => usePrefs.getState().change({ welcomed: true })}
      >
        <Glyph name="close" />
      </Button>
    </div>
  );
}
