import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';

const page = (path) => fileURLToPath(new URL(path, import.meta.url));

// As strict as where it is deployed, so that what would not work there does not work here either: no inline
// scripts, styles or handlers, and no calls but to the API and the issuer.
function contentSecurityPolicy(env, isDevelopment) {
  const elsewhere = env.VITE_GATEPOST_MODE === 'cookie'
    ? [env.VITE_GATEPOST_API]
    : [env.VITE_GATEPOST_API ?? 'http://127.0.0.1:3000', env.VITE_GATEPOST_ISSUER ?? 'http://127.0.0.1:3001'];
  const origins = elsewhere.filter((url) => /^https?:/.test(url ?? '')).map((url) => new URL(url).origin);
  return [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    // The server tells pages of changes by a socket, while somebody works on them.
    ["connect-src 'self'", ...origins, ...(isDevelopment ? ['ws:'] : [])].join(' '),
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
  ].join('; ');
}

export default defineConfig(({ command, mode, isPreview }) => {
  const env = loadEnv(mode, page('.'), 'VITE_');
  const headers = {
    'Content-Security-Policy': contentSecurityPolicy(env, command === 'serve' && !isPreview),
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'X-Content-Type-Options': 'nosniff',
  };
  return {
    appType: 'mpa',
    build: {
      target: 'es2022',
      // A page that loads what it needs has no need of a helper for old browsers, and no inlined files.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rollupOptions: {
        input: ['index.html', 'app/movies/index.html', 'app/shows/index.html', 'app/admin/index.html', 'signed-out.html'].map(page),
      },
    },
    server: { host: 'localhost', port: 5173, strictPort: true, headers },
    preview: { host: 'localhost', port: 5173, strictPort: true, headers },
    test: { include: ['tests/unit/**/*.test.ts'] },
  };
});
