/** Who may sign in. */

import { Pencil, Plus, Trash2, Users as UsersIcon } from "lucide";
import { useState } from "preact/hooks";
import { deleteUser, fetchUsers, saveUser, type User } from "../api/admin";
import { ROLES, type Role } from "../api/auth";
import { invalidate, useResource } from "../data/resource";
import { attempt, done } from "../state/toasts";
import { viewer } from "../state/viewer";
import { t } from "../text/en";
import { Ago, Avatar, Badge, Name } from "../ui/bits";
import { Button, IconButton } from "../ui/button";
import { confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";
import { SHORTEST_PASSWORD } from "./sign-in";

export default function Users() {
  const users = useResource("users", fetchUsers);
  const [editing, setEditing] = useState<User | "new" | null>(null);
  const erase = async (user: User) => {
    const isSure = await confirm({
      title: t.users.deleteTitle(user.name),
      text: <p>{t.users.deleteText(user.sessions)}</p>,
      verb: t.actions.delete,
      isDanger: true,
      mustType: user.email,
    });
    if (isSure && (await attempt(() => deleteUser(user.id), t.users.deleted))) invalidate("users");
  };
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
      {t.users.create}
    </Button>
  );
  return (
    <Page title={t.users.title} text={t.users.text} actions={create}>
      <Loaded from={users}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={UsersIcon} title={t.users.emptyTitle} action={create} />
          ) : (
            <ul class="rows card">
              {list.map((user) => (
                <li key={user.id} class="row">
                  <Avatar name={user.name} id={user.id} size={34} />
                  <div class="row-main">
                    <strong>
                      <Name of={user.name} />
                      {user.id === viewer.value?.id ? <span class="faint"> {t.users.you}</span> : null}
                    </strong>
                    <small>{user.email}</small>
                  </div>
                  <span class="faint small wide-only">
                    {t.users.sessions(user.sessions)} · {t.users.since} <Ago at={user.createdAt} />
                  </span>
                  <Badge tone={user.role === "SUPERADMIN" ? "warn" : user.role === "OWNER" ? "info" : "idle"}>
                    {t.roles[user.role]}
                  </Badge>
                  <div class="row-actions">
                    <IconButton icon={Pencil} label={t.actions.edit(user.name)} onClick={() => setEditing(user)} />
                    <IconButton
                      icon={Trash2}
                      label={t.actions.deleteOf(user.name)}
                      disabled={user.id === viewer.value?.id}
                      onClick={() => erase(user)}
                    />
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing ? <EditUser user={editing === "new" ? null : editing} onClose={() => setEditing(null)} /> : null}
    </Page>
  );
}

function EditUser({ user, onClose }: { user: User | null; onClose: () => void }) {
  const [name, setName] = useState(user?.name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? "OWNER");
  const sending = useSending();
  const isPasswordGood = (user !== null && password === "") || [...password].length >= SHORTEST_PASSWORD;
  const isReady = name.trim().length >= 2 && email.includes("@") && isPasswordGood;
  const save = async () => {
    const draft = { name: name.trim(), email: email.trim(), password, role };
    if (!(await sending.send(() => saveUser(user?.id ?? null, draft)))) return;
    done(t.users.saved);
    invalidate("users");
    onClose();
  };
  return (
    <Dialog
      title={user ? t.users.edit : t.users.create}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={save}>
            {t.actions.save}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? save() : undefined)}>
        <TextField label={t.signIn.name} value={name} onInput={setName} error={sending.at("name")} autocomplete="off" />
        <TextField
          label={t.signIn.email}
          type="email"
          value={email}
          onInput={setEmail}
          error={sending.at("email")}
          autocomplete="off"
        />
        <TextField
          label={t.signIn.password}
          type="password"
          value={password}
          onInput={setPassword}
          hint={user ? t.users.passwordKeep : t.signIn.passwordHint(SHORTEST_PASSWORD)}
          error={password !== "" && !isPasswordGood ? t.signIn.passwordHint(SHORTEST_PASSWORD) : sending.at("password")}
          autocomplete="new-password"
        />
        <SelectField
          label={t.users.role}
          value={role}
          onChange={(value) => setRole(value as Role)}
          options={ROLES.map((one) => ({ value: one, label: t.roles[one] }))}
          hint={t.users.roleHints[role]}
          error={sending.at("role")}
        />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
