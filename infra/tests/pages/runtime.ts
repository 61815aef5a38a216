import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { projectFile, temporaryFolder } from '../support.js';
import { type Call, NOW } from './world.js';

/** The code as it is deployed. */
export const CODE = projectFile('infra/edge/pages.js');

/** What the runtime has beside the modules, of what a new context of Node.js comes with: ECMAScript 5.1, and
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html */
const GLOBALS = [
  'Array', 'ArrayBuffer', 'Boolean', 'DataView', 'Date', 'Error', 'EvalError', 'Function', 'Infinity', 'JSON', 'Math', 'NaN', 'Number', 'Object',
  'Promise', 'RangeError', 'ReferenceError', 'RegExp', 'String', 'SyntaxError', 'TypeError', 'URIError', 'Uint8Array', 'decodeURI',
  'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'globalThis', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'undefined',
];

/** The function, in a context that has only what the runtime documents, so that anything else fails. */
export async function inNode(): Promise<(call: Call) => Promise<any>> {
  let store: Record<string, string> = {};
  const get = (key: string) =>
    typeof store[key] === 'string' ? Promise.resolve(store[key]) : Promise.reject(new Error(`KeyNotFound: ${key}`));
  const context = vm.createContext({
    Buffer: { from: Buffer.from.bind(Buffer) },
    require: (name: string) => {
      if (name !== 'crypto') throw new Error(`there is no module ${name}`);
      return { createHash, createHmac };
    },
  });
  for (const name of vm.runInContext('Object.getOwnPropertyNames(globalThis)', context)) {
    if (![...GLOBALS, 'Buffer', 'require'].includes(name)) vm.runInContext(`delete globalThis[${JSON.stringify(name)}]`, context);
  }
  vm.runInContext(`Date.now = () => ${NOW}`, context);
  const cloudfront = new vm.SyntheticModule(['default'], () => cloudfront.setExport('default', { kvs: () => ({ get }) }), { context });
  const module = new vm.SourceTextModule(`${CODE}\nglobalThis.handler = handler;`, { context });
  await module.link((name) => {
    if (name !== 'cloudfront') throw new Error(`there is no module ${name}`);
    return cloudfront;
  });
  await module.evaluate();
  return (call) => {
    store = call.store;
    return context.handler(structuredClone(call.event));
  };
}

export function hasNjs(): boolean {
  return spawnSync('njs', ['-v']).status === 0;
}

/** The same function in njs, another engine with as little of the language as CloudFront's. */
export function inNjs(calls: readonly Call[]): any[] {
  return withNjs(calls, `
    const answers = [];
    async function run() {
      for (let i = 0; i < calls.length; i++) {
        cf.world.store = calls[i].store;
        try {
          const answer = await handler(calls[i].event);
          answers.push(answer);
        } catch (error) {
          answers.push('threw ' + error);
        }
      }
      write(answers);
    }`);
}

/** How long a call takes in njs, in microseconds: the mean of many, for its clock counts milliseconds. */
export function meanInNjs(call: Call, times: number): number {
  return withNjs([call], `
    async function run() {
      cf.world.store = calls[0].store;
      const text = JSON.stringify(calls[0].event);
      const begin = clock();
      for (let i = 0; i < ${times}; i++) JSON.parse(text);
      const parsed = clock();
      for (let i = 0; i < ${times}; i++) {
        const event = JSON.parse(text);
        await handler(event);
      }
      write((clock() - parsed - (parsed - begin)) * 1000 / ${times});
    }`);
}

/** Runs `run` beside the function, and returns what it writes. */
function withNjs(calls: readonly Call[], run: string): any {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'calls.json'), JSON.stringify(calls));
  writeFileSync(join(folder, 'cloudfront'), `
    const world = { store: {} };
    function get(key) {
      return typeof world.store[key] === 'string' ? Promise.resolve(world.store[key]) : Promise.reject(new Error('KeyNotFound'));
    }
    export default { world: world, kvs: () => ({ get: get }) };`);
  writeFileSync(join(folder, 'main.js'), `${CODE}
    const fs = require('fs');
    const clock = Date.now;
    Date.now = () => ${NOW};
    const calls = JSON.parse(fs.readFileSync('${join(folder, 'calls.json')}', 'utf8'));
    function write(value) {
      fs.writeFileSync('${join(folder, 'answers.json')}', JSON.stringify(value));
    }
    ${run}
    run();`);
  execFileSync('njs', ['-p', folder, join(folder, 'main.js')]);
  return JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'));
}
