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

/** The tray's menu or a notification opens a view by its name. */
export function onView(go: (view: string) => void): () => void {
  if (!inShell) return () => undefined;
  const unlisten = listen<string>("view", (event) => go(event.payload));
  return () => void unlisten.then((stop) => stop());
}
