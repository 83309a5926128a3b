/** What lies over the lab while reviewing, and the ways to the places of reviewing. */
import { create } from "zustand";
import { type PageId, usePage } from "./pages.ts";

type ReviewPlace = Extract<PageId, "compare" | "reviews">;

interface ReviewState {
  readonly sharing: boolean;
  /** The recorder lies over the lab. */
  readonly recording: boolean;
  /** What is being recorded over the lab for Learn: an own lesson's id, `new-lesson`, `new-challenge`, or nothing. */
  readonly course: string | null;
  open(place: ReviewPlace | null): void;
  share(on: boolean): void;
  record(on: boolean): void;
  recordCourse(id: string | null): void;
}

export const useReview = create<ReviewState>()((set) => ({
  sharing: false,
  recording: false,
  course: null,
  open(place) {
    set({ sharing: false });
    usePage.getState().open(place);
  },
  share: (sharing) => set({ sharing }),
  record(recording) {
    set({ recording, course: null });
    if (recording) usePage.getState().open(null);
  },
  recordCourse(course) {
    set({ course, recording: false });
    if (course !== null) usePage.getState().open(null);
  },
}));
