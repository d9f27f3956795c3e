// A real OpenID provider for the tests of sign-in: `node provider.mjs`.
//
// Prints one line of JSON when it listens: {"issuer": …}. People sign in without a password by
// naming themselves (`login_hint` in the authorization request; "nobody" declines): instead of
// pages there are redirects that a test can follow. Further doors, for tests only:
//   POST /test/keys     replaces the signing keys at once, as a provider does after a leak
//   GET  /test/requests counts the requests for the keys
//   POST /test/groups?person=ada&groups=lab,new  changes what the group claim says
// It ends with its standard input, so that no test leaves one behind.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const redirectUris = (process.env.REDIRECT_URIS ?? "http://localhost:3000/oauth/demo/callback").split(",");

/** The people, by the name with which a test signs them in. */
const people = {
  ada: { sub: "subject-ada", preferred_username: "Ada Lovelace", email: "ada@example.org", groups: ["lab", "team"] },
  grace: { sub: "subject-grace", preferred_username: "grace", email: "grace@example.org", groups: ["lab"] },
  // Shares ada's e-mail address: that makes them nobody else.
  eve: { sub: "subject-eve", preferred_username: "ada", email: "ada@example.org", groups: [] },
  // Chose somebody's wallet address as the subject and as the name.
  wallet: {
    sub: (process.env.WALLET_SUBJECT ?? "0x0000000000000000000000000000000000000001").toLowerCase(),
    preferred_username: process.env.WALLET_SUBJECT ?? "0x0000000000000000000000000000000000000001",
    email: "wallet@example.org",
    groups: [],
  },
};
const bySubject = Object.fromEntries(Object.values(people).map((person) => [person.sub, person]));

/** Two keys to change between, each time under a new name: making one takes seconds at worst. */
const keyPairs = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
let rotations = 0;
function nextSigningKey() {
  const { privateKey } = keyPairs[rotations++ % keyPairs.length];
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

const server = createServer();
await new Promise((resolve) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const stored = new Map();
/** Keeps everything while the keys change: sign-ins under way go on. */
class Memory {
  constructor(name) {
    this.name = name;
  }
  key(id) {
    return `${this.name}:${id}`;
  }
  async upsert(id, payload) {
    stored.set(this.key(id), payload);
  }
  async find(id) {
    return stored.get(this.key(id));
  }
  async findByUid(uid) {
    return [...stored.values()].find((payload) => payload.uid === uid);
  }
  async findByUserCode() {
    return undefined;
  }
  async consume(id) {
    stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    stored.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key);
  }
}

function provider(keys) {
  const oidc = new Provider(issuer, {
    adapter: Memory,
    jwks: { keys },
    cookies: { keys: ["for tests only"] },
    clients: [
      {
        client_id: "hub",
        client_secret: "a secret of the hub",
        redirect_uris: redirectUris,
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
      // Another client of the same provider: its tokens are not for the hub.
      {
        client_id: "other",
        client_secret: "a secret of the other",
        redirect_uris: redirectUris,
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
      { client_id: "public", redirect_uris: redirectUris, token_endpoint_auth_method: "none" },
    ],
    pkce: { required: () => true, methods: ["S256"] },
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email"], groups: ["groups"] },
    scopes: ["openid", "profile", "email", "groups"],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/test/interaction/${interaction.uid}` },
    findAccount: (_context, subject) => ({ accountId: subject, claims: () => bySubject[subject] }),
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600, AuthorizationCode: 60 },
  });
  oidc.on("server_error", (_context, error) => console.error(error));
  return oidc;
}

let current = provider([nextSigningKey()]);
let keyRequests = 0;

/** Answers the provider's question "who is this?" with the login hint, "may it?" with yes. */
async function interact(request, response) {
  const { params, prompt, session, grantId } = await current.interactionDetails(request, response);
  if (prompt.name === "login") {
    const name = params.login_hint ?? "ada";
    if (name === "nobody") {
      return current.interactionFinished(request, response, { error: "access_denied" });
    }
    return current.interactionFinished(request, response, { login: { accountId: people[name].sub } });
  }
  const grant = grantId
    ? await current.Grant.find(grantId)
    : new current.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid profile email groups");
  const consent = { grantId: await grant.save() };
  return current.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

server.on("request", async (request, response) => {
  try {
    if (request.method === "POST" && request.url === "/test/keys") {
      current = provider([nextSigningKey()]);
      return response.end("ok");
    }
    if (request.method === "POST" && request.url.startsWith("/test/groups?")) {
      const query = new URL(request.url, issuer).searchParams;
      people[query.get("person")].groups = query.get("groups").split(",").filter(Boolean);
      return response.end("ok");
    }
    if (request.url === "/test/requests") return response.end(String(keyRequests));
    if (request.url.startsWith("/test/interaction/")) return await interact(request, response);
    if (request.url === "/jwks") keyRequests += 1;
    return await current.callback()(request, response);
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end(String(error));
  }
});

console.log(JSON.stringify({ issuer }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
