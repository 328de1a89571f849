import type { ConnectChange } from "../generated/ConnectChange";
import type { ConnectDone } from "../generated/ConnectDone";
import type { ConnectEntry } from "../generated/ConnectEntry";
import type { ConnectPage } from "../generated/ConnectPage";
import type { ConnectTest } from "../generated/ConnectTest";
import { ControlFailure, request } from "./control";

/** A client's program may be slow to start. */
const TEST_WITHIN_MS = 180_000;
const CONFLICT = 409;

const path = (client: string) => `connect/${encodeURIComponent(client)}`;

export const connectPage = () => request<ConnectPage>("GET", "connect");
export const connectChange = (client: string) => request<ConnectChange>("GET", `${path(client)}/change`);
export const disconnect = (client: string) => request<ConnectDone>("DELETE", path(client));
export const disconnectAll = () => request<ConnectDone>("DELETE", "connect", undefined, 60_000);
export const testClient = (client: string) => request<ConnectTest>("POST", `${path(client)}/test`, undefined, TEST_WITHIN_MS);

/** The result of making a change: a file that changed meanwhile makes it outdated, and nothing was written. */
export type Made = { outdated: false; done: ConnectDone } | { outdated: true; change: ConnectChange };

export async function makeChange(client: string, revision: string): Promise<Made> {
  try {
    const entry: ConnectEntry = { revision };
    return { outdated: false, done: await request<ConnectDone>("POST", path(client), entry) };
  } catch (failure) {
    if (failure instanceof ControlFailure && failure.status === CONFLICT) return { outdated: true, change: await connectChange(client) };
    throw failure;
  }
}
