import { REGISTERS } from "../../engine/arch/registers.ts";

export const REGISTER_NAMES: readonly string[] = REGISTERS.map(({ name }) => name);
