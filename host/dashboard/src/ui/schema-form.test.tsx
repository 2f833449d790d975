import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { fieldsOf, problems } from "../logic/schema";
import { t } from "../text/en";
import { SchemaFields } from "./schema-form";

const SCHEMA = {
  properties: {
    name: { type: "string", title: "<b>Name</b>", description: "<script>x</script>", minLength: 2 },
    on: { type: "boolean" },
    rules: {
      type: "array",
      items: { type: "object", properties: { keyword: { type: "string", minLength: 1 } }, required: ["keyword"] },
    },
  },
};

let root: HTMLElement;
afterEach(() => {
  render(null, root);
  root.remove();
});

async function draw(value: Record<string, unknown>) {
  root = document.createElement("div");
  document.body.append(root);
  let latest = value;
  const fields = fieldsOf(SCHEMA);
  const again = () =>
    render(
      <SchemaFields
        fields={fields}
        value={latest}
        onChange={(next) => {
          latest = next;
          again();
        }}
        problems={problems(fields, latest, t.schema)}
        errors={{ on: "the gateway says no" }}
      />,
      root,
    );
  await act(again);
  return () => latest;
}

describe("the form of a schema", () => {
  it("texts of a schema are texts", async () => {
    await draw({ name: "ab" });
    expect(root.querySelector("b, script")).toBeNull();
    expect(root.textContent).toContain("<b>Name</b>");
  });

  it("labels lead to their fields, and problems are told with them", async () => {
    await draw({ name: "a" });
    const input = root.querySelector("input");
    expect(root.querySelector(`label[for="${input?.id}"]`)).not.toBeNull();
    expect(input?.getAttribute("aria-invalid")).toBe("true");
    const described = (input?.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => root.querySelector(`#${id}`)?.textContent);
    expect(described).toContain(t.schema.tooShort(2));
  });

  it("entries come and go", async () => {
    const value = await draw({});
    const press = (name: string) =>
      act(() =>
        [...root.querySelectorAll("button")]
          .find((one) => one.textContent === name || one.getAttribute("aria-label") === name)
          ?.click(),
      );
    await press(t.schema.add);
    await press(t.schema.add);
    expect(value().rules).toEqual([{}, {}]);
    await press(t.schema.removeEntry(1));
    expect(value().rules).toEqual([{}]);
  });

  it("what is needed is asked for, and wrong only once it was taken away", async () => {
    await draw({ name: "ab", rules: [{}] });
    const input = root.querySelector<HTMLInputElement>(".list input");
    const type = (text: string) =>
      act(() => {
        if (input) input.value = text;
        input?.dispatchEvent(new Event("input", { bubbles: true }));
      });
    expect(root.querySelector(".list .hint")?.textContent).toBe(t.schema.required);
    expect(input?.getAttribute("aria-invalid")).toBeNull();
    await type("x");
    expect(root.querySelector(".list .hint")).toBeNull();
    await type("");
    expect(input?.getAttribute("aria-invalid")).toBe("true");
    expect(root.querySelector(".list .field-error")?.textContent).toBe(t.schema.required);
  });
});
