// The sandbox network's control API.
import assert from "node:assert/strict";

const CONTROL = process.env.CONTROL_URL;

export async function control(path, body, method = body === undefined ? "GET" : "POST") {
  const answer = await fetch(CONTROL + path, { method, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** A simulated phone, whose addresses are what the network gave it. */
export class Phone {
  constructor(number, name) {
    Object.assign(this, { number, name, jid: `${number}@s.whatsapp.net`, after: 0 });
  }

  static async add(number, name, addressing) {
    await control("/phones", { number, name, addressing });
    return new Phone(number, name);
  }

  /** Links the client that shows this code; the device as the network knows it. */
  async scan(qr) {
    const device = await this.tell("scan", { qr });
    this.lid = device.lid.replace(/:\d+@/, "@");
    return device;
  }

  tell(what, body = {}) {
    return control(`/phones/${this.number}/${what}`, body);
  }

  send(to, content) {
    return this.tell("messages", { to, content });
  }

  /** What its owner sees: `GET .../app-state`. */
  screen(query = "") {
    return control(`/phones/${this.number}/app-state${query}`);
  }

  /** Waits until its owner sees something. */
  async shows(wanted) {
    for (let round = 0, after = 0; round < 6; round += 1) {
      const screen = await this.screen(`?after=${after}&wait=3000`);
      if (wanted(screen)) return;
      after = screen.next;
    }
    throw new assert.AssertionError({
      message: `${this.name}'s phone does not show it: ${JSON.stringify(await this.screen())}`,
    });
  }

  /** The message with this id in its inbox. */
  async received(id) {
    for (let wait = 0; wait < 3; wait += 1) {
      const { messages } = await control(`/phones/${this.number}/inbox?after=0&wait=5000`);
      const found = messages.find((message) => message.id === id);
      if (found) return found;
    }
    throw new assert.AssertionError({ message: `${this.name}'s phone did not get ${id}` });
  }
}
