import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../src/app/options.js';
import { projectFile } from './support.js';

const options = (context: Record<string, unknown>) => readOptions(new App({ autoSynth: false, context }).node);

test('without options the app is the example as the guide describes it', () => {
  expect(options({ 'unrelated': 1 })).toEqual({
    apiGatewayLogRole: true,
    callbackUrls: ['http://localhost:5173/'],
    corsOrigin: '*',
    keepData: true,
    logRetention: 90,
    machine: 'arm64',
    mfa: 'optional',
    policyTtlSeconds: 30,
    replicaRegions: [],
    resultTtlSeconds: 300,
    revocation: false,
    sessionMode: 'token',
    throttle: 100,
    usagePlan: false,
    waf: false,
    web: false,
  });
});

test('options come as texts from the command line, and in their own types from cdk.json', () => {
  const fromText = options({ 'gatepost:waf': 'true', 'gatepost:resultTtlSeconds': '0', 'gatepost:callbackUrls': 'https://a.example/, https://b.example/' });
  expect(fromText).toMatchObject({ waf: true, resultTtlSeconds: 0, callbackUrls: ['https://a.example/', 'https://b.example/'] });
  expect(options({ 'gatepost:waf': true, 'gatepost:resultTtlSeconds': 0 })).toMatchObject({ waf: true, resultTtlSeconds: 0 });
});

test('a misspelt option is no silent default', () => {
  expect(() => options({ 'gatepost:wafs': 'true' })).toThrow(/gatepost:wafs is no option; there are alarmTopicArn, /);
});

test('every fault is told, not only the first', () => {
  expect(() => options({
    'gatepost:waf': 'yes', 'gatepost:mfa': 'sms', 'gatepost:resultTtlSeconds': '3601', 'gatepost:logRetention': 91, 'gatepost:zip': '',
  })).toThrow(/logRetention is 91 days.*/);
  for (const name of ['waf', 'mfa', 'resultTtlSeconds', 'zip']) {
    expect(() => options({ [`gatepost:${name}`]: '' })).toThrow(`gatepost:${name} `);
  }
});

describe('the table of options in the guide', () => {
  const [, section = ''] = projectFile('docs/deploy.md').split('\n## Options of the app\n');
  const rows = [...section.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, initial]) => ({ name: name!, initial: initial! }));

  test('has every option, and no other', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(options({})).sort());
  });

  // One that is none, or follows from other things, is told in words.
  test.each(Object.entries(options({})).filter(([, value]) => value !== undefined && String(value) !== ''))('has the default of %s', (name, value) => {
    expect(rows.find((row) => row.name === name)?.initial).toBe(`\`${value}\``);
  });
});
