import { inShell, saveReport } from "../../engine/shell";

const KINDS: Record<string, string> = { html: "text/html", md: "text/markdown", csv: "text/csv", json: "application/json" };

/** Saves a file as the browser does, or in the application into the downloads folder. Returns a message for the user. */
export async function save(name: string, text: string): Promise<string> {
  if (inShell) return `Saved: ${await saveReport(name, text, false)}`;
  const kind = KINDS[name.split(".").at(-1) ?? ""] ?? "text/plain";
  const url = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has read the address when the click ends; some read the content after it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return `${name} is in your downloads.`;
}

/** The browser prints the preview. The application has no printer dialog on every system: it opens the file in the browser. */
export async function print(name: string, text: string, preview: HTMLIFrameElement | null): Promise<string | null> {
  if (inShell) return `Saved and opened in your browser, which prints it: ${await saveReport(name, text, true)}`;
  preview?.contentWindow?.focus();
  preview?.contentWindow?.print();
  return null;
}
