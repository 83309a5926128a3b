import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/inter/wght.css";
import "@fontsource/jetbrains-mono/latin-400.css";
import "@fontsource/jetbrains-mono/latin-600.css";
import "./theme/tokens.css";
import "./theme/base.css";
import { App } from "./app/app.tsx";
import { followDrops } from "./share/drop.ts";
import { startAutosave } from "./state/autosave.ts";
import { bootSession } from "./state/boot.ts";
import { followTheme } from "./state/prefs-store.ts";
import { useSession } from "./state/session-store.ts";
import { startShortcuts } from "./state/shortcuts.ts";
import { followAddress } from "./state/view-sync.ts";
import "./theme/print.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
followTheme();
useSession.getState().replace(await bootSession());
followAddress();
startAutosave();
startShortcuts();
followDrops();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
