/**
 * The places that take the whole page beside the lab itself. A feature adds its line here and its loader in
 * app/pages.tsx, and is then in the header, in the palette and in addresses.
 */
import { create } from "zustand";
import type { GlyphName } from "../widgets/glyphs.tsx";

interface PageInfo {
  readonly title: string;
  readonly glyph: GlyphName;
  /** What the palette says. */
  readonly about: string;
  /** More words under which the palette finds it. */
  readonly keywords: string;
}

/** In the order of the header. Only what exists: an unbuilt place is not shown. */
export const PAGES = {
  learn: {
    title: "Learn",
    glyph: "learn",
    about: "Learn: lessons that ask first, challenges, endless questions, the glossary",
    keywords: "course lesson practice quiz exercise term train teach progress",
  },
  explore: {
    title: "Explore",
    glyph: "explore",
    about: "Explore every reachable state for broken promises",
    keywords: "model checker search invariant counterexample promise divergence states",
  },
  replay: {
    title: "Replay",
    glyph: "log",
    about: "Replay a QEMU trace log and compare it with the model",
    keywords: "open file recording trace events drop import",
  },
  compare: {
    title: "Compare",
    glyph: "compare",
    about: "Compare under other kernels, QEMUs and repairs",
    keywords: "profiles diff side by side what changed",
  },
  reviews: {
    title: "Reviews",
    glyph: "present",
    about: "Reviews: walkthroughs with claims, to read and present",
    keywords: "present walkthrough slides record",
  },
} as const satisfies Readonly<Record<string, PageInfo>>;

export type PageId = keyof typeof PAGES;

export const PAGE_IDS = Object.keys(PAGES) as readonly PageId[];

export const isPage = (id: string): id is PageId => Object.hasOwn(PAGES, id);

interface PageState {
  /** Null: the lab, with graph, controls, inspector and timeline. */
  readonly page: PageId | null;
  /** Which part of the place, in the place's own words: `lesson.03-viommu`; empty for its front. */
  readonly at: string;
  open(page: PageId | null, at?: string): void;
}

/** What can stand in an address as it is. */
export const isAt = (at: string): boolean => /^[a-z0-9-]+(\.[A-Za-z0-9_-]+)*$/.test(at) && at.length <= 120;

export const usePage = create<PageState>()((set) => ({
  page: null,
  at: "",
  open: (page, at = "") => set({ page, at }),
}));
