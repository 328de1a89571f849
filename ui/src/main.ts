import { mount } from "svelte";

import App from "./App.svelte";
import "./app.css";
import "./charts/chart.css";
import { takeToken } from "./engine/place";
import { applyTheme, theme } from "./theme.svelte";
import { where } from "./where.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");

takeToken();
where.read(location.hash);
applyTheme(theme.chosen);

export default mount(App, { target });
