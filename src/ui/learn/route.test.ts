import fc from "fast-check";
import { expect, test } from "vitest";
import { isAt } from "../state/pages.ts";
import { parseRoute, printRoute, type Route, SECTIONS } from "./route.ts";

const slug = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/);
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ kind: fc.constant("lesson" as const), id: slug, step: fc.nat(99) }),
  fc.record({ kind: fc.constantFrom("challenge" as const, "edit" as const), id: slug }),
  fc.record({
    kind: fc.constantFrom(...SECTIONS.filter((one) => one !== "course")),
    target: fc.option(slug),
  }),
  fc.constant({ kind: "course" as const, target: null }),
);

test("a place in Learn is read back from its address, and fits into one", () => {
  fc.assert(
    fc.property(route, (one) => {
      const at = printRoute(one);
      expect(parseRoute(at)).toEqual(one);
      expect(at === "" || isAt(at)).toBe(true);
    }),
  );
});

test("what an address names in vain leads to the course", () => {
  expect(parseRoute("nowhere.at-all")).toEqual({ kind: "course", target: null });
  expect(parseRoute("lesson")).toEqual({ kind: "course", target: null });
  expect(parseRoute("lesson.a.x")).toEqual({ kind: "lesson", id: "a", step: 0 });
});
