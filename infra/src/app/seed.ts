import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A value as DynamoDB writes it. */
type Attribute =
  | { S: string } | { N: string } | { BOOL: boolean } | { L: Attribute[] } | { M: Record<string, Attribute> };

/** A document of the policies folder. */
export interface Seed {
  /** `group:movies-group`, as the table's key has it. */
  readonly subject: string;
  readonly document: unknown;
}

/** The folders, and the kinds of subject whose documents are in them; as `gatepost-store` has them. */
const KINDS = { clients: 'client', groups: 'group', scopes: 'scope', users: 'user' } as const;

/**
 * Every document of a policies folder, in the order of its subjects.
 *
 * @throws If a file is not JSON, or a file's name not percent-encoded as it should be.
 */
export function readSeeds(folder: string): Seed[] {
  return Object.entries(KINDS).flatMap(([name, kind]) =>
    filesOf(join(folder, name)).map((file) => ({
      subject: `${kind}:${decodeURIComponent(basename(file, '.json'))}`,
      document: JSON.parse(readFileSync(file, 'utf8')) as unknown,
    })),
  );
}

function filesOf(folder: string): string[] {
  const missing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if (missing(error)) return [];
    throw error;
  }
}

/**
 * The request that makes a document the first of its subject: its current row and its history, both or
 * neither, and neither if the subject has a document or had one. ARCHITECTURE.md has the table.
 *
 * The rows have no `digest`, which only `gatepost` can tell, and which it adds with the next change.
 */
export function firstRevision(table: string, seed: Seed, updatedAt: Date, updatedBy: string): object {
  const row = {
    subject: { S: seed.subject },
    version: { N: '1' },
    document: attribute(seed.document),
    updated_at: { S: updatedAt.toISOString().replace(/\.\d+Z$/, 'Z') },
    updated_by: { S: updatedBy },
    comment: { S: 'from the example' },
  };
  const put = (revision: string) => ({
    Put: {
      TableName: table,
      Item: { ...row, revision: { N: revision } },
      ConditionExpression: 'attribute_not_exists(subject)',
    },
  });
  return { TransactItems: [put('0'), put('1')] };
}

function attribute(value: unknown): Attribute {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  if (typeof value === 'object' && value !== null) {
    return { M: Object.fromEntries(Object.entries(value).map(([name, member]) => [name, attribute(member)])) };
  }
  throw new Error('Gatepost: a policy document holds no null');
}
