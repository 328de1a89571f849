import type { Command } from "../generated/Command";
import { say, sayFailure } from "../said.svelte";
import { asFailure, command as ask } from "./control";
import { inShell, shellDo } from "./shell";

/** Gives a command to whom it belongs, and tells the person what came of it. True when it was accepted. */
export async function give(command: Command): Promise<boolean> {
  try {
    if (forShell(command)) {
      await shellDo(command);
    } else {
      say((await ask(command)).said);
    }
    return true;
  } catch (error) {
    sayFailure(asFailure(error));
    return false;
  }
}

/** Puts text on the clipboard; false when the platform refuses. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyTheOldWay(text);
  }
}

/** The base URL goes through the shell where there is one: its clipboard outlives the window. */
export async function copyBaseUrl(url: string): Promise<boolean> {
  if (!inShell) return copy(url);
  try {
    await shellDo({ do: "copy_base_url" });
    return true;
  } catch {
    return copy(url);
  }
}

function forShell(command: Command): boolean {
  switch (command.do) {
    case "open_window":
    case "copy_base_url":
    case "quit":
    case "start_engine":
      return true;
    case "pause":
    case "resume":
    case "stop_engine":
    case "check_now":
    case "try_now":
    case "paid_stand_ins":
    case "paid_fallbacks_today":
    case "siblings":
    case "siblings_later":
    case "may_go_to":
    case "rehearse":
    case "end_rehearsal":
    case "start_at_login":
      return false;
  }
}

/** Web views without the asynchronous clipboard still have this. */
function copyTheOldWay(text: string): boolean {
  const focused = document.activeElement;
  const carrier = document.createElement("textarea");
  carrier.value = text;
  carrier.className = "offstage";
  document.body.append(carrier);
  carrier.select();
  const done = document.execCommand("copy");
  carrier.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
