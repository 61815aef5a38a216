import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy } from './content-security-policy.js';

const page = (path) => fileURLToPath(new URL(path, import.meta.url));

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
