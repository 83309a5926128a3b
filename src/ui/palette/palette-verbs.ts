/** The verb table as the palette lists it: what can be played, not what only headers hold. */
import { LAYER_TITLES, VERBS } from "../../script/verbs.ts";

export interface PaletteVerb {
  readonly name: string;
  readonly summary: string;
  /** The layer it belongs to. */
  readonly title: string;
}

export const paletteVerbs = (): readonly PaletteVerb[] =>
  VERBS.filter(({ layer }) => layer !== "header").map(({ name, summary, layer }) => ({
    name,
    summary,
    title: LAYER_TITLES[layer],
  }));
