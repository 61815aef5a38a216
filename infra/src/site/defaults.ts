import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a site is where its props say nothing else. `gatepost dev --site` reads the same file. */
export const DEFAULTS: {
  readonly config: { readonly login: string; readonly home: string; readonly index: string; readonly public: readonly string[] };
  readonly contentSecurityPolicy: readonly string[];
  readonly permissionsPolicy: string;
  readonly cacheControl: { readonly assets: string; readonly pages: string };
} = JSON.parse(readFileSync(join(__dirname, '../../edge/site.json'), 'utf8'));
