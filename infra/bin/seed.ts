import { spawnSync } from 'node:child_process';
import { firstRevision, readSeeds } from '../src/app/seed.js';

/** `seed.ts TABLE FOLDER`: gives each document of the folder to its subject, if that has none yet. */
const [table, folder] = process.argv.slice(2);
if (table === undefined || folder === undefined) {
  console.error('usage: seed.ts TABLE FOLDER');
  process.exit(2);
}
for (const seed of readSeeds(folder)) {
  const request = JSON.stringify(firstRevision(table, seed, new Date(), 'scripts/seed'));
  const { status, stderr, error } = spawnSync('aws', ['dynamodb', 'transact-write-items', '--cli-input-json', request], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status === 0) {
    console.log(`${seed.subject} has its first document`);
  } else if (stderr.includes('ConditionalCheckFailed')) {
    console.log(`${seed.subject} has had one before, and is left alone`);
  } else {
    console.error(`${seed.subject}: ${stderr.trim()}`);
    process.exit(1);
  }
}
