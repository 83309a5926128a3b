/** The ways from the lab to its other places. */
import { PAGE_IDS, PAGES, usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";

export function Ways() {
  const { page, open } = usePage();
  return PAGE_IDS.map((id) => (
    <Button
      key={id}
      aria-label={PAGES[id].title}
      aria-current={id === page ? "page" : undefined}
      data-testid={`open-${id}`}
      onClick={() => open(id)}
    >
      <Glyph name={PAGES[id].glyph} />
      <span className="header-way">{PAGES[id].title}</span>
    </Button>
  ));
}
