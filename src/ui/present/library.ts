/** Reviews at hand: those that come with the lab, and the reader's own, which stay in this browser. */
import { create } from "zustand";
import { parseReview, printReview, type Review } from "../../review/walk/review.ts";
import { readStored, writeStored } from "../state/storage.ts";

const FILES = import.meta.glob<string>("../../../content/reviews/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
/** In the order they are best read. */
const ORDER = ["v4-08-27", "gbpa-reset", "vdevice-relaxation", "vmid-move", "divergences"];
const KEY = "vsmmu-lab.reviews";

export interface LibraryReview {
  readonly id: string;
  readonly own: boolean;
  readonly review: Review;
}

const nameOf = (path: string): string => path.replace(/^.*\/|\.md$/g, "");
const rank = (id: string): number => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);

export const SHIPPED: readonly LibraryReview[] = Object.entries(FILES)
  .flatMap(([path, text]) => {
    const read = parseReview(text);
    return read.ok ? [{ id: nameOf(path), own: false, review: read.value }] : [];
  })
  .sort((a, b) => rank(a.id) - rank(b.id));

function stored(): Review[] {
  let texts: unknown;
  try {
    texts = JSON.parse(readStored(KEY) ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(texts)) return [];
  return texts.flatMap((text) => {
    const read = typeof text === "string" ? parseReview(text) : null;
    return read?.ok === true ? [read.value] : [];
  });
}

interface LibraryState {
  readonly own: readonly Review[];
  /** Id of the open review: a shipped one's name, or `own-N`. */
  readonly open: string | null;
  choose(id: string | null): void;
}

export const useLibrary = create<LibraryState>()((set) => ({
  own: stored(),
  open: null,
  choose: (open) => set({ open }),
}));

const save = (own: readonly Review[]): void => {
  writeStored(KEY, JSON.stringify(own.map(printReview)));
};

/** One with the same title is replaced. Opens it. */
export function keepReview(review: Review): void {
  const { own } = useLibrary.getState();
  const at = own.findIndex(({ title }) => title === review.title);
  const next = at < 0 ? [...own, review] : own.map((one, i) => (i === at ? review : one));
  save(next);
  useLibrary.setState({ own: next, open: `own-${at < 0 ? next.length - 1 : at}` });
}

export function forgetReview(id: string): void {
  const at = Number(id.replace("own-", ""));
  const own = useLibrary.getState().own.filter((_, i) => i !== at);
  save(own);
  useLibrary.setState({ own, open: null });
}

export const libraryOf = (own: readonly Review[]): readonly LibraryReview[] => [
  ...SHIPPED,
  ...own.map((review, i) => ({ id: `own-${i}`, own: true, review })),
];
