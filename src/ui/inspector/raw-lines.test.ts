import { expect, test } from "vitest";
import { objectList } from "../../engine/objects.ts";
import { Session } from "../../script/session.ts";
import { rawLines } from "./raw-lines.ts";

const SCRIPT = `plug d0 v0
plug d1 v0
cr0 v0 +eventqen
iommufd as f2
ioas-alloc fd=f2 as ioas2
bind d2 fd=f2 as dev2
hwpt-alloc dev=dev2 pt=ioas2 flags=nest-parent
`;

function session(): Session {
  const opened = Session.open(SCRIPT);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  return opened.value;
}

test("every suggested host call is a line that parses, for every object of every file", () => {
  const one = session();
  const world = one.world();
  const types = new Set<string>();
  for (const { file, id, obj } of objectList(world)) {
    types.add(obj.type);
    for (const { line } of rawLines(world, file, id)) {
      const preview = one.preview(line);
      expect(preview.ok ? [] : preview.problems, line).toEqual([]);
    }
  }
  expect([...types].sort()).toEqual(["DEVICE", "HWPT_NESTED", "HWPT_PAGING", "IOAS", "VEVENTQ", "VIOMMU"]);
});

test("an object without a name is meant by its id, in its own file", () => {
  const one = session();
  const world = one.world();
  const nameless = objectList(world).find(({ file, obj }) => file === 1 && obj.name === null);
  const lines = rawLines(world, 1, nameless?.id ?? 0).map(({ line }) => line);
  expect(lines).toContain(`destroy id:${nameless?.id} fd=f2`);
});

test("an object that is gone has none", () => {
  expect(rawLines(session().world(), 0, 99)).toEqual([]);
});
