// Tokens and the export for the mock server.
const ago = (days) => new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();

let names;
export function resetTokens() {
  names = [
    { name: "Anna's laptop", created: ago(40), last_used: ago(0.01) },
    { name: "build server", created: ago(12), last_used: ago(3) },
    { name: "a tablet of the warehouse with a long name that needs two lines", created: ago(1), last_used: null },
  ];
}
resetTokens();

export const tokens = (scene) => ({ tokens: scene === "newcomer" ? [] : names });

export function addToken({ name }) {
  if (names.some((one) => one.name === name)) return { status: 422, error: `there is already a token "${name}"; revoke it first, or choose another name`, fix: null };
  names = [...names, { name, created: ago(0), last_used: null }];
  const secret = "5f0c2b7e9d1a4c3f8b6e2d7a9c1f4e3b";
  return {
    name,
    urls: [`http://127.0.0.1:4747/t/${secret}`, `http://172.17.0.1:4747/t/${secret}`],
    closed: ["10.0.0.7 is closed: no network interface of this computer has this address. It is tried again every 5 s."],
  };
}

export function revokeToken({ name }) {
  names = names.filter((one) => one.name !== name);
  return { said: `The token "${name}" is revoked: its next request is refused, also on an open connection. A response that has begun ends as usual.` };
}

export const exported = () => ({ understudy_export: 1, version: "0.1.0", created: ago(0), settings: "[watch]\nprobe_every_s = 60\n", providers: {} });

export function imported({ text, dry_run }) {
  if (!text.startsWith("{")) return { status: 422, error: "this is not an export of Understudy: expected value at line 1 column 1", fix: null };
  return {
    diff: '--- settings.toml (now)\n+++ settings.toml (after the import)\n@@ -8,5 +8,9 @@\n \n [watch]\n-probe_every_s = 300\n+probe_every_s = 60 # often\n \n+[[pipeline]] # of sales\n+name = "Leads"\n+\n--- providers/acme.toml (now)\n+++ providers/acme.toml (after the import)\n@@ -0,0 +1,2 @@\n+# our own server\n+name = "Acme"\n',
    kept: ["other.toml"],
    copies: dry_run ? [] : ["/home/ada/.config/understudy/settings.toml.before-import-20261130T191500Z"],
    needs_restart: true,
    has_log: text.includes("\n{"),
  };
}
