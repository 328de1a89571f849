import { asFailure, saveSettings, settings, type ControlFailure } from "../../engine/control";
import { showFailure, showMessage } from "../../message.svelte";
import { draft } from "./draft.svelte";
import { entryOf, withEntry } from "./entry";

/** One table of the settings file, such as `[notifications]`. */
export class SettingsTable {
  text = $state.raw<string | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  saving = $state(false);
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** A save here would hide the unsaved text of the settings file. */
  get blocked(): boolean {
    return draft.text !== null;
  }

  get disabled(): boolean {
    return this.saving || this.blocked;
  }

  /** The text of a value; null: the file leaves it at its default. */
  entry(key: string): string | null {
    return entryOf(this.text ?? "", this.#name, key);
  }

  async read(): Promise<void> {
    try {
      this.text = (await settings()).text;
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  async save(key: string, value: string): Promise<void> {
    this.saving = true;
    try {
      // Another program may have changed the file since it was read.
      const current = (await settings()).text;
      const answer = await saveSettings(withEntry(current, this.#name, key, value));
      if (answer.errors.length === 0) showMessage(answer.after_a_restart ? `Saved. ${answer.after_a_restart}` : "Saved and active.");
      else showMessage(`Not saved: ${answer.errors[0] ?? ""}`);
    } catch (error) {
      showFailure(asFailure(error));
    }
    await this.read();
    this.saving = false;
  }
}
