/**
 * The part of the address after `#`: which step, what is selected, which tab. Version 1:
 * `#v=1&step=12&select=device.1&tab=calls&place=inspector&page=learn&at=lesson.03-viommu`, each part but the version optional,
 * in this order.
 * A fragment of another version, or one this page never writes, is reported and otherwise ignored.
 */
import { isAt, isPage, type PageId } from "./pages.ts";
import { PLACES, type Place, TIMELINE_TABS, type TimelineTab } from "./prefs-store.ts";
import { parseSubjectKey, type Subject, subjectKey } from "./selection-store.ts";

export interface View {
  readonly step?: number;
  readonly select?: Subject;
  readonly tab?: TimelineTab;
  readonly place?: Place;
  /** A place beside the lab itself. */
  readonly page?: PageId;
  /** Which part of that place. */
  readonly at?: string;
}

export interface ReadView {
  readonly view: View;
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

const VERSION = "1";

export function printFragment({ step, select, tab, place, page, at }: View): string {
  const parts = [`v=${VERSION}`];
  if (step !== undefined) parts.push(`step=${step}`);
  if (select !== undefined) parts.push(`select=${subjectKey(select)}`);
  if (tab !== undefined) parts.push(`tab=${tab}`);
  if (place !== undefined) parts.push(`place=${place}`);
  if (page !== undefined) parts.push(`page=${page}`);
  if (at !== undefined) parts.push(`at=${at}`);
  return `#${parts.join("&")}`;
}

export function parseFragment(fragment: string): ReadView {
  const text = fragment.replace(/^#/, "");
  if (text === "") return { view: {}, problems: [] };
  const given = new URLSearchParams(text);
  const version = given.get("v");
  if (version !== VERSION) {
    const found = version === null ? "no version" : `version ${version}`;
    return { view: {}, problems: [`The address has ${found}; this page reads version ${VERSION}.`] };
  }
  const problems: string[] = [];
  const view: {
    step?: number;
    select?: Subject;
    tab?: TimelineTab;
    place?: Place;
    page?: PageId;
    at?: string;
  } = {};
  for (const [key, value] of given) {
    switch (key) {
      case "v":
        break;
      case "step":
        if (/^\d{1,9}$/.test(value)) view.step = Number(value);
        else problems.push(`“${value}” is not a step.`);
        break;
      case "select": {
        const subject = parseSubjectKey(value);
        if (subject !== null) view.select = subject;
        else problems.push(`“${value}” names nothing that can be selected.`);
        break;
      }
      case "tab":
        if (isOneOf(TIMELINE_TABS, value)) view.tab = value;
        else problems.push(`There is no tab “${value}”.`);
        break;
      case "place":
        if (isOneOf(PLACES, value)) view.place = value;
        else problems.push(`There is no place “${value}”.`);
        break;
      case "page":
        if (isPage(value)) view.page = value;
        else problems.push(`There is no page “${value}”.`);
        break;
      case "at":
        if (isAt(value)) view.at = value;
        else problems.push(`“${value}” is no part of a page.`);
        break;
      default:
        problems.push(`“${key}” is not a part of the address.`);
    }
  }
  return { view, problems };
}

const isOneOf = <T extends string>(known: readonly T[], value: string): value is T =>
  known.includes(value as T);
