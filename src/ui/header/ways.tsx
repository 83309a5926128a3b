/** The ways from the lab to its other places: a button each where there is room, else one menu. */
import { NARROW, useMedia } from "../app/use-media.ts";
import { PAGE_IDS, PAGES, usePage } from "../state/pages.ts";
import { useReview } from "../state/review-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph, type GlyphName } from "../widgets/glyphs.tsx";
import { Menu } from "../widgets/menu.tsx";

interface Way {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly glyph: GlyphName;
  go(): void;
}

const WAYS: readonly Way[] = [
  ...PAGE_IDS.map((id) => ({ id, ...PAGES[id], go: () => usePage.getState().open(id) })),
  {
    id: "share",
    title: "Share",
    about: "Share the session: link, mail, picture, file",
    glyph: "share",
    go: () => useReview.getState().share(true),
  },
];

function WaysMenu() {
  return (
    <Menu
      label="Places"
      align="end"
      trigger={
        <Button icon aria-label="Places" data-testid="ways">
          <Glyph name="graph" />
        </Button>
      }
      groups={() => [
        {
          id: "ways",
          items: WAYS.map(({ id, title, about, go }) => ({
            id: `way-${id}`,
            label: title,
            note: about,
            run: go,
          })),
        },
      ]}
    />
  );
}

export function Ways() {
  const narrow = useMedia(NARROW);
  if (narrow) return <WaysMenu />;
  return WAYS.map(({ id, title, glyph, go }) => (
    <Button key={id} className="way" data-testid={`open-${id}`} onClick={go}>
      <Glyph name={glyph} />
      {title}
    </Button>
  ));
}
