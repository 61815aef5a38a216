import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, aws_apigateway as rest, aws_cognito as cognito, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { gatepostApp } from '../src/app/gatepost-app.js';
import { GatepostStack } from '../src/app/gatepost-stack.js';
import { readOptions } from '../src/app/options.js';
import { GatepostAuthorizer, type GatepostAuthorizerProps, userPoolIssuer } from '../src/index.js';

/** A folder that is gone with the machine's next cleaning. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'gatepost-infra-'));
}

/** A function package that does nothing: an empty zip archive. */
export const ZIP = join(temporaryFolder(), 'authorizer.zip');
const END_OF_CENTRAL_DIRECTORY = Buffer.from('504b0506' + '00'.repeat(18), 'hex');
writeFileSync(ZIP, END_OF_CENTRAL_DIRECTORY);

/** The text of a file of the project. */
export function projectFile(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

/** The template of the whole app with these options. */
export function appTemplate(options: Record<string, unknown> = {}): Template {
  const named = Object.entries({ zip: ZIP, ...options }).map(([name, value]) => [`gatepost:${name}`, value]);
  const app = gatepostApp({ context: Object.fromEntries(named), outdir: temporaryFolder() });
  const stack = new GatepostStack(app, 'Gatepost', {
    options: readOptions(app.node),
    env: { account: '111122223333', region: 'eu-west-1' },
  });
  app.synth();
  return Template.fromStack(stack);
}

/** A stack with an API and an issuer, and what it takes to guard the one with the other. */
export function world(apiProps: rest.RestApiProps = {}) {
  const app = new App({ autoSynth: false, outdir: temporaryFolder() });
  const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const pool = cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abcdefgh1');
  const client = cognito.UserPoolClient.fromUserPoolClientId(stack, 'Client', 'client-1');
  const issuers = [userPoolIssuer(pool, [client])] as const;
  const api = new rest.RestApi(stack, 'Api', { cloudWatchRole: false, ...apiProps });
  /** With what any authorizer needs, and `props`. */
  const guard = (props: Omit<GatepostAuthorizerProps, 'issuers' | 'code'> & Partial<GatepostAuthorizerProps>) => {
    const gatepost = new GatepostAuthorizer(stack, 'Gatepost', { issuers, code: ZIP, ...props });
    if (props.frontDoor.kind === 'rest' && props.frontDoor.api === api) {
      api.root.addMethod('GET', new rest.MockIntegration(), { authorizer: gatepost.rest });
    } else if (api.methods.length === 0) {
      api.root.addMethod('GET', new rest.MockIntegration());
    }
    return gatepost;
  };
  const template = () => {
    app.synth();
    return Template.fromStack(stack);
  };
  return { app, stack, api, issuers, guard, template };
}

/** The environment of the one function in a template. */
export function environmentOf(template: Template): Record<string, unknown> {
  const [fn] = Object.values(template.findResources('AWS::Lambda::Function'));
  return fn?.Properties.Environment.Variables;
}
