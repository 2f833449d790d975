import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/parts.css";
import { render } from "preact";
import { App } from "./app/app";
import { lookAround } from "./state/viewer";
import "./state/prefs";

const root = document.getElementById("app");
if (root) render(<App />, root);
void lookAround();
