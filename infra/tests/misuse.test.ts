import {
  aws_apigateway as rest, aws_apigatewayv2 as v2, aws_iam as iam, aws_lambda as lambda, type App, Duration, Stack,
} from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import type { AuthorizerFunction } from '../src/authorizer-function.js';
import type { AuthorizerSettings, FrontDoor } from '../src/index.js';
import { CorsGatewayResponses, GatepostAuthorizer, PolicyTable } from '../src/index.js';
import { world, ZIP } from './support.js';

declare const restApi: rest.IRestApi;
declare const httpApi: v2.IHttpApi;
declare const socketApi: v2.IWebSocketApi;

/** Each of these lines is an error to the compiler; `tsc` fails where one is not. Never called. */
export function doesNotCompile(): FrontDoor[] {
  const resultTtl = Duration.seconds(300);
  return [
    // @ts-expect-error an answer about one method cannot be kept
    { kind: 'rest', api: restApi, answers: { scope: 'method', resultTtl } },
    // @ts-expect-error nor can one of an HTTP API
    { kind: 'http', api: httpApi, answers: { scope: 'method', resultTtl } },
    // @ts-expect-error a REST API does not understand simple answers
    { kind: 'rest', api: restApi, answers: { scope: 'method', response: 'simple' } },
    // @ts-expect-error a simple answer is about one method
    { kind: 'http', api: httpApi, answers: { scope: 'api', response: 'simple' } },
    // @ts-expect-error a simple answer cannot be kept
    { kind: 'http', api: httpApi, answers: { scope: 'method', response: 'simple', resultTtl } },
    // @ts-expect-error a WebSocket API keeps nothing
    { kind: 'websocket', api: socketApi, answers: { scope: 'api', resultTtl } },
    // @ts-expect-error identity sources follow from the token sources, and cannot be others
    { kind: 'rest', api: restApi, tokenSources: ['cookie:id'], identitySources: ['Authorization'] },
    // @ts-expect-error nor can the header against forged requests be left out of them
    { kind: 'rest', api: restApi, tokenSources: ['cookie:id'], csrfHeader: undefined },
    // @ts-expect-error or be answered for by an HTTP API
    { kind: 'http', api: httpApi, tokenSources: ['session:id'], identitySources: ['$request.header.Cookie'] },
    // @ts-expect-error authorizers are of the type REQUEST
    { kind: 'rest', api: restApi, type: 'TOKEN' },
    // @ts-expect-error a token source has a kind and a name
    { kind: 'rest', api: restApi, tokenSources: ['Authorization'] },
    // @ts-expect-error somewhere there must be a token
    { kind: 'rest', api: restApi, tokenSources: [] },
    // @ts-expect-error HTTP APIs have no usage plans
    { kind: 'http', api: httpApi, usageIdentifierKey: true },
  ];
}

/** What comes of a front door that only a caller without types can write. */
const refusalOf = (door: object) => () => {
  const { api, guard } = world();
  guard({ frontDoor: { kind: 'rest', api, ...door } as FrontDoor });
};

test.each([
  [{ answers: { scope: 'method', resultTtl: Duration.seconds(300) } }, /answer about one method \(GATEPOST_SCOPE=method\) cannot be kept for 300 s/],
  [{ answers: { scope: 'method', response: 'simple' } }, /simple answer is understood by HTTP APIs only/],
  [{ kind: 'http', answers: { scope: 'api', response: 'simple' } }, /simple answer is about the called method only/],
  [{ answers: { scope: 'api', resultTtl: Duration.hours(2) } }, /`resultTtl` is 7200 s; API Gateway keeps answers for 3600 s at most/],
  [{ tokenSources: ['header:Authorization', 'cookie:id'] }, /asks for all of method.request.header.Authorization, method.request.header.Cookie/],
  [{ tokenSources: ['session:id'] }, /a `session:` token source needs `sessions`, the table of the sessions/],
  [{ answers: { scope: 'method' }, tokenSources: ['session:id', 'cookie:id'] }, /the cookie `id` cannot hold a token and the id of a session/],
  [{ tokenSources: ['session:a b'] }, /`session:a b` is no token source/],
  [{ tokenSources: ['Authorization'] }, /`Authorization` is no token source/],
  [{ tokenSources: ['header:a b'] }, /`header:a b` is no token source/],
])('%o is refused', (door, message) => {
  expect(refusalOf(door)).toThrow(message);
});

