import { aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { gatepostApp } from '../src/app/gatepost-app.js';
import { appTemplate, temporaryFolder, ZIP } from './support.js';

test.each([
  {},
  { waf: true, usagePlan: true, mfa: 'required' },
  { web: true, sessionZip: ZIP },
  { web: true, sessionZip: ZIP, sessionMode: 'opaque' },
  { mfa: 'off', keepData: false, apiGatewayLogRole: false, machine: 'x86_64' },
])('no rule of cdk-nag is broken with %o', (options) => {
  expect(() => appTemplate(options)).not.toThrow();
});

test('a broken rule of cdk-nag fails the synthesis', () => {
  const app = gatepostApp({ outdir: temporaryFolder() });
  new s3.Bucket(new Stack(app, 'Stack'), 'Open');
  expect(() => app.synth()).toThrow();
});
