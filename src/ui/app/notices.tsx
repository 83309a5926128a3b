/** What the page itself has to say, under the header, until it is put away. */
import { useNotices } from "../state/notices-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import "./notices.css";

export function Notices() {
  const { notices, dismiss } = useNotices();
  if (notices.length === 0) return null;
  return (
    <aside className="notices" aria-label="Notices">
      {notices.map(({ id, tone, text, details = [], action }) => (
        <div key={id} className="notice" data-tone={tone} data-testid={`notice-${id}`} role="status">
          <Glyph name={tone === "warning" ? "warn" : "help"} />
          <div className="notice-main">
            <p className="notice-text">{text}</p>
            {details.length === 0 ? null : (
              <details>
                <summary>
                  {details.length === 1 ? "What was wrong" : `All ${details.length} things that were wrong`}
                </summary>
                <ul className="notice-details">
                  {details.slice(0, 100).map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              </details>
            )}
          </div>
          {action === undefined ? null : (
            <Button
              onClick={() => {
                action.run();
                dismiss(id);
              }}
            >
              {action.label}
            </Button>
          )}
          <Button look="quiet" icon aria-label="Put away" onClick={() => dismiss(id)}>
            <Glyph name="close" />
          </Button>
        </div>
      ))}
    </aside>
  );
}
