import type { ComponentChildren } from "preact";
import { external } from "../logic/links";

/** A link to another host; only the text where the address is not http or https. */
export function ExternalLink({ href, children }: { href: string; children: ComponentChildren }) {
  const address = external(href);
  if (!address) return <span>{children}</span>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
