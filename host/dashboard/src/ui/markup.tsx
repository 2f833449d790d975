/** A message's text with its marks. */

import { type Node, parse } from "../logic/markup";
import { ExternalLink } from "./link";

export function Markup({ text }: { text: string }) {
  return <span class="markup">{parse(text).map(draw)}</span>;
}

function draw(node: Node, index: number) {
  switch (node.kind) {
    case "text":
      return <span key={index}>{node.text}</span>;
    case "link":
      return (
        <ExternalLink key={index} href={node.href}>
          {node.text}
        </ExternalLink>
      );
    case "code":
      return <code key={index}>{node.text}</code>;
    case "pre":
      return <pre key={index}>{node.text}</pre>;
    case "bold":
      return <strong key={index}>{node.inside.map(draw)}</strong>;
    case "italic":
      return <em key={index}>{node.inside.map(draw)}</em>;
    case "strike":
      return <s key={index}>{node.inside.map(draw)}</s>;
  }
}
