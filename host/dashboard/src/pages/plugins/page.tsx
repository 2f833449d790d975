/** Plugins: what runs, what it may do, how it fares. */

import { Plug, TriangleAlert } from "lucide";
import { fetchPlugins, type Plugin } from "../../api/plugins";
import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { micros, short } from "../../logic/format";
import { t } from "../../text/en";
import { Badge } from "../../ui/bits";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { PluginDetailPage } from "./detail";
import { PluginState } from "./state";

export default function Plugins({ place }: PageProps) {
  const name = place.parts[1];
  return name ? <PluginDetailPage key={name} name={name} tab={place.parts[2] ?? ""} /> : <List />;
}

function List() {
  const plugins = useResource("plugins", fetchPlugins, 5_000);
  useLive(["plugin.*"], plugins.reload);
  const running = plugins.data?.filter((one) => one.state === "running").length ?? 0;
  return (
    <Page title={t.plugins.title} text={plugins.data ? t.plugins.summary(running, plugins.data.length) : undefined}>
      <Loaded from={plugins}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={Plug} title={t.plugins.emptyTitle}>
              <p>{t.plugins.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {[...list].sort(byUrgency).map((plugin) => (
                <Row key={plugin.name} plugin={plugin} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

/** What needs somebody first, then by name. */
function byUrgency(a: Plugin, b: Plugin): number {
  return Number(b.lastError !== null) - Number(a.lastError !== null) || a.name.localeCompare(b.name);
}

function Row({ plugin }: { plugin: Plugin }) {
  const missing = plugin.rights.filter((right) => !right.isGranted).length;
  const waiting = plugin.lag.reduce((sum, one) => sum + one.events, 0);
  return (
    <li>
      <a class="row plugin" href={to("plugins", plugin.name)}>
        <div class="row-main">
          <strong>
            {plugin.name}
            {plugin.version ? <span class="faint"> {plugin.version}</span> : null}
          </strong>
          <small>{plugin.description}</small>
          {plugin.lastError ? (
            <small class="bad">
              <Icon of={TriangleAlert} size={12} /> {plugin.lastError.message}
            </small>
          ) : null}
        </div>
        <div class="plugin-figures">
          {missing > 0 ? <Badge tone="warn">{t.plugins.notGranted(missing)}</Badge> : null}
          {waiting > 0 ? <Badge tone="info">{t.plugins.waiting(waiting)}</Badge> : null}
          {plugin.traps > 0 ? <Badge tone="bad">{t.plugins.traps(plugin.traps)}</Badge> : null}
          <span class="faint small nowrap">
            {plugin.calls > 0
              ? t.plugins.figures(short(plugin.calls), micros(plugin.p50Us), micros(plugin.p99Us))
              : t.plugins.noCalls}
          </span>
        </div>
        <PluginState plugin={plugin} />
      </a>
    </li>
  );
}
