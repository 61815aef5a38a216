import { mkdirSync, writeFileSync } from 'node:fs';
import { exportedDeclarations } from '../reference/declarations.js';
import { referencePage } from '../reference/page.js';

/** Writes docs/reference/construct.md, of what the package exports. */
const folder = new URL('../../docs/reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('construct.md', folder), referencePage(exportedDeclarations()));
