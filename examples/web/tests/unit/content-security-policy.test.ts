import { expect, test } from 'vitest';
import { contentSecurityPolicy } from '../../content-security-policy.js';

const connections = (env: Record<string, string>, isDevelopment = false) =>
  /connect-src ([^;]*)/.exec(contentSecurityPolicy(env, isDevelopment))?.[1];

test('calls go to the API and the issuer, and nowhere else', () => {
  expect(connections({})).toBe("'self' http://127.0.0.1:3000 http://127.0.0.1:3001");
  expect(connections({ VITE_GATEPOST_API: 'https://api.example/prod', VITE_GATEPOST_ISSUER: 'https://id.example/a' })).toBe("'self' https://api.example https://id.example");
});

test('a user pool gives tokens on a host of its own', () => {
  expect(connections({ VITE_GATEPOST_ISSUER: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a' }))
    .toBe("'self' http://127.0.0.1:3000 https://cognito-idp.eu-west-1.amazonaws.com https://*.auth.eu-west-1.amazoncognito.com");
});

test('with cookies, calls stay at home', () => {
  expect(connections({ VITE_GATEPOST_MODE: 'cookie' })).toBe("'self'");
});

test('nothing inline is ever allowed, nor is a frame around it', () => {
  for (const isDevelopment of [false, true]) {
    const policy = contentSecurityPolicy({}, isDevelopment);
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
  }
});