/** What the synthesis says when a user has added to the stack by hand. */
const faultsOf = (door: Partial<FrontDoor>, add: (gatepost: GatepostAuthorizer, api: rest.RestApi) => void) => () => {
  const { api, guard, template } = world();
  add(guard({ frontDoor: { kind: 'rest', api, ...door } as FrontDoor }), api);
  template();
};

const byHand = (gatepost: GatepostAuthorizer, api: rest.RestApi, props: Partial<rest.CfnAuthorizerProps>) =>
  new rest.CfnAuthorizer(gatepost, 'ByHand', {
    name: 'by-hand', type: 'REQUEST', restApiId: api.restApiId, identitySource: 'method.request.header.Authorization',
    authorizerUri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${gatepost.alias.functionArn}/invocations`, ...props,
  });

test('an authorizer of the type TOKEN that calls the function fails the synthesis', () => {
  expect(faultsOf({}, (gatepost, api) => {
    const authorizer = new rest.TokenAuthorizer(gatepost, 'Token', { handler: gatepost.function });
    api.root.addResource('shows').addMethod('GET', new rest.MockIntegration(), { authorizer });
  })).toThrow(/Token\/Resource: the type is TOKEN, but must be REQUEST/);
});

test('so does one that keeps answers about one method', () => {
  // API Gateway's default is 300 s, where nothing is said.
  expect(faultsOf({ answers: { scope: 'method' } }, (gatepost, api) => byHand(gatepost, api, {})))
    .toThrow(/ByHand: answers are kept for 300 s, but the function answers for the called method only/);
});

test('so does one that keeps answers by something else than the token', () => {
  expect(faultsOf({ tokenSources: ['cookie:id'] }, (gatepost, api) => byHand(gatepost, api, {})))
    .toThrow(/ByHand: answers are kept for 300 s, but not by method.request.header.Cookie/);
});

test('so does one that keeps answers by the cookie alone, which forged requests bring along', () => {
  expect(faultsOf({ tokenSources: ['cookie:id'] }, (gatepost, api) => byHand(gatepost, api, { identitySource: 'method.request.header.Cookie' })))
    .toThrow(/ByHand: answers are kept for 300 s, but not by method.request.header.X-CSRF-Token \(GATEPOST_CSRF_HEADER\)/);
});

test('by the cookie alone nothing need be kept', () => {
  expect(faultsOf({ tokenSources: ['cookie:id'] }, (gatepost, api) =>
    byHand(gatepost, api, { identitySource: 'method.request.header.Cookie', authorizerResultTtlInSeconds: 0 }))).not.toThrow();
});

test('so does a function that is not told of the header against forged requests', () => {
  expect(faultsOf({ tokenSources: ['cookie:id'] }, (gatepost) => (gatepost.node.findChild('Function') as AuthorizerFunction)
    .function.addEnvironment('GATEPOST_CSRF_HEADER', 'X-Requested-With')))
    .toThrow(/GATEPOST_CSRF_HEADER is `X-Requested-With`, but the front door says `X-CSRF-Token`/);
});

test('so does one that was changed after it was made', () => {
  expect(faultsOf({}, (gatepost) => {
    (gatepost.node.findChild('Authorizer') as rest.CfnAuthorizer).identitySource = 'method.request.header.X-Other';
  })).toThrow(/Gatepost\/Authorizer: .* not by method.request.header.Authorization/);
});

test('so does an HTTP API that expects another form of answers', () => {
  expect(faultsOf({}, (gatepost) => {
    new v2.CfnAuthorizer(gatepost, 'Http', {
      apiId: 'a', name: 'by-hand', authorizerType: 'REQUEST', authorizerPayloadFormatVersion: '2.0', enableSimpleResponses: true,
      authorizerUri: gatepost.alias.functionArn,
    });
  })).toThrow(/Http: `enableSimpleResponses` is true, but the function's answers are of the form `policy`/);
});

test('so does a function that is told something else than API Gateway', () => {
  expect(faultsOf({}, (gatepost) => gatepost.function.addEnvironment('GATEPOST_SCOPE', 'method')))
    .toThrow(/GATEPOST_SCOPE is `method`, but the front door says `api`/);
});

test('authorizers of other functions are nobody\'s business here', () => {
  expect(faultsOf({}, (gatepost, api) => {
    const handler = lambda.Function.fromFunctionAttributes(gatepost, 'Theirs', {
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:theirs', sameEnvironment: true,
    });
    const authorizer = new rest.TokenAuthorizer(gatepost, 'Token', { handler });
    api.root.addResource('shows').addMethod('GET', new rest.MockIntegration(), { authorizer });
  })).not.toThrow();
});

describe('an API with a resource policy', () => {
  const withPolicy = (effect: iam.Effect, settings?: AuthorizerSettings) => () => {
    const statement = new iam.PolicyStatement({
      effect, actions: ['execute-api:Invoke'], principals: [new iam.AnyPrincipal()], resources: ['execute-api:/*'],
    });
    const { api, guard, template } = world({ policy: new iam.PolicyDocument({ statements: [statement] }) });
    guard({ frontDoor: { kind: 'rest', api }, settings });
    template();
  };

  test('that allows needs answers that deny', () => {
    expect(withPolicy(iam.Effect.ALLOW)).toThrow(/resource policy that allows, beside which whatever no document allows is allowed too/);
    expect(withPolicy(iam.Effect.ALLOW, { implicitDeny: 'explicit' })).not.toThrow();
  });

  test('that only denies does not', () => {
    expect(withPolicy(iam.Effect.DENY)).not.toThrow();
  });
});

test('usage plans by the caller\'s row need an API that takes the key from its authorizer', () => {
  const { api, guard, template } = world();
  guard({ frontDoor: { kind: 'rest', api, usageIdentifierKey: true } });
  expect(template).toThrow(/needs `apiKeySourceType: AUTHORIZER`/);
});

test('an authorizer of another stack is looked at as well', () => {
  const elsewhere = (gatepost: GatepostAuthorizer) => {
    const other = new Stack(Stack.of(gatepost).node.root as App, 'Other', { env: { account: '111122223333', region: 'eu-west-1' } });
    const api = new rest.RestApi(other, 'Api', { cloudWatchRole: false });
    api.root.addMethod('GET', new rest.MockIntegration());
    new rest.CfnAuthorizer(other, 'ByHand', { name: 'by-hand', type: 'TOKEN', restApiId: api.restApiId, authorizerUri: gatepost.alias.functionArn });
  };
  expect(faultsOf({}, elsewhere)).toThrow(/Other\/ByHand: the type is TOKEN/);
});

test('functions of two stacks are not taken for one another, though all is named alike', () => {
  const { app, guard, issuers, stack, template } = world();
  guard({ frontDoor: { kind: 'http', api: new v2.HttpApi(stack, 'Http') } });
  const other = new Stack(app, 'Other', { env: { account: '111122223333', region: 'eu-west-1' } });
  new GatepostAuthorizer(other, 'Gatepost', {
    frontDoor: { kind: 'rest', api: rest.RestApi.fromRestApiId(other, 'Api', 'theirs'), tokenSources: ['cookie:id'] }, issuers, code: ZIP,
  });
  expect(template).not.toThrow();
});

test('an authorizer is not given to another kind of API', () => {
  const { api, guard } = world();
  const gatepost = guard({ frontDoor: { kind: 'rest', api } });
  expect(() => gatepost.http).toThrow(/was made for another kind of API than `http`/);
});

test('cookies and any origin do not go together', () => {
  const { api, stack } = world();
  expect(() => new CorsGatewayResponses(stack, 'Cors', { api, origin: '*', credentials: true })).toThrow(/name the origin of the pages/);
});

test('a replica is in another region than its table', () => {
  const { stack } = world();
  expect(() => new PolicyTable(stack, 'Table', { replicaRegions: ['eu-west-1'] })).toThrow(/the region of the table itself/);
});

test('a package that is not there is told with the command that makes it', () => {
  const { api, guard } = world();
  expect(() => guard({ frontDoor: { kind: 'rest', api }, code: '/nowhere/authorizer.zip', machine: 'x86_64' }))
    .toThrow(/no function package at \/nowhere\/authorizer.zip. Run `scripts\/build-lambda x86_64`/);
});
