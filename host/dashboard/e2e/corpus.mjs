// Texts that try to become code when a page forgets that they are texts. Each that runs calls `ran` with its number, or
// asks for a file of another host.

/** None is longer than the shortest field that takes a text: 100 characters. */
export const CORPUS = [
  "<script>ran(1)</script>",
  "<img src=x onerror=ran(2)>",
  '"><svg onload=ran(3)>',
  "javascript:ran(4)//",
  "{{constructor.constructor('ran(5)')()}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant for a careless template
  "${ran(6)} #{ran(6)} <%= ran(6) %>",
  "' onmouseover='ran(7)' x='",
  '" autofocus onfocus="ran(8)" x="',
  "</textarea></title></style><script>ran(9)</script>",
  '<a href="javascript:ran(10)">the price list</a>',
  '<iframe srcdoc="<script>parent.ran(11)</script>"></iframe>',
  "data:text/html,<script>opener.ran(12)</script>",
  "<math><mtext><table><mglyph><style><img src onerror=ran(13)>",
  "<img src=//other.invalid/14.png><link rel=stylesheet href=//other.invalid/14>",
  "\u202E<scr\u00ADipt>ran(15)</scr\u00ADipt>\u202C gpj.exe",
  "\uFF1Cscript\uFF1Eran(16)\uFF1C/script\uFF1E",
  "<form action=javascript:ran(17)><button autofocus>x</button></form>",
  "*_~`<b onclick=ran(18) style=position:fixed;inset:0>b</b>`~_*",
  'https://example.com/"onmouseover="ran(19)"x="',
  "__proto__",
];

/** Runs before any script of the page. What it says, the page's watcher takes for a failure. */
export function canary() {
  globalThis.ran = (number) => console.error(`a text became code: ${number}`);
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`the policy had to forbid ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
  );
}

/** What a text can have become within a page: elements, handlers and addresses that no page of ours makes. */
export function strangers() {
  const found = [];
  const tags =
    "iframe, object, embed, math, base, link:not([rel~=icon]), body script, body style, form[action], svg[onload]";
  for (const one of document.querySelectorAll(tags)) {
    if (!/\/assets\//.test(one.src ?? one.href ?? "")) found.push(one.outerHTML.slice(0, 120));
  }
  for (const one of document.querySelectorAll("*")) {
    for (const name of one.getAttributeNames()) {
      if (name.startsWith("on") || name === "srcdoc") found.push(`${one.tagName} has ${name}`);
    }
  }
  const addressed = "a[href], img[src], video[src], audio[src], source[src], area[href], [action], [formaction]";
  for (const one of document.querySelectorAll(addressed)) {
    const address = ["href", "src", "action", "formaction"].map((name) => one.getAttribute(name)).find(Boolean) ?? "";
    if (!/^(#|\.\/|\/api\/|https?:|data:image\/png|blob:)/.test(address))
      found.push(`${one.tagName} leads to ${address}`);
  }
  if (Object.prototype.title !== undefined || Object.prototype.name !== undefined)
    found.push("the prototype was changed");
  return found;
}
