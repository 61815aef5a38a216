// What pages may load and whom they may ask, as strict as where they are deployed, so that what would not work
// there does not work here either: no inline scripts, styles or handlers, and no calls but to the API and the
// issuer.
export function contentSecurityPolicy(env, isDevelopment) {
  const elsewhere = env.VITE_GATEPOST_MODE === 'cookie'
    ? [env.VITE_GATEPOST_API]
    : [env.VITE_GATEPOST_API ?? 'http://127.0.0.1:3000', env.VITE_GATEPOST_ISSUER ?? 'http://127.0.0.1:3001'];
  const origins = elsewhere.filter((url) => /^https?:/.test(url ?? '')).map((url) => new URL(url).origin);
  // A user pool has its keys on one host, and tokens on another.
  const [, region] = /^https:\/\/cognito-idp\.([\w-]+)\.amazonaws\.com\//.exec(env.VITE_GATEPOST_ISSUER ?? '') ?? [];
  if (region !== undefined && env.VITE_GATEPOST_MODE !== 'cookie') origins.push(`https://*.auth.${region}.amazoncognito.com`);
  // The server tells pages of changes by a socket, while somebody works on them.
  if (isDevelopment) origins.push('ws:');
  return [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    ["connect-src 'self'", ...origins].join(' '), "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
  ].join('; ');
}
