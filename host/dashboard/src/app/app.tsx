/** Signed in or not: the sign-in page, or the frame with a page in it. */

import { SignIn } from "../pages/sign-in";
import { info, lookAround, startError, viewer } from "../state/viewer";
import { t } from "../text/en";
import { ConfirmHost } from "../ui/confirm";
import { Failure } from "../ui/states";
import { Toasts } from "../ui/toasts";
import { Shell } from "./shell";

export function App() {
  return (
    <>
      <Front />
      <Toasts />
      <ConfirmHost />
    </>
  );
}

function Front() {
  if (startError.value && viewer.value === undefined) {
    return (
      <main class="centered" id="main" tabIndex={-1}>
        <Failure error={startError.value} onRetry={() => void lookAround()} />
      </main>
    );
  }
  if (viewer.value === undefined || !info.value) {
    return (
      <main class="centered" id="main" tabIndex={-1}>
        <p class="faint" role="status">
          {t.states.loading}
        </p>
      </main>
    );
  }
  return viewer.value ? <Shell viewer={viewer.value} info={info.value} /> : <SignIn info={info.value} />;
}
