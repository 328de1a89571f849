import { showMessage, showFailure } from "../message.svelte";
import { asFailure, command as control } from "./control";
import { copyText, inShell, shellDo } from "./shell";
import type { Command } from "../generated/Command";

/** Sends a command to the shell or the engine, and shows the result. True when it was accepted. */
export async function sendCommand(command: Command): Promise<boolean> {
  try {
    if (forShell(command)) {
      await shellDo(command);
    } else {
      showMessage((await control(command)).said);
    }
    return true;
  } catch (error) {
    showFailure(asFailure(error));
    return false;
  }
}

/** Puts text on the clipboard; false when the platform refuses. */
export async function copy(text: string): Promise<boolean> {
  try {
    await (inShell ? copyText(text) : navigator.clipboard.writeText(text));
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The shell copies the base URL where there is one: its clipboard outlives the window. */
export async function copyBaseUrl(url: string): Promise<boolean> {
  if (!inShell) return copy(url);
  try {
    await shellDo({ do: "copy_base_url" });
    return true;
  } catch {
    return copy(url);
  }
}

function forShell(command: Command): command is Extract<Command, { do: "open_window" | "copy_base_url" | "quit" | "start_engine" }> {
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
    case "paid_until_back":
    case "use_now":
    case "siblings":
    case "siblings_later":
    case "may_go_to":
    case "rehearse":
    case "end_rehearsal":
    case "review_retry_all":
    case "review_retry_stop":
    case "start_at_login":
    case "end_first_run":
      return false;
  }
}

/** For web views without the asynchronous clipboard. */
function copyBySelection(text: string): boolean {
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
