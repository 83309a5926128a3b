/** DOM id of an item, for `aria-activedescendant`. */
export const domId = (key: string): string => `item-${key.replaceAll(/[^\w-]/g, "_")}`;
