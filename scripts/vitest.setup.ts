import { configureGlobal } from "fast-check";

// FC_SEED and FC_PATH (fast-check prints both when a property fails) repeat the failing run exactly.
const seed = process.env.FC_SEED;
const path = process.env.FC_PATH;
configureGlobal({
  verbose: 1,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path }),
});
