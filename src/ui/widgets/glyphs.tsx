/** The strokes of the page's own controls (the states' icons live with the theme). 16 × 16, drawn with currentColor. */
const PATHS = {
  play: "M5 3.5v9l7-4.5z",
  pause: "M5 3.5v9M11 3.5v9",
  first: "M4 3.5v9M12 3.5 6.5 8l5.5 4.5",
  previous: "M10.5 3.5 5 8l5.5 4.5",
  next: "M5.5 3.5 11 8l-5.5 4.5",
  last: "M12 3.5v9M4 3.5 9.5 8 4 12.5",
  down: "M4 6.5 8 10.5l4-4",
  right: "M6.5 4 10.5 8l-4 4",
  branch: "M5 3v10M5 9.5c0-2 6-1.5 6-4.5V3.5M3.4 13a1.6 1.6 0 1 0 3.2 0 1.6 1.6 0 1 0-3.2 0",
  search: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3.5 3.5",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3.5 8.5 6.5 11.5l6-7",
  half: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 2.5v11M8 5.2h4.6M8 8h5.4M8 10.8h4.6",
  help: "M6 6.2c0-2.6 4.2-2.6 4.2 0C10.2 8 8 7.8 8 9.8M8 12.4v.2",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  plug: "M6 2.5v3M10 2.5v3M4.5 5.5h7v2.5a3.5 3.5 0 0 1-7 0zM8 11.5v2.5",
  graph: "M3 4.5h10M3 8h6M3 11.5h8",
  sliders: "M3 5h6M12 5h1M3 11h1M7 11h6M9 3.5v3M4.5 9.5v3",
  eye: "M2 8c2-3.2 4-4.4 6-4.4S12 4.8 14 8c-2 3.2-4 4.4-6 4.4S4 11.2 2 8M8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4",
  steps: "M3 12.500h3v-3h3.500v-3H13v-3",
  warn: "M8 2.5 14 13H2zM8 6.5v3M8 11.200v.1",
  back: "M6.5 4 2.5 8l4 4M3 8h10.5",
  copy: "M6 5.5h7v7.500H6zM10 5.5V3H3v7.500h3",
  wrench: "M10.5 2.8a3 3 0 0 0-3.3 4.2L3 11.2 4.8 13 9 8.8a3 3 0 0 0 4.2-3.3L11.3 7 9.5 6.5 9 4.7z",
  compare: "M2.5 3.500h4v9h-4zM9.500 3.500h4v9h-4zM4 6.500h1M11 6.500h1M11 9h1",
  present: "M2.500 3h11v7.500h-11zM8 10.500v2.500M5.500 13.500 8 11l2.500 2.500",
  learn: "M1.500 6 8 3l6.500 3L8 9zM4.200 7.400v3.400c2.400 1.800 5.200 1.800 7.600 0V7.400M14.500 6v4",
  log: "M4 2.500h5.500l3 3v8H4zM6.500 8h3.500M6.500 10.500h3.500",
  explore:
    "M1.800 8a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0M11.200 3.500a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0M11.200 12.500a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0M4.600 7.200 11.300 4.200M4.600 8.800l6.700 3",
  share: "M8 9.500V2.500M5.500 4.800 8 2.300l2.500 2.500M4.500 7.500h-1.500v6h10v-6h-1.500",
} as const;

export type GlyphName = keyof typeof PATHS;

export function Glyph({ name, className }: { readonly name: GlyphName; readonly className?: string }) {
  return (
    <svg
      className={className === undefined ? "glyph" : `glyph ${className}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
