// A real OpenID provider (the npm package oidc-provider, certified) for one client, with its pages for developers: any
// name and password sign in. node openid_provider.mjs PORT REDIRECT_URI SECRET|"" MODULES
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, redirectUri, secret, modules] = process.argv.slice(2);
const found = createRequire(`${modules}/x.js`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found).href);

const GROUPS = { "subject-of-eva": ["family", "admins"], "subject-of-tom": ["family"] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "imagedepot",
      redirect_uris: [redirectUri],
      ...(secret
        ? { client_secret: secret, token_endpoint_auth_method: "client_secret_basic" }
        : { token_endpoint_auth_method: "none" }),
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  cookies: { keys: ["of tests"] },
  pkce: { required: () => true },
  async findAccount(_, id) {
    const name = id.replace(/^subject-of-/, "");
    return { accountId: id, claims: async () => ({ sub: id, preferred_username: name, groups: GROUPS[id] ?? [] }) };
  },
});
provider.listen(Number(port), "127.0.0.1");
