/** A component that is drawn again only when `isSame` says that its properties changed: for lists of many. */

import { Component, type ComponentType } from "preact";

export function memo<P extends object>(Inner: ComponentType<P>, isSame: (before: P, after: P) => boolean) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !isSame(this.props as P, next as P);
    }

    override render() {
      return <Inner {...(this.props as P)} />;
    }
  };
}
