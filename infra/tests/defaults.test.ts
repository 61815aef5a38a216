import {
  type aws_apigateway as rest, aws_apigatewayv2 as v2, aws_dynamodb as dynamodb, SecretValue, type Stack,
} from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { CorsGatewayResponses, GatepostSession, GatepostSite, PolicyTable, SignIn } from '../src/index.js';
import { documentedDefaults } from './documented.js';
import { world, ZIP } from './support.js';

/** Makes a template, with `props` given beside those that must be. */
type Make = (props: object) => Template;

const guarded = (frontDoor: (api: rest.RestApi, stack: Stack) => object, props: object = {}): Template => {
  const { api, guard, stack, template } = world();
  guard({ frontDoor: frontDoor(api, stack) as never, ...props });
  return template();
};
const rest1 = (api: rest.RestApi) => ({ kind: 'rest', api });

const made = (make: (stack: Stack, api: rest.RestApi) => void): Template => {
  const { api, guard, stack, template } = world();
  guard({ frontDoor: { kind: 'rest', api } });
  make(stack, api);
  return template();
};

const OBJECTS: Record<string, Make> = {
  AlarmThresholds: (alarmThresholds) => guarded(rest1, { alarmThresholds }),
  CorsGatewayResponsesProps: (props) => made((stack, api) => new CorsGatewayResponses(stack, 'Made', { api, origin: 'https://www.example', ...props })),
  GatepostAuthorizerProps: (props) => guarded(rest1, props),
  GatepostSessionProps: (props) => made((stack, api) => new GatepostSession(stack, 'Made', {
    api, code: ZIP, issuer: { issuer: 'https://id.example', clientId: 'client', clientSecret: SecretValue.ssmSecure('secret') },
    origin: 'https://www.example', policies: dynamodb.Table.fromTableName(stack, 'Policies', 'policies'), ...props,
  })),
  GatepostSiteProps: (props) => made((stack, api) => new GatepostSite(stack, 'Made', { api, apiPaths: ['/orders'], stageName: 'prod', ...props })),
  HttpFrontDoor: (door) => guarded((_, stack) => ({ kind: 'http', api: new v2.HttpApi(stack, 'Http'), ...door })),
  PolicyTableProps: (props) => made((stack) => new PolicyTable(stack, 'Made', props)),
  RestFrontDoor: (door) => guarded((api) => ({ ...rest1(api), ...door })),
  SignInProps: (props) => made((stack) => new SignIn(stack, 'Made', { callbackUrls: ['https://www.example/'], domainPrefix: 'example', groups: [], ...props })),
  WebSocketFrontDoor: (door) => guarded((_, stack) => ({ kind: 'websocket', api: new v2.WebSocketApi(stack, 'Socket'), ...door })),
  WholeApi: (answers) => guarded((api) => ({ ...rest1(api), answers: { scope: 'api', ...answers } })),
};

/** What the function itself adds where it is told nothing; its settings have a test of their own. */
const OF_THE_FUNCTION = ['lifetime', 'subjects'];

describe.each(Object.entries(OBJECTS))('%s', (object, make) => {
  const without = once(() => make({}).toJSON());

  test.each(Object.entries(documentedDefaults(object)).filter(([name]) => !OF_THE_FUNCTION.includes(name)))(
    'is the same without `%s` and with the default that its comment tells', (name, value) => {
      expect(make({ [name]: value }).toJSON()).toEqual(without());
    },
  );
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
