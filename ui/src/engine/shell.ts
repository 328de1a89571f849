import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Command } from "../generated/Command";

/** State of the engine's process, for a page without a connection to it. */
export type EngineProcess = {
  state: "starting" | "running" | "restarting" | "stopped" | "unreachable";
  detail: string;
};

/** The page runs inside the desktop application, not in a browser. */
export const inShell = "__TAURI_INTERNALS__" in globalThis;

export const connection = () => invoke<{ address: string; token: string; computer: string | null } | null>("connection");

export const engineState = () => invoke<EngineProcess>("engine_state");

export const shellDo = (command: Command) => invoke<unknown>("shell_do", { command });

/** Why this desktop shows no tray icon, and how to get one. */
export type MissingPanel = { why: string; how: string; commands: [name: string, command: string][] };

/** Calls `set` with the present state and after each change. Null: there is a tray icon. */
export function onPanel(set: (missing: MissingPanel | null) => void): () => void {
  if (!inShell) return () => undefined;
  const unlisten = listen<MissingPanel | null>("panel", (event) => set(event.payload));
  void invoke<MissingPanel | null>("missing_panel").then(set);
  return () => void unlisten.then((stop) => stop());
}

/** Writes a new file into the downloads folder and returns its path; `open`: also in the user's browser. */
export const saveReport = (name: string, text: string, open: boolean) => invoke<string>("save_report", { name, text, open });

/** Puts a text on the clipboard: a web view does so only within a click, and not after a request. */
export const copyText = (text: string) => invoke<null>("copy_text", { text });

/** Opens a page in the user's browser. */
export const openLink = (url: string) => invoke<null>("open_link", { url });

/** The tray's menu or a notification opens a view by its name. */
export function onView(go: (view: string) => void): () => void {
  if (!inShell) return () => undefined;
  const unlisten = listen<string>("view", (event) => go(event.payload));
  return () => void unlisten.then((stop) => stop());
}
