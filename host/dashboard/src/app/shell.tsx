/** The frame: the menu on the left, the page on the right. On a phone the menu slides in. */

import { Menu as MenuIcon } from "lucide";
import { useEffect, useState } from "preact/hooks";
import type { Info, Viewer } from "../api/auth";
import { t } from "../text/en";
import { IconButton } from "../ui/button";
import { Bell } from "./bell";
import { Brand } from "./brand";
import { Nav } from "./nav";
import { place } from "./router";
import { Routed } from "./routes";

export function Shell({ viewer, info }: { viewer: Viewer; info: Info }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const path = place.value.path;

  // Another page closes the menu.
  useEffect(() => setMenuOpen(false), [path]);

  useEffect(() => {
    if (!isMenuOpen) return;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setMenuOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [isMenuOpen]);

  return (
    <div class={isMenuOpen ? "shell menu-open" : "shell"}>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        {t.nav.skip}
      </button>
      <header class="topbar">
        <IconButton icon={MenuIcon} label={t.nav.menu} onClick={() => setMenuOpen(true)} />
        <Brand name={info.appName} />
        <Bell />
      </header>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it as well */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shade over the page, not a control */}
      <div class="shade" onClick={() => setMenuOpen(false)} />
      <Nav viewer={viewer} info={info} place={place.value} onClose={() => setMenuOpen(false)} />
      <main id="main" tabIndex={-1}>
        <Routed place={place.value} />
      </main>
    </div>
  );
}
