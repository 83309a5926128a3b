/** What lies over the lab while reviewing, and the ways to the places of reviewing. */
import { create } from "zustand";
import { type PageId, usePage } from "./pages.ts";

type ReviewPlace = Extract<PageId, "compare" | "reviews">;

interface ReviewState {
  readonly sharing: boolean;
  /** The recorder lies over the lab. */
  readonly recording: boolean;
  open(place: ReviewPlace | null): void;
  share(on: boolean): void;
  record(on: boolean): void;
}

export const useReview = create<ReviewState>()((set) => ({
  sharing: false,
  recording: false,
  open(place) {
    set({ sharing: false });
    usePage.getState().open(place);
  },
  share: (sharing) => set({ sharing }),
  record(recording) {
    set({ recording });
    if (recording) usePage.getState().open(null);
  },
}));
