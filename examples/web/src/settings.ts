/** How this build of the app signs people in, and where its API is. README.md has the variables. */
export interface Settings {
  /** `header`: tokens are in this page, sent in `Authorization`. `cookie`: no token ever is. */
  readonly mode: 'cookie' | 'header';
  /** Where paths of the API begin; nothing for this origin. */
  readonly api: string;
  /** Whose sign-in page it is, with `header`. */
  readonly issuer: string;
  /** As which of the issuer's clients, with `header`. */
  readonly clientId: string;
}

/** @throws For a mode that there is not: a misspelt one must not put tokens into pages. */
export function readSettings(variables: Readonly<Record<string, unknown>>): Settings {
  const text = (name: string, initial: string) => {
    const value = variables[`VITE_GATEPOST_${name}`];
    return typeof value === 'string' && value !== '' ? value.replace(/\/$/, '') : initial;
  };
  const mode = text('MODE', 'header');
  if (mode !== 'cookie' && mode !== 'header') throw new Error(`VITE_GATEPOST_MODE is \`${mode}\`, but must be header or cookie`);
  return {
    mode,
    api: text('API', mode === 'header' ? 'http://127.0.0.1:3000' : ''),
    issuer: text('ISSUER', 'http://127.0.0.1:3001'),
    clientId: text('CLIENT_ID', 'gatepost-web'),
  };
}
