/** The gateway itself. */

import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { info } from "../../state/viewer";
import { t } from "../../text/en";
import { Tabs } from "../../ui/bits";
import { Page } from "../../ui/page";
import { Audit } from "./audit";
import { Overview } from "./overview";
import { SystemSettingsTab } from "./settings";

const TABS = ["overview", "settings", "audit"] as const;
type Tab = (typeof TABS)[number];

export default function System({ place }: PageProps) {
  const tab = TABS.find((one) => one === place.parts[1]) ?? "overview";
  return (
    <Page
      title={t.system.title}
      text={info.value ? t.system.version(info.value.version) : undefined}
      tabs={
        <Tabs
          label={t.system.tabsLabel}
          current={tab}
          hrefOf={(id: Tab) => (id === "overview" ? "#/system" : to("system", id))}
          of={TABS.map((id) => ({ id, label: t.system.tabs[id] }))}
        />
      }
    >
      {tab === "overview" ? <Overview /> : tab === "settings" ? <SystemSettingsTab /> : <Audit />}
    </Page>
  );
}
