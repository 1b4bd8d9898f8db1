import "./theme/mantine";
import "./theme/base.css";
import "./theme/phone.css";
import { translate } from "./texts";

// Modules take their words when they are first run, so the language is there before any of them.
void translate().then(() => import("./start"));
