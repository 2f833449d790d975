import { LogOut, MonitorOff, Moon, Sun, SunMoon, UserRound } from "lucide";
import type { Viewer } from "../api/auth";
import { type Theme, theme } from "../state/prefs";
import { signOut } from "../state/viewer";
import { t } from "../text/en";
import { Avatar, Name } from "../ui/bits";
import { confirm } from "../ui/confirm";
import { Menu } from "../ui/menu";

const THEMES: { id: Theme; icon: typeof Sun; label: string }[] = [
  { id: "system", icon: SunMoon, label: t.theme.system },
  { id: "light", icon: Sun, label: t.theme.light },
  { id: "dark", icon: Moon, label: t.theme.dark },
];

export function UserMenu({ viewer }: { viewer: Viewer }) {
  const everywhere = async () => {
    const isSure = await confirm({
      title: t.user.everywhere,
      text: <p>{t.user.everywhereText}</p>,
      verb: t.user.everywhere,
    });
    if (isSure) await signOut(true);
  };
  return (
    <Menu
      label={t.user.menu}
      class="user-button"
      items={[
        { label: t.user.account, icon: UserRound, href: "#/account" },
        ...THEMES.map((one) => ({
          label: one.label,
          icon: one.icon,
          isOn: theme.value === one.id,
          onClick: () => {
            theme.value = one.id;
          },
        })),
        { label: t.user.everywhere, icon: MonitorOff, onClick: everywhere },
        { label: t.user.signOut, icon: LogOut, onClick: () => signOut(false) },
      ]}
    >
      <Avatar name={viewer.name} id={viewer.id} size={28} />
      <span class="user-name">
        <Name of={viewer.name} />
        <small>{t.roles[viewer.role]}</small>
      </span>
    </Menu>
  );
}
