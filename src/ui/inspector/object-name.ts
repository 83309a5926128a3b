import type { Obj } from "../../engine/kernel/types.ts";
import { DEFAULT_BACKEND } from "../../engine/qemu/state.ts";
import type { World } from "../../engine/world.ts";

/** How a script line means this object: by its name, else by its id. */
export const scriptName = (object: Obj): string => object.name ?? `id:${object.id}`;

/** ` fd=f2` where an id alone would mean an object of the VM's own file. */
export function fdOf(world: World, file: number): string {
  const name = world.kernel.files[file]?.name;
  return name === undefined || name === DEFAULT_BACKEND ? "" : ` fd=${name}`;
}
