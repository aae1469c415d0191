// A certified OpenID provider on loopback, for the tests: node server.mjs PORT
//
// Clients register themselves (RFC 7591) and may say three things more: with which
// algorithm their access tokens are signed, for how many seconds those live, and
// which claims they carry besides. All is in memory, and gone with the process.
//
// A client with access_token_for_userinfo gets tokens for that, and for no resource.
// People sign in with any password; their login is their subject. PUT /people/LOGIN
// with a JSON object says which claims the provider has of them.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);

const OWN_METADATA = [
  'access_token_alg', 'access_token_seconds', 'access_token_claims', 'access_token_for_userinfo',
];
const DEFAULT_AUDIENCE = 'https://registry.example.com';
const DEFAULT_SECONDS = 300;

function signingKey(alg, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' };
}

function seconds(ctx, token, client) {
  return client.access_token_seconds ?? DEFAULT_SECONDS;
}

const people = new Map();

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: {
    keys: [
      signingKey('RS256', 'rsa', { modulusLength: 2048 }),
      signingKey('ES256', 'ec', { namedCurve: 'P-256' }),
    ],
  },
  cookies: { keys: ['these cookies guard nothing'] },
  extraClientMetadata: { properties: OWN_METADATA },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
  claims: {
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ ...people.get(id), sub: id }),
  }),
  extraTokenClaims: (ctx, token) => token.client?.access_token_claims,
  ttl: { AccessToken: seconds, ClientCredentials: seconds },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    registration: { enabled: true },
    // Access tokens are JWTs only where they are for a resource (RFC 8707, RFC 9068).
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, client, oneOf) =>
        oneOf?.[0] ?? (client.access_token_for_userinfo ? undefined : DEFAULT_AUDIENCE),
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => ({
        audience: resource,
        scope: 'registry',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: client.access_token_alg ?? 'RS256' } },
      }),
    },
  },
});

provider.use(async (ctx, next) => {
  const [, folder, login] = ctx.path.split('/');
  if (ctx.method !== 'PUT' || folder !== 'people') return next();
  const body = [];
  for await (const piece of ctx.req) body.push(piece);
  people.set(decodeURIComponent(login), JSON.parse(Buffer.concat(body).toString()));
  ctx.status = 200;
  ctx.body = {};
});

provider.listen(port, '127.0.0.1');
