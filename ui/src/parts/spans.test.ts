import { render } from "svelte/server";
import { expect, it } from "vitest";

import type { Interruption } from "../generated/Interruption";
import type { Span } from "../generated/Span";
import type { Surface } from "../generated/Surface";
import type { Provider } from "../generated/Provider";
import Interrupted from "../views/incidents/Interrupted.svelte";
import ProviderDetail from "../views/now/ProviderDetail.svelte";

const AT = "2026-06-21T20:11:00Z";
const TIME = new RegExp(`<time datetime="${AT}"`);
const since = (before: string, after = "."): Span[] => [{ kind: "text", text: before }, { kind: "instant", at: AT }, { kind: "text", text: after }];

it("shows the times of interrupted work in the viewer's zone", () => {
  const session: Interruption = {
    id: 1, client: "Claude Code", session: "s-1", model: "claude-opus-5", first: "2026-06-21T19:00:00Z", last: "2026-06-21T19:00:00Z",
    said: "Cut; it continued at 22:11.", spans: since("Cut; it continued at "), resumed: AT, checked: null,
    calls: [{ said: "`Bash: ls` delivered, its result came back by 22:11", spans: since("`Bash: ls` delivered, its result came back by ", ""), result: AT }],
  };
  const { body } = render(Interrupted, { props: { sessions: [session], changed: async () => {} } });
  expect(body.match(new RegExp(TIME, "g"))).toHaveLength(2);
  expect(body).not.toContain("22:11");
  expect(body).toContain("<code>Bash: ls</code>");
});

it("shows the times in the evidence of surfaces and models in the viewer's zone", () => {
  const surface: Surface = {
    id: "api", name: "API", watched: true, level: "major_outage", since: null, basis: "measured",
    evidence: "their status page reports an outage since 22:11.", evidence_spans: since("their status page reports an outage since "),
  };
  const provider: Provider = {
    id: "anthropic", name: "Anthropic", product: "Claude", keys_page: null, mine: true, rehearsal: false, level: "major_outage", since: null, basis: "measured", blame: "them",
    evidence: "", evidence_spans: [], unstable: false, page: null, surfaces: [surface],
    endpoints: [{
      id: "anthropic", base: "https://api.anthropic.com", dialects: [], key: "keychain", key_env: null,
      models: [{
        model: "claude-opus-5", level: "major_outage", evidence: "All failed since 22:11.", evidence_spans: since("All failed since "),
        breaker: "open until 22:11", breaker_spans: since("open until ", ""), ttft_ms: null,
      }],
    }],
  };
  const { body } = render(ProviderDetail, { props: { provider } });
  expect(body).not.toContain("22:11");
  // The surface, the model, and its circuit breaker twice.
  expect(body.match(new RegExp(TIME, "g"))).toHaveLength(4);
  expect(body).toContain("Their status page reports an outage since");
  expect(body.replace(/<!--.*?-->/g, "")).toMatch(/skipped until <time/);
});
