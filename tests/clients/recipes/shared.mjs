// What the Node recipes have in common: one turn a process, and what came of it as the last line of standard output.
//
// Arguments: folder of the packages, mode, address, prompt, file. With a file the model is offered one tool, `append`,
// which appends a line to it.

import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, mode, address, prompt, file] = process.argv.slice(2);
export { address, file, mode, prompt };
export const key = "sk-dummy-000";

const packages = createRequire(`${folder}/package.json`);
/** A package of that folder, though this file lies elsewhere. */
export const load = (name) => import(pathToFileURL(packages.resolve(name)));

export function append({ line }) {
  appendFileSync(file, `${line}\n`);
  return "appended";
}

/** Runs `turn`, which gives the text that its user gets. */
export async function report(turn) {
  let outcome;
  try {
    outcome = { text: (await turn()) ?? "", error: null };
  } catch (error) {
    outcome = { text: "", error: `${error?.name ?? typeof error}: ${error?.message ?? JSON.stringify(error)}` };
  }
  console.log(`\n${JSON.stringify(outcome)}`);
}
// A stream rejects promises of its own beside the one that is waited for.
process.on("unhandledRejection", () => {});
