import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { releaseTemplate } from '../src/app/release-template.js';
import { projectFile } from './support.js';

test('a release needs no bootstrapped account, and its package from a bucket of the user\'s', () => {
  const released = releaseTemplate('gatepost-authorizer-arm64-0123.zip') as { Parameters: object; Rules?: object };
  expect(JSON.stringify(released)).not.toMatch(/cdk-hnb659fds|BootstrapVersion/);
  expect(Object.keys(released.Parameters).sort()).toEqual(['CallbackUrl', 'CodeBucket', 'CorsOrigin', 'DomainPrefix']);
  Template.fromJSON(released).hasResourceProperties('AWS::Lambda::Function', {
    Code: { S3Bucket: { Ref: 'CodeBucket' }, S3Key: 'gatepost-authorizer-arm64-0123.zip' },
  });
});

test('another package makes another version of the function', () => {
  const versions = (key: string) => Object.keys(Template.fromJSON(releaseTemplate(key)).findResources('AWS::Lambda::Version'));
  expect(versions('a.zip')).not.toEqual(versions('b.zip'));
  expect(versions('a.zip')).toEqual(versions('a.zip'));
});

test('the guide gives CloudFormation a bucket for the template, as it demands over 51,200 bytes', () => {
  const key = 'gatepost-authorizer-arm64-0123456789abcdef.zip';
  const { length } = JSON.stringify(releaseTemplate(key));
  expect(length).toBeGreaterThan(51_200);
  expect(length).toBeLessThanOrEqual(1_000_000);
  const [, command] = /(aws cloudformation deploy .*?)```/s.exec(projectFile('docs/deploy.md')) ?? [];
  expect(command).toContain('--s3-bucket BUCKET');
});
