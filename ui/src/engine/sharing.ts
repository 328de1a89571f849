/** Named tokens, and the settings for another computer. */
import type { Accepted } from "../generated/Accepted";
import type { Imported } from "../generated/Imported";
import type { NewToken } from "../generated/NewToken";
import type { TokenList } from "../generated/TokenList";
import { request, requestText } from "./control";

export const tokens = () => request<TokenList>("GET", "tokens");
export const addToken = (name: string) => request<NewToken>("POST", "tokens", { name });
export const revokeToken = (name: string) => request<Accepted>("POST", "tokens/revoke", { name });
/** The content of the file. */
export const exportSettings = () => requestText("GET", "export");
export const importSettings = (text: string, dryRun: boolean) => request<Imported>("POST", "import", { text, dry_run: dryRun });
