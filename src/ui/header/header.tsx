/** Which situation, which kernel, which QEMU; and the ways to everything else. */
import { useOverlays } from "../state/overlays-store.ts";
import { THEMES, type Theme, usePrefs } from "../state/prefs-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Menu } from "../widgets/menu.tsx";
import { KernelPicker, QemuPicker, RepairsPicker } from "./profile-pickers.tsx";
import { ScenarioPicker } from "./scenario-picker.tsx";
import { Ways } from "./ways.tsx";
import "../widgets/fields.css";
import "./header.css";

const THEME_NAMES: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

function ThemeMenu() {
  const theme = usePrefs((prefs) => prefs.theme);
  return (
    <Menu
      label="Theme"
      align="end"
      trigger={
        <Button icon aria-label={`Theme: ${THEME_NAMES[theme]}`} data-testid="theme">
          <Glyph name="half" />
        </Button>
      }
      groups={() => [
        {
          id: "theme",
          title: "Theme",
          items: THEMES.map((one) => ({
            id: `theme-${one}`,
            label: THEME_NAMES[one],
            checked: one === theme,
            run: () => usePrefs.getState().change({ theme: one }),
          })),
        },
      ]}
    />
  );
}

export function Header() {
  return (
    <header className="header" data-testid="header">
      <h1 className="header-name">vSMMU Lab</h1>
      <div className="header-pickers">
        <ScenarioPicker />
        <KernelPicker />
        <QemuPicker />
        <RepairsPicker />
      </div>
      <div className="header-ways">
        <Ways />
        <Button
          aria-label="Commands"
          aria-keyshortcuts="Control+K Meta+K"
          data-testid="open-palette"
          onClick={() => useOverlays.getState().show("palette")}
        >
          <Glyph name="search" />
          <span className="header-key">{isMac ? "⌘K" : "Ctrl K"}</span>
        </Button>
        <Button icon aria-label="Keys and help" onClick={() => useOverlays.getState().show("help")}>
          <Glyph name="help" />
        </Button>
        <ThemeMenu />
      </div>
    </header>
  );
}
