import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { releaseTemplate } from '../src/app/release-template.js';
import { defaultZip } from '../src/function-package.js';
import { sayWhy } from '../src/app/say-why.js';

/** `release-template.ts FOLDER [ZIP]`: writes the files of a release for those who do not use the CDK. */
const [folder, zip = defaultZip('gatepost-authorizer', 'arm64')] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: release-template.ts FOLDER [ZIP]');
  process.exit(2);
}
await sayWhy(() => {
  if (!existsSync(zip)) {
    throw new Error(`Gatepost: there is no function package at ${resolve(zip)}. Run \`scripts/build-lambda arm64\` to build it`);
  }
  // Named by its content: CloudFormation takes another name for another function, and the same for none.
  const digest = createHash('sha256').update(readFileSync(zip)).digest('hex').slice(0, 16);
  const key = `gatepost-authorizer-arm64-${digest}.zip`;
  mkdirSync(folder, { recursive: true });
  copyFileSync(zip, join(folder, key));
  const template = JSON.stringify(releaseTemplate(key));
  writeFileSync(join(folder, 'gatepost.template.json'), template);
  console.log(`${join(folder, 'gatepost.template.json')}  ${template.length} bytes`);
  console.log(join(folder, key));
});
