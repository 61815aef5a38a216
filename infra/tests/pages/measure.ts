// How long a call of the pages' function takes on this machine, for docs/browser.md:
//   NODE_OPTIONS=--experimental-vm-modules npx tsx tests/pages/measure.ts
import { inNode, meanInNjs } from './runtime.js';
import { callOf, type Case } from './world.js';

const CALLS = 20_000;

/** The most of a pass that is allowed: about 2,700 bytes of patterns, of which the last one decides. */
const MANY = [...Array.from({ length: 115 }, (_, i) => `page/app/folder-${i}/*`), 'page/app/?*.html'];

/** A pattern that comes close at every place of the longest path, until it is found too much. */
const LONG = `*${'a'.repeat(62)}?b*`;

const MEASURED: readonly (readonly [string, Omit<Case, 'description' | 'want'>])[] = [
  ['public page', { uri: '/' }],
  ['nobody signed in', { uri: '/app/' }],
  ['a pass with one rule', { uri: '/app/', pass: {} }],
  ['a forged pass', { uri: '/app/', pass: { signedWith: 'stranger' } }],
  ['a pass with 116 patterns', { uri: '/app/page.html', pass: { r: [['allow', MANY]] } }],
  ['a pattern that is found too much', { uri: '/', repeat: ['a', 1_023], pass: { r: [['allow', [LONG]]] } }],
];

const handler = await inNode();
console.log('| call | Node.js: median | p99 | worst | njs: mean |\n| --- | --- | --- | --- | --- |');
for (const [name, described] of MEASURED) {
  const call = callOf({ description: name, want: {}, ...described });
  const times: number[] = [];
  for (let i = 0; i < CALLS; i += 1) {
    const begin = process.hrtime.bigint();
    await handler(call);
    times.push(Number(process.hrtime.bigint() - begin) / 1_000);
  }
  times.splice(0, CALLS / 10); // While the engine gets to know the code.
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(0)} µs`;
  console.log(`| ${name} | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${meanInNjs(call, 2_000).toFixed(0)} µs |`);
}
