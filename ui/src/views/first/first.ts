import type { ConnectClient } from "../../generated/ConnectClient";
import type { Endpoint } from "../../generated/Endpoint";
import type { PaidFallbacks } from "../../generated/PaidFallbacks";
import type { Provider } from "../../generated/Provider";
import { money } from "../../words/format";
import { named } from "../settings/connect/client";

/** Tools that come with a subscription, and the provider of that subscription. */
const SUBSCRIPTIONS: Record<string, string> = { "claude-code": "anthropic", codex: "openai" };

export type KeyPlace = { provider: Provider; endpoint: Endpoint };

const isKept = ({ key }: Endpoint): boolean => key === "keychain" || key === "environment" || key === "memory";

function places(providers: readonly Provider[]): KeyPlace[] {
  return providers
    .filter((provider) => !provider.rehearsal)
    .flatMap((provider) => provider.endpoints.filter((one) => one.key !== "not_needed").slice(0, 1).map((endpoint) => ({ provider, endpoint })));
}

/** Keys that Understudy can use now. */
export const keptKeys = (providers: readonly Provider[]): KeyPlace[] => places(providers).filter((one) => isKept(one.endpoint));

/** Providers without a key. First a fallback for the first tool here, which is another vendor than that of its subscription. */
export function keysToAdd(providers: readonly Provider[], clients: readonly ConnectClient[]): KeyPlace[] {
  const [home] = subscribed(clients);
  const missing = places(providers).filter((one) => !isKept(one.endpoint) && one.provider.keys_page);
  const rank = ({ provider }: KeyPlace) => (provider.id === home ? 2 : Object.values(SUBSCRIPTIONS).includes(provider.id) ? 0 : 1);
  return missing.sort((a, b) => rank(a) - rank(b));
}

/** Providers of the subscriptions of the tools on this computer. */
function subscribed(clients: readonly ConnectClient[]): string[] {
  return clients.filter((one) => one.state !== "absent").flatMap((one) => SUBSCRIPTIONS[one.id] ?? []);
}

export type PaidQuestion = { text: string; explained: string };

/** "If Claude fails, may OpenAI answer on your key? Up to $5 a day." Null: no tool here has a subscription. */
export function paidQuestion(providers: readonly Provider[], clients: readonly ConnectClient[], paid: PaidFallbacks): PaidQuestion | null {
  const homes = subscribed(clients);
  if (homes.length === 0) return null;
  const products = (ids: string[]) => named(ids.map((id) => providers.find((one) => one.id === id)?.product ?? id), "or");
  const kept = keptKeys(providers).map((one) => one.provider);
  const others = (home: string) => kept.filter((one) => one.id !== home);
  const answering = homes.length === 1 ? others(homes[0] ?? "") : [];
  const by = answering.length === 1 ? (answering[0]?.product ?? "") : "another provider";
  const text = `If ${products(homes)} fails, may ${by} answer on your key?`;
  if (paid.cap === 0) return { text, explained: "The daily cap for fallbacks is $0, so no fallback that costs money answers: `dollars_a_day` under [fallback] in the settings file." };
  const alone = homes.filter((home) => others(home).length === 0);
  const missing = alone.length > 0 ? `Nothing can answer for ${products(alone)} yet: add a key of another provider above.` : "";
  return {
    text: `${text} Up to ${money(paid.cap)} a day.`,
    explained: [alone.length < homes.length ? "The key is billed per token. Ask me: a question appears when it would help." : "", missing].filter((one) => one !== "").join(" "),
  };
}

/** A tool that one click can connect. One that points to another address is not ticked: that address may be on purpose. */
export const isTicked = ({ state }: Pick<ConnectClient, "state">): boolean => state === "not_connected";
