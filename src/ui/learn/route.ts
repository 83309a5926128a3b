/** Where one is in Learn, as the address carries it: `lesson.03-viommu-and-shared-s2.4`, `challenge.boot-by-hand`, `practice`. */
import { usePage } from "../state/pages.ts";

export const SECTIONS = ["course", "practice", "challenges", "rules", "glossary", "own"] as const;
export type Section = (typeof SECTIONS)[number];

export type Route =
  | { readonly kind: Section; readonly target: string | null }
  /** `step`: from 0. */
  | { readonly kind: "lesson"; readonly id: string; readonly step: number }
  | { readonly kind: "challenge"; readonly id: string }
  /** A lesson or challenge of the reader's own, as text; `new-lesson` and `new-challenge` begin one. */
  | { readonly kind: "edit"; readonly id: string };

export function parseRoute(at: string): Route {
  const [kind = "", id, step] = at.split(".");
  if (kind === "lesson" && id !== undefined)
    return {
      kind,
      id,
      step: step !== undefined && /^\d{1,3}$/.test(step) ? Math.max(0, Number(step) - 1) : 0,
    };
  if ((kind === "challenge" || kind === "edit") && id !== undefined) return { kind, id };
  const section = SECTIONS.find((one) => one === kind);
  return section === undefined ? { kind: "course", target: null } : { kind: section, target: id ?? null };
}

export function printRoute(route: Route): string {
  switch (route.kind) {
    case "lesson":
      return route.step === 0 ? `lesson.${route.id}` : `lesson.${route.id}.${route.step + 1}`;
    case "challenge":
    case "edit":
      return `${route.kind}.${route.id}`;
    case "course":
      return "";
    default:
      return route.target === null ? route.kind : `${route.kind}.${route.target}`;
  }
}

export const goTo = (route: Route): void => usePage.getState().open("learn", printRoute(route));
export const goToSection = (kind: Section, target: string | null = null): void => goTo({ kind, target });
export const goToLesson = (id: string, step = 0): void => goTo({ kind: "lesson", id, step });
export const goToChallenge = (id: string): void => goTo({ kind: "challenge", id });
