import { describe, expect, it } from "vitest";
import { clean, saved, shown } from "./filename";
import { external, ownFile, ownPage } from "./links";

describe("addresses from outside", () => {
  it("only http and https become links", () => {
    expect(external("https://example.com/a?b=c")).toBe("https://example.com/a?b=c");
    for (const bad of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      " javascript:x",
      "java\nscript:x",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc/passwd",
      "//example.com",
      "example.com",
      "",
      null,
      undefined,
      "http://user:secret@example.com",
      "blob:https://x/y",
    ]) {
      expect(external(bad), String(bad)).toBeNull();
    }
  });

  it("files come from this gateway alone", () => {
    expect(ownFile("/api/media/a-1.jpg")).toBe("./api/media/a-1.jpg");
    for (const bad of [
      "https://evil.example/a.jpg",
      "//evil.example/a",
      "javascript:x",
      "data:image/png;base64,x",
      "/api/../etc",
      "/apix/a",
      "/api\\..\\x",
      "",
      null,
    ]) {
      expect(ownFile(bad), String(bad)).toBeNull();
    }
  });

  it("a note leads to a page of the dashboard or nowhere", () => {
    expect(ownPage("/webhooks/shop/x?status=DEAD")).toBe("#/webhooks/shop/x?status=DEAD");
    expect(ownPage("#/sessions")).toBe("#/sessions");
    for (const bad of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "javascript:x",
      "/a b",
      '/"><script>',
      "",
      null,
    ]) {
      expect(ownPage(bad), String(bad)).toBeNull();
    }
  });
});

describe("names from strangers", () => {
  it("an extension cannot be hidden", () => {
    expect(shown("invoice\u202Egpj.exe")).toBe("invoicegpj.exe");
    expect(shown("a\u200B\u2066b.txt")).toBe("ab.txt");
    expect(shown(`${"x".repeat(300)}.exe`)).toMatch(/^x+….*\.exe$/);
    expect(shown(`${"x".repeat(300)}.exe`).length).toBeLessThanOrEqual(40);
  });

  it("a name is no path", () => {
    expect(saved("../../etc/passwd")).toBe("passwd");
    expect(saved("C:\\temp\\a<b>.txt")).toBe("a_b_.txt");
    expect(saved("...")).toBe("file");
    expect(shown("")).toBe("file");
    expect(saved("..hidden")).toBe("hidden");
  });

  it("a name is one line", () => {
    expect(clean("a\n\nb\u0000c\t d")).toBe("a b c d");
  });
});
